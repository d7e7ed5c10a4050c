// Posits of N bits with ES exponent bits: the 2022 standard's (ES = 2 for every N), and the older ones.
//
//   posit_format<8>                 range 2^-24 to 2^24, at most 4 significant bits
//   posit_format<16>, <16, 1>       2^-56 to 2^56 and 12 bits, 2^-28 to 2^28 and 13 bits
//   posit_format<32>                2^-120 to 2^120, at most 28 bits
//
// A positive code is, after its sign bit, a string regime | exponent | fraction, cut off after N - 1 bits: the regime
// is a run of k + 1 ones and a zero, or of -k zeros and a one; the number is 2^(k * 2^ES + exponent) * 1.fraction,
// where bits that are cut off are zeros. A negative number has the two's complement of its magnitude's code. Code
// 10...0 is NaR, the only NaN; there is no infinity and one zero. Codes, as integers, are in the order of their
// numbers. Source: Posit Working Group, "Standard for Posit Arithmetic (2022)"; Gustafson and Yonemoto, "Beating
// Floating Point at its Own Game", 2017 (any ES).
//
// Rounding is that of the code: what is cut off the string, as a fraction of its last place, is what a mode looks at.
// Where exponent bits are cut off, numbers halfway between two codes are therefore geometric means, not arithmetic
// ones, and stochastic rounding goes up with a probability that is linear in the exponent and fraction, not the number.
// In every mode, a number other than zero below the smallest one becomes the smallest, of its sign, and one beyond the
// largest the largest: neither zero nor NaR. Infinities and NaN become NaR.
#pragma once

#include <cstdint>
#include <type_traits>

#include "narrow/detail/lanes.hpp"
#include "narrow/detail/wide_real.hpp"
#include "narrow/overflow.hpp"
#include "narrow/rounding.hpp"

namespace narrow {

// An encoding (see encoding/encoding.hpp).
template <int N, int ES = 2>
struct posit_format {
  static_assert(N >= 3 && N <= 32, "a posit has 3 to 32 bits");
  static_assert(ES >= 0 && ES <= 8 && ((N - 2) << ES) <= 500, "posits lie within 2^-500 and 2^500");
  static constexpr int bits = N;
  static constexpr int exponent_bits = ES;
  static constexpr bool is_signed = true;
  static constexpr bool has_infinity = false;
  static constexpr bool has_nan = true;
  static constexpr bool is_code_ordered = true;

  using storage_type =
      std::conditional_t<(N <= 8), std::int8_t, std::conditional_t<(N <= 16), std::int16_t, std::int32_t>>;

  // Exponents of the smallest and the largest number, both powers of two.
  static constexpr int max_exponent = (N - 2) << ES;
  static constexpr int lowest_exponent = -max_exponent;
  static constexpr std::uint32_t max_code = (std::uint32_t{1} << (N - 1)) - 1;

  // Holds every value exactly. The sign and the shortest regime take 3 bits.
  static constexpr int digits = N - 3 - ES > 0 ? N - 2 - ES : 1;
  using real_type = std::conditional_t<(digits <= 24 && max_exponent <= 126), float, double>;
  static constexpr real_type highest() { return decode<real_type>(max_code); }
  static constexpr real_type lowest() { return -highest(); }
  static constexpr real_type smallest() { return decode<real_type>(1); }

  // real -> code, with copies of the sign above it.
  template <class Overflow, class Real, class Rounding>
  [[gnu::always_inline]] static constexpr detail::bits_of<Real> encode(const Real& x, const Rounding& rounding) {
    using U = detail::bits_of<Real>;
    using layout = detail::real_layout<Real>;
    check_overflow<Overflow>();
    if constexpr (max_exponent >= layout::bias) {
      return detail::narrow_exact(encode<Overflow>(detail::widen(x), rounding));
    } else {
      constexpr int S = layout::mantissa_bits;
      // 1. The exponent, biased by N * 2^ES, on top of the fraction: its upper bits are the regime's k + N, its lower
      //    ES bits and the fraction are the string's tail. What has no such exponent is dealt with at the end.
      const U all = detail::to_bits(x);
      const U sign = all & (U(1) << (layout::width - 1));
      const U magnitude = all ^ sign;
      const U negative = ~detail::equal(sign, U(0));
      const U least = U(std::uint32_t{layout::bias - max_exponent}) << S;
      const U largest = U(std::uint32_t{layout::bias + max_exponent}) << S;
      const U inside = detail::minimum(magnitude, largest - U(1));
      const U tiny = detail::less(magnitude, least);
      const U shifted =
          detail::select(tiny, least, inside) + (U(static_cast<std::uint32_t>((N << ES) - layout::bias)) << S);
      const U regime = shifted >> (ES + S);
      // 2. Cut the string.
      const U code = cut<ES + S>(regime, shifted - (regime << (ES + S)), negative, rounding);
      // 3. What lies beyond, the sign, zero and NaR.
      const U clamped = detail::select(detail::less(magnitude, largest), detail::select(tiny, U(1), code), U(max_code));
      const U result = ((clamped ^ negative) - negative) & ~detail::equal(magnitude, U(0));
      const U infinite_bits = U((std::uint32_t{1} << (layout::width - 1 - S)) - 1) << S;
      return detail::select(detail::less(magnitude, infinite_bits), result, not_a_real<U>());
    }
  }

