#include "narrow/encoding/posit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/random.hpp"
#include "support/posit_codec.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::nearest_even;
using narrow::posit_format;
using narrow::saturate;
using narrow::stochastic;
using namespace support;

// ---- the standard's table, at compile time ----------------------------------------------------------------------
template <int N, int ES>
constexpr double smallest = posit_format<N, ES>::template decode<double>(1);
template <int N, int ES>
constexpr double largest = posit_format<N, ES>::template decode<double>(posit_format<N, ES>::max_code);

static_assert(smallest<8, 2> == 0x1p-24 && smallest<16, 2> == 0x1p-56 && smallest<32, 2> == 0x1p-120);
static_assert(largest<8, 2> == 0x1p24 && largest<16, 2> == 0x1p56 && largest<32, 2> == 0x1p120);
static_assert(smallest<8, 0> == 0x1p-6 && smallest<16, 1> == 0x1p-28 && largest<32, 4> == 0x1p480);
static_assert(posit_format<8>::digits == 4 && posit_format<16, 1>::digits == 13 && posit_format<32>::digits == 28);
static_assert(std::is_same_v<posit_format<16>::real_type, float> &&
              std::is_same_v<posit_format<32>::real_type, double>);
// Between 2^20 and 2^24 the halfway point is 2^22, the posit of 9 bits, and goes to the even code.
static_assert(posit_format<8>::encode<saturate>(0x1p22F, nearest_even{}) == 0x7e);
static_assert(posit_format<8>::encode<saturate>(0x1.000002p22F, nearest_even{}) == 0x7f);
static_assert(posit_format<8>::encode<saturate>(-1e-30, nearest_even{}) == ~std::uint64_t{0});
static_assert(posit_format<8>::encode<saturate>(std::numeric_limits<double>::infinity(), nearest_even{}) ==
              ~std::uint64_t{0} - 127);

class Posit : public testing::TestWithParam<posit_codec> {
 protected:
  const posit_codec& codec = GetParam();
  const posit_oracle& oracle = codec.oracle;
  int failures = 0;

  void expect_code(std::int64_t got, std::int64_t want, double x, const char* mode) {
    if (got != want && ++failures <= 10)
      ADD_FAILURE() << mode << " of " << std::hexfloat << x << ": " << got << ", not " << want;
  }

  template <class Real>
  void check_modes(Real real) {
    const auto x = static_cast<double>(real);
    const bool zero = x == 0, finite = std::isfinite(x);
    const posit_place place = zero || !finite ? posit_place{} : locate(oracle, std::signbit(x), compare_with(x));
    for_each_mode([&](auto mode, const char* name) {
      const std::int64_t want = zero ? 0 : finite ? posit_code(place, mode) : not_a_real(oracle);
      expect_code(codec.encode(real, mode), want, x, name);
    });
  }

  // Every positive code of up to 16 bits (where sweeps are short: 12); of longer ones about 2000 and those at the ends.
  template <class Action>
  void for_codes(const Action& action) const {
    const std::uint64_t last = oracle.largest(), ends = last < 80 ? last / 2 : 40 / every(4);
    const std::uint64_t step = oracle.bits <= 12 ? 1 : oracle.bits <= 16 ? every(15) : last / 2000 * every(7) | 1;
    for (std::uint64_t code = 1; code <= ends; ++code) action(code);
    for (std::uint64_t code = ends + 1; code <= last - ends; code += step) action(code);
    for (std::uint64_t code = last - ends + 1; code <= last; ++code) action(code);
  }
};
INSTANTIATE_TEST_SUITE_P(Formats, Posit, testing::ValuesIn(posit_codecs()), codec_name{});

