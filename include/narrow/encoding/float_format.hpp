// Binary floating point of up to 16 bits, every one from a descriptor:
//
//   float_format<float_descriptor{.exponent_bits = 5, .mantissa_bits = 10, .bias = 15}>
//
// A code is sign | exponent | mantissa. Exponent field 0 holds zero and the subnormals; a format without a zero
// (E8M0) has an ordinary binade there. Conversions round first and test for overflow afterwards, never twice.
// Source: OCP 8-bit Floating Point (2023), OCP Microscaling (2023), IEEE 754-2019, and each format's own paper.
#pragma once

#include <cstdint>
#include <type_traits>

#include "narrow/detail/lanes.hpp"
#include "narrow/overflow.hpp"
#include "narrow/rounding.hpp"

namespace narrow {

// Which codes do not mean a finite number.
enum class specials {
  infinity_and_nan,   // IEEE 754: the top exponent field
  nan_all_ones,       // "fn": only the code whose exponent and mantissa are all ones is a NaN; no infinity
  nan_negative_zero,  // "fnuz": only the code of -0 is a NaN; no infinity
  none                // every code is finite
};

struct float_descriptor {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  specials special = specials::infinity_and_nan;
  bool has_sign = true;
  bool has_zero = true;
};

// An encoding (see encoding/encoding.hpp).
template <float_descriptor D>
struct float_format {
  static constexpr float_descriptor descriptor = D;
  static constexpr int bits = D.exponent_bits + D.mantissa_bits + (D.has_sign ? 1 : 0);

  static_assert(D.exponent_bits >= 1 && D.mantissa_bits >= 0, "a float format needs at least one exponent bit");
  static_assert(bits >= 2 && bits <= 16, "a float format has 2 to 16 bits");
  static_assert(D.special != specials::infinity_and_nan || D.mantissa_bits >= 1,
                "a format with infinities needs a mantissa bit to tell NaN from infinity");
  static_assert(D.special != specials::nan_negative_zero || (D.has_sign && D.has_zero),
                "NaN in the place of -0 needs a sign and a zero");

  using storage_type = std::conditional_t<(bits <= 8), std::uint8_t, std::uint16_t>;

  static constexpr std::uint32_t sign_code = D.has_sign ? std::uint32_t{1} << (bits - 1) : 0;
  static constexpr std::uint32_t magnitude_mask = (std::uint32_t{1} << (D.exponent_bits + D.mantissa_bits)) - 1;
  static constexpr bool has_infinity = D.special == specials::infinity_and_nan;
  static constexpr bool has_nan = D.special != specials::none;
  static constexpr bool is_signed = D.has_sign;
  static constexpr std::uint32_t infinity_code = ((std::uint32_t{1} << D.exponent_bits) - 1) << D.mantissa_bits;
  static constexpr std::uint32_t nan_code = has_infinity ? infinity_code | (infinity_code & -infinity_code) >> 1
                                            : D.special == specials::nan_all_ones
                                                ? magnitude_mask
                                                : sign_code;  // ONNX's rule for formats without a NaN: it becomes -0
  static constexpr std::uint32_t max_code = has_infinity                          ? infinity_code - 1
                                            : D.special == specials::nan_all_ones ? magnitude_mask - 1
                                                                                  : magnitude_mask;

  // Exponents: a normal number is 1.mantissa * 2^e with min_exponent <= e <= max_exponent.
  static constexpr int min_exponent = (D.has_zero ? 1 : 0) - D.bias;
  static constexpr int max_exponent = static_cast<int>(max_code >> D.mantissa_bits) - D.bias;
  // The exponent of the smallest positive number.
  static constexpr int lowest_exponent = D.has_zero ? min_exponent - D.mantissa_bits : min_exponent;
  static_assert(max_exponent <= 500 && lowest_exponent >= -500, "numbers lie within 2^-500 and 2^500");

  // Holds every value exactly.
  using real_type = std::conditional_t<(max_exponent <= 127 && lowest_exponent >= -149), float, double>;
  static constexpr int digits = D.mantissa_bits + 1;
  static constexpr real_type highest() { return decode<real_type>(max_code); }
  static constexpr real_type lowest() { return decode<real_type>(is_signed ? max_code | sign_code : 0); }
  static constexpr real_type smallest() { return decode<real_type>(D.has_zero ? 1 : 0); }

