// Fixed point and integers: a code of `Bits` bits with `Fraction` of them after the binary point; value =
// code * 2^-Fraction. Integers are fixed point without a fraction. Two's complement unless unsigned; `fixed<IL, FL>` of
// Gupta et al. (2015) is fixed_point<IL + FL, FL>, the sign bit counted in IL.
//
// NaN has no code: it becomes the code of zero.
#pragma once

#include <cstdint>
#include <type_traits>

#include "narrow/detail/lanes.hpp"
#include "narrow/overflow.hpp"
#include "narrow/rounding.hpp"

namespace narrow {

enum class signedness { is_signed, is_unsigned };

namespace detail {

template <int Bits, signedness S>
using fixed_storage = std::conditional_t<
    S == signedness::is_signed,
    std::conditional_t<(Bits <= 8), std::int8_t, std::conditional_t<(Bits <= 16), std::int16_t, std::int32_t>>,
    std::conditional_t<(Bits <= 8), std::uint8_t, std::conditional_t<(Bits <= 16), std::uint16_t, std::uint32_t>>>;

// The codes a number may take, as magnitudes: -lowest to highest. An affine scheme shifts them by its zero point.
template <class U>
struct code_range {
  U lowest, highest;
};

// x * 2^fraction as an integer in two's complement, rounded once; `fraction` may be negative or large, since the
// scaling only moves the binary point. It is an int for all lanes, or a lane in two's complement. Branch-free.
template <class Overflow, class Real, class Exponent, class Rounding>
[[gnu::always_inline]] constexpr bits_of<Real> real_to_integer(const Real& x, const Exponent& fraction,
                                                               const Rounding& rounding,
                                                               const code_range<bits_of<Real>>& range) {
  using U = bits_of<Real>;
  using layout = real_layout<Real>;
  constexpr int S = layout::mantissa_bits;
  constexpr int bias = 4096;  // keeps exponents positive in unsigned lanes
  // 1. Fields: |x| = significand * 2^(field - layout::bias - S).
  const U all = to_bits(x);
  const U sign = all & (U(1) << (layout::width - 1));
  const U magnitude = all ^ sign;
  const U negative = ~equal(sign, U(0));
  const U infinite_bits = U((std::uint32_t{1} << (layout::width - 1 - S)) - 1) << S;
  // NaN is zero; so is an infinity that wraps.
  const U zero = greater(magnitude, std::is_same_v<Overflow, wrap> ? infinite_bits - U(1) : infinite_bits);
  const U stored_field = magnitude >> S;
  const U subnormal = equal(stored_field, U(0));
  const U field = stored_field | (subnormal & U(1));
  const U hidden = (U(1) << S) & ~subnormal;
  const U significand = ((magnitude & ((U(1) << S) - U(1))) | hidden) & ~zero;
  // 2. Shift to units of the last place: to the right by `right`, cutting, or to the left, exact.
  const U target = U(std::uint32_t{bias + layout::bias + S}) - U(fraction);
  const U source = field + U(std::uint32_t{bias});
  const U right = excess(target, source);
  const U left = excess(source, target);
  const U clamped = minimum(right, U(std::uint32_t{layout::width - 1}));
  const U kept = significand >> clamped;
  const U odd = equal(kept & U(1), U(1));
  const U up = rounding.round_up(discarded<U>{significand - (kept << clamped), right, odd, negative, negative});
  const U last_left = U(std::uint32_t{layout::width - 1});
  const U shifted_out = greater(left, last_left);
  const U integer = ((kept - up) << minimum(left, last_left)) & ~shifted_out;
  const U code = select(negative, U(0) - integer, integer);
  if constexpr (std::is_same_v<Overflow, wrap>) {
    return code;
  } else {
    // 3. Saturate by magnitude. Shifts beyond the lane's headroom overflow whatever they leave.
    const U headroom = U(std::uint32_t{layout::width - 1 - S});
    const U beyond = greater(left, headroom) & ~equal(significand, U(0));
    // So does an infinity's field, unless the steps are as large as 2^97 (for float): then it is looked for.
    constexpr int largest_left = (1 << (layout::width - 1 - S)) - 1 - layout::bias - S;
    constexpr int vast = layout::width - 1 - S - largest_left;
    const U steps_are_vast = less(U(fraction) + U(std::uint32_t{bias}), U(static_cast<std::uint32_t>(vast + bias + 1)));
    const U huge = beyond | (equal(magnitude, infinite_bits) & steps_are_vast);
    const U limit = select(negative, range.lowest, range.highest);
    const U over = huge | greater(integer, limit);
    return select(over, select(negative, U(0) - range.lowest, range.highest), code);
  }
}

}  // namespace detail

template <int Bits, int Fraction = 0, signedness Sign = signedness::is_signed>
struct fixed_point {
  static_assert(Bits >= 1 && Bits <= 32, "fixed point has 1 to 32 bits");
  static_assert(Bits >= 2 || Sign == signedness::is_unsigned,
                "one signed bit holds only 0 and -1; use an unsigned bit");
  static_assert(Fraction >= -500 && Fraction <= 500, "steps lie within 2^-500 and 2^500");

