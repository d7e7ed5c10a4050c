// What a C++ type means as an element of a tensor: a number, a standard integer (its own code) or a real.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "narrow/number.hpp"

namespace narrow {

template <class T>
concept real_element = std::same_as<T, float> || std::same_as<T, double>;

namespace detail {

template <class T>
struct element_number;  // undefined: not an element type
template <any_number T>
struct element_number<T> {
  using type = T;
};
template <std::integral T>
requires(sizeof(T) <= 4 && !std::same_as<T, bool>) struct element_number<T> {
  using type = number<fixed_point<static_cast<int>(sizeof(T) * 8), 0,
                                  std::is_signed_v<T> ? signedness::is_signed : signedness::is_unsigned>>;
};

}  // namespace detail

// Numbers and the standard integers of up to 32 bits.
template <class T>
concept coded_element = requires {
  typename detail::element_number<T>::type;
};

template <class T>
concept tensor_element = real_element<T> || coded_element<T>;

template <coded_element T>
using encoding_of = typename detail::element_number<T>::type::encoding_type;
template <coded_element T>
using overflow_of = typename detail::element_number<T>::type::overflow_type;
template <coded_element T>
using rounding_of = typename detail::element_number<T>::type::rounding_type;

template <class T>
concept fixed_point_element = coded_element<T> && fixed_point_encoding<encoding_of<T>>;

// The least code that T's own policy leaves.
template <fixed_point_element T>
inline constexpr std::int64_t least_code =
    std::is_same_v<overflow_of<T>, saturate_symmetric>&& encoding_of<T>::is_signed
        ? -std::int64_t{encoding_of<T>::max_code}
        : std::int64_t{encoding_of<T>::min_code};

namespace detail {

template <coded_element T>
constexpr auto storage_of(T x) {
  if constexpr (any_number<T>) {
    return x.storage();
  } else {
    return x;
  }
}
template <coded_element T, class Storage>
constexpr T from_storage(Storage code) {
  if constexpr (any_number<T>) {
    return T::from_bits(static_cast<typename T::bits_type>(code));
  } else {
    return static_cast<T>(code);
  }
}

}  // namespace detail
}  // namespace narrow
