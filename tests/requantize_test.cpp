#include "narrow/requantize.hpp"

#include <gtest/gtest.h>

#include "support/csv.hpp"
#include "support/data.hpp"

namespace {

using narrow::fixed_multiplier;
using narrow::multiplier_rounding;
using narrow::multiply_by_quantized_multiplier;
using narrow::rounding_divide_by_power_of_two;
using narrow::rounding_half_sum;
using narrow::saturating_rounding_doubling_high_mul;

constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();

static_assert(saturating_rounding_doubling_high_mul(lowest, lowest) == highest);
static_assert(saturating_rounding_doubling_high_mul(std::int16_t{-32768}, std::int16_t{-32768}) == 32767);
static_assert(rounding_divide_by_power_of_two(5, 1) == 3 && rounding_divide_by_power_of_two(-5, 1) == -3);
static_assert(rounding_divide_by_power_of_two(lowest, 31) == -1 && rounding_divide_by_power_of_two(highest, 31) == 1);
static_assert(rounding_half_sum(2, 3) == 3 && rounding_half_sum(-2, -3) == -3 && rounding_half_sum(-1, 1) == 0);
static_assert(rounding_half_sum(highest, highest) == highest && rounding_half_sum(lowest, lowest) == lowest);
// The two variants differ here.
static_assert(multiply_by_quantized_multiplier(7984, {1583594044, -9}) == 12);
static_assert(multiply_by_quantized_multiplier(7984, {1583594044, -9}, multiplier_rounding::tflite_single) == 11);
static_assert(multiply_by_quantized_multiplier(std::int64_t{1} << 40, {1 << 30, -20}) == 1 << 19);
// Accumulators of 64 bits saturate, whatever their size.
constexpr std::int64_t lowest_64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest_64 = std::numeric_limits<std::int64_t>::max();
static_assert(multiply_by_quantized_multiplier(std::int64_t{1} << 40, {1 << 30, 0}) == highest);
static_assert(multiply_by_quantized_multiplier(-(std::int64_t{1} << 40), {1 << 30, 0}) == lowest);
static_assert(multiply_by_quantized_multiplier(highest_64, {highest, 7}) == highest);
static_assert(multiply_by_quantized_multiplier(lowest_64, {highest, 7}) == lowest);
static_assert(multiply_by_quantized_multiplier(lowest_64, {1 << 30, -31}) == lowest);
static_assert(multiply_by_quantized_multiplier(std::int64_t{1} << 61, {1 << 30, -31}) == 1 << 29);
static_assert(multiply_by_quantized_multiplier((std::int64_t{1} << 32) - 2, {1 << 30, 0}) == highest);
static_assert(multiply_by_quantized_multiplier(std::int64_t{1} << 32, {1 << 30, 0}) == highest);

// Calls row(fields...) with the named columns of a file as integers.
template <class Row>
void for_each_row(const char* file, const std::vector<const char*>& names, const Row& row) {
  const auto path = support::test_data(std::string("requant/") + file);
  if (!path) GTEST_SKIP() << support::missing_data("requant");
  const support::csv table(*path);
  EXPECT_GT(table.rows(), 100U);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    std::vector<std::int64_t> fields;
    for (const char* name : names) fields.push_back(std::stoll(table[name][i]));
    row(fields);
    if (testing::Test::HasFailure()) FAIL() << file << ", row " << i;
  }
}

std::int32_t i32(std::int64_t x) { return static_cast<std::int32_t>(x); }
std::int16_t i16(std::int64_t x) { return static_cast<std::int16_t>(x); }
fixed_multiplier multiplier(std::int64_t m, std::int64_t shift) { return {i32(m), static_cast<int>(shift)}; }

TEST(Requantize, SaturatingRoundingDoublingHighMul) {
  for_each_row("srdhm_i32.csv", {"a", "b", "result"},
               [](const auto& f) { EXPECT_EQ(saturating_rounding_doubling_high_mul(i32(f[0]), i32(f[1])), f[2]); });
}

TEST(Requantize, SaturatingRoundingDoublingHighMulInt16) {
  for_each_row("srdhm_i16.csv", {"a", "b", "result"},
               [](const auto& f) { EXPECT_EQ(saturating_rounding_doubling_high_mul(i16(f[0]), i16(f[1])), f[2]); });
}

