// Products of quantized operands: sums of (code - zero point) are exact, scales are applied once.
#include <gtest/gtest.h>

#include <limits>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::affine;
using narrow::granularity;
using narrow::quantized_matrix;
using narrow_test::generator;
using narrow_test::int128;
using narrow_test::layout;
using narrow_test::matrix;

template <class T>
quantized_matrix<T, affine> random_quantized(std::size_t rows, std::size_t columns, granularity axis,
                                             generator& random) {
  const std::size_t count = axis.is_per_tensor() ? 1 : axis == narrow::per_row ? rows : columns;
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (std::size_t i = 0; i < count; ++i) {
    scales.push_back(std::uniform_real_distribution<float>(0.001F, 0.3F)(random));
    zero_points.push_back(static_cast<std::int32_t>(narrow_test::code_of(narrow_test::random_element<T>(random))));
  }
  quantized_matrix<T, affine> result({rows, columns}, affine(axis, scales, zero_points));
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) result.codes()(i, j) = narrow_test::random_element<T>(random);
  }
  return result;
}

std::size_t place(const affine& scheme, std::size_t i, std::size_t j) {
  return scheme.axis().is_per_tensor() ? 0 : scheme.axis() == narrow::per_row ? i : j;
}
template <class T>
std::int64_t shifted(const quantized_matrix<T, affine>& x, std::size_t i, std::size_t j) {
  return narrow_test::code_of(x.codes()(i, j)) - x.scheme().zero_point(place(x.scheme(), i, j));
}
template <class A, class B>
int128 integer_sum(const A& a, const B& b, std::size_t i, std::size_t j) {
  int128 sum = 0;
  for (std::size_t k = 0; k < a.extent(1); ++k) sum += int128{shifted(a, i, k)} * shifted(b, k, j);
  return sum;
}
std::int32_t to_int32(int128 x) {
  constexpr int128 low = std::numeric_limits<std::int32_t>::min(), high = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(x < low ? low : x > high ? high : x);
}
float rounded(float x) {
  volatile float result = x;  // neither wider nor contracted
  return result;
}

// Raw accumulators, reals and quantized outputs of one product, against the definition.
template <class A, class B>
void check(std::size_t m, std::size_t depth, std::size_t n, granularity of_a, granularity of_b, std::uint64_t seed) {
  generator random(seed);
  const auto a = random_quantized<A>(m, depth, of_a, random);
  const auto b = random_quantized<B>(depth, n, of_b, random);
  const matrix<std::int32_t> sums(m, n, layout::padded);
  const matrix<float> reals(m, n, layout::columns);
  auto rows = random_quantized<narrow::uint8>(m, n, narrow::per_row, random);
  auto columns = random_quantized<narrow::int8>(m, n, narrow::per_column, random);
  narrow::gemm(a, b, sums.view());
  narrow::gemm(a, b, reals.view());
  narrow::gemm(a, b, rows);
  narrow::gemm(a, b, columns);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const int128 sum = integer_sum(a, b, i, j);
      ASSERT_EQ(sums(i, j), to_int32(sum));
      const double scale = static_cast<double>(a.scheme().scale(place(a.scheme(), i, 0))) *
                           static_cast<double>(b.scheme().scale(place(b.scheme(), 0, j)));
      const float real = rounded(static_cast<float>(static_cast<std::int64_t>(sum)) * static_cast<float>(scale));
      ASSERT_TRUE(narrow_test::same(reals(i, j), real)) << reals(i, j) << ", not " << real;
      const auto code = [&](const affine& s, float low, float high) {
        const auto zero = static_cast<float>(s.zero_point(place(s, i, j)));
        return std::clamp(std::nearbyint(rounded(real / s.scale(place(s, i, j)))) + zero, low, high);
      };
      ASSERT_EQ(static_cast<float>(rows.codes()(i, j)), code(rows.scheme(), 0, 255));
      ASSERT_EQ(static_cast<float>(columns.codes()(i, j)), code(columns.scheme(), -128, 127));
    }
  }
  EXPECT_TRUE(sums.canaries_live() && reals.canaries_live());
}

