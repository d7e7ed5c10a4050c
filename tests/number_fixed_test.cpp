// The arithmetic of fixed-point numbers, in every mode and overflow, against ratios of integers.
#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

#include "narrow/number.hpp"
#include "narrow/random.hpp"
#include "support/oracle.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::fixed;
using narrow::number;
using namespace support;
__extension__ using int128 = __int128;

template <class T>
T from_code(std::int64_t code) {
  return T::from_bits(static_cast<typename T::bits_type>(code));
}

// The operators of one type on codes. They are compiled for every format and policy, the sweeps only for a policy.
struct operations {
  using code = std::int64_t;
  int bits, fraction_bits;
  bool is_signed;
  code min_code, max_code;
  code (*stored)(code);
  code (*add)(code, code);
  code (*subtract)(code, code);
  code (*multiply)(code, code);
  code (*divide)(code, code);
  code (*fma)(code, code, code);
  code (*negate)(code);
};

template <class T>
constexpr operations operations_of() {
  using E = typename T::encoding_type;
  using code = std::int64_t;
  return {
      E::bits,
      E::fraction_bits,
      E::is_signed,
      E::min_code,
      E::max_code,
      [](code a) -> code { return from_code<T>(a).storage(); },
      [](code a, code b) -> code { return (from_code<T>(a) + from_code<T>(b)).storage(); },
      [](code a, code b) -> code { return (from_code<T>(a) - from_code<T>(b)).storage(); },
      [](code a, code b) -> code { return (from_code<T>(a) * from_code<T>(b)).storage(); },
      [](code a, code b) -> code { return (from_code<T>(a) / from_code<T>(b)).storage(); },
      [](code a, code b, code c) -> code { return fma(from_code<T>(a), from_code<T>(b), from_code<T>(c)).storage(); },
      [](code a) -> code { return (-from_code<T>(a)).storage(); }};
}

// numerator / denominator steps, rounded and brought into the range of that many bits.
template <class Rounding, class Overflow>
std::int64_t expected(int bits, bool is_signed, int128 numerator, int128 denominator) {
  if (denominator < 0) numerator = -numerator, denominator = -denominator;
  const bool negative = numerator < 0;
  const auto magnitude = static_cast<uint128>(negative ? -numerator : numerator);
  const auto steps = static_cast<uint128>(denominator);
  const uint128 below = magnitude / steps;
  const gap<ratio> g{{magnitude % steps, steps}, below % 2 == 1, negative, true};
  const auto away = static_cast<int128>(below) + (goes_up(Rounding{}, g) ? 1 : 0);
  const int128 code = negative ? -away : away;
  const int128 modulus = int128{1} << bits;
  const int128 high = is_signed ? modulus / 2 - 1 : modulus - 1;
  const int128 low = !is_signed ? 0 : std::is_same_v<Overflow, narrow::saturate_symmetric> ? -high : -high - 1;
  if (std::is_same_v<Overflow, narrow::wrap>) {
    const int128 rest = (code % modulus + modulus) % modulus;
    return static_cast<std::int64_t>(rest > high ? rest - modulus : rest);
  }
  return static_cast<std::int64_t>(code > high ? high : code < low ? low : code);
}
template <class T>
std::int64_t expected(int128 numerator, int128 denominator) {
  using E = typename T::encoding_type;
  using overflow = typename T::overflow_type;
  return expected<typename T::rounding_type, overflow>(E::bits, E::is_signed, numerator, denominator);
}

template <class Rounding, class Overflow>
void check(const operations& tested, std::int64_t a, std::int64_t b, std::int64_t c) {
  const int128 one = int128{1} << tested.fraction_bits;
  const auto want = [&](int128 numerator, int128 denominator) {
    return expected<Rounding, Overflow>(tested.bits, tested.is_signed, numerator, denominator);
  };
  ASSERT_EQ(tested.add(a, b), want(int128{a} + b, 1)) << a << " + " << b;
  ASSERT_EQ(tested.subtract(a, b), want(int128{a} - b, 1)) << a << " - " << b;
  ASSERT_EQ(tested.multiply(a, b), want(int128{a} * b, one)) << a << " * " << b;
  ASSERT_EQ(tested.fma(a, b, c), want(int128{a} * b + c * one, one)) << a << " * " << b << " + " << c;
  // By zero: saturated toward the sign of x, and 0 under wrap.
  const int128 far = std::is_same_v<Overflow, narrow::wrap> ? 0 : int128{1} << 70;
  const int128 by_zero = a == 0 ? 0 : a > 0 ? far : -far;
  ASSERT_EQ(tested.divide(a, b), b != 0 ? want(a * one, b) : want(by_zero, 1)) << a << " / " << b;
  ASSERT_EQ(tested.negate(a), want(-int128{a}, 1)) << a;
}

