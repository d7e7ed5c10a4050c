// What quantization counts, against the slow definition of rounding: a value overflows if, once rounded, it lies beyond
// the format's range.
#include "narrow/conversion_counts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"

namespace {

using namespace narrow;
using support::fixed_oracle;
using support::float_oracle;

template <class T, class Scheme = unscaled_scheme, class Rounding = rounding_of<T>>
conversion_counts counts_of(auto x, const Scheme& scheme = {}, const Rounding& rounding = {}) {
  conversion_counts counts;
  (void)quantize<T>(view(&x, 1), scheme, rounding, &counts);
  return counts;
}
template <class T, class Scheme = unscaled_scheme, class Rounding = rounding_of<T>>
bool overflows(auto x, const Scheme& scheme = {}, const Rounding& rounding = {}) {
  return counts_of<T>(x, scheme, rounding).overflow == 1;
}

TEST(ConversionCounts, RoundFirst) {
  EXPECT_FALSE(overflows<float8_e4m3fn>(464));
  EXPECT_TRUE(overflows<float8_e4m3fn>(464.5F));
  EXPECT_TRUE(overflows<float8_e4m3fn>(449, unscaled, toward_positive{}));
  EXPECT_FALSE(overflows<float8_e4m3fn>(479, unscaled, toward_zero{}));
  EXPECT_TRUE(overflows<float8_e4m3fn>(480, unscaled, toward_zero{}));
  EXPECT_FALSE(overflows<float16>(65519));
  EXPECT_TRUE(overflows<float16>(65520));
  EXPECT_FALSE(overflows<int8>(127.4F));
  EXPECT_TRUE(overflows<int8>(127.5F));
  EXPECT_FALSE(overflows<int8>(-128.5F));
  EXPECT_FALSE(overflows<int8>(12.744F, affine(0.1F)));
  EXPECT_TRUE(overflows<int8>(12.76F, affine(0.1F)));
  EXPECT_TRUE(overflows<int8>(127.25F, unscaled, stochastic_sequence{1, 2, 0, 1}) !=
              overflows<int8>(127.25F, unscaled, toward_positive{}));
}

TEST(ConversionCounts, OverflowOrUnderflowNotBoth) {
  EXPECT_EQ(counts_of<uint8>(-0.3F).overflow, 0U);
  EXPECT_EQ(counts_of<uint8>(-0.3F).underflow, 1U);
  EXPECT_EQ(counts_of<uint8>(-0.6F).overflow, 1U);
  EXPECT_EQ(counts_of<uint8>(-0.6F).underflow, 0U);
  using unsigned_float = number<support::unsigned_e5m3>;
  EXPECT_EQ(counts_of<unsigned_float>(-1.0F).overflow, 1U);
  EXPECT_EQ(counts_of<unsigned_float>(-1e-30F).underflow, 1U);
  EXPECT_EQ(counts_of<float16>(1e-9F).underflow, 1U);
  EXPECT_EQ(counts_of<float16>(0.0F).underflow, 0U);
}

// The policy in force has the last word on the range.
TEST(ConversionCounts, SymmetricRange) {
  using symmetric8 = number<signed_integer<8>, nearest_even, saturate_symmetric>;
  EXPECT_FALSE(overflows<symmetric8>(-127.4F));
  EXPECT_TRUE(overflows<symmetric8>(-128.0F));
  EXPECT_FALSE(overflows<int8>(-128.0F));
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
        ASSERT_EQ(overflows<T>(x, unscaled, rounding), expected) << x << ' ' << name;
        ASSERT_EQ(overflows<T>(x * 0.5, affine(0.5F), rounding), expected) << x << ' ' << name;
        if (TypeParam::max_exponent < 127) {
          ASSERT_EQ(overflows<T>(static_cast<float>(x), unscaled, rounding), expected) << x << ' ' << name;
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
        conversion_counts counts;
        (void)quantize<TypeParam>(view(&x, 1), unscaled, rounding, &counts);
        ASSERT_EQ(counts.overflow, expected ? 1U : 0U) << x << ' ' << name;
      }
    }
  });
  EXPECT_TRUE(overflows<TypeParam>(std::numeric_limits<float>::infinity()));
  EXPECT_TRUE(overflows<TypeParam>(-1e30F));
}

// The type's own rounding is the default.
TEST(Quantize, RoundsByTheType) {
  using up = number<signed_integer<8>, toward_positive>;
  const float x = 1.25F;
  EXPECT_EQ(quantize<up>(view(&x, 1)).storage()[0].storage(), 2);
  std::vector<up> codes(1);
  quantize_into(view(&x, 1), view(codes, 1), unscaled);
  EXPECT_EQ(codes[0].storage(), 2);
  EXPECT_EQ(quantize<up>(view(&x, 1), unscaled, nearest_even{}).storage()[0].storage(), 1);
}

}  // namespace
