// Exact results of arithmetic on small floats, as ratios of integers, and their rounding: independent of the library's
// own exact arithmetic, which works on doubles.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "support/oracle.hpp"

namespace support {

// (-1)^negative * numerator / denominator * 2^exponent; the quotient has at least 16 bits, or the number is zero.
struct exact {
  bool negative;
  uint128 numerator;
  std::uint64_t denominator;
  int exponent;
};

inline int bit_length(uint128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64);
  return static_cast<int>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<std::uint64_t>(x)));
}

// A finite number of at most 32 significant bits, with exactly 32.
inline exact exactly(double x) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(x), &exponent);
  return {std::signbit(x), static_cast<std::uint64_t>(std::ldexp(fraction, 32)), 1, exponent - 32};
}

inline exact product(const exact& a, const exact& b) {
  // Both have 16 significant bits or fewer, so that the low 32 bits are zero.
  return {a.negative != b.negative, (a.numerator * b.numerator) >> 32, 1, a.exponent + b.exponent + 32};
}

// a + b for numbers of 31 or 32 bits, or zero. A number too small to reach the other's last 72 bits counts as one unit
// of those, which is on the same side of every number of 30 bits or fewer.
inline exact sum(exact a, exact b) {
  if (a.numerator == 0) return b;
  if (b.numerator == 0) return a;
  if (a.exponent < b.exponent) std::swap(a, b);
  const uint128 large = a.numerator << 72;
  const int shift = 72 - (a.exponent - b.exponent);
  const uint128 small = shift >= 0 ? b.numerator << shift : 1;
  const bool larger = large >= small;
  const uint128 magnitude = a.negative == b.negative ? large + small : larger ? large - small : small - large;
  return {larger ? a.negative : b.negative, magnitude, 1, a.exponent - 72};
}

inline exact quotient(const exact& a, const exact& b) {
  return {a.negative != b.negative, a.numerator << 48, static_cast<std::uint64_t>(b.numerator),
          a.exponent - b.exponent - 48};
}

// The root to 60 bits and one more that says whether anything follows.
inline exact square_root(const exact& a) {
  const int odd = a.exponent & 1;
  const uint128 square = a.numerator << (86 + odd);
  uint128 root = 0;
  for (int bit = 60; bit >= 0; --bit) {
    const uint128 next = root | (uint128{1} << bit);
    if (next * next <= square) root = next;
  }
  return {false, 2 * root + (root * root != square ? 1 : 0), 1, (a.exponent - odd - 86) / 2 - 1};
}

// Where an exact number other than zero lies among the codes of a format.
inline float_oracle::place locate(const float_oracle& oracle, const narrow::float_descriptor& d, const exact& x) {
  const int least_exponent = (d.has_zero ? 1 : 0) - d.bias - d.mantissa_bits;  // of one unit in the lowest binade
  const int length = bit_length(x.numerator / x.denominator);
  const int unit = std::max(x.exponent + length - 1 - d.mantissa_bits, least_exponent);
  const int shift = unit - x.exponent;
  const double sign = x.negative ? -1 : 1;
  if (shift > length + 2) return {sign, 0, d.has_zero ? 0.25 : 0};
  // numerator / (denominator * 2^shift) units; its fraction matters only against 0 and 1/2.
  const uint128 whole = (x.numerator / x.denominator) >> shift;
  const uint128 rest = x.numerator / x.denominator - (whole << shift);
  const uint128 half = (uint128{1} << shift) >> 1;
  const bool more = x.numerator % x.denominator != 0;
  const double fraction = rest > half || (rest == half && more) ? 0.75
                          : rest == half                        ? 0.5
                          : rest != 0 || more                   ? 0.25
                                                                : 0;
  // Codes run through the binades without a gap. Without a zero, the lowest binade's first number has code 0, and what
  // lies below it becomes it.
  const auto first = static_cast<std::int64_t>(d.has_zero ? 0 : std::int64_t{1} << d.mantissa_bits);
  const auto binade = static_cast<std::int64_t>(unit - least_exponent) << d.mantissa_bits;
  const std::int64_t code = binade + static_cast<std::int64_t>(whole) - first;
  if (code < 0) return {sign, 0, 0};
  if (code > static_cast<std::int64_t>(oracle.largest())) return {sign, oracle.largest() + 1, 0};
  return {sign, static_cast<std::uint32_t>(code), fraction};
}

}  // namespace support
