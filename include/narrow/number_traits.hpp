// What generic code asks of the type: std::numeric_limits and std::hash of every number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>

#include "narrow/number.hpp"

namespace narrow {

namespace detail {

template <class Rounding>
constexpr std::float_round_style round_style_of() {
  if (std::is_same_v<Rounding, nearest_even> || std::is_same_v<Rounding, nearest_away>) return std::round_to_nearest;
  if (std::is_same_v<Rounding, toward_zero>) return std::round_toward_zero;
  if (std::is_same_v<Rounding, toward_positive>) return std::round_toward_infinity;
  if (std::is_same_v<Rounding, toward_negative>) return std::round_toward_neg_infinity;
  return std::round_indeterminate;  // to_odd and stochastic
}

// floor(n * log10(2)), for |n| up to 1000 (0.30103 is too large by 4e-9).
constexpr int decimal_digits(int n) { return n * 30103 / 100000; }

// The largest n with 10^n <= x. Powers of ten keep clear of the numbers asked about by far more than their error here.
constexpr int decimal_exponent(double x) {
  int n = 0;
  double power = 1;
  for (; power * 10 <= x; power *= 10) ++n;
  for (; power > x; power /= 10) --n;
  return n;
}

// The members that floats and fixed point share.
template <class E, class Rounding, class Overflow>
struct limits_base {
  using T = number<E, Rounding, Overflow>;
  using bits = typename T::bits_type;
  static constexpr bool is_specialized = true, is_signed = E::is_signed, is_bounded = true;
  static constexpr bool has_infinity = E::has_infinity, has_quiet_NaN = E::has_nan, has_signaling_NaN = false;
  static constexpr bool traps = false, tinyness_before = false, has_denorm_loss = false;
  static constexpr int radix = 2;
  static constexpr std::float_round_style round_style = round_style_of<Rounding>();
  static constexpr T signaling_NaN() noexcept { return T::from_bits(0); }

 protected:
  // In units of the last place; one that T does not hold (in fixed<1, 7>, 1 itself) becomes the nearest number.
  static constexpr T error_of_rounding() noexcept {
    return convert<T>(round_style == std::round_to_nearest ? 0.5f : 1.0f, nearest_even{}, saturate{});
  }
};

// Fixed point: exact in the standard's sense, "fixed-exponent". As for int, min() is the lowest number, and what means
// nothing for integers is 0. Under saturate_symmetric the most negative code is not counted: no operation gives it.
template <class E, class Rounding, class Overflow>
struct fixed_limits : limits_base<E, Rounding, Overflow> {
  using base = limits_base<E, Rounding, Overflow>;
  using typename base::T, typename base::bits;
  static constexpr bool is_integer = E::fraction_bits == 0, is_exact = true, is_iec559 = false;
  static constexpr bool is_modulo = std::is_same_v<typename T::overflow_type, wrap>;
  static constexpr std::float_denorm_style has_denorm = std::denorm_absent;
  static constexpr int digits = E::bits - (E::is_signed ? 1 : 0);
  static constexpr int digits10 = decimal_digits(is_integer ? digits : digits - 1);
  static constexpr int max_digits10 = is_integer ? 0 : decimal_digits(digits) + 2;
  static constexpr int min_exponent = 0, min_exponent10 = 0, max_exponent = 0, max_exponent10 = 0;
  static constexpr T max() noexcept { return T::from_bits(static_cast<bits>(E::max_code)); }
  static constexpr T lowest() noexcept {
    const bool symmetric = std::is_same_v<typename T::overflow_type, saturate_symmetric> && E::is_signed;
    return T::from_bits(static_cast<bits>(symmetric ? -E::max_code : E::min_code));
  }
  static constexpr T min() noexcept { return lowest(); }
  static constexpr T epsilon() noexcept { return T::from_bits(is_integer ? 0 : 1); }  // one step
  static constexpr T denorm_min() noexcept { return epsilon(); }
  static constexpr T round_error() noexcept { return is_integer ? T::from_bits(0) : base::error_of_rounding(); }
  static constexpr T infinity() noexcept { return T::from_bits(0); }
  static constexpr T quiet_NaN() noexcept { return T::from_bits(0); }
};

// Floats. is_iec559 is said of IEEE 754's binary16 under its default rounding and overflow: every result is the
// standard's. There are no exception flags, though, and so no signaling NaN.
template <class E, class Rounding, class Overflow>
struct float_limits : limits_base<E, Rounding, Overflow> {
  using base = limits_base<E, Rounding, Overflow>;
  using typename base::T, typename base::bits;
  static constexpr float_descriptor D = E::descriptor;
  static constexpr bool is_integer = false, is_exact = false, is_modulo = false;
  static constexpr bool is_iec559 = D.exponent_bits == 5 && D.mantissa_bits == 10 && D.bias == 15 && E::has_infinity &&
                                    D.has_sign && D.has_zero && std::is_same_v<Rounding, nearest_even> &&
                                    std::is_same_v<typename T::overflow_type, to_infinity>;
  static constexpr bool has_subnormals = D.has_zero && D.mantissa_bits > 0;
  static constexpr std::float_denorm_style has_denorm = has_subnormals ? std::denorm_present : std::denorm_absent;
  static constexpr int digits = D.mantissa_bits + 1, digits10 = decimal_digits(digits - 1);
  static constexpr int max_digits10 = decimal_digits(digits) + 2;
  static constexpr int min_exponent = E::min_exponent + 1, max_exponent = E::max_exponent + 1;
  static constexpr T min() noexcept { return code(D.has_zero ? 1u << D.mantissa_bits : 0u); }
  static constexpr T max() noexcept { return code(E::max_code); }
  static constexpr T lowest() noexcept { return code(E::is_signed ? E::max_code | E::sign_code : 0u); }
  static constexpr T denorm_min() noexcept { return has_subnormals ? code(1) : min(); }
  // The step from 1 upwards, and 0 where 1 is not a number of the format or its largest.
  static constexpr T epsilon() noexcept {
    const std::uint32_t one = convert<T>(1.0f, nearest_even{}, saturate{}).bits();
    if (double(code(one)) != 1 || one == E::max_code) return code(0);
    return convert<T>(double(code(one + 1)) - 1, nearest_even{}, saturate{});
  }
  static constexpr T round_error() noexcept { return base::error_of_rounding(); }
  static constexpr T infinity() noexcept { return code(E::has_infinity ? E::infinity_code : 0u); }
  static constexpr T quiet_NaN() noexcept { return code(E::has_nan ? E::nan_code : 0u); }
  static constexpr int max_exponent10 = decimal_exponent(E::template decode<double>(E::max_code));
  static constexpr int min_exponent10 =
      -decimal_exponent(1 / E::template decode<double>(D.has_zero ? 1u << D.mantissa_bits : 0u));

