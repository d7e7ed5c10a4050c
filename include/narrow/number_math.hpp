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
#include "narrow/number_transcendental.hpp"

namespace narrow {

namespace detail {

// A value that T holds, or that only overflows: no rounding, so that nothing is drawn from a stochastic stream.
template <any_number T>
constexpr T without_rounding(const double_bits& x) {
  using rounding = std::conditional_t<std::is_same_v<typename T::rounding_type, stochastic>, nearest_even,
                                      typename T::rounding_type>;
  const auto code = encode_scalar<typename T::encoding_type, typename T::overflow_type>(x, rounding{});
  return T::from_bits(static_cast<typename T::bits_type>(code));
}

}  // namespace detail

// ---- classification ---------------------------------------------------------------------------------------------
template <any_number T>
constexpr bool isnan(T x) noexcept {
  return detail::value_of(x).is_nan();
}
template <any_number T>
constexpr bool isfinite(T x) noexcept {
  return detail::value_of(x).is_finite();
}
template <any_number T>
constexpr bool isinf(T x) noexcept {
  return detail::value_of(x).is_infinite();
}
template <any_number T>
constexpr bool signbit(T x) noexcept {
  return detail::value_of(x).is_negative();
}
// Neither zero nor subnormal, infinite or NaN; only floats have subnormals.
template <any_number T>
constexpr bool isnormal(T x) noexcept {
  using E = typename T::encoding_type;
  if (!isfinite(x)) return false;
  if constexpr (float_encoding<E>) {
    return !E::descriptor.has_zero || (x.bits() & E::magnitude_mask) >> E::descriptor.mantissa_bits != 0;
  } else {
    return bool(x);
  }
}

// ---- signs and order --------------------------------------------------------------------------------------------
// The most negative fixed-point number has no opposite: its magnitude overflows as the type says.
template <any_number T>
constexpr T copysign(T x, T sign) {
  using E = typename T::encoding_type;
  if constexpr (detail::has_sign_code<E>) {
    using bits = typename T::bits_type;
    constexpr auto mask = static_cast<bits>(E::sign_code);
    return T::from_bits(static_cast<bits>((x.bits() & ~mask) | (sign.bits() & mask)));
  } else {
    const bool keep = !E::is_signed || !bool(x) || isnan(x) || signbit(x) == signbit(sign);
    return keep ? x : detail::without_rounding<T>(-detail::value_of(x));
  }
}
template <any_number T>
constexpr T abs(T x) {
  return copysign(x, T::from_bits(0));
}
template <any_number T>
constexpr T fabs(T x) {
  return abs(x);
}
// A NaN gives way to a number.
template <any_number T>
constexpr T fmin(T a, T b) noexcept {
  return isnan(a) || (!isnan(b) && b < a) ? b : a;
}
template <any_number T>
constexpr T fmax(T a, T b) noexcept {
  return isnan(a) || (!isnan(b) && a < b) ? b : a;
}

// The next number after x in the direction of y; y where they are equal; NaN where either is. For formats whose codes
// are in the order of their values.
template <any_number T>
requires(code_ordered_encoding<typename T::encoding_type> || float_encoding<typename T::encoding_type>) constexpr T
    nextafter(T x, T y) noexcept {
  using E = typename T::encoding_type;
  using bits = typename T::bits_type;
  if (isnan(x)) return x;
  if (isnan(y) || x == y) return y;
  const bool up = x < y;
  if constexpr (code_ordered_encoding<E>) {
    return T::from_bits(static_cast<bits>(up ? x.bits() + 1u : x.bits() - 1u));
  } else {
    constexpr auto sign = static_cast<bits>(E::sign_code);
    if (!bool(x)) return T::from_bits(static_cast<bits>(1u | (up ? 0u : sign)));
    const auto code = static_cast<bits>(up == !signbit(x) ? x.bits() + 1u : x.bits() - 1u);
    return T::from_bits(code == sign && !detail::has_sign_code<E> ? bits{0} : code);
  }
}

// ---- to integers ------------------------------------------------------------------------------------------------
namespace detail {

// x as an integer under any rounding. Exact, except that one beyond the largest number overflows as the type says.
template <any_number T, class Rounding>
constexpr T to_integer(T x, const Rounding& rounding) {
  using E = typename T::encoding_type;
  if constexpr (fixed_point_encoding<E>) {
    if constexpr (E::fraction_bits <= 0) return x;
    const int128 integer = shift_right(x.storage(), E::fraction_bits < 0 ? 0 : E::fraction_bits, rounding);
    const auto code = fit_fixed<E, typename T::overflow_type>(integer, 0, toward_zero{});
    return T::from_bits(static_cast<typename T::bits_type>(code));
  } else {
    // From 2^digits on, numbers are integers.
    static_assert(E::digits <= 30);
    const double_bits value = value_of(x);
    if (value.magnitude() >= std::uint64_t{1023 + E::digits} << 52) return x;
    const double integer = convert<number<signed_integer<32>>>(value.value(), rounding).to_real();
    return without_rounding<T>(double_bits{to_bits(integer) | value.sign()});
  }
}

}  // namespace detail

template <any_number T>
constexpr T floor(T x) {
  return detail::to_integer(x, toward_negative{});
}
template <any_number T>
constexpr T ceil(T x) {
  return detail::to_integer(x, toward_positive{});
}
template <any_number T>
constexpr T trunc(T x) {
  return detail::to_integer(x, toward_zero{});
}
// Ties away from zero, whatever the type's rounding.
template <any_number T>
constexpr T round(T x) {
  return detail::to_integer(x, nearest_away{});
}
// By the type's own rounding, which a stochastic type draws from its stream.
template <any_number T>
constexpr T rint(T x) {
  return detail::to_integer(x, detail::default_rounding<typename T::rounding_type>());
}
template <any_number T>
constexpr T nearbyint(T x) {
  return rint(x);
}
template <any_number T>
long lround(T x) {
  return std::lround(double(x));
}

// ---- scaling and remainder: exact, then one rounding ------------------------------------------------------------
// x * 2^n.
template <any_number T>
T ldexp(T x, int n) {
  const double result = std::ldexp(double(x), n);
  // What underflows even as a double is still not zero to a rounding away from zero.
  return T(bool(x) && result == 0 ? std::copysign(0x1p-1000, double(x)) : result);
}
template <any_number T>
T fmod(T x, T y) {
  return T(std::fmod(double(x), double(y)));
}

}  // namespace narrow