TEST(Requantize, RoundingDivideByPowerOfTwo) {
  for_each_row("rounding_divide_by_pot_i32.csv", {"x", "exponent", "result"}, [](const auto& f) {
    EXPECT_EQ(rounding_divide_by_power_of_two(i32(f[0]), static_cast<int>(f[1])), f[2]);
  });
}

TEST(Requantize, RoundingHalfSum) {
  for_each_row("rounding_half_sum_i32.csv", {"a", "b", "result"},
               [](const auto& f) { EXPECT_EQ(rounding_half_sum(i32(f[0]), i32(f[1])), f[2]); });
}

TEST(Requantize, MultiplyByQuantizedMultiplier) {
  for_each_row("mbqm_i32.csv", {"x", "multiplier", "shift", "double_rounding", "single_rounding"}, [](const auto& f) {
    const auto m = multiplier(f[1], f[2]);
    EXPECT_EQ(multiply_by_quantized_multiplier(i32(f[0]), m), f[3]);
    EXPECT_EQ(multiply_by_quantized_multiplier(i32(f[0]), m, multiplier_rounding::tflite_single), f[4]);
  });
}

TEST(Requantize, MultiplyByQuantizedMultiplierInt64) {
  for_each_row("mbqm_i64.csv", {"x", "multiplier", "shift", "result"},
               [](const auto& f) { EXPECT_EQ(multiply_by_quantized_multiplier(f[0], multiplier(f[1], f[2])), f[3]); });
}

TEST(Requantize, MultiplierFromReal) {
  const auto path = support::test_data("requant/quantize_multiplier.csv");
  if (!path) GTEST_SKIP() << support::missing_data("requant");
  const support::csv table(*path);
  ASSERT_GT(table.rows(), 100U);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto m = fixed_multiplier::from_real(std::strtod(table["real"][i].c_str(), nullptr));
    ASSERT_EQ(m.multiplier, std::stol(table["multiplier"][i])) << table["real"][i];
    ASSERT_EQ(m.shift, std::stol(table["shift"][i])) << table["real"][i];
  }
}

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(Requantize, ShiftErrors) {
  const auto doubled = [](int shift, multiplier_rounding how) {
    return message_of([=] { multiply_by_quantized_multiplier(5, {1 << 30, shift}, how); });
  };
  for (const auto how : {multiplier_rounding::tflite_double, multiplier_rounding::tflite_single}) {
    EXPECT_EQ(doubled(-32, how), "multiply_by_quantized_multiplier: shift is -32; it must be between -31 and 30");
    EXPECT_EQ(doubled(31, how), "multiply_by_quantized_multiplier: shift is 31; it must be between -31 and 30");
    EXPECT_EQ(doubled(-31, how), "");
    EXPECT_EQ(doubled(30, how), "");
  }
  const auto wide = [](int shift) {
    return message_of([=] { multiply_by_quantized_multiplier(std::int64_t{5}, {1 << 30, shift}); });
  };
  EXPECT_EQ(wide(-32), "multiply_by_quantized_multiplier: shift is -32; it must be between -31 and 7");
  EXPECT_EQ(wide(8), "multiply_by_quantized_multiplier: shift is 8; it must be between -31 and 7");
  EXPECT_EQ(wide(7), "");
  EXPECT_EQ(message_of([] { rounding_divide_by_power_of_two(5, 32); }),
            "rounding_divide_by_power_of_two: exponent is 32; it must be between 0 and 31");
  EXPECT_NE(message_of([] { rounding_divide_by_power_of_two(5, -1); }), "");
}

TEST(Requantize, MultiplierErrors) {
  const auto message = [](double real) -> std::string {
    try {
      fixed_multiplier::from_real(real);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(-1), "fixed_multiplier: the real multiplier is -1; it must be finite and not negative");
  EXPECT_NE(message(std::numeric_limits<double>::infinity()), "");
  EXPECT_NE(message(std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_EQ(message(0x1p30), "fixed_multiplier: the real multiplier is 1.07374e+09; it must be below 2^30");
  EXPECT_EQ(message(0x1.fffffffcp29), "");
  EXPECT_EQ(fixed_multiplier::from_real(0x1p-60).multiplier, 0);
}

}  // namespace
