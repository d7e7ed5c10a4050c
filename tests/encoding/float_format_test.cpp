#include "narrow/encoding/float_format.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/encoding/encoding.hpp"
#include "support/float_codec.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::nearest_even;
using narrow::saturate;
using narrow::to_infinity;
using namespace support;

// ---- the table of SEMANTICS, at compile time --------------------------------------------------------------------
template <class Format>
constexpr double largest = Format::template decode<double>(Format::max_code);

// The first overflow of nearest_even is the number just beyond, or at, `edge`.
template <class Format>
constexpr std::uint64_t overflow_code = Format::has_infinity ? Format::infinity_code : Format::nan_code;
template <class Format>
constexpr bool overflows(double x) {
  return Format::template encode<to_infinity>(x, nearest_even{}) == overflow_code<Format>;
}

static_assert(largest<float16> == 65504 && overflows<float16>(65520) && !overflows<float16>(0x1.ffdfffffp15));
static_assert(largest<bfloat16> == 0x1.fep127 && overflows<bfloat16>(0x1.ffp127) &&
              !overflows<bfloat16>(0x1.fefffffp127));
static_assert(largest<float8_e4m3fn> == 448 && !overflows<float8_e4m3fn>(464) && overflows<float8_e4m3fn>(464.001));
static_assert(largest<float8_e5m2> == 57344 && overflows<float8_e5m2>(61440) && !overflows<float8_e5m2>(61439.99));
static_assert(largest<float8_e4m3fnuz> == 240 && overflows<float8_e4m3fnuz>(248) &&
              !overflows<float8_e4m3fnuz>(247.99));
static_assert(largest<float8_e5m2fnuz> == 57344 && overflows<float8_e5m2fnuz>(61440) &&
              !overflows<float8_e5m2fnuz>(61439.99));
static_assert(largest<float8_e4m3b11fnuz> == 30 && largest<float8_e4m3> == 240 && largest<float8_e3m4> == 15.5);
static_assert(largest<float6_e2m3fn> == 7.5 && largest<float6_e3m2fn> == 28 && largest<float4_e2m1fn> == 6);
static_assert(largest<float8_e8m0fnu> == 0x1p127 && !overflows<float8_e8m0fnu>(0x1.8p127) &&
              overflows<float8_e8m0fnu>(0x1.80001p127));
static_assert(float8_e4m3fn::nan_code == 0x7f && float8_e4m3fnuz::nan_code == 0x80 &&
              float8_e5m2fnuz::nan_code == 0x80 && float8_e8m0fnu::nan_code == 0xff && float16::nan_code == 0x7e00);
static_assert(float4_e2m1fn::encode<saturate>(std::numeric_limits<float>::quiet_NaN(), nearest_even{}) == 0x8);
static_assert(float16::encode<saturate>(1e6F, nearest_even{}) == 0x7bff);
static_assert(std::is_same_v<narrow::default_overflow<float16>, to_infinity>);
static_assert(std::is_same_v<narrow::default_overflow<float8_e4m3fn>, saturate>);
static_assert(narrow::encoding<float16> && narrow::encoding<float4_e2m1fn> && narrow::encoding<float8_e8m0fnu>);

// Through float16 this number would become a tie, and then the wrong neighbour.
static_assert(float8_e4m3fn::encode<saturate>(0.0029296873, nearest_even{}) == 0x01);
static_assert(float8_e4m3fn::decode<double>(0x01) == 0.001953125);
static_assert(float8_e4m3fn::encode<saturate>(
                  static_cast<double>(float16::decode<float>(float16::encode<saturate>(0.0029296873F, nearest_even{}))),
                  nearest_even{}) == 0x02);

class FloatFormat : public testing::TestWithParam<float_codec> {
 protected:
  const float_codec& codec = GetParam();
  const float_oracle oracle{codec.descriptor};
  int failures = 0;

  // Ten failures tell enough.
  bool expect_code(std::uint64_t got, std::uint64_t want, double x, const char* mode) {
    if (got == want) return true;
    if (++failures <= 10) ADD_FAILURE() << mode << " of " << std::hexfloat << x << ": " << got << ", not " << want;
    return false;
  }

  // Every deterministic mode under both overflow policies.
  template <class Real>
  void check_all_modes(Real x) {
    const auto place = oracle.locate(static_cast<double>(x));
    for_each_mode([&](auto mode, const char* name) {
      using Rounding = decltype(mode);
      expect_code(codec.encode<saturate>(x, mode), oracle.encode<saturate, Rounding>(place, mode),
                  static_cast<double>(x), name);
      if (codec.has_nan) {
        expect_code(codec.encode<to_infinity>(x, mode), oracle.encode<to_infinity, Rounding>(place, mode),
                    static_cast<double>(x), name);
      }
    });
  }

  // x, -x and their neighbours, as float and as double.
  void check_around(double x) {
    for (const double signed_x : {x, -x}) {
      for_neighbours<float>(signed_x, [&](float f) { check_all_modes(f); });
      for_neighbours<double>(signed_x, [&](double d) { check_all_modes(d); });
    }
  }