template <class A, class B>
void check_shapes() {
  std::uint64_t seed = 0;
  for (const granularity of_a : {narrow::per_tensor, narrow::per_row}) {
    for (const granularity of_b : {narrow::per_tensor, narrow::per_column}) {
      for (const std::size_t m : {1U, 2U, 3U, 8U, 33U}) {
        for (const std::size_t n : {1U, 4U, 16U, 31U}) {
          for (const std::size_t depth : {0U, 1U, 5U, 64U}) {
            if (seed++ % support::every(3) == 0) check<A, B>(m, depth, n, of_a, of_b, seed);
          }
        }
      }
    }
  }
}

TEST(GemmAffine, Int8) { check_shapes<narrow::int8, narrow::int8>(); }
TEST(GemmAffine, Uint8) { check_shapes<narrow::uint8, narrow::uint8>(); }
TEST(GemmAffine, Uint8TimesInt8) { check_shapes<narrow::uint8, narrow::int8>(); }
TEST(GemmAffine, StandardUint8TimesInt4) { check_shapes<std::uint8_t, narrow::int4>(); }

// Sums beyond int32 and beyond the 53 bits of a double.
TEST(GemmAffine, Int16) { check_shapes<narrow::int16, narrow::int16>(); }
TEST(GemmAffine, Uint16) { check_shapes<narrow::uint16, narrow::uint16>(); }

// Limbs are packed about this zero point: a's alone has terms then.
template <class T>
void check_zero_of_limbs(std::int32_t zero_a, std::int32_t zero_b) {
  generator random(21);
  for (const std::size_t depth : {1u, 32u, 300u}) {
    auto a = random_quantized<T>(9, depth, narrow::per_tensor, random);
    auto b = random_quantized<T>(depth, 40, narrow::per_tensor, random);
    const affine of_a(1.0F, zero_a), of_b(1.0F, zero_b);
    std::vector<double> c(9 * std::size_t{40});
    narrow::gemm(narrow::quantized(a.codes(), of_a), narrow::quantized(b.codes(), of_b), narrow::view(c, 9, 40));
    for (std::size_t i = 0; i < 9; ++i) {
      for (std::size_t j = 0; j < 40; ++j) {
        int128 sum = 0;
        for (std::size_t k = 0; k < depth; ++k) {
          sum +=
              int128{narrow_test::code_of(a.codes()(i, k)) - zero_a} * (narrow_test::code_of(b.codes()(k, j)) - zero_b);
        }
        ASSERT_EQ(c[i * 40 + j], static_cast<double>(sum)) << depth << ": " << i << ", " << j;
      }
    }
  }
}
TEST(GemmAffine, ZeroOfLimbs) {
  check_zero_of_limbs<narrow::int16>(5, 128);
  check_zero_of_limbs<narrow::uint16>(7, 32896);
}

TEST(GemmAffine, DeepUint8BeyondInt32) {
  for (const std::size_t depth : {33025U, 33026U, 40000U}) {
    for (const std::size_t n : {1U, 3U}) {
      quantized_matrix<narrow::uint8, affine> a({2, depth}, affine(0.5F, 0)), b({depth, n}, affine(0.25F, 0));
      for (std::size_t k = 0; k < depth; ++k) {
        for (std::size_t i = 0; i < 2; ++i) a.codes()(i, k) = narrow::uint8(255);
        for (std::size_t j = 0; j < n; ++j) b.codes()(k, j) = narrow::uint8(j == 1 ? 1 : 255);
      }
      const matrix<std::int32_t> sums(2, n, layout::dense);
      const matrix<double> reals(2, n, layout::dense);
      narrow::gemm(a, b, sums.view());
      narrow::gemm(a, b, reals.view());
      for (std::size_t j = 0; j < n; ++j) {
        const auto sum = static_cast<std::int64_t>(depth) * 255 * (j == 1 ? 1 : 255);
        EXPECT_EQ(sums(1, j), to_int32(sum));
        EXPECT_EQ(reals(1, j), static_cast<double>(sum) * 0.125);
      }
    }
  }
  check<narrow::uint8, narrow::uint8>(2, 40000, 3, narrow::per_tensor, narrow::per_tensor, 5);
  check<narrow::uint8, narrow::uint8>(1, 40000, 2, narrow::per_row, narrow::per_column, 6);
}

