// The number as a type: construction, conversion, comparison, random rounding, and what generic code asks of it.
#include "narrow/number.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "narrow/number_io.hpp"
#include "narrow/number_math.hpp"
#include "narrow/number_traits.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"
#include "support/sweep.hpp"

namespace {

using namespace narrow;
using float8_fnuz = number<support::float8_e4m3fnuz>;
using float4 = number<support::float4_e2m1fn>;
using scale8 = number<support::float8_e8m0fnu>;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// ---- the type ---------------------------------------------------------------------------------------------------
static_assert(sizeof(float16) == 2 && sizeof(float8_e4m3fn) == 1 && sizeof(int4) == 1 && sizeof(fixed<8, 24>) == 4);
template <class... T>
constexpr bool all_trivial = (std::is_trivially_copyable_v<T> && ...) &&
                             (std::is_trivially_default_constructible_v<T> && ...);
static_assert(all_trivial<float16, bfloat16, float8_e5m2, uint4, int16, fixed<4, 12>, scale8>);
template <class T>
constexpr bool only_widens =
    !std::is_convertible_v<float, T> && !std::is_convertible_v<int, T> && !std::is_convertible_v<T, int> &&
    !std::is_convertible_v<T, bool> && std::is_convertible_v<T, double> &&
    std::is_convertible_v<T, float> == std::is_same_v<typename T::real_type, float> &&
    std::is_constructible_v<float, T> && !std::is_convertible_v<T, number<signed_integer<9>>>;
static_assert(only_widens<float16> && only_widens<int8> && only_widens<fixed<4, 12>> && only_widens<fixed<8, 24>>);
static_assert(std::is_convertible_v<float16, float> && !std::is_convertible_v<fixed<8, 24>, float>);
static_assert(!std::is_convertible_v<float16, bfloat16> && std::is_constructible_v<bfloat16, float16>);
static_assert(!std::is_constructible_v<float16, bool>, "a bool is no number");

template <class T>
class Number : public testing::Test {};
using types = testing::Types<float16, bfloat16, float8_e4m3fn, float8_e5m2, float8_fnuz, float4, scale8, int4, int8,
                             int16, uint4, uint8, uint16, fixed<4, 4>, fixed<8, 8>, fixed<1, 7>>;
TYPED_TEST_SUITE(Number, types);

TYPED_TEST(Number, EveryCodeGoesRound) {
  using E = typename TypeParam::encoding_type;
  using bits = typename TypeParam::bits_type;
  for (std::uint32_t code = 0; code >> E::bits == 0; ++code) {
    const auto x = TypeParam::from_bits(static_cast<bits>(code));
    ASSERT_EQ(x.bits(), code);
    ASSERT_EQ(TypeParam::from_bits(static_cast<bits>(code | (E::bits < 8 ? 1u << E::bits : 0u))).bits(), code);
    const double value = double(x);
    ASSERT_EQ(isnan(x), std::isnan(value));
    ASSERT_EQ(isinf(x), std::isinf(value));
    ASSERT_EQ(isfinite(x), std::isfinite(value));
    ASSERT_EQ(signbit(x), std::signbit(value));
    if (std::isnan(value)) {
      ASSERT_FALSE(x == x);
      ASSERT_TRUE(x != x);
      ASSERT_FALSE(x < x || x > x || x <= x || x >= x);
      continue;
    }
    ASSERT_EQ(x, x);
    ASSERT_EQ(TypeParam(value).bits(), code);
    ASSERT_EQ(TypeParam(x.to_real()).bits(), code);
    std::ostringstream text;
    text << x;
    if (std::isfinite(value)) {
      ASSERT_EQ(TypeParam(static_cast<typename TypeParam::real_type>(std::stod(text.str()))).bits(), code)
          << text.str();
    }
  }
}

// The next number, by sorting all values.
TYPED_TEST(Number, NextAfter) {
  using E = typename TypeParam::encoding_type;
  std::vector<double> values;
  const auto from = [](std::uint32_t code) {
    return TypeParam::from_bits(static_cast<typename TypeParam::bits_type>(code));
  };
  for (std::uint32_t code = 0; code >> E::bits == 0; ++code) {
    if (!isnan(from(code))) values.push_back(double(from(code)));
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  const TypeParam first(values.front()), last(values.back());
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    ASSERT_EQ(double(nextafter(TypeParam(values[i]), last)), values[i + 1]);
    ASSERT_EQ(double(nextafter(TypeParam(values[i + 1]), first)), values[i]);
  }
  EXPECT_EQ(nextafter(last, last), last);
  using limits = std::numeric_limits<TypeParam>;
  EXPECT_EQ(double(limits::lowest()), limits::has_infinity ? values[1] : values[0]);
  EXPECT_EQ(double(limits::max()), limits::has_infinity ? values[values.size() - 2] : values.back());
  if (!limits::is_exact) {
    const auto smallest = std::upper_bound(values.begin(), values.end(), 0.0);
    EXPECT_EQ(double(limits::denorm_min()), *smallest);
    EXPECT_EQ(double(limits::epsilon()), *std::upper_bound(values.begin(), values.end(), 1.0) - 1);
    EXPECT_EQ(double(limits::min()), std::ldexp(1.0, limits::min_exponent - 1));
    EXPECT_EQ(std::ilogb(double(limits::max())), limits::max_exponent - 1);
  }
}

template <class T>
constexpr T from_one_step() {
  return T::from_bits(1);
}

// Integers, and signs, of every number: as the functions of double, brought into the range.
TYPED_TEST(Number, MathOfEveryCode) {
  using E = typename TypeParam::encoding_type;
  using bits = typename TypeParam::bits_type;
  using limits = std::numeric_limits<TypeParam>;
  const TypeParam smallest_normal = limits::is_exact ? from_one_step<TypeParam>() : limits::min();
  struct pair {
    TypeParam (*number)(TypeParam);
    double (*real)(double);
  };
  constexpr pair functions[] = {
      {exp2<TypeParam>, std::exp2},   {expm1<TypeParam>, std::expm1}, {log2<TypeParam>, std::log2},
      {log10<TypeParam>, std::log10}, {log1p<TypeParam>, std::log1p}, {cbrt<TypeParam>, std::cbrt},
      {sin<TypeParam>, std::sin},     {cos<TypeParam>, std::cos},     {tan<TypeParam>, std::tan},
      {asin<TypeParam>, std::asin},   {acos<TypeParam>, std::acos},   {atan<TypeParam>, std::atan},
      {sinh<TypeParam>, std::sinh},   {cosh<TypeParam>, std::cosh},   {asinh<TypeParam>, std::asinh},
      {acosh<TypeParam>, std::acosh}, {atanh<TypeParam>, std::atanh}, {erf<TypeParam>, std::erf},
      {erfc<TypeParam>, std::erfc}};
  const auto same = [](TypeParam got, double want) {
    const double expected = double(convert<TypeParam>(want, nearest_even{}));
    return double(got) == expected || (isnan(got) && std::isnan(expected));
  };
  for (std::uint32_t code = 0; code >> E::bits == 0; code += E::bits > 8 ? support::every(15) : 1) {
    const auto x = TypeParam::from_bits(static_cast<bits>(code));
    const double value = double(x);
    ASSERT_TRUE(same(floor(x), std::floor(value))) << value;
    ASSERT_TRUE(same(ceil(x), std::ceil(value))) << value;
    ASSERT_TRUE(same(trunc(x), std::trunc(value))) << value;
    ASSERT_TRUE(same(round(x), std::round(value))) << value;
    ASSERT_TRUE(same(rint(x), std::rint(value))) << value;
    ASSERT_TRUE(same(abs(x), std::fabs(value))) << value;
    ASSERT_EQ(isnormal(x), std::isnormal(value) && std::fabs(value) >= double(smallest_normal)) << value;
    for (const auto& [f, g] : functions) ASSERT_TRUE(same(f(x), g(value))) << value;
    ASSERT_TRUE(same(exp(x), std::exp(value))) << value;
    ASSERT_TRUE(same(log(x), std::log(value))) << value;
    ASSERT_TRUE(same(tanh(x), std::tanh(value))) << value;
    ASSERT_TRUE(same(pow(x, x), std::pow(value, value))) << value;
  }
}

TEST(NumberMath, SignsAndOrder) {
  EXPECT_EQ(copysign(float16(2.5), float16(-0.0)).bits(), float16(-2.5).bits());
  EXPECT_EQ(double(copysign(int8(5), int8(-1))), -5.0);
  EXPECT_EQ(double(abs(int8(-128))), 127.0);
  EXPECT_EQ(copysign(float8_fnuz(0), float8_fnuz(-1)).bits(), 0);  // no -0
  EXPECT_TRUE(isnan(abs(float8_fnuz(nan))));
  EXPECT_EQ(double(fmin(float16(nan), float16(1))), 1.0);
  EXPECT_EQ(double(fmax(float16(1), float16(nan))), 1.0);
  EXPECT_EQ(double(fmax(float16(1), float16(2))), 2.0);
  EXPECT_EQ(double(rint(number<signed_integer<8>, toward_positive>(3))), 3.0);
  EXPECT_EQ(double(rint(fixed<4, 4, toward_positive>(1.0625))), 2.0);
  EXPECT_EQ(double(rint(fixed<4, 4, nearest_away>(-2.5))), -3.0);
}

TEST(NumberMath, ScalingAndRemainder) {
  EXPECT_EQ(double(ldexp(float16(1.5), 3)), 12.0);
  EXPECT_EQ(double(ldexp(float16(1), -25)), 0.0);
  EXPECT_EQ(double(ldexp(number<float16::encoding_type, toward_positive>(1), -5000)), 0x1p-24);
  EXPECT_EQ(double(ldexp(float16(1), 5000)), infinity);
  EXPECT_EQ(double(fmod(float16(-5.5), float16(2))), -1.5);
  EXPECT_EQ(double(fmod(fixed<8, 8>(5.75), fixed<8, 8>(0.5))), 0.25);
  EXPECT_EQ(lround(float16(-2.5)), -3);
  EXPECT_TRUE(isnormal(float16(0x1p-14)) && isnormal(int8(-1)));
  EXPECT_FALSE(isnormal(float16(0x1p-15)) || isnormal(float16(0)) || isnormal(float16(nan)) || isnormal(int8(0)));
}

// What needs no library function is a constant expression.
TEST(NumberMath, AtCompileTime) {
  constexpr float16 big(infinity);
  static_assert(isnan(big - big) && isnan(big * float16(0)) && isnan(big / big) && isnan(sqrt(float16(-1))));
  static_assert(double(floor(float16(-1.5))) == -2 && double(ceil(fixed<4, 4>(1.25))) == 2);
  static_assert(double(round(bfloat16(2.5))) == 3 && double(rint(float16(2.5))) == 2 && signbit(ceil(float16(-0.5))));
  static_assert(double(fabs(int8(-5))) == 5);
  static_assert(sqrt(number<float16::encoding_type, toward_positive>(2)).bits() == 0x3DA9);
  // The two ways to a square root agree: exact and inexact, exponents of either parity, subnormals.
  constexpr auto from = [](std::size_t i) {
    return number<float16::encoding_type, to_odd>::from_bits(static_cast<std::uint16_t>(i * 123));
  };
  constexpr auto roots = [&] {
    std::array<std::uint16_t, 256> result{};
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = sqrt(from(i)).bits();
    return result;
  }();
  for (std::size_t i = 0; i < roots.size(); ++i) ASSERT_EQ(roots[i], sqrt(from(i)).bits()) << i;
}

TEST(NumberLimits, KnownValues) {
  using half = std::numeric_limits<float16>;
  static_assert(half::is_specialized && half::is_iec559 && half::digits == 11 && half::digits10 == 3);
  static_assert(half::max_digits10 == 5 && half::min_exponent == -13 && half::max_exponent == 16);
  static_assert(half::min_exponent10 == -4 && half::max_exponent10 == 4 && half::round_style == std::round_to_nearest);
  static_assert(double(half::max()) == 65504 && double(half::epsilon()) == 0x1p-10 &&
                double(half::round_error()) == 0.5);
  static_assert(double(half::infinity()) == infinity && half::quiet_NaN() != half::quiet_NaN());
  static_assert(!std::numeric_limits<bfloat16>::is_iec559 && !std::numeric_limits<float8_e4m3fn>::has_infinity);
  static_assert(std::numeric_limits<number<float16::encoding_type, toward_zero>>::round_style ==
                std::round_toward_zero);
  using integer = std::numeric_limits<int8>;
  static_assert(integer::is_integer && integer::is_exact && !integer::is_modulo && integer::digits == 7);
  static_assert(integer::digits10 == std::numeric_limits<std::int8_t>::digits10 && int(integer::min()) == -128);
  using wrapping = std::numeric_limits<number<signed_integer<8>, nearest_even, wrap>>;
  static_assert(wrapping::is_modulo);
  using steps = std::numeric_limits<fixed<4, 12>>;
  static_assert(!steps::is_integer && steps::is_exact && double(steps::epsilon()) == 0x1p-12 &&
                double(steps::min()) == -8);
  static_assert(double(std::numeric_limits<fixed<4, 4, nearest_even, saturate_symmetric>>::lowest()) == -7.9375);
}

TEST(Number, HashAndStream) {
  EXPECT_EQ(std::hash<float16>{}(float16(0.0)), std::hash<float16>{}(float16(-0.0)));
  std::unordered_set<float16> set;
  for (std::uint32_t code = 0; code <= 0x7C00; ++code) set.insert(float16::from_bits(static_cast<std::uint16_t>(code)));
  EXPECT_EQ(set.size(), 0x7C01u);
  std::ostringstream text;
  text.precision(2);
  text << uint8(200) << ' ' << fixed<4, 12>(-1.5) << ' ' << float16(infinity) << ' ' << float16(nan) << ' ' << int8(65);
  EXPECT_EQ(text.str(), "200 -1.5 inf nan 65");
}

// ---- conversions ------------------------------------------------------------------------------------------------
TEST(Convert, Integers) {
  constexpr auto low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  constexpr auto vast = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(double(bfloat16(low)), -0x1p63);
  EXPECT_EQ(double(bfloat16(high)), 0x1p63);
  EXPECT_EQ(double(convert<bfloat16>(high, toward_zero{})), 0x1.FEp62);
  EXPECT_EQ(double(convert<bfloat16>(vast, toward_zero{})), 0x1.FEp63);
  EXPECT_EQ(double(convert<bfloat16>((std::int64_t{1} << 62) + 1, toward_positive{})), 0x1.02p62);
  EXPECT_EQ(double(convert<bfloat16>(-(std::int64_t{1} << 62) - 1, toward_negative{})), -0x1.02p62);
  EXPECT_EQ(double(float16(high)), infinity);
  EXPECT_EQ(double(fixed<16, 16>(low)), -32768.0);
  EXPECT_EQ(double(fixed<16, 16>(high)), 32768 - 0x1p-16);
  EXPECT_EQ(double(convert<int8>(300, nearest_even{}, wrap{})), 44.0);
  EXPECT_EQ(double(convert<uint8>(vast, nearest_even{}, wrap{})), 255.0);
  EXPECT_EQ(double(convert<int8>(-128, nearest_even{}, saturate_symmetric{})), -127.0);
  EXPECT_EQ(int(float16(-2.75)), -2);
  EXPECT_TRUE(bool(float16(0x1p-24)) && !bool(float16(-0.0)));
}

TEST(Convert, OverflowAndModeOfTheCallWin) {
  EXPECT_EQ(double(convert<float16>(1e6, nearest_even{}, saturate{})), 65504.0);
  EXPECT_EQ(double(convert<float16>(1e6)), infinity);
  EXPECT_EQ(double(convert<float16>(1e6, toward_zero{})), 65504.0);
  EXPECT_TRUE(isnan(convert<float8_e4m3fn>(1e6, nearest_even{}, to_infinity{})));
  EXPECT_EQ(double(convert<fixed<4, 4>>(float16(1.03125))), 1.0);
  EXPECT_EQ(double(convert<fixed<4, 4>>(float16(1.03125), toward_positive{})), 1.0625);
  EXPECT_EQ(double(float8_e4m3fn(0.0029296873)), 0.001953125);  // through half it would be 0.00390625
  EXPECT_EQ(double(float16(fixed<8, 24>(0.1))), double(float16(double(fixed<8, 24>(0.1)))));
  EXPECT_EQ(double(convert<float16>(1 + 0x1p-11, stochastic{0xFFFFFFFF})), 1 + 0x1p-10);
  EXPECT_EQ(double(convert<float16>(1 + 0x1p-11, stochastic{0})), 1.0);
}

// Between types of one encoding too: the target's overflow holds.
TEST(Convert, OverflowWithinAnEncoding) {
  using saturating = number<float16::encoding_type, nearest_even, saturate>;
  using symmetric4 = fixed<4, 4, nearest_even, saturate_symmetric>;
  EXPECT_EQ(double(convert<float16>(float16(infinity), nearest_even{}, saturate{})), 65504.0);
  EXPECT_EQ(double(saturating(float16(-infinity))), -65504.0);
  EXPECT_EQ(double(symmetric4(fixed<4, 4>(-8))), -7.9375);
  EXPECT_EQ(double(convert<fixed<4, 4>>(fixed<4, 4>(-8), nearest_even{}, saturate_symmetric{})), -7.9375);
  EXPECT_EQ(double(saturating(float16(-1.5))), -1.5);
  EXPECT_TRUE(isnan(saturating(float16(nan))));
}

TEST(Convert, RefusesImpossibleCountsOfBits) {
  for (const int count : {-1, 0, 33, 40}) {
    EXPECT_THROW(convert<float16>(0.1, stochastic{1, count}), std::invalid_argument);
    EXPECT_THROW(convert<int8>(float16(0.1), stochastic{1, count}), std::invalid_argument);
    EXPECT_THROW(int8(float16(0.1), stochastic{1, count}), std::invalid_argument);
  }
  EXPECT_THROW(convert<float16>(0.1, stochastic{1, 32, true}), std::invalid_argument);
  static_assert(double(convert<float16>(0.5, stochastic{1, 31, true})) == 0.5);
}

// ---- stochastic rounding by the type ----------------------------------------------------------------------------
template <class T>
class StochasticNumber : public testing::Test {};
using stochastic_types = testing::Types<number<float16::encoding_type, stochastic>, fixed<4, 12, stochastic>,
                                        number<bfloat16::encoding_type, stochastic>>;
TYPED_TEST_SUITE(StochasticNumber, stochastic_types);

TYPED_TEST(StochasticNumber, StreamIsCountedAndSeeded) {
  const TypeParam third = convert<TypeParam>(1.0 / 3, nearest_even{});
  std::vector<std::uint32_t> first;
  for (int run = 0; run < 2; ++run) {
    seed_this_thread(7, 11);
    for (std::uint64_t i = 0; i < 100; ++i) {
      const auto bits = (third * third).bits();
      const auto drawn = stochastic{random_bits(7, 11, i)};
      ASSERT_EQ(bits, (convert<TypeParam>(double(third) * double(third), drawn).bits())) << i;
      if (run == 0) first.push_back(bits);
      ASSERT_EQ(bits, first[i]);
    }
  }
  EXPECT_EQ(this_thread_stochastic().index, 100u);
}

// Threads of one seed and stream, as those that were never seeded, draw alike; a stream of its own sets one apart.
TEST(StochasticStream, ThreadsDifferByTheirStream) {
  const auto drawn = [](const auto& seed) {
    std::uint32_t bits = 0;
    std::thread([&] {
      seed();
      bits = narrow::this_thread_stochastic().next().bits;
    }).join();
    return bits;
  };
  EXPECT_EQ(drawn([] {}), narrow::random_bits(0, 0, 0));
  EXPECT_EQ(drawn([] { seed_this_thread(3); }), narrow::random_bits(3, 0, 0));
  EXPECT_EQ(drawn([] { seed_this_thread(3, 8); }), narrow::random_bits(3, 8, 0));
  EXPECT_NE(narrow::random_bits(3, 8, 0), narrow::random_bits(3, 0, 0));
}

TYPED_TEST(StochasticNumber, MeanIsUnbiased) {
  constexpr int n = 20000;
  for (const double sign : {1.0, -1.0}) {
    seed_this_thread(3);
    const TypeParam a = convert<TypeParam>(sign * 1.40625, nearest_even{}),
                    b = convert<TypeParam>(1.0 / 3, nearest_even{});
    const double exact = double(a) * double(b);
    double total = 0, low = infinity, high = -infinity;
    for (int i = 0; i < n; ++i) {
      const double got = double(a * b);
      total += got, low = std::min(low, got), high = std::max(high, got);
    }
    ASSERT_LT(low, high);
    const double up = (exact - low) / (high - low);
    EXPECT_NEAR((total / n - low) / (high - low), up, 5 * std::sqrt(up * (1 - up) / n));
  }
}

}  // namespace
