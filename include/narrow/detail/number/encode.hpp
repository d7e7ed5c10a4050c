// From exact values to the code of a number: one rounding.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/classify.hpp"
#include "narrow/detail/integer_rounding.hpp"
#include "narrow/detail/number/any_number.hpp"
#include "narrow/encoding/encoding.hpp"

namespace narrow::detail {

// An integer as a double with a sticky last bit: exact up to 2^53, enough for one rounding beyond.
template <std::integral T>
constexpr double to_double_odd(T value) {
  const bool negative = value < 0;
  auto magnitude = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  int shift = 0;
  while (magnitude >> 53 != 0) {
    magnitude = (magnitude >> 1) | (magnitude & 1);
    ++shift;
  }
  const double result = static_cast<double>(magnitude) * static_cast<double>(std::uint64_t{1} << shift);
  return negative ? -result : result;
}

// The value of a code, which double holds exactly. Not by way of a float, whose subnormals a CPU may read as zero.
template <encoding E>
[[gnu::always_inline]] constexpr double_bits value_of_code(typename E::storage_type code) {
  return {to_bits(E::template decode<double>(widen_code<std::uint64_t>(code)))};
}

template <any_number T>
constexpr double_bits value_of(T x) noexcept {
  return value_of_code<typename T::encoding_type>(x.storage());
}

// What arithmetic takes: a double whose results are exact enough, or else a wide_real.
template <encoding E>
[[gnu::always_inline]] constexpr auto operand_of_code(typename E::storage_type code) {
  if constexpr (wide_encoding<E>) {
    return to_wide_real(value_of_code<E>(code));
  } else {
    return value_of_code<E>(code);
  }
}

// An exact integer count of 2^-fraction, in the fixed-point encoding E, rounded once. |value| <= 2^64 where fraction is
// below E's.
template <fixed_point_encoding E, class Overflow, class Rounding>
constexpr typename E::storage_type fit_fixed(int128 value, int fraction, const Rounding& rounding) {
  using policy = overflow_for<E, Overflow>;
  static_assert(!keeps_specials<policy>, "fixed point has no infinity: saturate or wrap");
  const int left = E::fraction_bits - fraction;
  int128 code = 0;
  if (left > 62) {  // beyond the largest code, and beyond 128 bits for the larger values
    code = value == 0 || std::same_as<policy, wrap> ? 0 : (value > 0 ? int128{1} : int128{-1}) << 64;
  } else {
    code = shift_right(value, -left, rounding);
  }
  if constexpr (!std::same_as<policy, wrap>) {
    constexpr bool symmetric = std::same_as<policy, saturate_symmetric> && E::is_signed;
    constexpr int128 lowest = symmetric ? -E::max_code : E::min_code;
    code = code > E::max_code ? int128{E::max_code} : code < lowest ? lowest : code;
  }
  return to_storage<E>(static_cast<std::uint64_t>(code));
}

template <encoding E, class Overflow, class From, class Rounding>
constexpr typename E::storage_type encode_scalar(From x, const Rounding& rounding) {
  if constexpr (std::same_as<From, double_bits>) {
    return to_storage<E>(E::template encode<Overflow>(x.value(), rounding));
  } else if constexpr (std::same_as<From, wide_real>) {
    return to_storage<E>(E::template encode_exact<Overflow>(x, rounding));
  } else if constexpr (std::floating_point<From>) {
    static_assert(sizeof(From) <= 8, "long double would round twice; convert to double first");
    return to_storage<E>(E::template encode<Overflow>(x, rounding));
  } else if constexpr (fixed_point_encoding<E>) {
    return fit_fixed<E, Overflow>(int128{x}, 0, rounding);
  } else if constexpr (wide_encoding<E>) {
    const bool negative = x < 0;
    const auto bits = static_cast<std::uint64_t>(x);
    return to_storage<E>(
        E::template encode_exact<Overflow>(make_wide_real(negative, negative ? 0 - bits : bits, 0), rounding));
  } else {
    return to_storage<E>(E::template encode<Overflow>(to_double_odd(x), rounding));
  }
}

// a / b in steps of 2^-fraction, rounded once. x / 0 saturates toward the sign of x, 0 / 0 is 0; under wrap both are 0.
template <fixed_point_encoding E, class Overflow, class Rounding>
constexpr typename E::storage_type divide_fixed(int128 a, int128 b, const Rounding& rounding) {
  constexpr int F = E::fraction_bits;
  static_assert(F >= -32 && F <= 60, "division of fixed point needs -32 to 60 fraction bits");
  if (b == 0) {
    const int128 huge = std::same_as<Overflow, wrap> ? 0 : int128{1} << 100;
    return fit_fixed<E, Overflow>(a == 0 ? 0 : a > 0 ? huge : -huge, F, rounding);
  }
  if (b < 0) a = -a, b = -b;
  const int128 quotient = F >= 0 ? divide(a * (int128{1} << (F >= 0 ? F : 0)), static_cast<std::uint64_t>(b), rounding)
                                 : divide(a, static_cast<std::uint64_t>(b) << (F < 0 ? -F : 0), rounding);
  return fit_fixed<E, Overflow>(quotient, F, toward_zero{});
}

}  // namespace narrow::detail
