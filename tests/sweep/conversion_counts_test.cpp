// What quantization counts, against the slow definition of rounding: a value overflows if, once rounded, it lies beyond
// the format's range.
#include "narrow/conversion_counts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/scheme/affine.hpp"
#include "narrow/scheme/unscaled.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"

namespace {

using namespace narrow;
using support::fixed_oracle;
using support::float_oracle;

// The same question of one number, as quantize asks it: the sweeps below are over formats and modes, not targets.
template <class T, class Scheme, class Rounding>
bool counts_as_overflow(auto x, const Scheme& scheme, const Rounding& rounding) {
  return narrow::detail::overflows<encoding_of<T>, overflow_of<T>>(x, scheme, 0, rounding);
}

template <class Format>
class FloatCounts : public testing::Test {};
TYPED_TEST_SUITE(FloatCounts, support::all_formats, support::format_name);

TYPED_TEST(FloatCounts, AroundTheLargest) {
  using T = number<TypeParam, nearest_even, saturate>;
  const float_oracle oracle(TypeParam::descriptor);
  const double top = oracle.magnitude(oracle.largest()), next = oracle.magnitude(oracle.largest() + 1);
  support::for_each_mode([&](auto rounding, const char* name) {
    for (int eighth = -8; eighth <= 16; ++eighth) {
      for (const double sign : {1.0, -1.0}) {
        if (sign < 0 && !TypeParam::is_signed) continue;
        const double x = sign * (top + (next - top) * eighth / 8);
        const auto place = oracle.locate(x);
        const support::gap<support::real_fraction> g{{place.d}, place.below % 2 == 1, sign < 0, false};
        const bool expected = place.below + (goes_up(rounding, g) ? 1 : 0) > oracle.largest();
        ASSERT_EQ(counts_as_overflow<T>(x, unscaled, rounding), expected) << x << ' ' << name;
        if constexpr (std::is_same_v<decltype(rounding), nearest_even>) {
          ASSERT_EQ(counts_as_overflow<T>(x * 0.5, affine(0.5F), rounding), expected) << x << ' ' << name;
          if (TypeParam::max_exponent < 127) {
            ASSERT_EQ(counts_as_overflow<T>(static_cast<float>(x), unscaled, rounding), expected) << x << ' ' << name;
          }
        }
      }
    }
  });
}

template <class T>
class FixedCounts : public testing::Test {};
using fixed_types = testing::Types<int4, uint4, int8, uint8, int16, uint16, fixed<4, 4>, fixed<8, 16>, fixed<2, 28>,
                                   fixed<16, 16>, std::int32_t, std::uint32_t>;
TYPED_TEST_SUITE(FixedCounts, fixed_types);

TYPED_TEST(FixedCounts, AroundTheEnds) {
  using E = encoding_of<TypeParam>;
  const fixed_oracle narrow_range{E::bits, E::is_signed};
  support::for_each_mode([&](auto rounding, const char* name) {
    for (const double end : {static_cast<double>(E::max_code), static_cast<double>(E::min_code)}) {
      for (int eighth = -12; eighth <= 12; ++eighth) {
        const double x = std::ldexp(end + eighth / 8.0, -E::fraction_bits);
        const auto code = fixed_oracle{40, true}.encode<saturate>(x, E::fraction_bits, rounding);
        const bool expected = code > narrow_range.highest() || code < narrow_range.lowest();
        ASSERT_EQ(counts_as_overflow<TypeParam>(x, unscaled, rounding), expected) << x << ' ' << name;
      }
    }
  });
  EXPECT_TRUE(counts_as_overflow<TypeParam>(std::numeric_limits<float>::infinity(), unscaled, nearest_even{}));
  EXPECT_TRUE(counts_as_overflow<TypeParam>(-1e30F, unscaled, nearest_even{}));
}

}  // namespace
