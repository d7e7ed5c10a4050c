// What bulk codecs ask of an encoding before they leave the general codec for a shorter sequence. Everything follows
// from the descriptor; no format is named.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "narrow/encoding/encoding.hpp"
#include "narrow/scheme/scheme.hpp"

namespace narrow::detail {

template <class E>
concept float_encoding = encoding<E> && requires {
  { E::descriptor } -> std::convertible_to<float_descriptor>;
};

template <class E>
constexpr bool has_layout(int exponent_bits, int mantissa_bits, int bias) {
  if constexpr (float_encoding<E>) {
    constexpr float_descriptor d = E::descriptor;
    return d.exponent_bits == exponent_bits && d.mantissa_bits == mantissa_bits && d.bias == bias && d.has_sign &&
           d.has_zero && d.special == specials::infinity_and_nan;
  } else {
    return false;
  }
}

// IEEE 754 binary16, for which there are instructions.
template <class E>
inline constexpr bool is_binary16 = has_layout<E>(5, 10, 15);

// The upper half of a float (bfloat16).
template <class E>
inline constexpr bool is_upper_half_of_float = has_layout<E>(8, 7, 127);

// What lies beyond the largest number has the next code: an infinity, or the NaN that stands in for it; or nothing lies
// there, since it saturates.
template <class E, class Overflow>
constexpr std::uint32_t highest_code() {
  return std::is_same_v<Overflow, saturate> ? E::max_code : E::max_code + 1;
}
template <class E, class Overflow>
constexpr bool overflows_to_next_code() {
  constexpr std::uint32_t overflow = E::has_infinity ? E::infinity_code : E::nan_code;
  return std::is_same_v<Overflow, saturate> || (std::is_same_v<Overflow, to_infinity> && overflow == E::max_code + 1);
}

// A float format whose numbers, and whose codes scaled to the units of a float, are normal floats with room to spare.
template <class E>
constexpr bool is_small_float() {
  if constexpr (float_encoding<E>) {
    constexpr float_descriptor d = E::descriptor;
    return d.has_sign && d.has_zero && d.mantissa_bits >= 1 && E::min_exponent >= -60 && E::max_exponent <= 60 &&
           (E::max_code >> d.mantissa_bits) >= 1;
  } else {
    return false;
  }
}

// A small float of a byte whose fields are those of binary16 with fewer bits: finite numbers are a power of two times
// the half of the same fields.
template <class E>
constexpr bool embeds_in_binary16() {
  if constexpr (is_small_float<E>()) {
    constexpr float_descriptor d = E::descriptor;
    const bool same_top = d.exponent_bits == 5 && d.special == specials::infinity_and_nan && d.bias == 15;
    return sizeof(typename E::storage_type) == 1 && (d.exponent_bits < 5 || same_top);
  } else {
    return false;
  }
}

// The float that has this code in a format whose codes are all finite.
template <class E>
constexpr std::uint32_t float_bits_of_code(std::uint32_t code) {
  constexpr int M = E::descriptor.mantissa_bits;
  return (code << (23 - M)) + (static_cast<std::uint32_t>(127 - E::descriptor.bias) << 23);
}

template <class Overflow>
inline constexpr bool saturates = std::is_same_v<Overflow, saturate> || std::is_same_v<Overflow, saturate_symmetric>;

template <class E, class Overflow>
constexpr std::int32_t lowest_fixed_code() {
  constexpr bool symmetric = std::is_same_v<Overflow, saturate_symmetric>;
  return static_cast<std::int32_t>(symmetric && E::is_signed ? -E::max_code : E::min_code);
}

template <class E, class Scheme>
constexpr bool has_linear_codes() {
  if constexpr (fixed_point_encoding<E>) {
    return requires(const Scheme& s) { s.template linear<E>(std::size_t{}); };
  } else {
    return false;
  }
}
constexpr bool has_ordinary_step(const linear_codes& codes) { return codes.step > 0x1p-100 && codes.step < 0x1p100; }
constexpr bool is_power_of_two(double ordinary) {
  return (std::bit_cast<std::uint64_t>(ordinary) & ((std::uint64_t{1} << 52) - 1)) == 0;
}
template <class Scheme>
inline constexpr bool has_binary_steps = requires {
  Scheme::has_binary_steps;
};
template <class Scheme>
inline constexpr bool is_unscaled = requires {
  Scheme::is_unscaled;
};
template <class Scheme>
inline constexpr bool scales_floats = requires(const Scheme& s) {
  s.scale_of_float(std::size_t{});
};

// What stochastic rounding of a stretch is given: the words of its elements, one each.
struct random_words {
  const std::uint32_t* words;
  int count;
  bool pre_round;
};

template <class Rounding>
inline constexpr bool takes_words = std::is_same_v<Rounding, random_words>;

// The place, and the rounding, i elements further on.
[[gnu::always_inline]] constexpr std::size_t place_at(const std::size_t& place, const std::size_t&) { return place; }
[[gnu::always_inline]] constexpr places place_at(const places& place, const std::size_t& i) {
  return {place.first + i};
}
// The place of element i of a stretch, as an index.
constexpr std::size_t element_place(std::size_t place, std::size_t) { return place; }
constexpr std::size_t element_place(const places& place, std::size_t i) { return place.first + i; }
template <class Rounding>
[[gnu::always_inline]] constexpr Rounding rounding_at(const Rounding& rounding, const std::size_t& i) {
  if constexpr (takes_words<Rounding>) {
    return {rounding.words + i, rounding.count, rounding.pre_round};
  } else {
    (void)i;
    return rounding;
  }
}

// What one element of a stretch is rounded by.
template <class Rounding>
[[gnu::always_inline]] constexpr auto element_rounding(const Rounding& rounding, const std::size_t& i) {
  if constexpr (takes_words<Rounding>) {
    return stochastic{rounding.words[i], rounding.count, rounding.pre_round};
  } else {
    (void)i;
    return rounding;
  }
}

}  // namespace narrow::detail
