// Requantization: an int32 accumulator times a real multiplier, as an integer. In fixed point, as gemmlowp, TFLite and
// QNNPACK do, or by a float, as QNNPACK and FBGEMM do.
//
// A fixed-point multiplier is m * 2^(shift - 31) with m in [2^30, 2^31). Two variants are in use, which differ in about
// 1 % of the cases; both are here, by name. Source: gemmlowp's fixedpoint.h, TFLite's quantization utilities and
// QNNPACK's requantization (behaviour).
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "narrow/detail/check.hpp"
#include "narrow/detail/exact.hpp"
#include "narrow/detail/integer_rounding.hpp"

namespace narrow {

// (a * b * 2) / 2^32, to nearest with ties upward; the one overflow, min * min, saturates.
constexpr std::int32_t saturating_rounding_doubling_high_mul(std::int32_t a, std::int32_t b) {
  constexpr std::int32_t min = std::numeric_limits<std::int32_t>::min();
  if (a == min && b == min) return std::numeric_limits<std::int32_t>::max();
  const std::int64_t product = std::int64_t{a} * b;
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30) : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}
constexpr std::int16_t saturating_rounding_doubling_high_mul(std::int16_t a, std::int16_t b) {
  constexpr std::int16_t min = std::numeric_limits<std::int16_t>::min();
  if (a == min && b == min) return std::numeric_limits<std::int16_t>::max();
  const std::int32_t product = std::int32_t{a} * b;
  const std::int32_t nudge = product >= 0 ? (1 << 14) : 1 - (1 << 14);
  return static_cast<std::int16_t>((product + nudge) / (1 << 15));
}

