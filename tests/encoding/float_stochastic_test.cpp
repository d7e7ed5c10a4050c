// Stochastic rounding of floats with given random bits, at the very bits where the decision changes.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "narrow/encoding/float_format.hpp"
#include "narrow/random.hpp"
#include "support/float_codec.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::saturate;
using narrow::stochastic;
using narrow::to_infinity;
using namespace support;

class FloatStochastic : public testing::TestWithParam<float_codec> {
 protected:
  const float_codec& codec = GetParam();
  const float_oracle oracle{codec.descriptor};
  int failures = 0;

  template <class Overflow, class Real>
  void check(Real x, const float_oracle::place& place, const stochastic& rounding) {
    const std::uint64_t got = codec.encode<Overflow>(x, rounding);
    const std::uint64_t want = oracle.encode<Overflow>(place, rounding);
    if (got != want && ++failures <= 10) {
      ADD_FAILURE() << std::hexfloat << x << " with " << rounding.bits << " of " << rounding.count
                    << " bits, pre_round " << rounding.pre_round << ": " << got << ", not " << want;
    }
  }

  // Random bits, the extremes, and both sides of the threshold 2^N - floor(d * 2^N) of the definition.
  template <class Real>
  void check_counts(Real x, std::uint32_t random) {
    const auto place = oracle.locate(static_cast<double>(x));
    for (const int count : {1, 4, 8, 16, 31, 32}) {
      const auto steps = static_cast<std::uint32_t>(std::ldexp(place.d, count));
      for (const std::uint32_t bits : {random, 0U, ~0U, 0U - steps, ~steps}) {
        for (const bool pre_round : {false, true}) {
          if (pre_round && count == 32) continue;
          check<saturate>(x, place, {bits, count, pre_round});
          if (codec.has_nan) check<to_infinity>(x, place, {bits, count, pre_round});
        }
      }
    }
  }

  void check_both(double x, std::uint32_t random) {
    check_counts(x, random);
    check_counts(static_cast<float>(x), random);
  }
};
INSTANTIATE_TEST_SUITE_P(Formats, FloatStochastic, testing::ValuesIn(float_codecs()), codec_name{});

TEST_P(FloatStochastic, DecidesAtTheExactBits) {
  const std::uint32_t last = oracle.largest();
  // Every gap of the small formats, every seventeenth of the large ones (or fewer) and those at the ends.
  const std::uint32_t step = codec.bits > 12 ? 17 * every(7) : codec.bits > 8 ? every(7) : 1;
  for (std::uint32_t i = 0; i <= last; i += i < 100 || i + 100 > last ? 1 : step) {
    const double low = oracle.magnitude(i);
    const double width = oracle.magnitude(i + 1) - low;
    const std::uint32_t random = narrow::random_bits(1, 2, i);
    const double any = std::ldexp(narrow::random_bits(3, 4, i), -32);
    for (const double d : {0.0, 0.5, any, 0x1p-4, 0x1.8p-5, 0x1p-32, 0x1.8p-33, 1 - 0x1p-9, any * 0x1p-20}) {
      check_both(low + d * width, random);
      check_both(-(low + d * width), random);
    }
  }
}

TEST_P(FloatStochastic, EdgesOfTheSources) {
  for (const float x : edge_cases<float>()) check_counts(x, 0x9e3779b9);
  for (const double x : edge_cases<double>()) check_counts(x, 0x9e3779b9);
}

// Four bits and all of their values: up exactly floor(d * 16), or rne(d * 16), times out of sixteen.
TEST_P(FloatStochastic, FourBitsGoUpAsOftenAsTheirFractionSays) {
  const std::uint32_t i = oracle.largest() / 2;
  const double low = oracle.magnitude(i);
  for (int sixty_fourths = 0; sixty_fourths < 64; ++sixty_fourths) {
    const double x = low + sixty_fourths / 64.0 * (oracle.magnitude(i + 1) - low);
    for (const bool pre_round : {false, true}) {
      int ups = 0;
      for (std::uint32_t bits = 0; bits < 16; ++bits) {
        const std::uint64_t code = codec.encode<saturate>(x, stochastic{bits, 4, pre_round});
        ups += code == i + 1 ? 1 : 0;
      }
      EXPECT_EQ(ups, pre_round ? std::nearbyint(sixty_fourths / 4.0) : sixty_fourths / 4) << sixty_fourths;
    }
  }
}

static_assert(float8_e4m3fn::encode<saturate>(0x1.1p0F, stochastic{0x7, 4}) == 0x38);
static_assert(float8_e4m3fn::encode<saturate>(0x1.1p0F, stochastic{0x8, 4}) == 0x39);
static_assert(float8_e4m3fn::encode<saturate>(-0x1.1p0, stochastic{0x8, 4}) == 0xb9);

}  // namespace
