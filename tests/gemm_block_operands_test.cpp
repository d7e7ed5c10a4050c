// Products of block formats against their definition, on every target: codes and scales decoded by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/gemm.hpp"
#include "narrow/pack.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;
using narrow_test::generator;

struct shape {
  std::size_t m, depth, n;
};
constexpr shape shapes[] = {{1, 33, 1}, {3, 31, 5}, {2, 32, 40}, {13, 129, 70}, {5, 200, 1}, {1, 77, 9}, {4, 1, 3}};

std::vector<float> random_reals(std::size_t n, generator& random) {
  std::vector<float> result(n);
  for (auto& x : result) {
    x = static_cast<float>(std::ldexp(std::normal_distribution<double>()(random), static_cast<int>(random() % 6)));
  }
  return result;
}

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
      const float factor = x.scheme().tensor_scale() * float(x.scheme().scale(place));
      result[i * columns + j] = float(element(x.codes()(i, j))) * factor;
    }
  }
  return result;
}

// c of the f32 class.
std::vector<float> chains(const std::vector<float>& a, const std::vector<float>& b, const shape& s) {
  std::vector<float> c(s.m * s.n), row(s.depth), column(s.depth);
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < s.n; ++j) {
      for (std::size_t k = 0; k < s.depth; ++k) row[k] = a[i * s.depth + k], column[k] = b[k * s.n + j];
      c[i * s.n + j] = narrow_test::chain_sum(row, column, s.m == 1 || s.n == 1);
    }
  }
  return c;
}

void expect_same(const std::vector<float>& got, const std::vector<float>& want) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(narrow_test::same(got[i], want[i])) << "element " << i << ": " << got[i] << ", not " << want[i];
  }
}

template <class Body>
void on_shapes_and_targets(const Body& body) {
  for (const shape& s : shapes) {
    SCOPED_TRACE(std::to_string(s.m) + " x " + std::to_string(s.depth) + " x " + std::to_string(s.n));
    for (const target t : support::supported_targets()) {
      SCOPED_TRACE(name_of(t));
      const support::on_target guard(t);
      body(s);
    }
  }
}

// Floats with blocks, on either side: as reals, their scales multiplied in.
template <class Format>
void check_beside_floats() {
  on_shapes_and_targets([](const shape& s) {
    generator random(4);
    const auto x = random_reals(s.m * s.depth, random), y = random_reals(s.depth * s.n, random);
    const auto a = quantize<Format>(view(x, s.m, s.depth), 1);
    const auto b = quantize<Format>(view(y, s.depth, s.n), 0);
    std::vector<float> c(s.m * s.n);
    gemm(a, view(y, s.depth, s.n), view(c, s.m, s.n));
    expect_same(c, chains(decoded(a, 1), y, s));
    const auto want = chains(x, decoded(b, 0), s);
    gemm(view(x, s.m, s.depth), b, view(c, s.m, s.n));
    expect_same(c, want);
    gemm(view(x, s.m, s.depth), pack<float>(b), view(c, s.m, s.n));
    expect_same(c, want);
    // Weights stored by outputs, blocks along their rows.
    std::vector<float> stored(s.depth * s.n);
    for (std::size_t k = 0; k < s.depth; ++k) {
      for (std::size_t j = 0; j < s.n; ++j) stored[j * s.depth + k] = y[k * s.n + j];
    }
    const auto by_outputs = quantize<Format>(view(stored, s.n, s.depth), 1);
    gemm(view(x, s.m, s.depth), transposed(by_outputs), view(c, s.m, s.n));
    expect_same(c, want);
  });
}

TEST(GemmBlockOperands, BesideFloats) {
  check_beside_floats<mxfp4>();
  check_beside_floats<grouped<int8, 24>>();
}

// Blocks across the depth: every term has scales of its own.
TEST(GemmBlockOperands, AcrossTheDepth) {
  on_shapes_and_targets([](const shape& s) {
    generator random(5);
    const auto x = random_reals(s.m * s.depth, random), y = random_reals(s.depth * s.n, random);
    const auto a = quantize<mxfp4>(view(x, s.m, s.depth), 0);
    const auto b = quantize<mxfp4>(view(y, s.depth, s.n), 1);
    std::vector<float> c(s.m * s.n);
    gemm(a, b, view(c, s.m, s.n));
    expect_same(c, chains(decoded(a, 0), decoded(b, 1), s));
  });
}

// Batches: blocks along rows and columns of each matrix, never across matrices.
TEST(GemmBlockOperands, Batches) {
  generator random(6);
  const shape s{3, 37, 4};
  const auto x = random_reals(2 * s.m * s.depth, random), y = random_reals(2 * s.depth * s.n, random);
  const auto a = quantize<mxfp4>(view(x, 2, s.m, s.depth), 2);
  const auto b = quantize<mxfp4>(view(y, 2, s.depth, s.n), 1);
  std::vector<float> c(2 * s.m * s.n), one(s.m * s.n);
  gemm(a, b, view(c, 2, s.m, s.n));
  for (std::size_t t = 0; t < 2; ++t) {
    const auto of_a = quantize<mxfp4>(view(x.data() + t * s.m * s.depth, s.m, s.depth), 1);
    const auto of_b = quantize<mxfp4>(view(y.data() + t * s.depth * s.n, s.depth, s.n), 0);
    gemm(of_a, of_b, view(one, s.m, s.n));
    const auto first = c.begin() + static_cast<std::ptrdiff_t>(t * one.size());
    expect_same({first, first + static_cast<std::ptrdiff_t>(one.size())}, one);
  }
  const auto across = quantize<mxfp4>(view(x, 2, s.m, s.depth), 0);
  EXPECT_THROW(gemm(across, b, view(c, 2, s.m, s.n)), std::invalid_argument);
}

}  // namespace