  // real -> code. Round first, then overflow; NaN and infinity pass before any rounding. Returns codes in the low bits.
  //   formats without a sign: a negative number gives zero, or NaN where the format has no zero
  //   formats without a zero: zero and what underflows give the smallest number
  template <class Overflow, class Real, class Rounding>
  [[gnu::always_inline]] static constexpr detail::bits_of<Real> encode(const Real& x, const Rounding& rounding) {
    using U = detail::bits_of<Real>;
    using layout = detail::real_layout<Real>;
    static_assert(std::is_same_v<Overflow, saturate> || std::is_same_v<Overflow, saturate_finite> ||
                      std::is_same_v<Overflow, to_infinity>,
                  "a float format overflows by saturate, saturate_finite or to_infinity");
    static_assert(has_nan || std::is_same_v<Overflow, saturate>,
                  "this format has neither infinity nor NaN: it can only saturate");
    // The source field in which this format's lowest normal exponent lies; below 1, the source's own subnormals would
    // be numbers of this format's normal range. Beyond the source's bias, its infinity would be such a number.
    constexpr int lowest_field = min_exponent + layout::bias;
    if constexpr (lowest_field < 1 || max_exponent > layout::bias) {
      return detail::narrow_exact(encode<Overflow>(detail::widen(x), rounding));
    } else {
      constexpr int S = layout::mantissa_bits, M = D.mantissa_bits;
      // 1. Fields. |x| = significand * 2^(field - bias - S), a subnormal's field counting as 1.
      const U all = detail::to_bits(x);
      const U sign = all & (U(1) << (layout::width - 1));
      const U magnitude = all ^ sign;
      const U negative = ~detail::equal(sign, U(0));
      const U stored_field = magnitude >> S;
      const U subnormal = detail::equal(stored_field, U(0));
      const U field = stored_field | (subnormal & U(1));
      const U hidden = (U(1) << S) & ~subnormal;
      const U significand = (magnitude & ((U(1) << S) - U(1))) | hidden;
      // 2. Cut. The result's quantum is 2^(max(field, lowest_field) - bias - M).
      const U binade = detail::excess(field, U(std::uint32_t{lowest_field}));
      const U shift = detail::excess(U(std::uint32_t{lowest_field}), field) + U(std::uint32_t{S - M});
      const U clamped = detail::minimum(shift, U(std::uint32_t{layout::width - 1}));
      const U kept = significand >> clamped;
      // 3. Codes run through the binades without a gap, so that rounding up is adding one, carry included.
      U code = (binade << M) + kept;
      // Without a zero and a mantissa, `code` is still one above the result's code (see below).
      constexpr bool offset_is_odd = !D.has_zero && M == 0;
      const U odd = detail::equal(code & U(1), U(offset_is_odd ? 0 : 1));
      const U up = rounding.round_up(detail::discarded<U>{significand - (kept << clamped), shift, odd, negative, U(0)});
      code = code - up;
      if constexpr (!D.has_zero) code = detail::excess(code, U(std::uint32_t{1} << M));
      // 4. Overflow: an infinite source has the largest field and ends here as well.
      const U overflow = detail::greater(code, U(max_code));
      const U infinite_bits = U((std::uint32_t{1} << (layout::width - 1 - S)) - 1) << S;
      if constexpr (std::is_same_v<Overflow, saturate>) {
        code = detail::select(overflow, U(max_code), code);
      } else {
        constexpr bool keeps_infinities = std::is_same_v<Overflow, saturate_finite>;
        const U stays = keeps_infinities ? ~U(0) : Rounding::template overflow_stays_finite<U>(negative);
        const U finite = stays & detail::less(magnitude, infinite_bits);
        code = detail::select(overflow, detail::select(finite, U(max_code), U(has_infinity ? infinity_code : nan_code)),
                              code);
      }
      // 5. Sign and NaN.
      if constexpr (!D.has_sign) {
        const U below = negative & ~detail::equal(magnitude, U(0));
        code = detail::select(below, D.has_zero ? U(0) : U(nan_code), code);
      } else {
        const U sign_bit = U(sign_code) & negative;
        code =
            D.special == specials::nan_negative_zero ? code | (sign_bit & ~detail::equal(code, U(0))) : code | sign_bit;
      }
      const U nan = detail::greater(magnitude, infinite_bits);
      const bool keeps_sign = D.has_sign && has_nan && D.special != specials::nan_negative_zero;
      return detail::select(nan, keeps_sign ? U(nan_code) | (U(sign_code) & negative) : U(nan_code), code);
    }
  }

  // code -> real, exact. `code` holds this format's bits and zeros above them.
  template <class Real>
  [[gnu::always_inline]] static constexpr Real decode(const detail::bits_of<Real>& code) {
    using U = detail::bits_of<Real>;
    using layout = detail::real_layout<Real>;
    constexpr int S = layout::mantissa_bits, M = D.mantissa_bits;
    constexpr int rebias = layout::bias - D.bias;
    constexpr bool same_fields = rebias == 0 && D.exponent_bits == layout::width - 1 - S && has_infinity && D.has_zero;
    constexpr bool in_range = lowest_exponent >= 1 - layout::bias && max_exponent <= layout::bias;
    const U magnitude = code & U(magnitude_mask);
    const U sign = D.has_sign ? (code & U(sign_code)) << (layout::width - bits) : U(0);
    if constexpr (same_fields) {
      return detail::from_bits<Real>((magnitude << (S - M)) | sign);
    } else if constexpr (!in_range) {
      static_assert(layout::width == 32, "double holds every value");
      return detail::narrow_exact(decode<decltype(detail::widen(Real{}))>(detail::widen(code)));
    } else {
      U result = (magnitude << (S - M)) + (U(std::uint32_t(rebias)) << S);
      if constexpr (D.has_zero) {
        // Subnormals are integers in units of the smallest one; both steps are exact and their result is normal.
        const U exponent_field = U(std::uint32_t(lowest_exponent + layout::bias)) << S;
        const U small =
            detail::to_bits(Real(detail::integer_to_real<Real>(magnitude) * detail::from_bits<Real>(exponent_field)));
        result = detail::select(detail::less(magnitude, U(std::uint32_t{1} << M)), small, result);
      }
      const U infinite_bits = U((std::uint32_t{1} << (layout::width - 1 - S)) - 1) << S;
      const U quiet_nan = infinite_bits | (U(1) << (S - 1));
      if constexpr (has_infinity) {
        result = detail::select(detail::equal(magnitude, U(infinity_code)), infinite_bits, result);
        result = detail::select(detail::greater(magnitude, U(infinity_code)), quiet_nan, result);
      } else if constexpr (D.special == specials::nan_all_ones) {
        result = detail::select(detail::equal(magnitude, U(magnitude_mask)), quiet_nan, result);
      } else if constexpr (D.special == specials::nan_negative_zero) {
        result = detail::select(detail::equal(code, U(sign_code)), quiet_nan, result);
      }
      return detail::from_bits<Real>(result | sign);
    }
  }
};

}  // namespace narrow
