// A number with a float, a double or an integer. Neither is rounded to the other's type in silence: comparisons are
// exact, and arithmetic gives what it gives where the number is a float (a double, where float does not hold it).
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/classify.hpp"
#include "narrow/detail/number/any_number.hpp"
#include "narrow/detail/number/encode.hpp"

namespace narrow {

namespace detail {

template <class T>
concept arithmetic = std::floating_point<T> ||(std::integral<T> && !std::same_as<T, bool>);

// What x is to a comparison with a number: the same, or a double on the same side of every number.
template <arithmetic T>
constexpr double_bits value_of(T x) noexcept {
  if constexpr (std::integral<T>) {
    return {to_bits(to_double_odd(x))};
  } else {
    static_assert(sizeof(T) <= 8, "a number compares with float and double");
    return {to_bits(static_cast<double>(x))};
  }
}

}  // namespace detail

// ---- comparisons: exact -----------------------------------------------------------------------------------------
template <any_number T, detail::arithmetic U>
constexpr bool operator==(T a, U b) noexcept {
  return detail::compare(detail::value_of(a), detail::value_of(b)) == 0;
}
template <any_number T, detail::arithmetic U>
constexpr std::partial_ordering operator<=>(T a, U b) noexcept {
  return detail::compare(detail::value_of(a), detail::value_of(b));
}

// ---- arithmetic: C++'s own, on real_type ------------------------------------------------------------------------
template <any_number T, detail::arithmetic U>
using mixed_result = std::common_type_t<typename T::real_type, U>;

template <any_number T, detail::arithmetic U>
constexpr auto operator+(T a, U b) noexcept {
  return static_cast<mixed_result<T, U>>(a.to_real()) + static_cast<mixed_result<T, U>>(b);
}
template <any_number T, detail::arithmetic U>
constexpr auto operator+(U a, T b) noexcept {
  return static_cast<mixed_result<T, U>>(a) + static_cast<mixed_result<T, U>>(b.to_real());
}
template <any_number T, detail::arithmetic U>
constexpr auto operator-(T a, U b) noexcept {
  return static_cast<mixed_result<T, U>>(a.to_real()) - static_cast<mixed_result<T, U>>(b);
}
template <any_number T, detail::arithmetic U>
constexpr auto operator-(U a, T b) noexcept {
  return static_cast<mixed_result<T, U>>(a) - static_cast<mixed_result<T, U>>(b.to_real());
}
template <any_number T, detail::arithmetic U>
constexpr auto operator*(T a, U b) noexcept {
  return static_cast<mixed_result<T, U>>(a.to_real()) * static_cast<mixed_result<T, U>>(b);
}
template <any_number T, detail::arithmetic U>
constexpr auto operator*(U a, T b) noexcept {
  return static_cast<mixed_result<T, U>>(a) * static_cast<mixed_result<T, U>>(b.to_real());
}
template <any_number T, detail::arithmetic U>
constexpr auto operator/(T a, U b) noexcept {
  return static_cast<mixed_result<T, U>>(a.to_real()) / static_cast<mixed_result<T, U>>(b);
}
template <any_number T, detail::arithmetic U>
constexpr auto operator/(U a, T b) noexcept {
  return static_cast<mixed_result<T, U>>(a) / static_cast<mixed_result<T, U>>(b.to_real());
}

// Into a real that holds the number.
template <std::floating_point F, any_number T>
requires std::convertible_to<T, F>
constexpr F& operator+=(F& a, T b) noexcept { return a += static_cast<F>(b); }
template <std::floating_point F, any_number T>
requires std::convertible_to<T, F>
constexpr F& operator-=(F& a, T b) noexcept { return a -= static_cast<F>(b); }
template <std::floating_point F, any_number T>
requires std::convertible_to<T, F>
constexpr F& operator*=(F& a, T b) noexcept { return a *= static_cast<F>(b); }
template <std::floating_point F, any_number T>
requires std::convertible_to<T, F>
constexpr F& operator/=(F& a, T b) noexcept { return a /= static_cast<F>(b); }

}  // namespace narrow
