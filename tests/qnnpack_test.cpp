// QNNPACK's two requantizations, against their definitions, and against the epilogues that give the same bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/epilogue.hpp"
#include "narrow/random.hpp"
#include "narrow/requantize.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;

constexpr std::int32_t lowest_32 = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t highest_32 = std::numeric_limits<std::int32_t>::max();

static_assert(requantize_by_magic_number(5, 0.5F, 10, 0, 255) == 12);  // 2.5 to even
static_assert(requantize_by_magic_number(7, 0.5F, 10, 0, 255) == 14);
static_assert(requantize_by_magic_number(-5, 0.5F, 10, 0, 255) == 8);
static_assert(requantize_by_magic_number(lowest_32, 0.5F, 10, 3, 255) == 3);
static_assert(requantize_by_magic_number(highest_32, 1e20F, 10, 3, 250) == 250);
static_assert(requantize_by_magic_number(1 << 22, 1.0F, 0, -(1 << 22), 1 << 22) == 1 << 22);
static_assert(requantize_by_magic_number(-(1 << 22), 1.0F, 0, -(1 << 22), 1 << 22) == -(1 << 22));

struct case_of {
  std::int32_t x;
  float scale;
  std::int32_t zero_point;
};

// Accumulators of every magnitude, scales of [2^-32, 1), and both such that products lie next to codes; then ties.
std::vector<case_of> cases() {
  std::vector<case_of> result;
  const auto random = [](std::uint64_t stream, std::uint64_t i) { return random_bits(11, stream, i); };
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const int bits = static_cast<int>(random(0, i) % 32);
    const auto x = static_cast<std::int32_t>(random(1, i)) >> bits;
    const int exponent =
        static_cast<int>(i % 2 == 0 ? random(2, i) % 32 : static_cast<unsigned>(std::max(23 - bits, 0)));
    const float scale = std::ldexp(static_cast<float>(random(3, i) >> 8 | 1U << 23), -24 - exponent);
    result.push_back({x, scale, static_cast<std::int32_t>(random(4, i) % 256)});
  }
  for (std::int32_t x = -600; x <= 600; ++x) {
    for (const float scale : {0.5F, 0.25F, 0.75F, 0.125F, 0x1p-32F, 0x1.fffffep-1F}) result.push_back({x, scale, 128});
  }
  for (const std::int32_t x : {lowest_32, lowest_32 + 1, highest_32 - 1, highest_32}) {
    for (const float scale : {0x1p-32F, 0x1p-24F, 0.5F, 0x1.fffffep-1F}) result.push_back({x, scale, 7});
  }
  return result;
}

TEST(Qnnpack, MagicNumber) {
  std::size_t inside = 0;
  for (const auto& [x, scale, zero] : cases()) {
    // The accumulator as a float, times the scale, is a double exactly: float rounds it, std::nearbyint once more.
    const float real = static_cast<float>(static_cast<double>(static_cast<float>(x)) * static_cast<double>(scale));
    const double code = std::clamp(std::nearbyint(static_cast<double>(real)) + zero, 0.0, 255.0);
    ASSERT_EQ(requantize_by_magic_number(x, scale, zero, 0, 255), code) << x << " * " << scale << " + " << zero;
    const requantize_float epilogue{{scale}, zero, 0, 255};
    ASSERT_EQ(epilogue(x, 0, 0), code) << x << " * " << scale << " + " << zero;
    inside += code > 0 && code < 255;
  }
  EXPECT_GT(inside, 50'000U);
}

// x * scale to a multiple of 2^shift, as 31 fraction bits have it, ties upward; then to an integer, ties away.
std::int64_t by_q31(std::int32_t x, float scale) {
  int exponent = 0;
  const auto multiplier = static_cast<std::int64_t>(std::ldexp(static_cast<double>(std::frexp(scale, &exponent)), 31));
  const auto high = static_cast<double>((x * multiplier + (1LL << 30)) >> 31);
  return std::llround(std::ldexp(high, exponent));
}

TEST(Qnnpack, Q31) {
  std::size_t differ = 0;
  for (const auto& [x, scale, zero] : cases()) {
    const std::int64_t code = std::clamp<std::int64_t>(by_q31(x, scale) + zero, 0, 255);
    const requantize epilogue{{fixed_multiplier::from_real(scale)}, zero, 0, 255, multiplier_rounding::qnnpack_q31};
    ASSERT_EQ(epilogue(x, 0, 0), code) << x << " * " << scale << " + " << zero;
    differ += code != requantize_by_magic_number(x, scale, zero, 0, 255);
  }
  EXPECT_GT(differ, 0U);  // ties go away from zero here, to even there
}

TEST(Qnnpack, Errors) {
  const auto message = [](float scale, std::int32_t zero, std::int32_t low, std::int32_t high) {
    return support::thrown([=] { requantize_by_magic_number(1, scale, zero, low, high); });
  };
  EXPECT_EQ(message(0, 0, 0, 255), "requantize_by_magic_number: scale is 0; it must be positive and finite");
  EXPECT_NE(message(-1, 0, 0, 255), "");
  EXPECT_NE(message(std::numeric_limits<float>::infinity(), 0, 0, 255), "");
  EXPECT_NE(message(std::numeric_limits<float>::quiet_NaN(), 0, 0, 255), "");
  EXPECT_EQ(
      message(1, 3, 5, 4),
      "requantize_by_magic_number: lowest is 5 and highest 4; they must lie, in this order, at most 2^22 from the "
      "zero point, 3");
  EXPECT_NE(message(1, -1, 0, 1 << 22), "");
  EXPECT_NE(message(1, 1, -(1 << 22), 0), "");
  EXPECT_NE(message(1, lowest_32, highest_32, highest_32), "");
  EXPECT_EQ(message(1, 0, -(1 << 22), 1 << 22), "");
}

}  // namespace