 private:
  static constexpr T code(std::uint32_t value) noexcept { return T::from_bits(static_cast<bits>(value)); }
};

// Any other encoding, by its values. What depends on how they are spaced is 0.
template <class E, class Rounding, class Overflow>
struct other_limits : limits_base<E, Rounding, Overflow> {
  using base = limits_base<E, Rounding, Overflow>;
  using typename base::T, typename base::bits;
  static constexpr bool is_integer = false, is_exact = false, is_modulo = false, is_iec559 = false;
  static constexpr std::float_denorm_style has_denorm = std::denorm_indeterminate;
  static constexpr int digits = E::digits, digits10 = 0, max_digits10 = decimal_digits(digits) + 2;
  static constexpr int min_exponent = 0, min_exponent10 = 0, max_exponent = 0, max_exponent10 = 0;
  static constexpr T min() noexcept { return exactly(E::smallest()); }
  static constexpr T max() noexcept { return exactly(E::highest()); }
  static constexpr T lowest() noexcept { return exactly(E::lowest()); }
  static constexpr T denorm_min() noexcept { return min(); }
  static constexpr T epsilon() noexcept { return T::from_bits(0); }
  static constexpr T round_error() noexcept { return base::error_of_rounding(); }
  static constexpr T infinity() noexcept { return of_bits(E::has_infinity, signed_infinity(0)); }
  static constexpr T quiet_NaN() noexcept { return of_bits(E::has_nan, detail::quiet_nan); }

 private:
  static constexpr T exactly(typename E::real_type x) noexcept { return convert<T>(x, nearest_even{}, saturate{}); }
  static constexpr T of_bits(bool exists, const double_bits& x) noexcept {
    return exists ? convert<T>(x.value(), nearest_even{}) : T::from_bits(0);
  }
};

// Posits. Digits and epsilon are those around 1, where they have most.
template <class E, class Rounding, class Overflow>
struct posit_limits : other_limits<E, Rounding, Overflow> {
  using base = other_limits<E, Rounding, Overflow>;
  using typename base::T, typename base::bits;
  static constexpr std::float_denorm_style has_denorm = std::denorm_absent;
  static constexpr int min_exponent = E::lowest_exponent + 1, max_exponent = E::max_exponent + 1;
  static constexpr int max_exponent10 = decimal_exponent(double{E::highest()}), min_exponent10 = -max_exponent10;
  // The step from 1 upwards, or the nearest number to it.
  static constexpr T epsilon() noexcept {
    constexpr std::uint32_t after_one = (std::uint32_t{1} << (E::bits - 2)) + 1;
    return convert<T>(double(T::from_bits(static_cast<bits>(after_one))) - 1, nearest_even{}, saturate{});
  }
};

template <class E, class Rounding, class Overflow>
struct limits_of {
  using type = typename std::conditional_t<float_encoding<E>, std::type_identity<float_limits<E, Rounding, Overflow>>,
                                           std::type_identity<other_limits<E, Rounding, Overflow>>>::type;
};
template <int N, int ES, class Rounding, class Overflow>
struct limits_of<posit_format<N, ES>, Rounding, Overflow> {
  using type = posit_limits<posit_format<N, ES>, Rounding, Overflow>;
};
template <fixed_point_encoding E, class Rounding, class Overflow>
struct limits_of<E, Rounding, Overflow> {
  using type = fixed_limits<E, Rounding, Overflow>;
};

}  // namespace detail
}  // namespace narrow

template <class E, class Rounding, class Overflow>
class std::numeric_limits<narrow::number<E, Rounding, Overflow>>
    : public narrow::detail::limits_of<E, Rounding, Overflow>::type {};

// Numbers that compare equal, as +0 and -0 do, have the same hash.
template <class E, class Rounding, class Overflow>
struct std::hash<narrow::number<E, Rounding, Overflow>> {
  std::size_t operator()(narrow::number<E, Rounding, Overflow> x) const noexcept {
    const auto value = narrow::detail::value_of(x);
    return std::hash<std::uint64_t>{}(value.is_zero() ? 0 : value.bits);
  }
};
