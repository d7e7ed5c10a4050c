// What quantization counts, against the slow definition of rounding: a value overflows if, once rounded, it lies beyond
// the format's range.
#include "narrow/conversion_counts.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/formats.hpp"

namespace {

using namespace narrow;

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