TEST(GemmAffine, TransposedSchemesFollowTheirAxis) {
  generator random(3);
  const auto at = random_quantized<narrow::uint8>(6, 4, narrow::per_column, random);
  const auto bt = random_quantized<narrow::int8>(5, 6, narrow::per_row, random);
  const matrix<std::int32_t> c(4, 5, layout::dense);
  const matrix<float> y(4, 5, layout::dense);
  narrow::gemm(narrow::transposed(at), narrow::transposed(bt), c.view());
  narrow::gemm(narrow::transposed(at), narrow::transposed(bt), y.view());
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < 6; ++k) sum += static_cast<std::int32_t>(shifted(at, k, i) * shifted(bt, j, k));
      EXPECT_EQ(c(i, j), sum);
      const double scale = static_cast<double>(at.scheme().scale(i)) * static_cast<double>(bt.scheme().scale(j));
      EXPECT_EQ(y(i, j), rounded(static_cast<float>(sum) * static_cast<float>(scale)));
    }
  }
}

// A scale that varies along the depth goes into the factors: a float chain of the decoded operands.
template <class A, class B>
void check_along_depth(granularity of_a, granularity of_b) {
  generator random(4);
  for (const std::size_t m : {1U, 5U}) {
    const auto a = random_quantized<A>(m, 19, of_a, random);
    const auto b = random_quantized<B>(19, 6, of_b, random);
    const matrix<float> c(m, 6, layout::padded);
    narrow::gemm(a, b, c.view());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < 6; ++j) {
        std::vector<float> x, y;
        for (std::size_t k = 0; k < 19; ++k) {
          x.push_back(rounded(static_cast<float>(shifted(a, i, k)) * a.scheme().scale(place(a.scheme(), i, k))));
          y.push_back(rounded(static_cast<float>(shifted(b, k, j)) * b.scheme().scale(place(b.scheme(), k, j))));
        }
        ASSERT_TRUE(narrow_test::same(c(i, j), narrow_test::chain_sum(x, y, m == 1)));
      }
    }
    EXPECT_TRUE(c.canaries_live());
  }
}

TEST(GemmAffine, ScalesAlongTheDepth) {
  check_along_depth<narrow::int8, narrow::uint8>(narrow::per_column, narrow::per_tensor);
  check_along_depth<narrow::int8, narrow::uint8>(narrow::per_tensor, narrow::per_row);
  check_along_depth<narrow::uint8, narrow::uint8>(narrow::per_column, narrow::per_row);
  check_along_depth<narrow::int16, narrow::int8>(narrow::per_row, narrow::per_row);
}

// Integer codes times floats: the sum is a float chain of code - zero point, the scale is applied once.
TEST(GemmAffine, Int8TimesFloat16) {
  generator random(5);
  const auto a = random_quantized<narrow::int8>(4, 21, narrow::per_row, random);
  const matrix<narrow::float16> b(21, 5, layout::columns);
  b.fill(random);
  const matrix<float> c(4, 5, layout::dense);
  narrow::gemm(a, b.view(), c.view());
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      std::vector<float> x, y;
      for (std::size_t k = 0; k < 21; ++k)
        x.push_back(static_cast<float>(shifted(a, i, k))), y.push_back(float(b(k, j)));
      EXPECT_EQ(c(i, j), rounded(narrow_test::chain_sum(x, y, false) * a.scheme().scale(i)));
    }
  }
}

// Scaled FP8: pairs of the codes' values, the scale applied once.
TEST(GemmAffine, ScaledFloat8) {
  generator random(6);
  quantized_matrix<narrow::float8_e4m3fn, affine> a({3, 9}, affine(0.3F)), b({9, 4}, affine(0.7F));
  for (auto* x : {&a, &b}) {
    for (std::size_t i = 0; i < x->extent(0); ++i) {
      for (std::size_t j = 0; j < x->extent(1); ++j) {
        x->codes()(i, j) = narrow_test::random_element<narrow::float8_e4m3fn>(random);
      }
    }
  }
  const matrix<float> c(3, 4, layout::dense);
  narrow::gemm(a, b, c.view());
  const auto scale = static_cast<float>(static_cast<double>(0.3F) * static_cast<double>(0.7F));
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      std::vector<float> x, y;
      for (std::size_t k = 0; k < 9; ++k) x.push_back(float(a.codes()(i, k))), y.push_back(float(b.codes()(k, j)));
      EXPECT_EQ(c(i, j), rounded(narrow_test::pair_sum(x, y, false) * scale));
    }
  }
}

}  // namespace
