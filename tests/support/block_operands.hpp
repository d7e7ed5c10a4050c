// Products with block formats as reals, their scales multiplied in first, against codes and scales decoded by hand; on
// every target.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/gemm.hpp"
#include "narrow/pack.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace narrow_test {

struct real_shape {
  std::size_t m, depth, n;
};
inline constexpr real_shape real_shapes[] = {{1, 33, 1},  {3, 31, 5}, {2, 32, 40}, {13, 129, 70},
                                             {5, 200, 1}, {1, 77, 9}, {4, 1, 3}};

// The values, decoded element by element: rows of a matrix whose blocks run along its axis 1, or columns along axis 0.
template <class Tensor>
std::vector<float> decoded(const Tensor& x, std::size_t axis) {
  using element = typename Tensor::value_type;
  constexpr std::size_t block = std::remove_cvref_t<decltype(x.scheme())>::block_length;
  const std::size_t rows = x.extent(0), columns = x.extent(1);
  std::vector<float> result(rows * columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t place = axis == 0 ? i / block * columns + j : i * ((columns + block - 1) / block) + j / block;
      const float in_tensor = float(element(x.codes()(i, j))) * float(x.scheme().scale(place));
      result[i * columns + j] = in_tensor * x.scheme().tensor_scale();
    }
  }
  return result;
}

// c of the f32 class.
inline std::vector<float> chains(const std::vector<float>& a, const std::vector<float>& b, const real_shape& s) {
  std::vector<float> c(s.m * s.n), row(s.depth), column(s.depth);
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < s.n; ++j) {
      for (std::size_t k = 0; k < s.depth; ++k) row[k] = a[i * s.depth + k], column[k] = b[k * s.n + j];
      c[i * s.n + j] = chain_sum(row, column, s.m == 1 || s.n == 1);
    }
  }
  return c;
}

inline void expect_same(const std::vector<float>& got, const std::vector<float>& want) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(same(got[i], want[i])) << "element " << i << ": " << got[i] << ", not " << want[i];
  }
}

template <class Body>
void on_shapes_and_targets(const Body& body) {
  for (const real_shape& s : real_shapes) {
    SCOPED_TRACE(std::to_string(s.m) + " x " + std::to_string(s.depth) + " x " + std::to_string(s.n));
    for (const narrow::target t : support::supported_targets()) {
      SCOPED_TRACE(narrow::name_of(t));
      const support::on_target guard(t);
      body(s);
    }
  }
}

// Floats with blocks, on either side: as reals, their scales multiplied in.
template <class Format>
void check_beside_floats() {
  on_shapes_and_targets([](const real_shape& s) {
    generator random(4);
    const auto x = random_reals(s.m * s.depth, random), y = random_reals(s.depth * s.n, random);
    const auto a = narrow::quantize<Format>(narrow::view(x, s.m, s.depth), 1);
    const auto b = narrow::quantize<Format>(narrow::view(y, s.depth, s.n), 0);
    std::vector<float> c(s.m * s.n);
    narrow::gemm(a, narrow::view(y, s.depth, s.n), narrow::view(c, s.m, s.n));
    expect_same(c, chains(decoded(a, 1), y, s));
    const auto want = chains(x, decoded(b, 0), s);
    narrow::gemm(narrow::view(x, s.m, s.depth), b, narrow::view(c, s.m, s.n));
    expect_same(c, want);
    narrow::gemm(narrow::view(x, s.m, s.depth), narrow::pack<float>(b), narrow::view(c, s.m, s.n));
    expect_same(c, want);
    narrow::gemm(narrow::view(x, s.m, s.depth), narrow::pack(b),
                 narrow::view(c, s.m, s.n));  // as pairs or bytes, for other left operands
    expect_same(c, want);
    // Weights stored by outputs, blocks along their rows.
    std::vector<float> stored(s.depth * s.n);
    for (std::size_t k = 0; k < s.depth; ++k) {
      for (std::size_t j = 0; j < s.n; ++j) stored[j * s.depth + k] = y[k * s.n + j];
    }
    const auto by_outputs = narrow::quantize<Format>(narrow::view(stored, s.n, s.depth), 1);
    narrow::gemm(narrow::view(x, s.m, s.depth), narrow::transposed(by_outputs), narrow::view(c, s.m, s.n));
    expect_same(c, want);
  });
}

}  // namespace narrow_test
