// Products of two block formats against an independent statement of their sums (block_sums in accumulator.hpp), on
// every target, packed before and not.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/gemm.hpp"
#include "narrow/interop/threads.hpp"
#include "narrow/pack.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace narrow_test {

struct block_shape {
  std::size_t m, depth, n;
};
// Depths within a block, of whole blocks, with odd ends, and of several passes of the driver.
inline constexpr block_shape block_shapes[] = {{1, 20, 1},  {3, 31, 5},    {2, 64, 40}, {13, 131, 70},
                                               {5, 200, 1}, {14, 4301, 3}, {1, 77, 95}, {4, 0, 3}};

template <class Tensor>
inline constexpr std::size_t length_of = std::remove_cvref_t<decltype(std::declval<Tensor>().scheme())>::block_length;

// What a scale multiplies, and with it: the code of an integer, the value of a float.
template <class Tensor>
float scale_of(const Tensor& x, std::size_t place) {
  using T = typename Tensor::value_type;
  const float scale = x.scheme().tensor_scale() * float(x.scheme().scale(place));
  return std::ldexp(scale, -fraction_bits<T>());
}

// Element (i, j) of the product, blocks of `block` terms.
template <class A, class B>
float block_product(const A& a, const B& b, std::size_t i, std::size_t j, std::size_t block) {
  using left = typename A::value_type;
  using right = typename B::value_type;
  const std::size_t depth = a.extent(1), n = b.extent(1), blocks_a = (depth + length_of<A> - 1) / length_of<A>;
  float total = 0;
  for (std::size_t first = 0; first < depth; first += block) {
    std::vector<float> x, y;
    double exact = 0;
    for (std::size_t k = first; k < std::min(depth, first + block); ++k) {
      x.push_back(static_cast<float>(factor_of(left(a.codes()(i, k)))));
      y.push_back(static_cast<float>(factor_of(right(b.codes()(k, j)))));
      exact += double{x.back()} * double{y.back()};
    }
    const float sum = narrow::fixed_point_element<left> ? static_cast<float>(exact) : pair_sum(x, y, false);
    volatile float factor =
        scale_of(a, i * blocks_a + first / length_of<A>) * scale_of(b, first / length_of<B> * n + j);
    total = std::fma(sum, factor, total);
  }
  return total;
}

template <class Real>
void expect_same(const std::vector<Real>& got, const std::vector<Real>& want) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(same(got[i], want[i])) << "element " << i << ": " << got[i] << ", not " << want[i];
  }
}

template <class FormatA, class FormatB>
void check_block_products() {
  constexpr std::size_t block = std::min(FormatA::scheme_type::block_length, FormatB::scheme_type::block_length);
  generator random(4);
  narrow::thread_pool threads(2);
  for (const auto& [m, depth, n] : block_shapes) {
    SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(depth) + " x " + std::to_string(n));
    auto x = random_reals(m * depth, random), y = random_reals(depth * n, random);
    if (depth > 40) {
      std::fill_n(x.begin(), 40, 0.0F);                    // a block of zeros
      y[n * 37] = std::numeric_limits<float>::infinity();  // and one that is NaN, in column 0
    }
    const auto a = narrow::quantize<FormatA>(narrow::view(x, m, depth), 1);
    const auto b = narrow::quantize<FormatB>(narrow::view(y, depth, n), 0);
    std::vector<float> want(m * n);
    std::vector<double> halves(m * n);
    for (std::size_t t = 0; t < want.size(); ++t) {
      want[t] = block_product(a, b, t / n, t % n, block);
      halves[t] = want[t] < 0 ? 0 : double{want[t]} / 2;
    }
    for (const narrow::target t : support::supported_targets()) {
      SCOPED_TRACE(narrow::name_of(t));
      const support::on_target guard(t);
      std::vector<float> c(m * n, -1);
      narrow::gemm(a, b, narrow::view(c, m, n));
      expect_same(c, want);
      const auto packed = narrow::pack<typename FormatA::element_type>(b);
      std::vector<double> doubles(m * n, -1);
      narrow::gemm(a, packed, narrow::view(doubles, m, n), narrow::alpha{0.5}, narrow::relu, threads);
      expect_same(doubles, halves);
      const support::on_target plain(narrow::target::portable);
      narrow::gemm(a, packed, narrow::view(doubles, m, n), narrow::alpha{0.5}, narrow::relu, threads);
      expect_same(doubles, halves);
    }
  }
}

}  // namespace narrow_test