// x / 2^exponent, ties away from zero. Errors: an exponent below 0 or above 31.
constexpr std::int32_t rounding_divide_by_power_of_two(std::int32_t x, int exponent) {
  if (exponent < 0 || exponent > 31) {
    detail::fail("rounding_divide_by_power_of_two: exponent is ", exponent, "; it must be between 0 and 31");
  }
  const auto mask = static_cast<std::int32_t>((std::int64_t{1} << exponent) - 1);
  const std::int32_t remainder = x & mask;
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

// (a + b) / 2, ties away from zero.
constexpr std::int32_t rounding_half_sum(std::int32_t a, std::int32_t b) {
  const std::int64_t sum = std::int64_t{a} + b;
  return static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

// real ~ multiplier * 2^(shift - 31), the shift between -31 and 30.
struct fixed_multiplier {
  std::int32_t multiplier = 0;
  int shift = 0;

  // The nearest one. Errors: a real that is negative or not finite, or that rounds to 2^30 or more.
  static fixed_multiplier from_real(double real) {
    detail::require(std::isfinite(real) && real >= 0, "fixed_multiplier: the real multiplier is ", real,
                    "; it must be finite and not negative");
    if (real == 0) return {};
    int shift = 0;
    const double fraction = std::frexp(real, &shift);
    auto multiplier = static_cast<std::int64_t>(std::round(fraction * 2147483648.0));
    if (multiplier == std::int64_t{1} << 31) {
      multiplier /= 2;
      ++shift;
    }
    if (shift < -31) return {};
    detail::require(shift <= 30, "fixed_multiplier: the real multiplier is ", real, "; it must be below 2^30");
    return {static_cast<std::int32_t>(multiplier), shift};
  }
};

enum class multiplier_rounding {
  tflite_double,  // a doubling high multiplication, ties upward, then a division by a power of two, ties away
  tflite_single,  // one rounding, ties upward
  qnnpack_q31 = tflite_double  // the same bits, for QNNPACK's float scales: 2^-32 up to less than 1
};

namespace detail {

constexpr bool in_range(fixed_multiplier m) { return m.shift >= -31 && m.shift <= 30; }

template <class Integer>
constexpr std::int32_t saturated_to_32_bits(Integer x) {
  constexpr std::int32_t low = std::numeric_limits<std::int32_t>::min(),
                         high = std::numeric_limits<std::int32_t>::max();
  return x < low ? low : x > high ? high : static_cast<std::int32_t>(x);
}

// For multipliers known to be in range.
constexpr std::int32_t multiply_by_multiplier(std::int32_t x, fixed_multiplier m, multiplier_rounding how) {
  if (how == multiplier_rounding::tflite_single) {
    const int right = 31 - m.shift;
    const std::int64_t rounded = std::int64_t{x} * m.multiplier + (std::int64_t{1} << (right - 1));
    const std::int64_t result = rounded >> right;
    return saturated_to_32_bits(result);
  }
  const int left = m.shift > 0 ? m.shift : 0, right = m.shift > 0 ? 0 : -m.shift;
  const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
  return rounding_divide_by_power_of_two(saturating_rounding_doubling_high_mul(shifted, m.multiplier), right);
}

}  // namespace detail

// x * multiplier, rounded to an integer. x << shift wraps when it exceeds 32 bits in the double variant, as TFLite's.
// Errors: a shift below -31 or above 30.
constexpr std::int32_t multiply_by_quantized_multiplier(std::int32_t x, fixed_multiplier m,
                                                        multiplier_rounding how = multiplier_rounding::tflite_double) {
  if (!detail::in_range(m)) {
    detail::fail("multiply_by_quantized_multiplier: shift is ", m.shift, "; it must be between -31 and 30");
  }
  return detail::multiply_by_multiplier(x, m, how);
}

// The variant for 64-bit accumulators, chosen by the type of x alone: its multiplier is reduced to 16 bits, so results
// differ from those above. They saturate. Any x will do; TFLite's own takes |x| < 2^47 and truncates to 32 bits.
// Errors: a shift below -31 or above 7.
constexpr std::int32_t multiply_by_quantized_multiplier(std::int64_t x, fixed_multiplier m) {
  if (m.shift < -31 || m.shift > 7) {
    detail::fail("multiply_by_quantized_multiplier: shift is ", m.shift, "; it must be between -31 and 7");
  }
  const std::int64_t reduced = m.multiplier < 0x7FFF0000 ? (m.multiplier + (1 << 15)) >> 16 : 0x7FFF;
  const int right = 15 - m.shift;
  return detail::saturated_to_32_bits((detail::int128{x} * reduced + (std::int64_t{1} << (right - 1))) >> right);
}

// clamp(round(float(x) * scale) + zero_point, lowest, highest), to nearest even, by QNNPACK's magic number; the bits of
// `requantize_float` (epilogue.hpp). In the default rounding mode of the CPU.
//   1. The bounds are integers, so they may be applied before the rounding: then |real| <= 2^22.
//   2. real + 1.5 * 2^23 lies in [2^23, 2^24], where floats are 1 apart: the addition rounds to an integer.
//   3. That integer is in the low bits of the sum, above those of 1.5 * 2^23.
// Errors: a scale that is not positive and finite; bounds out of order or further than 2^22 from the zero point.
constexpr std::int32_t requantize_by_magic_number(std::int32_t x, float scale, std::int32_t zero_point,
                                                  std::int32_t lowest, std::int32_t highest) {
  constexpr std::int64_t reach = 1 << 22;
  if (!(scale > 0 && scale <= std::numeric_limits<float>::max())) {
    detail::fail("requantize_by_magic_number: scale is ", scale, "; it must be positive and finite");
  }
  const std::int64_t low = std::int64_t{lowest} - zero_point, high = std::int64_t{highest} - zero_point;
  if (low < -reach || low > high || high > reach) {
    detail::fail("requantize_by_magic_number: lowest is ", lowest, " and highest ", highest,
                 "; they must lie, in this order, at most 2^22 from the zero point, ", zero_point);
  }
  const float real =
      std::clamp(detail::product(static_cast<float>(x), scale), static_cast<float>(low), static_cast<float>(high));
  constexpr float magic = 0x1.8p23F;
  const auto biased = std::bit_cast<std::int32_t>(detail::sum(real, magic));
  return biased - std::bit_cast<std::int32_t>(magic) + zero_point;
}

}  // namespace narrow
