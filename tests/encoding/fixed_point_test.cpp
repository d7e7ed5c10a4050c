#include "narrow/encoding/fixed_point.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/encoding/encoding.hpp"
#include "narrow/random.hpp"
#include "support/fixed_codec.hpp"
#include "support/oracle.hpp"
#include "support/sweep.hpp"

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

class FixedPoint : public testing::TestWithParam<fixed_codec> {
 protected:
  const fixed_codec& codec = GetParam();
  const fixed_oracle oracle{codec.bits, codec.is_signed};
  int failures = 0;

  template <class Overflow, class Real, class Rounding>
  void check(Real x, const fixed_oracle::place& place, int fraction, const Rounding& rounding, const char* name) {
    const auto want = oracle.encode<Overflow>(place, rounding);
    const auto to_storage = codec.of<Real>().to_storage;
    if (codec.has_scaled) {
      const auto code = codec.encode_scaled<Overflow>(x, fraction, rounding);
      expect_code(to_storage(code), want, static_cast<double>(x), name);
    }
    if (fraction == codec.fraction_bits) {
      expect_code(to_storage(codec.encode<Overflow>(x, rounding)), want, static_cast<double>(x), name);
    }
  }

  void expect_code(std::int64_t got, std::int64_t want, double x, const char* name) {
    if (got != want && ++failures <= 10)
      ADD_FAILURE() << name << " of " << std::hexfloat << x << ": " << got << ", not " << want;
  }

  template <class Real, class Rounding>
  void check_overflows(Real x, const fixed_oracle::place& place, int fraction, const Rounding& rounding,
                       const char* name) {
    check<saturate>(x, place, fraction, rounding, name);
    check<saturate_symmetric>(x, place, fraction, rounding, name);
    check<wrap>(x, place, fraction, rounding, name);
  }

  template <class Real>
  void check_modes(Real x, int fraction) {
    const auto place = fixed_oracle::locate(static_cast<double>(x), fraction);
    for_each_mode([&](auto mode, const char* name) { check_overflows(x, place, fraction, mode, name); });
  }

  void check_around(double x, int fraction) {
    for_neighbours<float>(x, [&](float f) { check_modes(f, fraction); });
    for_neighbours<double>(x, [&](double d) { check_modes(d, fraction); });
  }

  // Every code of up to 16 bits (where sweeps are short: 8) and two beyond each end, every 2^(bits - 12)-th or so of
  // the wider formats, and those around the ends and zero.
  template <class Action>
  void for_codes(const Action& action) const {
    const std::int64_t step = codec.bits <= 8    ? 1
                              : codec.bits <= 16 ? every(codec.bits <= 12 ? 7 : 63)
                                                 : every(7) * ((std::int64_t{1} << (codec.bits - 12)) - 1);
    for (std::int64_t code = oracle.lowest() - 2; code <= oracle.highest() + 2; code += step) action(code);
    for (std::int64_t near = -3; near <= 3; ++near) {
      for (const std::int64_t edge : {oracle.lowest(), std::int64_t{0}, oracle.highest()}) action(edge + near);
    }
  }

  template <class Real>
  void check_round_trip() {
    for_codes([&](std::int64_t code) {
      if (code < oracle.lowest() || code > oracle.highest()) return;
      const auto lane = static_cast<narrow::detail::bits_of<Real>>(code);
      const Real x = codec.of<Real>().decode(lane);
      ASSERT_EQ(static_cast<double>(x), std::ldexp(static_cast<double>(code), -codec.fraction_bits));
      ASSERT_EQ(codec.encode<saturate>(x, narrow::toward_zero{}), lane);
      ASSERT_EQ(codec.encode<wrap>(x, narrow::toward_zero{}), lane);
      for (const int fraction : {-30, 0, 1, 30}) {
        const double scaled = codec.of_double.decode_scaled(static_cast<std::uint64_t>(code), fraction);
        ASSERT_EQ(scaled, std::ldexp(static_cast<double>(code), -fraction));
      }
    });
  }

