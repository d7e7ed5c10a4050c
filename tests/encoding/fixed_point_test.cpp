#include "narrow/encoding/fixed_point.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "narrow/encoding/encoding.hpp"
#include "narrow/random.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::fixed_point;
using narrow::nearest_even;
using narrow::saturate;
using narrow::saturate_symmetric;
using narrow::signedness;
using narrow::stochastic;
using narrow::wrap;
using namespace support;

static_assert(narrow::fixed_point_encoding<fixed_point<16, 14>>);
// Gupta's fixed<2, 14>: [-2, 2 - 2^-14].
static_assert(fixed_point<16, 14>::decode<float>(0xffff8000U) == -2.0F);
static_assert(fixed_point<16, 14>::encode<saturate>(5.0F, nearest_even{}) == 0x7fff);
static_assert(fixed_point<16, 14>::encode<saturate>(-5.0F, nearest_even{}) == 0xffff8000U);
static_assert(fixed_point<16, 14>::encode<saturate_symmetric>(-5.0F, nearest_even{}) == 0xffff8001U);
static_assert(fixed_point<8, 0>::encode<saturate>(2.5, nearest_even{}) == 2);
static_assert(fixed_point<8, 0>::encode<saturate>(-2.5, nearest_even{}) == std::uint64_t{0} - 2);
static_assert(fixed_point<8, 0>::encode<wrap>(200.0F, nearest_even{}) == 200);
static_assert(fixed_point<8, 0>::encode<saturate>(std::numeric_limits<float>::quiet_NaN(), nearest_even{}) == 0);
// From the floor: -2.25 is a quarter below -2, three quarters above -3.
static_assert(fixed_point<8, 0>::encode<saturate>(-2.25F, stochastic{0x3, 4}) == 0U - 3);
static_assert(fixed_point<8, 0>::encode<saturate>(-2.25F, stochastic{0x4, 4}) == 0U - 2);
static_assert(std::is_same_v<fixed_point<4>::storage_type, std::int8_t>);
static_assert(std::is_same_v<narrow::unsigned_integer<9>::storage_type, std::uint16_t>);

template <class Format>
class FixedPoint : public testing::Test {
 protected:
  static constexpr fixed_oracle oracle{Format::bits, Format::is_signed};
  int failures = 0;

  template <class Overflow, class Real, class Rounding>
  void check_scaled(Real x, int fraction, const Rounding& rounding, const char* name) {
    const auto want = oracle.template encode<Overflow>(static_cast<double>(x), fraction, rounding);
    const auto code = Format::template encode_scaled<Overflow>(x, fraction, rounding);
    expect_code(narrow::detail::to_storage<Format>(code), want, static_cast<double>(x), name);
    if (fraction != Format::fraction_bits) return;
    const auto own = Format::template encode<Overflow>(x, rounding);
    expect_code(narrow::detail::to_storage<Format>(own), want, static_cast<double>(x), name);
  }

  void expect_code(std::int64_t got, std::int64_t want, double x, const char* name) {
    if (got != want && ++failures <= 10)
      ADD_FAILURE() << name << " of " << std::hexfloat << x << ": " << got << ", not " << want;
  }

  template <class Real, class Rounding>
  void check_overflows(Real x, int fraction, const Rounding& rounding, const char* name) {
    check_scaled<saturate>(x, fraction, rounding, name);
    check_scaled<saturate_symmetric>(x, fraction, rounding, name);
    check_scaled<wrap>(x, fraction, rounding, name);
  }

  template <class Real>
  void check_modes(Real x, int fraction) {
    for_each_mode([&](auto mode, const char* name) { check_overflows(x, fraction, mode, name); });
  }

  void check_around(double x, int fraction) {
    for_neighbours<float>(x, [&](float f) { check_modes(f, fraction); });
    for_neighbours<double>(x, [&](double d) { check_modes(d, fraction); });
  }

  // Every code of up to 16 bits and two beyond each end, every 2^(bits - 12)-th or so of the wider formats.
  template <class Action>
  static void for_codes(const Action& action) {
    const std::int64_t step = Format::bits <= 16 ? 1 : (std::int64_t{1} << (Format::bits - 12)) - 1;
    for (std::int64_t code = oracle.lowest() - 2; code <= oracle.highest() + 2; code += step) action(code);
    for (std::int64_t near = -3; near <= 3; ++near) {
      for (const std::int64_t edge : {oracle.lowest(), std::int64_t{0}, oracle.highest()}) action(edge + near);
    }
  }

  template <class Real>
  void check_stochastic(Real x, int fraction, std::uint32_t random) {
    for (const int count : {1, 4, 8, 16, 31, 32}) {
      // Both sides of the threshold: d counts from the floor.
      const long double scaled = std::ldexp(static_cast<long double>(x), fraction);
      const auto steps = static_cast<std::uint32_t>(std::ldexp(scaled - std::floor(scaled), count));
      for (const std::uint32_t bits : {random, 0U - steps, ~steps}) {
        check_overflows(x, fraction, stochastic{bits, count, false}, "stochastic");
        if (count < 32) check_overflows(x, fraction, stochastic{bits, count, true}, "stochastic, pre_round");
      }
    }
  }
};

