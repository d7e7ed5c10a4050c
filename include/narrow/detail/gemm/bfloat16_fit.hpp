// Which values the bf16 class takes.
#pragma once

#include <type_traits>

#include "narrow/element.hpp"

namespace narrow::detail {

// Whether the bf16 class can take a format's values: bfloat16 itself, or at most 8 significand bits and every number a
// normal bfloat16. The exponents say, of a pair, whether the products are normal floats too.
struct fits_no_bfloat16 {
  static constexpr bool is_bfloat16 = false, has_values = false;
  static constexpr int lowest_exponent = 0, highest_exponent = 0;
};
template <class E>
struct fits_bfloat16 : fits_no_bfloat16 {};
template <class E>
requires requires {
  E::lowest_exponent;
  E::max_exponent;
}
struct fits_bfloat16<E> {
  static constexpr bool is_bfloat16 = std::is_same_v<E, encoding_of<bfloat16>>;
  static constexpr int lowest_exponent = E::lowest_exponent, highest_exponent = E::max_exponent;
  static constexpr bool has_values = E::digits <= 8 && lowest_exponent >= -126 && highest_exponent <= 127;
};

// Elements times the scales of their blocks.
template <class E, class Scheme>
struct fits_folded {
  static constexpr bool is_bfloat16 = false, has_values = true;
  static constexpr int lowest_exponent = Scheme::template lowest_exponent<E>;
  static constexpr int highest_exponent = Scheme::template highest_exponent<E>;
};

}  // namespace narrow::detail