TEST_P(Posit, DecodesEveryCodeAndEncodesItBack) {
  const auto codes = static_cast<std::int64_t>(oracle.largest()) + 1;
  const std::int64_t step = oracle.bits <= 16 ? 1 : codes / 30000 | 1;
  for (std::int64_t code = -codes; code < codes; code += step) {
    const double want = oracle.real(static_cast<std::uint64_t>(code) & (2 * oracle.largest() + 1));
    const double wide = codec.decode<double>(code);
    ASSERT_TRUE(wide == want || (std::isnan(wide) && code == -codes)) << code << ": " << wide << ", not " << want;
    ASSERT_FALSE(std::signbit(wide) && wide == 0);
    const float single = codec.decode<float>(code);
    ASSERT_TRUE(single == static_cast<float>(wide) || (std::isnan(single) && code == -codes)) << code;
    ASSERT_EQ(codec.encode(wide, nearest_even{}), code);
    ASSERT_EQ(codec.encode(wide, narrow::toward_zero{}), code);
    if (codec.fits_float) {
      ASSERT_EQ(codec.encode(single, nearest_even{}), code);
    }
  }
}

TEST_P(Posit, RoundsEveryCodeEveryMidpointAndTheirNeighbours) {
  const posit_oracle longer{oracle.bits + 1, oracle.exponent_bits};
  for_codes([&](std::uint64_t code) {
    for (const std::uint64_t half : {2 * code - 1, 2 * code}) {
      const double x = longer.real(half) * (code % 2 == 0 ? 1 : -1);
      for_neighbours<float>(x, [&](float f) { check_modes(f); });
      for_neighbours<double>(x, [&](double d) { check_modes(d); });
    }
  });
}

TEST_P(Posit, EdgesOfTheSources) {
  for (const float x : edge_cases<float>()) check_modes(x);
  for (const double x : edge_cases<double>()) check_modes(x);
}

TEST_P(Posit, RoundsStochasticallyAtTheExactBits) {
  std::uint64_t i = 0;
  const auto check = [&](auto real, const stochastic& rounding) {
    const auto x = static_cast<double>(real);
    if (x == 0 || !std::isfinite(x)) return;
    const compare_with compare(x);
    const posit_place place = locate(oracle, std::signbit(x), compare);
    const posit_fraction<compare_with> d{oracle, place.code, compare};
    expect_code(codec.encode(real, rounding), posit_code(place, d, rounding), x, "stochastic");
  };
  for_codes([&](std::uint64_t code) {
    const std::uint64_t chosen = oracle.bits > 8 ? 64 * every(4) : every(4);
    if (code % chosen != 0 && code > 20 && code + 20 < oracle.largest()) return;
    const double low = oracle.real(code), high = code < oracle.largest() ? oracle.real(code + 1) : 4 * low;
    const std::uint32_t random = narrow::random_bits(1, 2, ++i);
    const double any = std::ldexp(narrow::random_bits(3, 4, i), -32);
    for (const double d : {0.0, 0.5, any, 0x1p-9, 0x1.8p-33, 1 - 0x1p-9}) {
      const double x = (low + d * (high - low)) * (i % 2 == 0 ? 1 : -1);
      const compare_with compare(x);
      const posit_fraction<compare_with> fraction{oracle, oracle.floor(compare), compare};
      for (const int count : {1, 8, 31, 32}) {
        // Both sides of the threshold.
        const auto steps = fraction.code < oracle.largest() ? static_cast<std::uint32_t>(fraction.floor(count)) : 0;
        for (const std::uint32_t bits : {random, 0U - steps, ~steps}) {
          check(x, stochastic{bits, count});
          check(static_cast<float>(x), stochastic{bits, count});
          if (count < 32) check(x, stochastic{bits, count, true});
        }
      }
    }
  });
}

// Four bits and all of their values, where two exponent bits are cut off: linear in the logarithm.
TEST(PositStochastic, GoesUpAsOftenAsTheStringSays) {
  for (int sixteenths = 0; sixteenths < 16; ++sixteenths) {
    // 0x7e is 2^20, 0x7f 2^24; a tail of exponent and fraction lies between them.
    const double x = std::ldexp(1 + sixteenths % 4 / 4.0, 20 + sixteenths / 4);
    int ups = 0;
    for (std::uint32_t bits = 0; bits < 16; ++bits) {
      ups += posit_format<8>::encode<saturate>(x, stochastic{bits, 4}) == 0x7f ? 1 : 0;
    }
    EXPECT_EQ(ups, sixteenths);
  }
}

}  // namespace
