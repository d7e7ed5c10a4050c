#include "narrow/interop/native_floats.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "narrow/random.hpp"

namespace {

using namespace narrow;

#if defined(__FLT16_MANT_DIG__)
static_assert(to_native(float16(1.5F)) == 1.5F && float(from_native(static_cast<native_float16>(-2))) == -2);
static_assert(sizeof(native_float16) == 2);

TEST(NativeFloat16, HasTheSameBitsAndValues) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto x = float16::from_bits(static_cast<std::uint16_t>(code));
    const native_float16 native = to_native(x);
    ASSERT_EQ(std::bit_cast<std::uint16_t>(native), code);
    ASSERT_EQ(from_native(native).bits(), code);
    const auto value = static_cast<double>(native);
    ASSERT_TRUE(value == double(x) || (std::isnan(value) && std::isnan(double(x)))) << code;
  }
  const number<float16::encoding_type, toward_zero> other_rounding(0.1F);
  EXPECT_EQ(std::bit_cast<std::uint16_t>(to_native(other_rounding)), other_rounding.bits());
}

// The compiler's conversion from float is the library's; its NaN may be any.
TEST(NativeFloat16, IsRoundedToAlike) {
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    // Of every magnitude that float16 has, and some beyond; half of them next to its ties.
    std::uint32_t bits = random_bits(1, 2, i) % 0x1600'0000U + 0x3280'0000U;
    if (i % 2 == 0) bits = (bits & ~0x1FFFU) | 0x1000U | (i % 4 == 0 ? 1U : 0U);
    if (i % 3 == 0) bits |= 0x8000'0000U;
    const auto x = std::bit_cast<float>(bits);
    ASSERT_EQ(float16(x).bits(), from_native(static_cast<native_float16>(x)).bits()) << x;
  }
}
#else
TEST(NativeFloat16, IsMissing) { GTEST_SKIP() << "this compiler has no _Float16 for this target"; }
#endif

#if defined(__STDCPP_BFLOAT16_T__)
TEST(NativeBfloat16, HasTheSameBitsAndValues) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto x = bfloat16::from_bits(static_cast<std::uint16_t>(code));
    ASSERT_EQ(from_native(to_native(x)).bits(), code);
    const auto value = static_cast<float>(to_native(x));
    ASSERT_TRUE(value == float(x) || (std::isnan(value) && std::isnan(float(x)))) << code;
  }
}
#else
TEST(NativeBfloat16, IsMissing) { GTEST_SKIP() << "this compiler has no std::bfloat16_t"; }
#endif

}  // namespace