  static constexpr int bits = Bits;
  static constexpr int fraction_bits = Fraction;
  static constexpr bool is_signed = Sign == signedness::is_signed;
  static constexpr bool has_infinity = false;
  static constexpr bool has_nan = false;

  using storage_type = detail::fixed_storage<Bits, Sign>;
  static constexpr std::int64_t max_code = (std::int64_t{1} << (is_signed ? Bits - 1 : Bits)) - 1;
  static constexpr std::int64_t min_code = is_signed ? -max_code - 1 : 0;

  // Holds every value exactly.
  using real_type = std::conditional_t<(Bits <= 24 && Fraction <= 126 && Fraction >= -100), float, double>;
  static constexpr int digits = Bits - (is_signed ? 1 : 0);
  static constexpr real_type highest() { return value_of(max_code); }
  static constexpr real_type lowest() { return value_of(min_code); }
  static constexpr real_type smallest() { return value_of(1); }

  // real -> code in two's complement. One rounding, then overflow; NaN gives 0.
  template <class Overflow, class Real, class Rounding>
  [[gnu::always_inline]] static constexpr detail::bits_of<Real> encode(const Real& x, const Rounding& rounding) {
    return encode_scaled<Overflow>(x, Fraction, rounding);
  }

  // The same with 2^-fraction instead of this format's own step: the codes of dynamic fixed point.
  template <class Overflow, class Real, class Exponent, class Rounding>
  [[gnu::always_inline]] static constexpr detail::bits_of<Real> encode_scaled(const Real& x, const Exponent& fraction,
                                                                              const Rounding& rounding) {
    using U = detail::bits_of<Real>;
    static_assert(!detail::keeps_specials<Overflow>, "fixed point has no infinity: saturate or wrap");
    constexpr bool symmetric = std::is_same_v<Overflow, saturate_symmetric>;
    constexpr auto lowest = static_cast<std::uint32_t>(symmetric && is_signed ? max_code : -min_code);
    return detail::real_to_integer<Overflow>(x, fraction, rounding,
                                             detail::code_range<U>{U(lowest), U(static_cast<std::uint32_t>(max_code))});
  }

  // code -> real, exact, or rounded once where Real is float and cannot hold the value. `code` is sign-extended to the
  // lane.
  template <class Real>
  [[gnu::always_inline]] static constexpr Real decode(const detail::bits_of<Real>& code) {
    // The step has to be a normal number of the lane.
    constexpr bool in_range = detail::real_layout<Real>::width == 64 || (Fraction <= 126 && Fraction >= -127);
    if constexpr (in_range) {
      return decode_scaled<Real>(code, Fraction);
    } else {
      return through_double<Real>(code, Fraction);
    }
  }

  // code * 2^-fraction: exact as long as the result is a normal number of the lane.
  template <class Real, class Exponent>
  [[gnu::always_inline]] static constexpr Real decode_scaled(const detail::bits_of<Real>& code,
                                                             const Exponent& fraction) {
    using U = detail::bits_of<Real>;
    using layout = detail::real_layout<Real>;
    if constexpr (!is_signed && Bits == layout::width) {
      return through_double<Real>(code, fraction);  // beyond the lane's signed integers
    } else {
      const U field = (U(std::uint32_t{layout::bias}) - U(fraction)) << layout::mantissa_bits;
      return Real(detail::integer_to_real<Real>(code) * detail::from_bits<Real>(field));
    }
  }

 private:
  template <class Real, class Exponent>
  [[gnu::always_inline]] static constexpr Real through_double(const detail::bits_of<Real>& code,
                                                              const Exponent& fraction) {
    using wide_real = decltype(detail::widen(Real{}));
    using wide = detail::bits_of<wide_real>;
    // Widening extends by zeros: (x ^ s) - s with the sign bit s extends by the sign.
    const wide sign = wide(is_signed ? std::uint32_t{1} << 31 : 0);
    const wide extended = (detail::widen(code) ^ sign) - sign;
    if constexpr (std::is_integral_v<Exponent>) {
      return detail::narrow_exact(decode_scaled<wide_real>(extended, fraction));
    } else {
      const wide half = wide(std::uint32_t{1} << 31);
      return detail::narrow_exact(decode_scaled<wide_real>(extended, (detail::widen(fraction) ^ half) - half));
    }
  }

 private:
  static constexpr real_type value_of(std::int64_t code) {
    return decode<real_type>(static_cast<detail::bits_of<real_type>>(code));
  }
};

template <int Bits>
using signed_integer = fixed_point<Bits, 0, signedness::is_signed>;
template <int Bits>
using unsigned_integer = fixed_point<Bits, 0, signedness::is_unsigned>;

}  // namespace narrow
