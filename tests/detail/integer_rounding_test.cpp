#include "narrow/detail/integer_rounding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "narrow/random.hpp"
#include "support/oracle.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::stochastic;
using narrow::detail::divide;
using narrow::detail::int128;
using narrow::detail::shift_right;
using namespace support;

// numerator / denominator by long division: the quotient of the magnitudes, and the rest as a ratio.
template <class Rounding>
int128 exact_quotient(int128 numerator, uint128 denominator, const Rounding& rounding) {
  const bool negative = numerator < 0;
  const uint128 magnitude = negative ? uint128{0} - static_cast<uint128>(numerator) : static_cast<uint128>(numerator);
  const uint128 quotient = magnitude / denominator;
  const gap<ratio> g{{magnitude % denominator, denominator}, quotient % 2 == 1, negative, true};
  const auto rounded = static_cast<int128>(quotient + (goes_up(rounding, g) ? 1 : 0));
  return negative ? -rounded : rounded;
}

template <class Action>
void for_each_rounding(std::uint64_t i, const Action& action) {
  for_each_mode([&](auto mode, const char* name) { action(mode, name); });
  for (const int count : {1, 4, 8, 16, 31, 32}) {
    action(stochastic{narrow::random_bits(1, 2, i), count, false}, "stochastic");
    if (count < 32) action(stochastic{narrow::random_bits(1, 2, i), count, true}, "stochastic, pre_round");
  }
}

// A signed integer of random bits and random magnitude, below 2^bits.
int128 random_integer(std::uint64_t i, int bits) {
  uint128 word = 0;
  for (std::uint64_t part = 0; part < 4; ++part) word = word << 32 | narrow::random_bits(3, part, i);
  const int kept = 1 + static_cast<int>(narrow::random_bits(4, 5, i) % static_cast<std::uint32_t>(bits));
  const auto magnitude = static_cast<int128>(word >> (128 - kept));
  return narrow::random_bits(6, 7, i) % 2 == 0 ? magnitude : -magnitude;
}

void expect_quotient(int128 numerator, std::uint64_t denominator, std::uint64_t i) {
  for_each_rounding(i, [&](const auto& rounding, const char* name) {
    EXPECT_TRUE(divide(numerator, denominator, rounding) == exact_quotient(numerator, denominator, rounding))
        << name << " of " << static_cast<double>(numerator) << " / " << denominator;
  });
}

void expect_shifted(int128 value, int shift, std::uint64_t i) {
  for_each_rounding(i, [&](const auto& rounding, const char* name) {
    EXPECT_TRUE(shift_right(value, shift, rounding) == exact_quotient(value, uint128{1} << shift, rounding))
        << name << " of " << static_cast<double>(value) << " >> " << shift;
  });
}

static_assert(divide(7, 2, narrow::nearest_even{}) == 4 && divide(-5, 2, narrow::nearest_even{}) == -2);
static_assert(divide(-5, 2, narrow::nearest_away{}) == -3 && divide(-1, 3, narrow::toward_negative{}) == -1);
static_assert(shift_right(-5, 1, narrow::nearest_even{}) == -2 && shift_right(3, -4, narrow::nearest_even{}) == 48);

TEST(IntegerRounding, DividesEverySmallNumber) {
  for (std::uint64_t denominator = 1; denominator <= 40; ++denominator) {
    for (int numerator = -130; numerator <= 130; ++numerator) expect_quotient(numerator, denominator, denominator);
  }
}

TEST(IntegerRounding, DividesLargeNumbers) {
  for (std::uint64_t i = 0; i < 20000 / every(7); ++i) {
    const int128 numerator = random_integer(i, 95);
    const std::uint64_t denominator = (narrow::random_bits(8, 9, i) >> (i % 32)) | 1;
    expect_quotient(numerator, denominator, i);
    // Ties, and what lies next to them.
    const int128 odd = random_integer(i, 62) * 2 + 1;
    for (const int128 near : {-1, 0, 1}) {
      expect_quotient(odd * static_cast<int128>(denominator) + near, (denominator * 2) % 0xffffffff + 1, i);
      expect_quotient(odd * static_cast<int128>(denominator >> 1) + near, (denominator >> 1) * 2 + (denominator < 2),
                      i);
    }
  }
}

TEST(IntegerRounding, ShiftsEverySmallNumber) {
  for (int shift = 0; shift <= 9; ++shift) {
    for (int value = -600; value <= 600; ++value) expect_shifted(value, shift, static_cast<std::uint64_t>(shift));
  }
}

TEST(IntegerRounding, ShiftsLargeNumbers) {
  for (std::uint64_t i = 0; i < 20000 / every(7); ++i) {
    const int shift = static_cast<int>(i % 94);
    expect_shifted(random_integer(i, 94), shift, i);
    if (shift == 0) continue;
    const int128 tie = static_cast<int128>(uint128{1} << (shift - 1));
    for (const int128 near : {-1, 0, 1}) {
      expect_shifted(tie + near, shift, i);
      expect_shifted(-tie + near, shift, i);
    }
  }
}

// Shifts that leave nothing, past the width of the type: |value| * 2^-shift < 1/2.
TEST(IntegerRounding, ShiftsFarDownGiveTheFractionOnly) {
  for (const int shift : {95, 120, 126, 127, 128, 129, 187, 188, 189, 250, 400, 100000}) {
    for (const std::int64_t value : {1, -1, 12345, -12345}) {
      const bool negative = value < 0;
      const gap<real_fraction> g{
          {std::ldexp(static_cast<long double>(negative ? -value : value), -std::min(shift, 16000))},
          false,
          negative,
          true};
      for_each_rounding(static_cast<std::uint64_t>(shift), [&](const auto& rounding, const char* name) {
        const int magnitude = goes_up(rounding, g) ? 1 : 0;
        EXPECT_TRUE(shift_right(value, shift, rounding) == (negative ? -magnitude : magnitude)) << name << ' ' << shift;
      });
    }
  }
}

// A tie that only bits below the sixtieth of the fraction break.
TEST(IntegerRounding, NoBitOfTheFractionIsLost) {
  const int128 half = int128{1} << 99;
  EXPECT_TRUE(shift_right(half, 100, narrow::nearest_even{}) == 0);
  EXPECT_TRUE(shift_right(half + 1, 100, narrow::nearest_even{}) == 1);
  EXPECT_TRUE(shift_right(half - 1, 100, narrow::nearest_away{}) == 0);
  EXPECT_TRUE(shift_right(int128{1}, 100, narrow::toward_positive{}) == 1);
  EXPECT_TRUE(shift_right(int128{-1}, 100, narrow::toward_negative{}) == -1);
  EXPECT_TRUE(shift_right(int128{1}, 100, narrow::to_odd{}) == 1);
}

TEST(IntegerRounding, NegativeShiftsMultiply) {
  for (int shift = 0; shift <= 60; ++shift) {
    EXPECT_TRUE(shift_right(int128{-77}, -shift, narrow::nearest_even{}) == int128{-77} * (int128{1} << shift));
  }
}

}  // namespace
