// Bulk conversion in every family of formats, against the slow definition: all lengths around the lanes, all
// alignments, nothing written beside the output, counts.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "narrow/formats.hpp"
#include "narrow/quantize.hpp"
#include "support/quantize_reference.hpp"

namespace {

using namespace narrow;
using support::format_reference;
using support::guarded;

template <class T>
class QuantizeFormats : public testing::Test {
 protected:
  const format_reference<T> format{};

  // Of the definition, not of what was computed.
  void count(conversion_counts& counts, double x) const {
    ++counts.elements;
    if (std::isnan(x)) {
      ++counts.nan;
    } else {
      const bool is_zero = format.value(format.code(x, nearest_even{})) == 0;
      counts.overflow += format.overflows(x) ? 1U : 0U;
      counts.underflow += x != 0 && is_zero && !format.overflows(x) ? 1U : 0U;
    }
  }
};
// Floats of 16 and 8 bits with each kind of specials; fixed point in 8, 16 and 32 bits; integers.
using formats = testing::Types<float16, bfloat16, float8_e4m3fn, float8_e5m2fnuz, float4_e2m1fn, fixed<4, 4>,
                               fixed<8, 8>, fixed<12, 14>, int4, uint4, int8, uint16>;
TYPED_TEST_SUITE(QuantizeFormats, formats);

TYPED_TEST(QuantizeFormats, EveryLengthAndAlignment) {
  const auto inputs = support::mixed_inputs<TypeParam, float>(70 * 71);
  std::size_t next = 0;
  for (std::size_t length = 0; length <= 70; ++length) {
    const std::size_t from_offset = length % 5, to_offset = length % 7;
    guarded<float> x(length, from_offset);
    guarded<TypeParam> codes(length, to_offset);
    conversion_counts counts, want;
    for (std::size_t i = 0; i < length; ++i) {
      x.data()[i] = inputs[next++];
      this->count(want, static_cast<double>(x.data()[i]));
    }
    quantize_into(view(x.data(), length), view(codes.data(), length), unscaled, nearest_even{}, &counts);
    for (std::size_t i = 0; i < length; ++i) {
      const std::uint32_t got = codes.data()[i].bits();
      ASSERT_EQ(got, this->format.code(static_cast<double>(x.data()[i]), nearest_even{})) << x.data()[i];
    }
    ASSERT_TRUE(codes.is_intact()) << length;
    EXPECT_EQ(counts.elements, want.elements) << length;
    EXPECT_EQ(counts.overflow, want.overflow) << length;
    EXPECT_EQ(counts.underflow, want.underflow) << length;
    EXPECT_EQ(counts.nan, want.nan) << length;

    guarded<float> back(length, from_offset);
    const quantized_view<TypeParam, 1, unscaled_scheme> coded{view(codes.data(), length), &unscaled, per_tensor};
    dequantize_into(coded, view(back.data(), length));
    for (std::size_t i = 0; i < length; ++i) {
      const auto value = static_cast<float>(this->format.value(codes.data()[i].bits()));
      const float got = back.data()[i];
      ASSERT_TRUE(std::isnan(value) ? std::isnan(got) : std::memcmp(&got, &value, sizeof got) == 0) << got;
    }
    ASSERT_TRUE(back.is_intact()) << length;
  }
}

// From other formats: exact as doubles, then one rounding.
TYPED_TEST(QuantizeFormats, OfNumbers) {
  const auto inputs = support::mixed_inputs<float16, float>(200);
  std::vector<float16> x;
  for (const float v : inputs) x.push_back(float16(v));
  const auto codes = quantize<TypeParam>(view(x, 10, 20));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::uint32_t got = codes.storage()[i].bits();
    ASSERT_EQ(got, this->format.code(double(x[i]), nearest_even{})) << double(x[i]);
  }
}

// Formats whose numbers float cannot hold, or whose codes exceed its lanes' integers.
template <class T>
class DequantizeWide : public testing::Test {};
using wide_formats = testing::Types<number<fixed_point<8, 140>>, number<fixed_point<24, -120>>,
                                    number<unsigned_integer<32>>, number<fixed_point<32, 130>>>;
TYPED_TEST_SUITE(DequantizeWide, wide_formats);

TYPED_TEST(DequantizeWide, IsRoundedOnce) {
  const format_reference<TypeParam> format{};
  std::vector<TypeParam> codes;
  for (std::uint64_t i = 0; i < 100; ++i)
    codes.push_back(TypeParam::from_bits(
        static_cast<typename TypeParam::bits_type>(format.masked(static_cast<std::int64_t>(random_bits(4, 4, i))))));
  const quantized_view<TypeParam, 1, unscaled_scheme> coded{view(codes.data(), 100), &unscaled, per_tensor};
  std::vector<float> floats(100);
  std::vector<double> doubles(100);
  dequantize_into(coded, view(floats, 100));
  dequantize_into(coded, view(doubles, 100));
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(doubles[i], format.value(codes[i].bits()));
    EXPECT_EQ(floats[i], static_cast<float>(doubles[i])) << i;
  }
}

}  // namespace
