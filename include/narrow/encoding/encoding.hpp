// The encoding concept: what the bits of one element mean. Adding a format means one type with these members; nothing
// else in the library names it.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/lanes.hpp"
#include "narrow/detail/wide_real.hpp"
#include "narrow/encoding/fixed_point.hpp"
#include "narrow/encoding/float_format.hpp"

namespace narrow {

// An encoding E of E::bits bits, kept in E::storage_type, whose every value E::real_type (float or double) holds.
// Values lie within 2^-500 and 2^500 and have at most E::digits significant bits: 16, or 32 in fixed point, or 30 in an
// encoding that takes exact results of more than 53 bits (wide_encoding below).
//   E::encode<Overflow>(real lane, rounding) -> code lane      E::decode<Real>(code lane) -> real lane
//   E::lowest(), E::highest()   the most negative (or else the smallest) and the largest finite value
//   E::smallest()               the smallest positive value
// Products of values of at most 8 significant bits are faster where the encoding says the exponents of the smallest and
// the largest one, E::lowest_exponent and E::max_exponent.
// Lanes are floats, doubles, and vectors of them (detail/lanes.hpp); code lanes have the format's bits, and above them
// zeros, or copies of the sign where storage_type is signed. Each policy that `encode` is asked for must compile;
// saturate always is.
template <class E>
concept encoding = requires(float x, double y, detail::lanes<float, 16> z, std::uint32_t narrow_code,
                            std::uint64_t wide_code, detail::lanes<std::uint32_t, 16> codes) {
  typename E::storage_type;
  requires std::integral<typename E::storage_type> && sizeof(typename E::storage_type) <= 4;
  typename E::real_type;
  { E::bits } -> std::convertible_to<int>;
  { E::digits } -> std::convertible_to<int>;
  { E::is_signed } -> std::convertible_to<bool>;
  { E::has_infinity } -> std::convertible_to<bool>;
  { E::has_nan } -> std::convertible_to<bool>;
  { E::lowest() } -> std::same_as<typename E::real_type>;
  { E::highest() } -> std::same_as<typename E::real_type>;
  { E::smallest() } -> std::same_as<typename E::real_type>;
  { E::template encode<saturate>(x, nearest_even{}) } -> std::same_as<std::uint32_t>;
  { E::template encode<saturate>(y, nearest_even{}) } -> std::same_as<std::uint64_t>;
  { E::template encode<saturate>(z, nearest_even{}) } -> std::same_as<detail::lanes<std::uint32_t, 16>>;
  { E::template decode<float>(narrow_code) } -> std::same_as<float>;
  { E::template decode<double>(wide_code) } -> std::same_as<double>;
  { E::template decode<detail::lanes<float, 16>>(codes) } -> std::same_as<detail::lanes<float, 16>>;
};

// Fixed point and integers, signed ones in two's complement: value = code * 2^-fraction_bits. What integer kernels
// multiply.
template <class E>
concept fixed_point_encoding = encoding<E> && requires {
  { E::fraction_bits } -> std::convertible_to<int>;
  { E::max_code } -> std::convertible_to<std::int64_t>;
  { E::min_code } -> std::convertible_to<std::int64_t>;
};

// Values that are integers of up to 9 bits, though not their codes. Products of them are integers', and exact.
//   E::integer_of(code lane) -> integer, in two's complement      E::code_of(integer) -> code
//   E::integer_bits, E::largest_integer                           of the integers; the largest magnitude
template <class E>
concept integer_valued_encoding = encoding<E> && !fixed_point_encoding<E> && requires(std::uint32_t code) {
  { E::integer_of(code) } -> std::same_as<std::uint32_t>;
  { E::code_of(std::int64_t{}) } -> std::same_as<typename E::storage_type>;
  { E::integer_bits } -> std::convertible_to<int>;
  { E::largest_integer } -> std::convertible_to<std::int64_t>;
};

// Codes, in two's complement and with signed storage, are in the order of their values: E::is_code_ordered. Numbers are
// then compared and negated as integers; a NaN has the lowest code, which is its own opposite, and equals itself.
template <class E>
concept code_ordered_encoding = fixed_point_encoding<E> ||(encoding<E>&& requires { requires E::is_code_ordered; });

// More significant bits than arithmetic in double is exact for. The encoding rounds the results of
// detail/wide_real.hpp:
//   E::encode_exact<Overflow>(wide_real, rounding) -> code, with zeros or copies of the sign above it
template <class E>
concept wide_encoding =
    encoding<E> && !fixed_point_encoding<E> && (E::digits > 16) && requires(const detail::wide_real& x) {
  { E::template encode_exact<saturate>(x, nearest_even{}) } -> std::same_as<std::uint64_t>;
};

// A binary float from a descriptor. Magnitudes are in the order of their codes.
template <class E>
concept float_encoding = encoding<E> && std::same_as<decltype(E::descriptor), const float_descriptor>;

template <class E>
using default_overflow = std::conditional_t<E::has_infinity, to_infinity, saturate>;

namespace detail {

// A bit of the code is the sign, and nothing but the sign.
template <class E>
concept has_sign_code = float_encoding<E> && E::is_signed && E::descriptor.special != specials::nan_negative_zero;

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