  // Every magnitude up to `last`; where sweeps are short, of more than 8 bits some, and those at the ends.
  template <class Action>
  void for_magnitudes(std::uint32_t last, const Action& action) const {
    const std::uint32_t step = codec.bits > 8 ? every(15) : 1;
    for (std::uint32_t i = 0; i <= last; i += i < 100 || i + 100 > last ? 1 : step) action(i);
  }

  template <class Real>
  void check_decode() {
    for (std::uint32_t code = 0; code < oracle.codes(); ++code) {
      const Real got = codec.decode<Real>(code);
      const double want = oracle.value(code);
      if (std::isnan(want)) {
        EXPECT_TRUE(std::isnan(got)) << code;
      } else {
        EXPECT_EQ(static_cast<double>(got), want) << code;
        EXPECT_EQ(std::signbit(got), std::signbit(want)) << code;
      }
      if (testing::Test::HasFailure()) break;
    }
  }

  template <class Real>
  void check_round_trip() {
    for (std::uint32_t code = 0; code < oracle.codes(); ++code) {
      const Real x = codec.decode<Real>(code);
      if (oracle.is_nan(code)) {
        const auto back = static_cast<std::uint32_t>(codec.encode<saturate>(x, nearest_even{}));
        EXPECT_TRUE(oracle.is_nan(back)) << code;
      } else if (!std::isinf(x)) {
        for_each_mode([&](auto mode, const char* name) {
          expect_code(codec.encode<saturate>(x, mode), code, static_cast<double>(x), name);
        });
      } else if (codec.has_infinity) {
        expect_code(codec.encode<to_infinity>(x, nearest_even{}), code, static_cast<double>(x), "infinity");
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Formats, FloatFormat, testing::ValuesIn(float_codecs()), codec_name{});

TEST_P(FloatFormat, ConstantsAgreeWithTheTable) {
  EXPECT_EQ(codec.max_code, oracle.largest());
  EXPECT_EQ(std::uint32_t{1} << codec.bits, oracle.codes());
  const double smallest = oracle.magnitude(codec.descriptor.has_zero ? 1 : 0);
  EXPECT_EQ(smallest, std::ldexp(1.0, codec.lowest_exponent));
  EXPECT_EQ(std::ilogb(oracle.magnitude(codec.max_code)), codec.max_exponent);
}

TEST_P(FloatFormat, DecodesEveryCode) {
  check_decode<double>();
  if (codec.fits_float) check_decode<float>();
}

TEST_P(FloatFormat, EveryCodeSurvivesARoundTrip) {
  check_round_trip<double>();
  if (codec.fits_float) check_round_trip<float>();
}

TEST_P(FloatFormat, RoundsEveryValueAndItsNeighbours) {
  for_magnitudes(oracle.largest() + 1, [&](std::uint32_t i) { check_around(oracle.magnitude(i)); });
}

TEST_P(FloatFormat, RoundsEveryMidpointAndItsNeighbours) {
  for_magnitudes(oracle.largest(), [&](std::uint32_t i) {
    const double low = oracle.magnitude(i);
    check_around(low + (oracle.magnitude(i + 1) - low) / 2);
  });
}

TEST_P(FloatFormat, RoundsTheEdgesOfTheSourcesAndOfTheFormat) {
  for (const float x : edge_cases<float>()) check_all_modes(x);
  for (const double x : edge_cases<double>()) check_all_modes(x);
  const double first_beyond = oracle.magnitude(oracle.largest() + 1);
  const double smallest = oracle.magnitude(codec.descriptor.has_zero ? 1 : 0);
  for (const double factor : {1.25, 1.5, 2.0, 4.0, 1000.0}) {
    check_around(first_beyond * factor);
    check_around(smallest / factor);
  }
}

// Payloads that carry bits only at the bottom must not be cut to an infinity, nor the sign's neighbour to zero.
TEST_P(FloatFormat, EveryKindOfNanBecomesNan) {
  for (const std::uint32_t payload : {0x7f800001U, 0x7fffffffU, 0xff800001U, 0xffffffffU, 0x7fc00000U, 0xffc00000U}) {
    check_all_modes(std::bit_cast<float>(payload));
    check_all_modes(std::bit_cast<double>(std::uint64_t{payload} << 32));
    const std::uint64_t low_bits = (std::uint64_t{payload} & 0x80000000U) << 32 | 0x7ff0000000000001U;
    check_all_modes(std::bit_cast<double>(low_bits));
  }
}

TEST_P(FloatFormat, RoundsOnceFromDouble) {
  // Just off a midpoint by less than a float can tell.
  for_magnitudes(oracle.largest(), [&](std::uint32_t i) {
    const double low = oracle.magnitude(i);
    const double midpoint = low + (oracle.magnitude(i + 1) - low) / 2;
    for (const double x : {midpoint * (1 + 0x1p-40), midpoint * (1 - 0x1p-40), midpoint * (1 + 0x1p-50)}) {
      check_all_modes(x);
      check_all_modes(-x);
    }
  });
}

}  // namespace
