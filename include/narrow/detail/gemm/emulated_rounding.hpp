// How a vector kernel rounds a real to an accumulator's type and back to a real, in one: decided at compile time from
// the type, the rounding and the width of the lanes.
//
// Why a sum rounded to odd in the lane's precision P is as good as the exact one. A deterministic conversion is
// constant between the boundaries of its format: the numbers and their midpoints. Rounding to odd is monotone and moves
// nothing across a number with an even significand of P bits. So all that is needed is that every boundary is one: at
// most P - 1 significant bits, and midpoints no smaller than twice the lane's smallest number. Sums beyond the lane's
// range become its largest number (odd) and overflow from there. Stochastic rounding has 2^32 boundaries in each gap,
// so it needs 32 bits more: double lanes.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "narrow/emulated.hpp"

namespace narrow::detail {

enum class lane_kind { none, float_lanes, double_lanes };  // none: the scalar definition

// What is known of an operand's terms at compile time, as floats: all are multiples of 2^lowest below 2^highest.
struct term_range {
  int significand_bits = 24, lowest = -149, highest = 128;
};

// The products are exact in float, and sums with an accumulator below 2^126 do not overflow.
constexpr bool exact_in_float(const term_range& a, const term_range& b) {
  return a.significand_bits + b.significand_bits <= 24 && a.lowest + b.lowest >= -149 && a.highest + b.highest <= 125;
}

template <class T>
constexpr bool accumulates_below_2_to_126() {
  using E = encoding_of<T>;
  if constexpr (fixed_point_encoding<E>) {
    return E::bits - E::fraction_bits <= 126;
  } else {
    return E::max_exponent <= 125;
  }
}

template <class T, class Rounding>
constexpr bool fits_float_lanes() {
  using E = encoding_of<T>;
  if constexpr (std::is_same_v<Rounding, stochastic_sequence>) {
    return false;
  } else if constexpr (fixed_point_encoding<E>) {
    return E::bits <= 21 && E::fraction_bits <= 120 && E::fraction_bits >= -100 &&
           !std::is_same_v<overflow_of<T>, wrap>;
  } else {
    // Posits have a boundary at zero, which sums that float reads as zero must not reach.
    return float_encoding<E> && E::lowest_exponent >= -147 && E::max_exponent <= 127;
  }
}

// A sum that wraps needs its low bits: all of it has to be exact.
template <class T, class Rounding>
constexpr bool fits_double_lanes(const term_range& a, const term_range& b) {
  using E = encoding_of<T>;
  if constexpr (fixed_point_encoding<E>) {
    constexpr bool wraps = std::is_same_v<overflow_of<T>, wrap>;
    constexpr int wanted = std::is_same_v<Rounding, stochastic_sequence> ? 32 : 1;
    return E::fraction_bits <= 500 && E::fraction_bits >= -500 && E::bits + wanted <= 51 &&
           (!wraps || a.highest + b.highest + E::fraction_bits + wanted <= 51);
  } else {
    return E::digits + (std::is_same_v<Rounding, stochastic_sequence> ? 32 : 1) <= 52;
  }
}

enum class rounding_method {
  codec,         // to a code and back
  hardware,      // binary16 has its own instructions
  magic,         // a float format whose binades all have room for a magic number (below)
  same_binades,  // a float format with the exponents of float: an integer addition on the bits
  fixed_magic    // fixed point: one magic number
};

template <class Rounding>
inline constexpr bool is_rule_for_all_lanes = true;
template <class Bits>
inline constexpr bool is_rule_for_all_lanes<stochastic_lanes<Bits>> = false;

// The constants of a method, as Lane (float or double). E and Overflow as in an accumulator that rounds to nearest
// even.
template <class E, class Overflow, class Lane>
struct nearest_constants {
  static constexpr int S = real_layout<Lane>::mantissa_bits, bias = real_layout<Lane>::bias;
  static constexpr Lane power_of_two(int n) {
    return std::bit_cast<Lane>(static_cast<bits_of<Lane>>(static_cast<bits_of<Lane>>(n + bias) << S));
  }
  static constexpr Lane exponent_mask =
      std::bit_cast<Lane>(static_cast<bits_of<Lane>>(static_cast<bits_of<Lane>>(2 * bias + 1) << S));

  static constexpr rounding_method method() {
    if constexpr (fixed_point_encoding<E>) {
      const bool fits = E::bits <= S - 2 && E::fraction_bits <= 120 && E::fraction_bits >= -100;
      return std::is_same_v<Overflow, wrap> || !fits ? rounding_method::codec : rounding_method::fixed_magic;
    } else if constexpr (!float_encoding<E>) {
      return rounding_method::codec;
    } else {
      constexpr auto d = E::descriptor;
      constexpr bool overflows =
          std::is_same_v<Overflow, saturate> || (std::is_same_v<Overflow, to_infinity> && E::has_infinity);
      if (!E::has_nan || !d.has_sign || !d.has_zero || !overflows) return rounding_method::codec;
      const bool binary16 = d.exponent_bits == 5 && d.mantissa_bits == 10 && d.bias == 15 && E::has_infinity;
      if (binary16 && std::is_same_v<Overflow, to_infinity> && sizeof(Lane) == 4) return rounding_method::hardware;
      if (E::max_exponent + S - d.mantissa_bits < bias && E::lowest_exponent > 1 - bias) return rounding_method::magic;
      const bool same = E::has_infinity && d.bias == bias && E::max_exponent == bias;
      return same && std::is_same_v<Overflow, to_infinity> ? rounding_method::same_binades : rounding_method::codec;
    }
  }

  // 1.5 * 2^(S - M) times a power of two u: adding it to a number of u's binade leaves M fraction bits of that.
  static constexpr Lane shift() { return power_of_two(S - E::descriptor.mantissa_bits - 1) * 3; }
  static constexpr Lane least_normal() { return power_of_two(E::min_exponent); }
  static constexpr Lane largest() { return E::template decode<Lane>(E::max_code); }
  // The least magnitude that overflows: the midpoint above the largest number, whose code is odd, goes up.
  static constexpr Lane first_beyond() {
    return largest() + power_of_two(E::max_exponent - E::descriptor.mantissa_bits - 1);
  }

  // What follows the largest number.
  static constexpr Lane next_beyond() {
    return largest() + power_of_two(E::max_exponent - E::descriptor.mantissa_bits);
  }

  static constexpr Lane fixed_shift() { return power_of_two(S - 1 - E::fraction_bits) * 3; }
  static constexpr Lane fixed_highest() { return static_cast<Lane>(E::max_code) * power_of_two(-E::fraction_bits); }
  static constexpr Lane fixed_lowest() {
    const bool symmetric = std::is_same_v<Overflow, saturate_symmetric> && E::is_signed;
    return static_cast<Lane>(symmetric ? -E::max_code : E::min_code) * power_of_two(-E::fraction_bits);
  }
};

}  // namespace narrow::detail