// Fractions of every kind: none, some, all, more than the bits, and negative.
using formats =
    testing::Types<fixed_point<2, 0>, fixed_point<3, 5>, fixed_point<4, -3>, fixed_point<5, 4>, fixed_point<6, 6>,
                   fixed_point<7, 0>, fixed_point<8, 0>, fixed_point<8, 7>, fixed_point<9, 20>, fixed_point<10, -40>,
                   fixed_point<11, 3>, fixed_point<12, 8>, fixed_point<13, 13>, fixed_point<14, 0>, fixed_point<15, 1>,
                   fixed_point<16, 14>, fixed_point<17, 3>, fixed_point<20, 14>, fixed_point<24, 24>,
                   fixed_point<25, 0>, fixed_point<31, 40>, fixed_point<32, 0>, fixed_point<32, 16>,
                   fixed_point<1, 0, signedness::is_unsigned>, fixed_point<2, -1, signedness::is_unsigned>,
                   fixed_point<3, 3, signedness::is_unsigned>, fixed_point<4, 0, signedness::is_unsigned>,
                   fixed_point<8, 0, signedness::is_unsigned>, fixed_point<12, 100, signedness::is_unsigned>,
                   fixed_point<16, 8, signedness::is_unsigned>, fixed_point<23, -4, signedness::is_unsigned>,
                   fixed_point<32, 0, signedness::is_unsigned>>;
struct fixed_name {
  template <class Format>
  static std::string GetName(int) {
    const std::string fraction = std::to_string(std::abs(Format::fraction_bits));
    return std::string(Format::is_signed ? "s" : "u") + std::to_string(Format::bits) +
           (Format::fraction_bits < 0 ? "_minus_" : "_") + fraction;
  }
};
TYPED_TEST_SUITE(FixedPoint, formats, fixed_name);

TYPED_TEST(FixedPoint, RangeIsThatOfTheBits) {
  EXPECT_EQ(TypeParam::max_code, this->oracle.highest());
  EXPECT_EQ(TypeParam::min_code, this->oracle.lowest());
}

TYPED_TEST(FixedPoint, DecodesEveryCodeAndEncodesItBack) {
  using real = typename TypeParam::real_type;
  this->for_codes([&](std::int64_t code) {
    if (code < this->oracle.lowest() || code > this->oracle.highest()) return;
    const auto lane = static_cast<narrow::detail::bits_of<real>>(code);
    const real x = TypeParam::template decode<real>(lane);
    ASSERT_EQ(static_cast<double>(x), std::ldexp(static_cast<double>(code), -TypeParam::fraction_bits));
    ASSERT_EQ((TypeParam::template encode<saturate>(x, narrow::toward_zero{})), lane);
    ASSERT_EQ((TypeParam::template encode<wrap>(x, narrow::toward_zero{})), lane);
    for (const int fraction : {-30, 0, 1, 30}) {
      const double scaled = TypeParam::template decode_scaled<double>(static_cast<std::uint64_t>(code), fraction);
      ASSERT_EQ(scaled, std::ldexp(static_cast<double>(code), -fraction));
    }
  });
}

TYPED_TEST(FixedPoint, RoundsEveryCodeEveryMidpointAndTheirNeighbours) {
  constexpr int fraction = TypeParam::fraction_bits;
  this->for_codes([&](std::int64_t code) {
    this->check_around(std::ldexp(static_cast<double>(code), -fraction), fraction);
    this->check_around(std::ldexp(static_cast<double>(code) + 0.5, -fraction), fraction);
  });
}

TYPED_TEST(FixedPoint, RoundsUnderAnyScale) {
  std::uint64_t i = 0;
  for (const int fraction : {-500, -300, -127, -104, -97, -96, -40, -3, 0, 1, 5, 16, 31, 40, 100, 149, 300, 500}) {
    for (int k = 0; k < 60; ++k) {
      const auto random = static_cast<std::int32_t>(narrow::random_bits(1, 2, ++i));
      const double code = std::ldexp(random, TypeParam::bits - 32 - k % 8);
      this->check_around(std::ldexp(std::floor(code * 2) / 2, -fraction), fraction);
      this->check_around(std::ldexp(code, -fraction), fraction);
    }
    for (const float x : edge_cases<float>()) this->check_modes(x, fraction);
    for (const double x : edge_cases<double>()) this->check_modes(x, fraction);
  }
}

TYPED_TEST(FixedPoint, RoundsStochasticallyFromTheFloor) {
  constexpr int fraction = TypeParam::fraction_bits;
  const std::int64_t step = std::max<std::int64_t>(1, (this->oracle.highest() - this->oracle.lowest()) / 100);
  std::uint64_t i = 0;
  for (std::int64_t code = this->oracle.lowest() - 2; code <= this->oracle.highest() + 2; code += step) {
    const double any = std::ldexp(narrow::random_bits(3, 4, ++i), -32);
    for (const double d : {0.0, 0.5, any, 0x1p-4, 0x1.8p-5, 0x1p-19, 1 - 0x1p-9}) {
      const double x = std::ldexp(static_cast<double>(code) + d, -fraction);
      this->check_stochastic(x, fraction, narrow::random_bits(5, 6, i));
      this->check_stochastic(static_cast<float>(x), fraction, narrow::random_bits(5, 6, i));
    }
  }
  for (const double x : {0x1p-60, -0x1p-60, 0x1p-200, -0x1p-200, 0x1p-1074, -0x1p-1074, 0.0, -0.0}) {
    this->check_stochastic(x, 0, 0xffffffff);
    this->check_stochastic(static_cast<float>(x), 0, 0xffffffff);
  }
}

}  // namespace
