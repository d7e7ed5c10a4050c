// What kind of number a real is, told by its bits: -ffast-math lets a compiler assume that x != x and x - x == 0 know
// their answers.
#pragma once

#include <bit>
#include <compare>
#include <concepts>
#include <cstdint>

#include "narrow/detail/lanes.hpp"

namespace narrow::detail {

// A double as its bits. Numbers that may be infinite or NaN are passed on as these.
struct double_bits {
  std::uint64_t bits;

  static constexpr std::uint64_t sign_mask = std::uint64_t{1} << 63;
  static constexpr std::uint64_t infinite = std::uint64_t{0x7FF} << 52;

  [[gnu::always_inline]] constexpr double value() const { return std::bit_cast<double>(bits); }
  constexpr std::uint64_t sign() const { return bits & sign_mask; }
  constexpr std::uint64_t magnitude() const { return bits & ~sign_mask; }
  constexpr bool is_negative() const { return sign() != 0; }
  constexpr bool is_zero() const { return magnitude() == 0; }
  constexpr bool is_nan() const { return magnitude() > infinite; }
  constexpr bool is_infinite() const { return magnitude() == infinite; }
  constexpr bool is_finite() const { return magnitude() < infinite; }

  constexpr double_bits operator-() const { return {bits ^ sign_mask}; }
};

constexpr double_bits signed_infinity(std::uint64_t sign) { return {double_bits::infinite | sign}; }
inline constexpr double_bits quiet_nan{double_bits::infinite | std::uint64_t{1} << 51};

constexpr std::partial_ordering compare(const double_bits& a, const double_bits& b) {
  if (a.is_nan() || b.is_nan()) return std::partial_ordering::unordered;
  const auto signed_magnitude = [](const double_bits& x) {
    const auto magnitude = static_cast<std::int64_t>(x.magnitude());
    return x.is_negative() ? -magnitude : magnitude;
  };
  return signed_magnitude(a) <=> signed_magnitude(b);
}

template <std::floating_point Real>
inline constexpr bits_of<Real> infinite_bits_of =
    ((bits_of<Real>{1} << (real_layout<Real>::width - 1 - real_layout<Real>::mantissa_bits)) - 1)
    << real_layout<Real>::mantissa_bits;

// The bits without the sign. Subnormals count as what they are, even where the CPU reads them as zero.
template <std::floating_point Real>
constexpr bits_of<Real> magnitude_bits(const Real& x) {
  return to_bits(x) << 1 >> 1;
}
template <std::floating_point Real>
constexpr bool is_nan(const Real& x) {
  return magnitude_bits(x) > infinite_bits_of<Real>;
}
template <std::floating_point Real>
constexpr bool is_finite(const Real& x) {
  return magnitude_bits(x) < infinite_bits_of<Real>;
}
template <std::floating_point Real>
constexpr bool is_zero(const Real& x) {
  return magnitude_bits(x) == 0;
}
// Neither zero nor subnormal, infinite or NaN.
template <std::floating_point Real>
constexpr bool is_normal(const Real& x) {
  return is_finite(x) && magnitude_bits(x) >> real_layout<Real>::mantissa_bits != 0;
}

}  // namespace narrow::detail
