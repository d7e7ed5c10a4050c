// Schemes of a user's in products: decoded first, unless they say what can be factored out.
#include <gtest/gtest.h>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using narrow::granularity;
using narrow::view;
using narrow_test::layout;
using narrow_test::matrix;

// real = code squared, with its sign, times a step: nothing to factor out, as far as the library knows.
struct squares {
  granularity along = narrow::per_tensor;
  std::vector<float> steps{0.5F};

  granularity axis() const { return along; }
  std::size_t count() const { return steps.size(); }
  template <narrow::encoding E, class Real>
  Real decode(const narrow::detail::bits_of<Real>& code, std::size_t place) const {
    const Real value = E::template decode<Real>(code);
    return (value < 0 ? -value * value : value * value) * Real(steps[place]);
  }
};
static_assert(narrow::scheme<squares>);

// real = step * (code - 3): its integers may multiply as such.
struct thirds {
  double step = 0.1;

  static granularity axis() { return narrow::per_tensor; }
  static std::size_t count() { return 1; }
  template <narrow::encoding E>
  double factor(std::size_t) const {
    return step;
  }
  static int zero_point(std::size_t) { return 3; }
  template <narrow::encoding E, class Real>
  Real decode(const narrow::detail::bits_of<Real>& code, std::size_t) const {
    return Real(step) * (E::template decode<Real>(code) - 3);
  }
};

std::vector<narrow::int8> codes(std::initializer_list<int> values) {
  std::vector<narrow::int8> result;
  for (const int v : values) result.emplace_back(v);
  return result;
}

TEST(GemmSchemes, WithoutAFactorTheOperandsAreDecoded) {
  const auto a = codes({1, -2, 3, 4}), b = codes({2, 1, -1, 3});
  const squares tensor, rows{narrow::per_row, {1, 2}}, columns{narrow::per_column, {4, 0.25F}};
  std::vector<float> c(4);
  const auto check = [&](const squares& of_a, const squares& of_b) {
    narrow::gemm(narrow::quantized(view(a, 2, 2), of_a), narrow::quantized(view(b, 2, 2), of_b), view(c, 2, 2));
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 2; ++j) {
        float sum = 0;
        for (std::size_t k = 0; k < 2; ++k) {
          const auto real = [](const squares& s, const narrow::int8& code, std::size_t row, std::size_t column) {
            const float v = float(code);
            const std::size_t place = s.along == narrow::per_row ? row : s.along == narrow::per_column ? column : 0;
            return std::fabs(v) * v * s.steps[place];
          };
          sum += real(of_a, a[2 * i + k], i, k) * real(of_b, b[2 * k + j], k, j);
        }
        EXPECT_EQ(c[2 * i + j], sum) << i << ", " << j;
      }
    }
  };
  check(tensor, tensor);
  check(rows, columns);
  check(columns, rows);
  check(tensor, rows);
  // And with another scheme beside it.
  const narrow::affine half(0.5F, 1);
  narrow::gemm(narrow::quantized(view(a, 2, 2), tensor), narrow::quantized(view(b, 2, 2), half), view(c, 2, 2));
  EXPECT_EQ(c[0], 0.5F * 0.5F + -2.0F * -1.0F);
  narrow::gemm(view(b, 2, 2), narrow::quantized(view(a, 2, 2), tensor), view(c, 2, 2));
  EXPECT_EQ(c[0], 2 * 0.5F + 4.5F);
}

TEST(GemmSchemes, FloatsWithoutAFactor) {
  const std::vector<narrow::float8_e4m3fn> a{narrow::float8_e4m3fn(-3.0), narrow::float8_e4m3fn(0.5)};
  const squares tensor;
  std::vector<float> c(1);
  narrow::gemm(narrow::quantized(view(a, 1, 2), tensor), narrow::quantized(view(a, 2, 1), tensor), view(c, 1, 1));
  EXPECT_EQ(c[0], 4.5F * 4.5F + 0.125F * 0.125F);
}

