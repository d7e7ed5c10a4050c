// The number, declared: what its helpers know of it.
#pragma once

#include <type_traits>

#include "narrow/encoding/encoding.hpp"

namespace narrow {

template <encoding E, class Rounding = nearest_even, class Overflow = default_overflow<E>>
class number;

namespace detail {

template <class T>
struct is_number : std::false_type {};
template <class E, class R, class O>
struct is_number<number<E, R, O>> : std::true_type {};

}  // namespace detail

template <class T>
concept any_number = detail::is_number<T>::value;

}  // namespace narrow
