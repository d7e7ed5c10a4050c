// A user's own encoding: what the concept asks for is all that the library needs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/gemm.hpp"
#include "narrow/number_math.hpp"
#include "narrow/number_traits.hpp"

namespace {

using namespace narrow;

// Integers as a sign and a magnitude. Neither fixed point (not two's complement) nor a float.
template <int Bits, class RealType>
struct sign_magnitude {
  static constexpr int bits = Bits, digits = Bits - 1;
  static constexpr bool is_signed = true, has_infinity = false, has_nan = false;
  using storage_type = std::uint8_t;
  using real_type = RealType;
  static constexpr std::uint32_t sign_bit = 1U << (Bits - 1);
  static constexpr real_type highest() { return sign_bit - 1; }
  static constexpr real_type lowest() { return -highest(); }
  static constexpr real_type smallest() { return 1; }

  template <class Overflow, class Real, class Rounding>
  [[gnu::always_inline]] static constexpr detail::bits_of<Real> encode(const Real& x, const Rounding& rounding) {
    using U = detail::bits_of<Real>;
    const U code = fixed_point<Bits>::template encode<saturate_symmetric>(x, rounding);
    const U negative = U(0) - (code >> (detail::real_layout<Real>::width - 1));
    return ((code ^ negative) - negative) | (negative & U(sign_bit));
  }
  template <class Real>
  [[gnu::always_inline]] static constexpr Real decode(const detail::bits_of<Real>& code) {
    using U = detail::bits_of<Real>;
    const U negative = U(0) - ((code >> (Bits - 1)) & U(1));
    const U magnitude = code & U(sign_bit - 1);
    return detail::integer_to_real<Real>((magnitude ^ negative) - negative);
  }
};

using encoding8 = sign_magnitude<8, float>;
using toy = number<encoding8>;
static_assert(encoding<encoding8> && !fixed_point_encoding<encoding8> && !float_encoding<encoding8>);

double rounded(double x) { return std::clamp(std::nearbyint(x), -127.0, 127.0); }

TEST(UserEncoding, IsANumber) {
  for (int i = -127; i <= 127; ++i) {
    const toy x(i);
    ASSERT_EQ(double(x), i);
    ASSERT_EQ(x.bits(), i < 0 ? 128 - i : i);
    ASSERT_EQ(double(-x), -i);
    ASSERT_EQ(double(abs(x)), std::abs(i));
    ASSERT_EQ(double(copysign(x, toy(-1))), -std::abs(i));
    ASSERT_EQ(signbit(x), i < 0);
    ASSERT_TRUE(isfinite(x) && !isnan(x) && !isinf(x));
    ASSERT_EQ(floor(x), x);
    ASSERT_EQ(double(rint(x)), i);
    ASSERT_EQ(double(sqrt(abs(x))), rounded(std::sqrt(std::abs(i))));
    for (int j = -127; j <= 127; ++j) {
      const toy y(j);
      ASSERT_EQ(double(x + y), rounded(i + j));
      ASSERT_EQ(double(x - y), rounded(i - j));
      ASSERT_EQ(double(x * y), rounded(i * j));
      if (j != 0) {
        ASSERT_EQ(double(x / y), rounded(double(i) / j));
      }
      ASSERT_EQ(double(fma(x, y, x)), rounded(i * j + i));
      ASSERT_EQ(x < y, i < j);
      ASSERT_EQ(x == y, i == j);
      ASSERT_EQ(fmin(x, y), toy(std::min(i, j)));
    }
  }
  EXPECT_EQ(double(toy(1e9)), 127.0);
  EXPECT_EQ(double(convert<toy>(2.5, toward_positive{})), 3.0);
  EXPECT_EQ(double(convert<float16>(toy(-77))), -77.0);
  EXPECT_EQ(double(convert<toy>(fixed<8, 8>(3.75))), 4.0);
}

TEST(UserEncoding, HasLimitsAndAHash) {
  using limits = std::numeric_limits<toy>;
  static_assert(limits::is_specialized && limits::is_signed && limits::digits == 7 && !limits::has_infinity);
  EXPECT_EQ(double(limits::max()), 127.0);
  EXPECT_EQ(double(limits::lowest()), -127.0);
  EXPECT_EQ(double(limits::min()), 1.0);
  EXPECT_EQ(std::hash<toy>{}(toy(5)), std::hash<toy>{}(toy(5)));
}

TEST(UserEncoding, IsQuantizedUnderSchemes) {
  std::vector<float> x(50);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) * 6.3F - 140;
  x.push_back(std::numeric_limits<float>::infinity());
  x.push_back(0.25F);
  x.push_back(std::numeric_limits<float>::quiet_NaN());
  conversion_counts counts;
  const auto codes = quantize<toy>(view(x, x.size()), unscaled, nearest_even{}, &counts);
  const auto values = dequantize(codes);
  std::size_t beyond = 0;
  for (std::size_t i = 0; i < 52; ++i) {
    EXPECT_EQ(double{values[i]}, rounded(double{x[i]})) << x[i];
    beyond += std::fabs(x[i]) > 127 ? 1U : 0U;
  }
  EXPECT_EQ(counts.elements, 53U);
  EXPECT_EQ(counts.overflow, beyond);
  EXPECT_EQ(counts.underflow, 1U);
  EXPECT_EQ(counts.nan, 1U);
  const auto scaled = dequantize(quantize<toy>(view(x.data(), 50), affine(2)));
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(double{scaled[i]}, 2 * rounded(double{x[i]} / 2)) << x[i];
}

TEST(UserEncoding, IsMultiplied) {
  using wide = number<sign_magnitude<8, double>>;
  std::vector<float> a(6), b(6), y(4);
  for (std::size_t i = 0; i < 6; ++i) a[i] = static_cast<float>(i) - 3, b[i] = 5 - 2 * static_cast<float>(i);
  const auto aq = quantize<wide>(view(a, 2, 3));
  gemm(aq, quantize<wide>(view(b, 3, 2), affine(0.5F)), view(y, 2, 2));
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < 3; ++k) sum += a[i * 3 + k] * b[k * 2 + j];
      EXPECT_EQ(y[i * 2 + j], sum);
    }
  }
  std::vector<wide> c(4);
  gemm(aq, view(b, 3, 2), view(c, 2, 2), alpha{0.3});
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(double(c[i]), rounded(0.3 * double{y[i]}));
}

}  // namespace
