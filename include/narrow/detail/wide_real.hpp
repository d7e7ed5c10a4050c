// Exact building blocks for numbers of 17 to 30 significant bits, whose products and quotients a double does not hold:
// each operation returns the exact result rounded to odd in 63 bits or more, so that one more rounding to 30
// significant bits is as good as the only one, also where random bits divide a gap into 2^32 parts (30 + 32 < 63). The
// reason is that of exact.hpp. Operands have at most 32 significant bits; those of a sum 64, as products do.
#pragma once

#include <bit>
#include <cstdint>

#include "narrow/detail/classify.hpp"
#include "narrow/detail/integer_rounding.hpp"

namespace narrow::detail {

// (-1)^negative * significand * 2^(exponent - top), with bit `top` of the significand the highest one set; or zero,
// without a sign, or NaN. The lowest bit is sticky where a result is not exact.
struct wide_real {
  static constexpr int top = 126;  // one bit of headroom for a carry

  uint128 significand = 0;
  int exponent = 0;  // of the highest bit
  bool negative = false, is_nan = false;

  constexpr bool is_zero() const { return significand == 0; }
  constexpr wide_real operator-() const { return {significand, exponent, !negative, is_nan}; }
};

inline constexpr wide_real wide_nan{0, 0, false, true};

constexpr int bit_width(uint128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64);
  return static_cast<int>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<std::uint64_t>(x)));
}

// x * 2^-n, to odd.
constexpr uint128 shift_right_to_odd(uint128 x, int n) {
  if (n >= 128) return x != 0 ? 1 : 0;
  const uint128 kept = x >> n;
  return (kept << n) != x ? kept | 1 : kept;
}

// (-1)^negative * integer * 2^exponent.
constexpr wide_real make_wide_real(bool negative, uint128 integer, int exponent) {
  if (integer == 0) return {};
  const int shift = bit_width(integer) - 1 - wide_real::top;
  const uint128 significand = shift > 0 ? shift_right_to_odd(integer, shift) : integer << -shift;
  return {significand, exponent + shift + wide_real::top, negative, false};
}

// A double; infinity counts as NaN.
constexpr wide_real to_wide_real(const double_bits& x) {
  if (!x.is_finite()) return wide_nan;
  const auto field = static_cast<int>(x.magnitude() >> 52);
  const std::uint64_t fraction = x.bits & ((std::uint64_t{1} << 52) - 1);
  const std::uint64_t hidden = field != 0 ? std::uint64_t{1} << 52 : 0;
  return make_wide_real(x.is_negative(), fraction | hidden, (field != 0 ? field : 1) - 1075);
}

// ---- the operations of exact.hpp, where x / 0 and roots of negative numbers are NaN --------------------------------

// a + b. Bits of the smaller term that fall below the larger one's count as a sticky one: they leave the sum on the
// same side of every number of 63 bits. Only terms whose exponents differ by more than 62 have such bits, and of their
// sum one leading bit at most is cancelled.
constexpr wide_real add(const wide_real& a, const wide_real& b) {
  if (a.is_nan || b.is_nan) return wide_nan;
  if (a.is_zero() || b.is_zero()) return a.is_zero() ? b : a;
  const bool a_leads = a.exponent > b.exponent || (a.exponent == b.exponent && a.significand >= b.significand);
  const wide_real& large = a_leads ? a : b;
  const wide_real& small = a_leads ? b : a;
  const uint128 aligned = shift_right_to_odd(small.significand, large.exponent - small.exponent);
  const uint128 magnitude =
      large.negative == small.negative ? large.significand + aligned : large.significand - aligned;
  return make_wide_real(large.negative, magnitude, large.exponent - wide_real::top);
}
// As for doubles; there is but one zero for a sum of opposites to give.
constexpr wide_real add(const wide_real& a, const wide_real& b, const double_bits&) { return add(a, b); }

// An operand's upper 64 bits, which hold all of it.
constexpr std::uint64_t upper_bits(const wide_real& x) {
  return static_cast<std::uint64_t>(x.significand >> (wide_real::top - 63));
}

// a * b, exact.
constexpr wide_real multiply(const wide_real& a, const wide_real& b) {
  if (a.is_nan || b.is_nan) return wide_nan;
  return make_wide_real(a.negative != b.negative, uint128{upper_bits(a)} * upper_bits(b),
                        a.exponent + b.exponent - 126);
}

// a / b: a quotient of 63 or 64 bits, and whether anything remains.
constexpr wide_real divide(const wide_real& a, const wide_real& b) {
  if (a.is_nan || b.is_nan || b.is_zero()) return wide_nan;
  if (a.is_zero()) return {};
  const uint128 dividend = uint128{upper_bits(a)} << 63;
  const uint128 quotient = dividend / upper_bits(b);
  const bool inexact = quotient * upper_bits(b) != dividend;
  return make_wide_real(a.negative != b.negative, (quotient << 1) | (inexact ? 1 : 0), a.exponent - b.exponent - 64);
}

// The square root, bit by bit: 64 bits, and whether anything remains.
constexpr wide_real square_root(const wide_real& x) {
  if (x.is_nan || (x.negative && !x.is_zero())) return wide_nan;
  if (x.is_zero()) return {};
  // x = square * 2^(2 half - 126) with 2^126 <= square < 2^128.
  const int odd = x.exponent & 1;
  uint128 rest = x.significand << odd, root = 0;
  for (int bit = 126; bit >= 0; bit -= 2) {
    const uint128 trial = root + (uint128{1} << bit);
    root >>= 1;
    if (rest >= trial) rest -= trial, root += uint128{1} << bit;
  }
  return make_wide_real(false, (root << 1) | (rest != 0 ? 1 : 0), (x.exponent - odd) / 2 - 64);
}

}  // namespace narrow::detail
