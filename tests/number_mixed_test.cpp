// Numbers among floats, doubles and integers: what a loop written for float needs when its type becomes a number.
#include <gtest/gtest.h>

#include <compare>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "narrow/number.hpp"

namespace {

using namespace narrow;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

template <class A, class B>
using sum_type = decltype(A() + B());

// The types are those that float would have given, or double where float does not hold the number.
static_assert(std::is_same_v<sum_type<bfloat16, float>, float> && std::is_same_v<sum_type<float, bfloat16>, float>);
static_assert(std::is_same_v<sum_type<bfloat16, double>, double> && std::is_same_v<sum_type<bfloat16, int>, float>);
static_assert(std::is_same_v<sum_type<fixed<8, 24>, float>, double> && std::is_same_v<sum_type<int8, float>, float>);
static_assert(std::is_same_v<sum_type<bfloat16, bfloat16>, bfloat16>);

template <class To, class From>
concept assignable = requires(To& to, From from) {
  to = from;
};
template <class To, class From>
concept accumulates = requires(To& to, From from) {
  to += from;
};
// Narrowing is never silent; nor is it by way of an operator.
static_assert(!assignable<bfloat16, float> && !assignable<bfloat16, int> && !accumulates<bfloat16, float>);
static_assert(!assignable<fixed<4, 4>, double> && !assignable<int, bfloat16> && !assignable<bfloat16, float16>);
static_assert(assignable<float, bfloat16> && assignable<double, bfloat16> && accumulates<float, bfloat16>);
static_assert(!assignable<float, fixed<8, 24>> && assignable<double, fixed<8, 24>>);

TEST(MixedNumber, Widens) {
  const bfloat16 x(3.140625);
  const float f = x;
  const double d = x;
  EXPECT_EQ(f, 3.140625F);
  EXPECT_EQ(d, 3.140625);
  for (std::uint32_t code = 0; code < 0x7F80; ++code) {
    const auto n = bfloat16::from_bits(static_cast<std::uint16_t>(code));
    const float single = n;
    const double wide = n;
    ASSERT_EQ(single, n.to_real());
    ASSERT_EQ(wide, double{n.to_real()});
  }
  const double wide = fixed<8, 24>(-1 - 0x1p-24);
  EXPECT_EQ(wide, -1 - 0x1p-24);
}

TEST(MixedNumber, Arithmetic) {
  const bfloat16 x(1.5);
  EXPECT_EQ(x * 0.1F, 1.5F * 0.1F);
  EXPECT_EQ(0.1 - x, 0.1 - 1.5);
  EXPECT_EQ(x / 3, 1.5F / 3);
  EXPECT_EQ(2 + x, 3.5F);
  EXPECT_EQ(float16(2049) * 3L, 6144.0F);
  EXPECT_EQ((fixed<8, 24>(0x1p-24) * 2.0F), 0x1p-23);
}

TEST(MixedNumber, ComparesExactly) {
  const bfloat16 one(1), x(1.0078125);
  EXPECT_TRUE(x > 1 && x > 1.0F && x >= 1.0 && 1 < x && x != 1.0F && one == 1 && 1U == one);
  EXPECT_TRUE(x < std::numeric_limits<float>::max() && x < infinity && -infinity < x);
  EXPECT_FALSE(x == nan || x < nan || x > nan || nan <= x);
  EXPECT_TRUE((bfloat16(nan) <=> 1.0F) == std::partial_ordering::unordered);
  EXPECT_TRUE(bfloat16(-0.0) == 0 && bfloat16(-0.0) == 0.0F);
  // Neither side is rounded to the other's type.
  EXPECT_TRUE(bfloat16(0x1p62) < (std::int64_t{1} << 62) + 1);
  EXPECT_TRUE(bfloat16(0x1p62) != (std::int64_t{1} << 62) + 1);
  EXPECT_TRUE(bfloat16(0x1p24) < 16777217);
  EXPECT_TRUE(float16(0.1) != 0.1);
  EXPECT_TRUE((fixed<1, 31>(0.5 + 0x1p-31) > 0.5F));
}

// The loop that the README shows.
template <class T>
float train(std::vector<T> w, const std::vector<T>& x, float rate) {
  float total = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    total += w[i] * x[i];
    w[i] = T(w[i] - rate * x[i]);
    if (w[i] > 1.0F) w[i] = T(1.0F);
  }
  for (const T v : w) total += v;
  return total;
}

TEST(MixedNumber, OneLoopForFloatAndNumbers) {
  EXPECT_EQ(train<float>({1, 2}, {4, -8}, 0.5F), 1 * 4 - 2 * 8 + (1 - 0.5F * 4) + 1);
  EXPECT_EQ(train<bfloat16>({bfloat16(1), bfloat16(2)}, {bfloat16(4), bfloat16(-8)}, 0.5F), -12.0F);
}

}  // namespace
