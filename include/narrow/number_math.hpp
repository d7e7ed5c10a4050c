// The functions of <cmath> that mean something for a number, found by argument-dependent lookup:
//
//   using std::floor;
//   auto y = floor(x);  // float or number
//
// std::min and std::max take numbers as they are.
#pragma once

#include <cmath>
#include <type_traits>

#include "narrow/number.hpp"

namespace narrow {

namespace detail {

template <any_number T>
inline constexpr bool is_fixed_number = fixed_point_encoding<typename T::encoding_type>;

// A value that T holds, or that only overflows: no rounding, so that nothing is drawn from a stochastic stream.
template <any_number T>
constexpr T without_rounding(typename T::real_type x) {
  using rounding = typename T::rounding_type;
  return convert<T>(x, std::conditional_t<std::is_same_v<rounding, stochastic>, nearest_even, rounding>{});
}

// The sign of zero and of NaN is a bit of its own, so that it can be set and cleared.
template <any_number T>
constexpr bool has_sign_bit() {
  if constexpr (is_fixed_number<T>) {
    return false;
  } else {
    return T::encoding_type::is_signed &&
           T::encoding_type::descriptor.special != specials::nan_negative_zero;  // there, it makes zero a NaN
  }
}

}  // namespace detail

// ---- classification ---------------------------------------------------------------------------------------------
template <any_number T>
constexpr bool isnan(T x) noexcept {
  return x.to_real() != x.to_real();
}
template <any_number T>
constexpr bool isfinite(T x) noexcept {
  return x.to_real() - x.to_real() == 0;
}
template <any_number T>
constexpr bool isinf(T x) noexcept {
  return !isnan(x) && !isfinite(x);
}
template <any_number T>
constexpr bool signbit(T x) noexcept {
  return T::encoding_type::is_signed && (x.bits() >> (T::encoding_type::bits - 1)) != 0;
}

// ---- signs and order --------------------------------------------------------------------------------------------
// The most negative fixed-point number has no opposite: its magnitude overflows as the type says.
template <any_number T>
constexpr T copysign(T x, T sign) {
  if constexpr (detail::has_sign_bit<T>()) {
    using bits = typename T::bits_type;
    constexpr auto mask = static_cast<bits>(T::encoding_type::sign_code);
    return T::from_bits(static_cast<bits>((x.bits() & ~mask) | (sign.bits() & mask)));
  } else {
    const bool keep = !T::encoding_type::is_signed || x.to_real() == 0 || isnan(x) || signbit(x) == signbit(sign);
    return keep ? x : detail::without_rounding<T>(-x.to_real());
  }
}
template <any_number T>
constexpr T abs(T x) {
  return copysign(x, T::from_bits(0));
}
// A NaN gives way to a number.
template <any_number T>
constexpr T fmin(T a, T b) noexcept {
  return isnan(a) || b < a ? b : a;
}
template <any_number T>
constexpr T fmax(T a, T b) noexcept {
  return isnan(a) || a < b ? b : a;
}

// The next number after x in the direction of y; y where they are equal; NaN where either is.
template <any_number T>
constexpr T nextafter(T x, T y) noexcept {
  using bits = typename T::bits_type;
  if (isnan(x)) return x;
  if (isnan(y) || x == y) return y;
  const bool up = x < y;
  if constexpr (detail::is_fixed_number<T>) {
    return T::from_bits(static_cast<bits>(up ? x.bits() + 1u : x.bits() - 1u));
  } else {
    constexpr auto sign = static_cast<bits>(T::encoding_type::sign_code);
    if (x.to_real() == 0) return T::from_bits(static_cast<bits>(1u | (up ? 0u : sign)));
    const auto code = static_cast<bits>(up == !signbit(x) ? x.bits() + 1u : x.bits() - 1u);
    return T::from_bits(code == sign && !detail::has_sign_bit<T>() ? bits{0} : code);
  }
}

// ---- to integers ------------------------------------------------------------------------------------------------
// Exact, except that an integer beyond the largest number overflows as the type says.
template <any_number T>
T floor(T x) {
  return detail::without_rounding<T>(std::floor(x.to_real()));
}
template <any_number T>
T ceil(T x) {
  return detail::without_rounding<T>(std::ceil(x.to_real()));
}
template <any_number T>
T trunc(T x) {
  return detail::without_rounding<T>(std::trunc(x.to_real()));
}
// Ties away from zero, whatever the type's rounding.
template <any_number T>
T round(T x) {
  return detail::without_rounding<T>(std::round(x.to_real()));
}
// By the type's own rounding, which a stochastic type draws from its stream.
template <any_number T>
T rint(T x) {
  using E = typename T::encoding_type;
  const auto rounding = detail::default_rounding<typename T::rounding_type>();
  if constexpr (fixed_point_encoding<E>) {
    const detail::int128 integer =
        detail::shift_right(x.storage(), E::fraction_bits < 0 ? 0 : E::fraction_bits, rounding);
    if constexpr (E::fraction_bits <= 0) return x;
    const auto code = detail::fit_fixed<E, typename T::overflow_type>(integer, 0, toward_zero{});
    return T::from_bits(static_cast<typename T::bits_type>(code));
  } else {
    // From 2^16 on, numbers of at most 16 bits are integers.
    const double value = double(x);
    if (!(std::fabs(value) < 65536)) return x;
    const double integer = double(convert<number<signed_integer<32>>>(value, rounding));
    return detail::without_rounding<T>(static_cast<typename T::real_type>(std::copysign(integer, value)));
  }
}
template <any_number T>
T nearbyint(T x) {
  return rint(x);
}

// ---- transcendental functions -----------------------------------------------------------------------------------
// Computed in double and rounded once by the type's rounding: as exact as double's own function plus that rounding,
// so not proved to be correctly rounded. What fixed point cannot hold becomes what NaN and infinity become there.
template <any_number T>
T exp(T x) {
  return T(std::exp(double(x)));
}
template <any_number T>
T log(T x) {
  return T(std::log(double(x)));
}
template <any_number T>
T tanh(T x) {
  return T(std::tanh(double(x)));
}
template <any_number T>
T pow(T x, T y) {
  return T(std::pow(double(x), double(y)));
}

}  // namespace narrow
