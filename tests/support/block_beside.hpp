// Products of blocks of 32 and an operand with one scale for all of the depth: each block of the one sums by itself; an
// independent statement of those sums.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/block_operands.hpp"

namespace narrow_test {

// What multiplies of element (i, k) of an operand, and the scale of its block, as functions.
template <class A, class AScale, class B, class BScale, class Sum>
std::vector<float> by_blocks(const real_shape& s, const A& a, const AScale& a_scale, const B& b, const BScale& b_scale,
                             const Sum& sum) {
  std::vector<float> c(s.m * s.n);
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < s.n; ++j) {
      float total = 0;
      for (std::size_t first = 0; first < s.depth; first += 32) {
        std::vector<float> x, y;
        for (std::size_t k = first; k < std::min(s.depth, first + 32); ++k) x.push_back(a(i, k)), y.push_back(b(k, j));
        volatile float factor = a_scale(i, first / 32) * b_scale(first / 32, j);
        total = std::fma(sum(x, y), factor, total);
      }
      c[i * s.n + j] = total;
    }
  }
  return c;
}

inline float exact_sum(const std::vector<float>& x, const std::vector<float>& y) {
  std::int64_t sum = 0;
  for (std::size_t t = 0; t < x.size(); ++t) sum += static_cast<std::int64_t>(x[t]) * static_cast<std::int64_t>(y[t]);
  return static_cast<float>(sum);
}

template <class Blocks>
auto codes_of(const Blocks& x) {
  return [&x](std::size_t i, std::size_t j) { return static_cast<float>(x.codes()(i, j)); };
}

inline std::vector<float> random_weights(const real_shape& s, generator& random) {
  auto y = random_reals(s.depth * s.n, random);
  if (s.depth > 40) y[s.n * 37] = std::numeric_limits<float>::infinity();  // a block that is NaN, in column 0
  return y;
}

}  // namespace narrow_test