// action.operator()<Rounding, Overflow>() for each mode and overflow.
template <class Action>
void for_each_policy(const Action& action) {
  for_each_mode([&](auto rounding, const char* name) {
    SCOPED_TRACE(name);
    using rule = decltype(rounding);
    action.template operator()<rule, narrow::saturate>();
    action.template operator()<rule, narrow::saturate_symmetric>();
    action.template operator()<rule, narrow::wrap>();
  });
}

template <class Rounding, class Overflow>
void check_pairs(const operations& tested) {
  for (std::int64_t a = tested.min_code; a <= tested.max_code; ++a) {
    for (std::int64_t b = tested.min_code + (a - tested.min_code) % every(7); b <= tested.max_code; b += every(7)) {
      const std::uint64_t index = static_cast<std::uint64_t>(a * 1024 + b + (std::int64_t{1} << 32));
      check<Rounding, Overflow>(tested, a, b, tested.stored(narrow::random_bits(1, 2, index)));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}
template <class E>
void check_every_pair() {
  for_each_policy([]<class Rounding, class Overflow>() {
    check_pairs<Rounding, Overflow>(operations_of<number<E, Rounding, Overflow>>());
  });
}

// Codes of every magnitude, with the extremes among them.
template <class Rounding, class Overflow>
void check_codes(const operations& tested) {
  for (std::uint64_t i = 0; i < 20000 / every(7); ++i) {
    const auto code = [&, i](std::uint64_t stream) -> std::int64_t {
      const std::uint32_t bits = narrow::random_bits(5, stream, i), how = narrow::random_bits(6, stream, i);
      if (how % 32 == 0) return tested.max_code;
      if (how % 32 == 1) return tested.min_code;
      if (how % 32 == 2) return 0;
      return tested.stored(bits) >> ((how >> 8) % static_cast<std::uint32_t>(tested.bits));
    };
    check<Rounding, Overflow>(tested, code(0), code(1), code(2));
    if (testing::Test::HasFatalFailure()) return;
  }
}
template <class E>
void check_sample() {
  for_each_policy([]<class Rounding, class Overflow>() {
    check_codes<Rounding, Overflow>(operations_of<number<E, Rounding, Overflow>>());
  });
}

TEST(FixedArithmetic, EveryPairOf4Point4) { check_every_pair<narrow::fixed_point<8, 4>>(); }
TEST(FixedArithmetic, EveryPairOfInt4) { check_every_pair<narrow::signed_integer<4>>(); }
TEST(FixedArithmetic, EveryPairOfUint8) { check_every_pair<narrow::unsigned_integer<8>>(); }
TEST(FixedArithmetic, EveryPairOfAllFraction) { check_every_pair<narrow::fixed_point<7, 7>>(); }
TEST(FixedArithmetic, EveryPairOfUnsignedFraction) {
  check_every_pair<narrow::fixed_point<6, 3, narrow::signedness::is_unsigned>>();
}
TEST(FixedArithmetic, SampleOf16Point16) { check_sample<narrow::fixed_point<32, 16>>(); }
TEST(FixedArithmetic, SampleOf8Point24) { check_sample<narrow::fixed_point<32, 24>>(); }
TEST(FixedArithmetic, SampleOf4Point12) { check_sample<narrow::fixed_point<16, 12>>(); }
TEST(FixedArithmetic, SampleOfUnsigned32) { check_sample<narrow::unsigned_integer<32>>(); }
TEST(FixedArithmetic, SampleOf20BitsWith14) { check_sample<narrow::fixed_point<20, 14>>(); }

// Steps of 4: a * b has units of 16, and sums of units of 4 stay exact.
TEST(FixedArithmetic, StepsAboveOne) {
  using T = number<narrow::fixed_point<8, -2>>;
  EXPECT_EQ(double(from_code<T>(5) + from_code<T>(7)), 48.0);
  EXPECT_EQ(double(from_code<T>(5) * from_code<T>(6)), 480.0);
  EXPECT_EQ(double(from_code<T>(100) * from_code<T>(100)), 508.0);
  EXPECT_EQ(double(from_code<T>(-100) * from_code<T>(100)), -512.0);
  EXPECT_EQ(double(from_code<T>(100) / from_code<T>(2)), 48.0);  // 400 / 8 = 50, which is 12.5 steps
  EXPECT_EQ(double(fma(from_code<T>(2), from_code<T>(3), from_code<T>(-1))), 92.0);
}

// Steps so large that products of codes leave 128 bits on the way to them.
template <int Fraction, class Overflow = narrow::saturate>
using vast = number<narrow::fixed_point<32, Fraction, narrow::signedness::is_unsigned>, narrow::nearest_even, Overflow>;
template <int Fraction>
void check_products_of_vast_steps() {
  using T = vast<Fraction>;
  const auto one = from_code<T>(1), largest = from_code<T>(0xFFFFFFFF), none = from_code<T>(0);
  EXPECT_EQ((largest * largest).bits(), largest.bits()) << Fraction;
  EXPECT_EQ((largest * one).bits(), largest.bits()) << Fraction;
  EXPECT_EQ((one * one).bits(), largest.bits()) << Fraction;
  EXPECT_EQ((largest * none).bits(), 0U) << Fraction;
  using W = vast<Fraction, narrow::wrap>;
  EXPECT_EQ((from_code<W>(0xFFFFFFFF) * from_code<W>(0xFFFFFFFF)).bits(), 0U) << Fraction;
  using S = number<narrow::fixed_point<32, Fraction>>;
  EXPECT_EQ((from_code<S>(-0x7FFFFFFF) * from_code<S>(0x7FFFFFFF)).storage(), S::encoding_type::min_code) << Fraction;
}
TEST(FixedArithmetic, ProductsOfVastSteps) {
  check_products_of_vast_steps<-60>();
  check_products_of_vast_steps<-62>();
  check_products_of_vast_steps<-63>();
  check_products_of_vast_steps<-64>();
  check_products_of_vast_steps<-65>();
}

TEST(FixedArithmetic, DivisionByZero) {
  using plain = fixed<4, 4>;
  using symmetric = fixed<4, 4, narrow::nearest_even, narrow::saturate_symmetric>;
  using wrapping = fixed<4, 4, narrow::nearest_even, narrow::wrap>;
  EXPECT_EQ(double(plain(1) / plain(0)), 7.9375);
  EXPECT_EQ(double(plain(-1) / plain(0)), -8.0);
  EXPECT_EQ(double(plain(0) / plain(0)), 0.0);
  EXPECT_EQ(double(symmetric(-1) / symmetric(0)), -7.9375);
  EXPECT_EQ(double(wrapping(1) / wrapping(0)), 0.0);
  EXPECT_EQ(double(wrapping(-1) / wrapping(0)), 0.0);
}

// From one fixed-point format to another: through integers, rounded once.
TEST(FixedArithmetic, ConversionBetweenFormats) {
  for_each_policy([]<class Rounding, class Overflow>() {
    using T = number<narrow::fixed_point<8, 4>, Rounding, Overflow>;
    for (std::int64_t code = -32768; code < 32768; ++code) {
      const auto wide = from_code<fixed<4, 12>>(code);
      ASSERT_EQ(T(wide).storage(), expected<T>(code, 256)) << code;
      ASSERT_EQ((narrow::convert<T>(wide).storage()), T(wide).storage()) << code;
      const auto coarse = from_code<number<narrow::fixed_point<16, -3>>>(code);
      ASSERT_EQ(T(coarse).storage(), expected<T>(code * int128{128}, 1)) << code;
    }
  });
}

}  // namespace