// real = code / 2.
struct halves {
  static granularity axis() { return narrow::per_tensor; }
  static std::size_t count() { return 1; }
  template <narrow::encoding E, class Overflow, class Real, class Rounding>
  narrow::detail::bits_of<Real> encode(const Real& x, std::size_t, const Rounding& rounding) const {
    return E::template encode<Overflow>(Real(x + x), rounding);
  }
  template <narrow::encoding E, class Real>
  Real decode(const narrow::detail::bits_of<Real>& code, std::size_t) const {
    return E::template decode<Real>(code) / 2;
  }
};

// Outputs take any scheme that encodes; beta decodes what they were.
TEST(GemmSchemes, Outputs) {
  const std::vector<float> a{3}, b{-6, 0.5F};
  narrow::quantized_matrix<narrow::int8, halves> c({1, 2}, halves{});
  narrow::gemm(view(a, 1, 1), view(b, 1, 2), c);
  EXPECT_EQ(c.codes()(0, 0).storage(), -36);
  EXPECT_EQ(c.codes()(0, 1).storage(), 3);
  narrow::gemm(view(a, 1, 1), view(b, 1, 2), c, narrow::beta{1});
  EXPECT_EQ(c.codes()(0, 0).storage(), -72);
}

TEST(GemmSchemes, WithAFactorIntegersStayIntegers) {
  const auto a = codes({127, -128}), b = codes({-100, 99});
  const thirds s;
  std::vector<std::int32_t> sums(1);
  std::vector<float> reals(1);
  const auto x = narrow::quantized(view(a, 1, 2), s);
  const auto y = narrow::quantized(view(b, 2, 1), s);
  narrow::gemm(x, y, view(sums, 1, 1));
  EXPECT_EQ(sums[0], 124 * -103 + -131 * 96);
  narrow::gemm(x, y, view(reals, 1, 1));
  EXPECT_EQ(reals[0], static_cast<float>(sums[0]) * static_cast<float>(0.1 * 0.1));
}

// Formats of 8 significand bits or fewer go to the bf16 class only where it flushes nothing.
TEST(GemmSchemes, PairsOnlyWhereNothingIsFlushed) {
  using narrow::float_descriptor, narrow::float_format, narrow::number, narrow::specials;
  using e7m3 = number<float_format<float_descriptor{7, 3, 63}>>;
  using e8m0 = number<float_format<float_descriptor{8, 0, 127, specials::nan_all_ones, false, false}>>;
  const auto product = []<class A, class B>(A a, B b) {
    std::vector<A> x{a};
    std::vector<B> y{b};
    std::vector<float> c(1);
    narrow::gemm(view(x, 1, 1), view(y, 1, 1), view(c, 1, 1));
    return c[0];
  };
  const e7m3 tiny = e7m3::from_bits(1);
  EXPECT_EQ(tiny.to_real(), 0x1p-65F);
  EXPECT_EQ(product(tiny, tiny), 0x1p-130F);
  EXPECT_EQ(product(tiny, narrow::float8_e4m3fn(1.0)), 0x1p-65F);
  const e8m0 least = e8m0::from_bits(0);
  EXPECT_EQ(least.to_real(), 0x1p-127F);
  EXPECT_EQ(product(least, e8m0(1.0)), 0x1p-127F);
  EXPECT_EQ(product(least, narrow::float8_e5m2(1.0)), 0x1p-127F);
  EXPECT_EQ(product(narrow::bfloat16(1.0), least), 0x1p-127F);
  // bfloat16 itself asks for the flushes, also beside another format.
  EXPECT_EQ(product(narrow::bfloat16(0x1p-130), narrow::bfloat16(1.0)), 0.0F);
  EXPECT_EQ(product(narrow::bfloat16(0x1p-120), narrow::float8_e5m2(0x1p-10)), 0.0F);
}

}  // namespace