  template <class Real>
  void check_stochastic(Real x, int fraction, std::uint32_t random) {
    const auto place = fixed_oracle::locate(static_cast<double>(x), fraction);
    for (const int count : {1, 4, 8, 16, 31, 32}) {
      // Both sides of the threshold: d counts from the floor.
      const long double scaled = std::ldexp(static_cast<long double>(x), fraction);
      // Just below an integer the fraction of 64 bits is 1, and all 32 bits of steps wrap to none.
      const auto steps =
          static_cast<std::uint32_t>(static_cast<std::uint64_t>(std::ldexp(scaled - std::floor(scaled), count)));
      for (const std::uint32_t bits : {random, 0U - steps, ~steps}) {
        check_overflows(x, place, fraction, stochastic{bits, count, false}, "stochastic");
        if (count < 32) check_overflows(x, place, fraction, stochastic{bits, count, true}, "stochastic, pre_round");
      }
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Formats, FixedPoint, testing::ValuesIn(fixed_codecs()), codec_name{});

class ScaledFixedPoint : public FixedPoint {};
INSTANTIATE_TEST_SUITE_P(Formats, ScaledFixedPoint, testing::ValuesIn(scaled_fixed_codecs()), codec_name{});

TEST_P(FixedPoint, RangeIsThatOfTheBits) {
  EXPECT_EQ(codec.max_code, oracle.highest());
  EXPECT_EQ(codec.min_code, oracle.lowest());
}

TEST_P(FixedPoint, DecodesEveryCodeAndEncodesItBack) {
  if (codec.fits_float) check_round_trip<float>();
  check_round_trip<double>();
}

TEST_P(FixedPoint, RoundsEveryCodeEveryMidpointAndTheirNeighbours) {
  const int fraction = codec.fraction_bits;
  for_codes([&](std::int64_t code) {
    check_around(std::ldexp(static_cast<double>(code), -fraction), fraction);
    check_around(std::ldexp(static_cast<double>(code) + 0.5, -fraction), fraction);
  });
}

TEST_P(ScaledFixedPoint, RoundsUnderAnyScale) {
  std::uint64_t i = 0;
  for (const int fraction : {-500, -300, -127, -104, -97, -96, -40, -3, 0, 1, 5, 16, 31, 40, 100, 149, 300, 500}) {
    for (int k = 0; k < 60; ++k) {
      const auto random = static_cast<std::int32_t>(narrow::random_bits(1, 2, ++i));
      const double code = std::ldexp(random, codec.bits - 32 - k % 8);
      check_around(std::ldexp(std::floor(code * 2) / 2, -fraction), fraction);
      check_around(std::ldexp(code, -fraction), fraction);
    }
    for (const float x : edge_cases<float>()) check_modes(x, fraction);
    for (const double x : edge_cases<double>()) check_modes(x, fraction);
  }
}

TEST_P(FixedPoint, RoundsStochasticallyFromTheFloor) {
  const int fraction = codec.fraction_bits;
  const std::int64_t step = std::max<std::int64_t>(1, (oracle.highest() - oracle.lowest()) / 100);
  std::uint64_t i = 0;
  for (std::int64_t code = oracle.lowest() - 2; code <= oracle.highest() + 2; code += step) {
    const double any = std::ldexp(narrow::random_bits(3, 4, ++i), -32);
    for (const double d : {0.0, 0.5, any, 0x1p-4, 0x1.8p-5, 0x1p-19, 1 - 0x1p-9}) {
      const double x = std::ldexp(static_cast<double>(code) + d, -fraction);
      check_stochastic(x, fraction, narrow::random_bits(5, 6, i));
      check_stochastic(static_cast<float>(x), fraction, narrow::random_bits(5, 6, i));
    }
  }
}

TEST_P(ScaledFixedPoint, RoundsTinyNumbersStochastically) {
  for (const double x : {0x1p-60, -0x1p-60, 0x1p-200, -0x1p-200, 0x1p-1074, -0x1p-1074, 0.0, -0.0}) {
    check_stochastic(x, 0, 0xffffffff);
    check_stochastic(static_cast<float>(x), 0, 0xffffffff);
  }
}

}  // namespace
