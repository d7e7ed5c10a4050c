// Exact building blocks on doubles: each operation returns the mathematically exact result rounded to odd in 53 bits,
// so that one more rounding, to any format of at most 16 significand bits in any mode, is as good as the only one
// (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", IEEE TC 2008). Operands are numbers of such a
// format; finite results neither overflow nor underflow, because formats lie within 2^+-500.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/classify.hpp"
#include "narrow/detail/lanes.hpp"

namespace narrow::detail {

// A product, quotient or sum that the compiler may neither contract into an FMA nor reassociate, whatever the flags.
template <class T>
[[gnu::always_inline]] constexpr T strict(const T& x) {
#if defined(__GNUC__) && !defined(__clang__)
  return __builtin_assoc_barrier(x);
#else
  return x;
#endif
}

template <class T>
[[gnu::always_inline]] constexpr T product(const T& a, const T& b) {
#if defined(__clang__)
#pragma float_control(precise, on)
#pragma clang fp contract(off)
#endif
  return strict(a * b);
}

template <class T>
[[gnu::always_inline]] constexpr T sum(const T& a, const T& b) {
#if defined(__clang__)
#pragma float_control(precise, on)
#pragma clang fp contract(off)
#endif
  return strict(a + b);
}

template <class T>
[[gnu::always_inline]] constexpr T difference(const T& a, const T& b) {
#if defined(__clang__)
#pragma float_control(precise, on)
#pragma clang fp contract(off)
#endif
  return strict(a - b);
}

// A true division of scalars or lanes, never a multiplication by the reciprocal.
template <class T>
[[gnu::always_inline]] constexpr T quotient(const T& a, const T& b) {
#if defined(__clang__)
#pragma float_control(precise, on)
#pragma clang fp contract(off)
  // The pragma holds for the operators written here, not for those of lanes.
  if constexpr (std::is_floating_point_v<T>) {
    return a / b;
  } else {
    return T(a.v / b.v);
  }
#elif defined(__FAST_MATH__)
  if (std::is_constant_evaluated()) return a / b;
  if constexpr (std::is_same_v<typename lane_traits<T>::element, float>) {
    // GCC divides vectors of floats by a reciprocal estimate. A quotient of floats rounded to double, and then to
    // float, is rounded once, because 53 >= 2 * 24 + 2 (Figueroa 1995).
    return narrow_exact(quotient(widen(a), widen(b)));
  } else {
    T divisor = b;
    asm("" : "+m"(divisor));  // it might be a constant, or any other division's: no reciprocal pays
    return a / divisor;
  }
#else
  return a / b;
#endif
}

// `value` plus an error that is too small to show: the neighbour with an odd significand in the error's direction.
constexpr double with_sticky(double value, double error) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (is_zero(error) || (bits & 1) != 0) return value;
  return std::bit_cast<double>((error > 0) == (value > 0) ? bits + 1 : bits - 1);
}

// a + b. The error of a sum is a double (Knuth's two-sum).
constexpr double sum_to_odd(double a, double b) {
  const double s = sum(a, b);
  const double b_part = difference(s, a);
  const double error = sum(difference(a, difference(s, b_part)), difference(b, b_part));
  return with_sticky(s, error);
}

// a / b for significands of at most 16 bits: the quotient to 53 bits, then its remainder, exactly. The quotient splits
// into halves whose products with b are exact.
constexpr double quotient_to_odd(double a, double b) {
  const double q = quotient(a, b);
  const double high = std::bit_cast<double>(std::bit_cast<std::uint64_t>(q) & ~std::uint64_t{0x7FFFFFF});
  const double low = difference(q, high);
  const double remainder = difference(difference(a, product(high, b)), product(low, b));
  return with_sticky(q, b > 0 ? remainder : -remainder);
}

// The square root of x > 0: one fused step gives the exact sign of what is missing. At compile time, bit by bit.
constexpr double square_root_to_odd(double x) {
  if (!std::is_constant_evaluated()) {
    const double root = std::sqrt(x);
    return with_sticky(root, std::fma(-root, root, x));
  }
  // x = n * 4^k with 2^104 <= n < 2^106, so that the root of n has 53 bits. x is normal.
  __extension__ using wide = unsigned __int128;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52) - 1023 - 52;
  const int shift = exponent % 2 == 0 ? 52 : 53;
  wide rest = wide{(bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52} << shift;
  wide root = 0;
  for (int bit = 104; bit >= 0; bit -= 2) {
    const wide trial = root + (wide{1} << bit);
    root >>= 1;
    if (rest >= trial) rest -= trial, root += wide{1} << bit;
  }
  const std::uint64_t odd = static_cast<std::uint64_t>(root) | (rest != 0 ? 1 : 0);
  const std::uint64_t field = static_cast<std::uint64_t>((exponent - shift) / 2 + 52 + 1023) << 52;
  return std::bit_cast<double>(field + odd - (std::uint64_t{1} << 52));
}

// ---- the operations of IEEE 754, infinities, NaN and signed zeros included ----------------------------------------

// a + b. `cancelled` is the zero that a sum of opposites gives: +0, or -0 when rounding toward negative (6.3).
constexpr double_bits add(const double_bits& a, const double_bits& b, const double_bits& cancelled) {
  if (a.is_nan() || b.is_nan()) return a.is_nan() ? a : b;
  if (a.is_infinite()) return b.is_infinite() && a.bits != b.bits ? quiet_nan : a;
  if (b.is_infinite()) return b;
  if (a.magnitude() == b.magnitude() && a.sign() != b.sign()) return cancelled;
  if (a.is_zero() || b.is_zero()) return a.is_zero() ? b : a;
  return {to_bits(sum_to_odd(a.value(), b.value()))};
}

// a * b, exact.
constexpr double_bits multiply(const double_bits& a, const double_bits& b) {
  if (a.is_nan() || b.is_nan()) return a.is_nan() ? a : b;
  const std::uint64_t sign = a.sign() ^ b.sign();
  if (a.is_infinite() || b.is_infinite()) return a.is_zero() || b.is_zero() ? quiet_nan : signed_infinity(sign);
  if (a.is_zero() || b.is_zero()) return {sign};
  return {to_bits(product(a.value(), b.value()))};
}

constexpr double_bits divide(const double_bits& a, const double_bits& b) {
  if (a.is_nan() || b.is_nan()) return a.is_nan() ? a : b;
  const std::uint64_t sign = a.sign() ^ b.sign();
  if (a.is_infinite()) return b.is_infinite() ? quiet_nan : signed_infinity(sign);
  if (b.is_zero()) return a.is_zero() ? quiet_nan : signed_infinity(sign);
  if (a.is_zero() || b.is_infinite()) return {sign};
  return {to_bits(quotient_to_odd(a.value(), b.value()))};
}

constexpr double_bits square_root(const double_bits& a) {
  if (a.is_nan() || a.is_zero()) return a;
  if (a.is_negative()) return quiet_nan;
  return a.is_infinite() ? a : double_bits{to_bits(square_root_to_odd(a.value()))};
}

}  // namespace narrow::detail
