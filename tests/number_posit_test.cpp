// Posits as numbers: arithmetic against exact integers, conversions, the standard's order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

#include "narrow/number_io.hpp"
#include "narrow/number_math.hpp"
#include "narrow/number_traits.hpp"
#include "support/exact_posits.hpp"
#include "support/sweep.hpp"

namespace {

using namespace support;
using narrow::convert;
using narrow::nearest_even;
using narrow::number;
using narrow::posit;
using narrow::posit_format;
using narrow::random_bits;
using narrow::stochastic;

template <class T>
T from_code(std::int64_t code) {
  return T::from_bits(static_cast<typename T::bits_type>(code));
}

// The operators on sign-extended codes.
struct operations {
  using code = std::int64_t;
  code (*add)(code, code);
  code (*subtract)(code, code);
  code (*multiply)(code, code);
  code (*divide)(code, code);
  code (*fma)(code, code, code);
  code (*sqrt)(code);
};
template <class T>
constexpr operations operations_of() {
  using code = std::int64_t;
  return {
      [](code a, code b) -> code { return (from_code<T>(a) + from_code<T>(b)).storage(); },
      [](code a, code b) -> code { return (from_code<T>(a) - from_code<T>(b)).storage(); },
      [](code a, code b) -> code { return (from_code<T>(a) * from_code<T>(b)).storage(); },
      [](code a, code b) -> code { return (from_code<T>(a) / from_code<T>(b)).storage(); },
      [](code a, code b, code c) -> code { return fma(from_code<T>(a), from_code<T>(b), from_code<T>(c)).storage(); },
      [](code a) -> code { return sqrt(from_code<T>(a)).storage(); }};
}

template <class Rounding>
void check_one(const operations& tested, const exact_posits& exact, std::int64_t a, std::int64_t b, std::int64_t c) {
  const auto check = [&](const char* operation, std::int64_t got, const exact_posits::result& want) {
    ASSERT_EQ(got, exact.code(want, Rounding{})) << operation << " of codes " << a << ", " << b << ", " << c;
  };
  const std::int64_t minus_b = exact.is_nan(b) ? b : -b;
  check("a + b", tested.add(a, b), exact.sum(a, b));
  check("a - b", tested.subtract(a, b), exact.sum(a, minus_b));
  check("a * b", tested.multiply(a, b), exact.product(a, b));
  check("a / b", tested.divide(a, b), exact.quotient(a, b));
  check("fma", tested.fma(a, b, c), exact.fused(a, b, c));
  check("sqrt", tested.sqrt(a), exact.root(a));
}

// A random code of this many bits.
std::int64_t random_code(int bits, std::uint64_t stream, std::uint64_t i) {
  const auto word = static_cast<std::int32_t>(random_bits(5, stream, i));
  return word >> (32 - bits);
}

template <int N, int ES, class Rounding>
void check_every_pair() {
  const exact_posits exact({N, ES});
  const operations tested = operations_of<posit<N, ES, Rounding>>();
  constexpr std::int64_t half = std::int64_t{1} << (N - 1);
  std::uint64_t i = 0;
  for (std::int64_t a = -half; a < half; ++a) {
    for (std::int64_t b = -half + (a + half) % every(31); b < half; b += every(31)) {
      check_one<Rounding>(tested, exact, a, b, random_code(N, 1, ++i));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}
TEST(PositArithmetic, EveryPairOf8Bits) {
  check_every_pair<8, 0, nearest_even>();
  check_every_pair<8, 1, nearest_even>();
  check_every_pair<8, 2, nearest_even>();
}
TEST(PositArithmetic, EveryPairOf6BitsInEveryMode) {
  for_each_mode([](auto mode, const char* name) {
    SCOPED_TRACE(name);
    check_every_pair<6, 1, decltype(mode)>();
  });
}

// Codes at random, so that exponents are mostly far apart; then codes next to each other, sums that nearly cancel,
// products next to ties, and the ends of the range.
template <int N, int ES, class Rounding>
void check_random_codes() {
  const exact_posits exact({N, ES});
  const operations tested = operations_of<posit<N, ES, Rounding>>();
  constexpr std::int64_t half = std::int64_t{1} << (N - 1);
  const auto wrapped = [](std::int64_t code) { return from_code<posit<N, ES>>(code).storage(); };
  for (std::uint64_t i = 0; i < 8000 / every(31); ++i) {
    std::int64_t a = random_code(N, 1, i), b = random_code(N, 2, i), c = random_code(N, 3, i);
    if (i % 4 == 1) b = wrapped(a + (b >> (N / 2)));
    if (i % 4 == 2) c = wrapped(-tested.multiply(a, b) + c % 3);
    if (i % 8 == 3) a = wrapped(half - 1 - (a & 15)), b >>= N / 2;
    // One and a few last places: products and quotients then differ from a tie in their last bits.
    if (i % 8 == 7) a = half / 2 + (a & 63), b = half / 2 + (b & 63);
    check_one<Rounding>(tested, exact, a, b, c);
    if (testing::Test::HasFatalFailure()) return;
  }
}
TEST(PositArithmetic, RandomCodes) {
  check_random_codes<16, 1, nearest_even>();
  check_random_codes<32, 0, nearest_even>();
  check_random_codes<20, 3, nearest_even>();
}
TEST(PositArithmetic, RandomCodesOf16BitsInEveryMode) {
  for_each_mode([](auto mode, const char* name) {
    SCOPED_TRACE(name);
    check_random_codes<16, 2, decltype(mode)>();
  });
}
TEST(PositArithmetic, RandomCodesOf32BitsInEveryMode) {
  for_each_mode([](auto mode, const char* name) {
    SCOPED_TRACE(name);
    check_random_codes<32, 2, decltype(mode)>();
  });
}

TEST(PositArithmetic, StochasticProductsOf32Bits) {
  using T = number<posit_format<32>, stochastic>;
  const exact_posits exact({32, 2});
  for (std::uint64_t i = 0; i < 2000 / every(7); ++i) {
    const std::int64_t a = random_code(32, 1, i), b = random_code(32, 2, i);
    exact_posits::integer sum = exact_posits::zero();
    exact.add_product(sum, a, b);
    const exact_posits::result r = exact.place_of(sum);
    if (sum.sign() < 0) sum.negate();
    const auto compare = exact_posits::above(sum);
    const posit_fraction<decltype(compare)> d{exact.oracle(), r.place.code, compare};
    narrow::seed_this_thread(9, i);
    const stochastic drawn{random_bits(9, i, 0)};
    ASSERT_EQ((from_code<T>(a) * from_code<T>(b)).storage(), posit_code(r.place, d, drawn)) << a << " * " << b;
  }
}

TEST(PositNumber, ComparesInTheOrderOfItsCodes) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  using T = posit<8>;
  for (int a = -128; a < 128; ++a) {
    for (int b = -128; b < 128; ++b) {
      const T x = from_code<T>(a), y = from_code<T>(b);
      ASSERT_EQ(x < y, a < b);
      ASSERT_EQ(x == y, a == b);
      if (a != -128 && b != -128) {
        ASSERT_EQ(x < y, double(x) < double(y));
      }
    }
  }
  const T nar(nan);
  EXPECT_TRUE(nar == nar && nar < std::numeric_limits<T>::lowest() && !(nar > T(0)));
  EXPECT_TRUE(nar != nan && !(nar < 0.0) && T(1.5) == 1.5 && T(1.5) < 2);
  EXPECT_EQ(std::hash<T>{}(nar), std::hash<T>{}(T(0) / T(0)));
}

TEST(PositNumber, SpecialResults) {
  using T = posit<16>;
  const T nar = std::numeric_limits<T>::quiet_NaN();
  EXPECT_EQ(nar.bits(), 0x8000);
  EXPECT_TRUE(isnan(nar) && !isfinite(nar) && !isinf(nar) && isnan(-nar) && isnan(abs(nar)) && isnan(sqrt(T(-1))));
  EXPECT_TRUE(isnan(T(1) / T(0)) && isnan(nar + T(1)) && isnan(nar * T(0)));
  EXPECT_EQ((T(1) - T(1)).bits(), 0);
  EXPECT_EQ((-T(0)).bits(), 0);
  EXPECT_EQ(double(-T(2.5)), -2.5);
  EXPECT_EQ(double(abs(T(-2.5))), 2.5);
  EXPECT_EQ(double(copysign(T(2.5), T(-1))), -2.5);
  EXPECT_EQ(fmin(nar, T(1)), T(1));
  EXPECT_EQ(fmin(T(1), nar), T(1));
  EXPECT_EQ(fmax(nar, T(1)), T(1));
  EXPECT_EQ(fmax(T(1), nar), T(1));
  EXPECT_EQ(nextafter(T(0), T(1)).bits(), 1);
  EXPECT_EQ(nextafter(T(0), T(-1)).bits(), 0xFFFF);
  EXPECT_EQ(nextafter(from_code<T>(-1), T(1)).bits(), 0);
  const T most = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::min();
  EXPECT_EQ(double(most), 0x1p56);
  EXPECT_EQ(double(least), 0x1p-56);
  EXPECT_EQ(most * most, most);
  EXPECT_EQ(least * -least, -least);
  std::ostringstream text;
  text << T(-1.5) << ' ' << nar;
  EXPECT_EQ(text.str(), "-1.5 nan");
}

// From 64-bit integers, beyond what a double holds, at ties and next to them.
TEST(PositNumber, ConvertsIntegers) {
  using T = posit<32>;
  const posit_oracle oracle{32, 2};
  const auto check = [&](auto integer) {
    const bool negative = integer < 0;
    const auto bits = static_cast<std::uint64_t>(integer);
    const std::uint64_t magnitude = negative ? 0 - bits : bits;
    const auto compare = [magnitude](const dyadic& v) {
      const long double a = static_cast<long double>(magnitude);
      const long double b = std::ldexp(static_cast<long double>(v.significand), v.exponent);
      return a < b ? -1 : a > b ? 1 : 0;
    };
    const posit_place place = locate(oracle, negative, compare);
    ASSERT_EQ(T(integer).storage(), posit_code(place, nearest_even{})) << integer;
    const posit_fraction<decltype(compare)> d{oracle, place.code, compare};
    const stochastic random{random_bits(1, 2, bits), 32};
    ASSERT_EQ(convert<T>(integer, random).storage(), posit_code(place, d, random)) << integer;
  };
  for (std::uint64_t i = 0; i < 2000 / every(7); ++i) {
    const std::uint64_t word = std::uint64_t{random_bits(3, 4, i)} << 32 | random_bits(3, 5, i);
    const std::uint64_t cut = std::max<std::uint64_t>(word >> i % 64, 1);
    check(cut);
    check(static_cast<std::int64_t>(cut));
    // A number of at most 29 bits and a long way behind it a last one.
    check((cut | std::uint64_t{1} << 63) >> 36 << 36 | 1);
    check((cut | std::uint64_t{1} << 63) >> 36 << 36);
  }
  check(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(T(0).bits(), 0u);
  EXPECT_EQ(int(posit<16>(-2.75)), -2);
}

TEST(PositNumber, ConvertsOtherNumbers) {
  EXPECT_EQ(double(posit<8>(narrow::float16(0x1p-24))), 0x1p-24);
  EXPECT_EQ(double(narrow::float16(posit<16>(3.25))), 3.25);
  EXPECT_EQ(double(narrow::fixed<4, 4>(posit<32>(-100))), -8.0);
  EXPECT_TRUE(isnan(posit<8>(narrow::float16(std::numeric_limits<double>::infinity()))));
  EXPECT_EQ(posit<16>(posit<32>(1.0 / 3)), posit<16>(double(posit<32>(1.0 / 3))));
  EXPECT_EQ(double(posit<32>(posit<8, 0>(-0.375))), -0.375);
  static_assert(std::is_convertible_v<posit<16>, float> && !std::is_convertible_v<posit<32>, float>);
  static_assert(std::is_convertible_v<posit<32>, double>);
}

TEST(PositMath, IntegersNearby) {
  for (std::int64_t code = -32767; code < 32768; code += every(7)) {
    const auto x = from_code<posit<16>>(code);
    ASSERT_EQ(double(floor(x)), std::floor(double(x)));
    ASSERT_EQ(double(ceil(x)), std::ceil(double(x)));
    ASSERT_EQ(double(round(x)), std::round(double(x)));
    ASSERT_EQ(double(rint(x)), std::nearbyint(double(x)));
  }
  for (std::uint64_t i = 0; i < 20000 / every(7); ++i) {
    const auto x = from_code<posit<32>>(std::max<std::int64_t>(random_code(32, 1, i), -0x7FFFFFFF));
    ASSERT_EQ(double(floor(x)), std::floor(double(x)));
    ASSERT_EQ(double(round(x)), std::round(double(x)));
  }
}

TEST(PositLimits, KnownValues) {
  using limits = std::numeric_limits<posit<32>>;
  static_assert(limits::is_specialized && limits::is_signed && limits::digits == 28 && limits::has_quiet_NaN);
  static_assert(!limits::has_infinity && !limits::is_iec559 && double(limits::max()) == 0x1p120);
  static_assert(double(limits::lowest()) == -0x1p120 && double(limits::min()) == 0x1p-120);
  static_assert(limits::min_exponent == -119 && limits::max_exponent == 121 && limits::max_exponent10 == 36);
  static_assert(double(limits::epsilon()) == 0x1p-27 && limits::has_denorm == std::denorm_absent);
  static_assert(double(std::numeric_limits<posit<8>>::epsilon()) == 0.125);
  static_assert(double(std::numeric_limits<posit<3>>::epsilon()) == 16.0);  // of 15
}

}  // namespace