  // The same of an exact result.
  template <class Overflow, class Rounding>
  static constexpr std::uint64_t encode_exact(const detail::wide_real& x, const Rounding& rounding) {
    using U = std::uint64_t;
    check_overflow<Overflow>();
    if (x.is_nan) return not_a_real<U>();
    if (x.is_zero()) return 0;
    const U negative = x.negative ? ~U{0} : U{0};
    U code = max_code;
    if (x.exponent < lowest_exponent) {
      code = 1;
    } else if (x.exponent < max_exponent) {
      // The tail's remainder has 2 bits of headroom (rounding.hpp), and at least 33 bits where 32 random ones are used.
      constexpr int tail_bits = 62, fraction_bits = tail_bits - ES;
      const auto exponent = static_cast<U>(x.exponent + (N << ES));
      const U regime = exponent >> ES;
      const auto significand =
          static_cast<U>(detail::shift_right_to_odd(x.significand, detail::wide_real::top - fraction_bits));
      const U fraction = significand - (U{1} << fraction_bits);
      code = cut<tail_bits>(regime, ((exponent - (regime << ES)) << fraction_bits) | fraction, negative, rounding);
    }
    return (code ^ negative) - negative;
  }

  // code -> real; exact, or rounded once where Real is float and cannot hold the value. What is above the code's bits
  // does not matter.
  template <class Real>
  [[gnu::always_inline]] static constexpr Real decode(const detail::bits_of<Real>& code) {
    using U = detail::bits_of<Real>;
    using layout = detail::real_layout<Real>;
    constexpr int S = layout::mantissa_bits, W = layout::width;
    if constexpr (W == 32 && std::is_same_v<real_type, double>) {
      return detail::narrow_exact(decode<decltype(detail::widen(Real{}))>(detail::widen(code)));
    } else {
      // 1. The string of the magnitude, from the top of the lane.
      const U aligned = code << (W - N);
      const U negative = U(0) - (aligned >> (W - 1));
      const U string = ((aligned ^ negative) - negative) << 1;
      // 2. The run's length is the number of leading zeros once a run of ones is inverted. An integer's float has it in
      //    its exponent; cleared bits below the first one keep its rounding from the next power of two. The bit that is
      //    set at the bottom, below the string, ends the run of zero and NaR.
      const U ones = U(0) - (string >> (W - 1));
      const U run = (string ^ ones) | U(1);
      const U highest_bit = detail::to_bits(detail::integer_to_real<Real>(run & ~(run >> 1))) >> S;
      const U length = U(std::uint32_t{layout::bias + W - 1}) - highest_bit;
      const U k = detail::select(ones, length - U(1), U(0) - length);
      // 3. Behind the run and the bit that ends it, the exponent and the fraction lie as they do in the real.
      const U tail = (string << length << 1) >> (W - ES - S);
      const U exponent = (k << ES) + U(std::uint32_t{layout::bias});
      const U magnitude = ((exponent << S) + tail) & ~detail::equal(string, U(0));
      const U infinite_bits = U((std::uint32_t{1} << (W - 1 - S)) - 1) << S;
      const U nan = detail::equal(aligned, U(1) << (W - 1)) & (infinite_bits | (U(1) << (S - 1)));
      const U sign = (negative << (W - 1)) & ~detail::equal(string, U(0));
      return detail::from_bits<Real>(magnitude | sign | nan);
    }
  }

 private:
  template <class U>
  [[gnu::always_inline]] static constexpr U not_a_real() {
    return U(0) - (U(1) << (N - 1));
  }

  template <class Overflow>
  static constexpr void check_overflow() {
    static_assert(std::is_same_v<Overflow, saturate> || std::is_same_v<Overflow, saturate_symmetric>,
                  "posits have no infinity, and finite numbers never become NaR: they can only saturate");
  }

  // The code of the string with regime k + N, k from 2 - N to N - 3, and a tail of TailBits bits, exponent first.
  template <int TailBits, class U, class Rounding>
  [[gnu::always_inline]] static constexpr U cut(const U& regime, const U& tail, const U& negative,
                                                const Rounding& rounding) {
    // The regime leaves `room` bits: it is a one above them, or ones above a zero above them.
    const U below_one = detail::less(regime, U(std::uint32_t{N}));
    const U room = detail::select(below_one, regime - U(2), U(std::uint32_t{2 * N - 3}) - regime);
    const U bit = U(1) << room;
    const U start = detail::select(below_one, bit, (U(1) << (N - 1)) - (bit << 1));
    U kept = tail, right = U(std::uint32_t{TailBits}) - room;
    if constexpr (TailBits < N - 3) {
      kept = tail << detail::excess(room, U(std::uint32_t{TailBits}));
      right = detail::excess(U(std::uint32_t{TailBits}), room);
    }
    kept = kept >> right;
    const U code = start + kept;
    const U odd = detail::equal(code & U(1), U(1));
    const U remainder = (tail - (kept << right)) & detail::less(room, U(std::uint32_t{TailBits}));
    return code - rounding.round_up(detail::discarded<U>{remainder, right, odd, negative, U(0)});
  }
};

}  // namespace narrow
