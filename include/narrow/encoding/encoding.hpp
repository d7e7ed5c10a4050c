// The encoding concept: what the bits of one element mean. Adding a format means one type with these members; nothing
// else in the library names it.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/lanes.hpp"
#include "narrow/encoding/fixed_point.hpp"
#include "narrow/encoding/float_format.hpp"

namespace narrow {

// An encoding E of E::bits bits, kept in E::storage_type, whose every value E::real_type (float or double) holds.
//   E::encode<Overflow>(real lane, rounding) -> code lane      E::decode<Real>(code lane) -> real lane
template <class E>
concept encoding = requires(float x, std::uint32_t code) {
  typename E::storage_type;
  typename E::real_type;
  { E::bits } -> std::convertible_to<int>;
  { E::is_signed } -> std::convertible_to<bool>;
  { E::has_infinity } -> std::convertible_to<bool>;
  { E::has_nan } -> std::convertible_to<bool>;
  { E::template encode<saturate>(x, nearest_even{}) } -> std::same_as<std::uint32_t>;
  { E::template decode<float>(code) } -> std::same_as<float>;
};

// Fixed point and integers: codes that integer kernels multiply.
template <class E>
concept fixed_point_encoding = encoding<E> && requires {
  { E::fraction_bits } -> std::convertible_to<int>;
  { E::max_code } -> std::convertible_to<std::int64_t>;
};

template <class E>
using default_overflow = std::conditional_t<E::has_infinity, to_infinity, saturate>;

namespace detail {

// Storage to the lane a codec reads (sign-extended for signed storage), and back.
template <class U, class Storage>
constexpr U widen_code(Storage code) noexcept {
  return static_cast<U>(static_cast<std::conditional_t<std::is_signed_v<Storage>, std::int64_t, std::uint64_t>>(code));
}

// The storage form of a code lane: two's complement codes are sign-extended from their own width.
template <class E, class U>
constexpr typename E::storage_type to_storage(U code) noexcept {
  using storage = typename E::storage_type;
  constexpr int spare = static_cast<int>(sizeof(U) * 8) - E::bits;
  if constexpr (std::is_signed_v<storage>) {
    return static_cast<storage>(static_cast<std::make_signed_t<U>>(code << spare) >> spare);
  } else {
    return static_cast<storage>((code << spare) >> spare);
  }
}

}  // namespace detail

}  // namespace narrow
