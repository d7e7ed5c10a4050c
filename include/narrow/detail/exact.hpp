// Exact building blocks on doubles: each operation returns the mathematically exact result rounded to odd in 53 bits,
// so that one more rounding, to any format of at most 16 significand bits in any mode, is as good as the only one
// (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", IEEE TC 2008). Operands are numbers of such a
// format; results neither overflow nor underflow, because formats lie within 2^+-500.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

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
#pragma clang fp contract(off)
#endif
  return strict(a * b);
}

template <class T>
[[gnu::always_inline]] constexpr T sum(const T& a, const T& b) {
#if defined(__clang__)
#pragma clang fp contract(off) reassociate(off)
#endif
  return strict(a + b);
}

template <class T>
[[gnu::always_inline]] constexpr T difference(const T& a, const T& b) {
#if defined(__clang__)
#pragma clang fp contract(off) reassociate(off)
#endif
  return strict(a - b);
}

// `value` plus an error that is too small to show: the neighbour with an odd significand in the error's direction.
constexpr double with_sticky(double value, double error) {
  auto bits = std::bit_cast<std::uint64_t>(value);
  if (error == 0 || (bits & 1) != 0) return value;
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
  const double q = a / b;
  const double high = std::bit_cast<double>(std::bit_cast<std::uint64_t>(q) & ~std::uint64_t{0x7FFFFFF});
  const double low = difference(q, high);
  const double remainder = difference(difference(a, product(high, b)), product(low, b));
  return with_sticky(q, b > 0 ? remainder : -remainder);
}

// The square root of x > 0: one fused step gives the exact sign of what is missing.
inline double square_root_to_odd(double x) {
  const double root = std::sqrt(x);
  return with_sticky(root, std::fma(-root, root, x));
}

}  // namespace narrow::detail
