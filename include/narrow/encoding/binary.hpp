// One bit: code 0 is +1, code 1 is -1, so that the bits of two numbers differ where their product is negative. One a
// byte in memory; products pack them (detail/gemm/panel.hpp). A tensor's magnitude is its scheme's: XNOR-Net takes
// affine with the mean of |w| as the scale.
// Source: Courbariaux, Bengio, David, "BinaryConnect", NIPS 2015; Rastegari et al., "XNOR-Net", ECCV 2016.
//
// Beyond [-1, 1] all modes give the end on that side. Between the ends:
//   nearest_even, nearest_away   the sign; 0, either zero, is a tie and gives +1, the even code and the sign of most
//                                definitions of sign(0) in this use
//   toward_zero                  the same: both ends lie beyond zero
//   toward_positive / _negative  +1 / -1
//   to_odd                       -1, the odd code
//   stochastic                   +1 with probability (1 + x) / 2, exactly to the random bits' precision
// NaN has no code: it becomes +1.
#pragma once

#include <cstdint>
#include <type_traits>

#include "narrow/detail/lanes.hpp"
#include "narrow/overflow.hpp"
#include "narrow/rounding.hpp"

namespace narrow {

// An encoding (see encoding/encoding.hpp).
struct binary_format {
  static constexpr int bits = 1;
  static constexpr int digits = 1;
  static constexpr bool is_signed = true;
  static constexpr bool has_infinity = false;
  static constexpr bool has_nan = false;

  using storage_type = std::uint8_t;
  using real_type = float;
  static constexpr real_type highest() { return 1; }
  static constexpr real_type lowest() { return -1; }
  static constexpr real_type smallest() { return 1; }

  template <class Overflow, class Real, class Rounding>
  [[gnu::always_inline]] static constexpr detail::bits_of<Real> encode(const Real& x, const Rounding& rounding) {
    static_assert(std::is_same_v<Overflow, saturate> || std::is_same_v<Overflow, saturate_symmetric>,
                  "binary has neither infinity nor codes to wrap to: it can only saturate");
    using layout = detail::real_layout<Real>;
    using U = detail::bits_of<Real>;
    constexpr bool by_sign = std::is_same_v<Rounding, nearest_even> || std::is_same_v<Rounding, nearest_away> ||
                             std::is_same_v<Rounding, toward_zero>;
    if constexpr (by_sign) {
      // Negative numbers from the smallest to infinity have the bits from sign + 1 to sign + infinite_bits.
      const U sign = U(1) << (layout::width - 1);
      const U beyond = detail::to_bits(x) - sign - U(1);
      return detail::less(beyond, infinite_bits<Real, U>()) & U(1);
    } else if constexpr (layout::width == 32) {
      return detail::narrow_exact(between<Real>(detail::widen(detail::to_bits(x)), rounding));
    } else {
      return between<Real>(detail::to_bits(x), rounding);
    }
  }

  template <class Real>
  [[gnu::always_inline]] static constexpr Real decode(const detail::bits_of<Real>& code) {
    using U = detail::bits_of<Real>;
    using layout = detail::real_layout<Real>;
    const U one = U(std::uint32_t{layout::bias}) << layout::mantissa_bits;
    return detail::from_bits<Real>(one | (code << (layout::width - 1)));
  }

 private:
  template <class Real, class W>
  [[gnu::always_inline]] static constexpr W infinite_bits() {
    using layout = detail::real_layout<Real>;
    return W((std::uint32_t{1} << (layout::width - 1 - layout::mantissa_bits)) - 1) << layout::mantissa_bits;
  }

  // Code of the Real whose bits are `all`, in lanes of 64 bits, which hold the sum 1 + x to more bits than any rounding
  // looks at. The CPU's floats are not asked, who may read subnormals as zero.
  template <class Real, class W, class Rounding>
  [[gnu::always_inline]] static constexpr W between(const W& all, const Rounding& rounding) {
    using layout = detail::real_layout<Real>;
    constexpr int S = layout::mantissa_bits;
    // 1. Fields: |x| = significand * 2^(field - bias - S). A subnormal counts as 2^-bias: all that is looked at is that
    //    it is not zero.
    const W sign = all & (W(1) << (layout::width - 1));
    const W magnitude = all ^ sign;
    const W negative = ~detail::equal(sign, W(0));
    const W field = magnitude >> S;
    const W hidden = (W(1) << S) & ~detail::equal(magnitude, W(0));
    const W significand = (magnitude & ((W(1) << S) - W(1))) | hidden;
    // 2. |x| in units of 2^-61, to odd: below 1 it has at most 61 bits, and what is cut off sets the last one.
    constexpr int unit_field = layout::bias + S - 61;
    const W left = detail::minimum(detail::excess(field, W(unit_field)), W(60 - S));
    const W right = detail::minimum(detail::excess(W(unit_field), field), W(63));
    const W shifted = significand << left;
    const W kept = shifted >> right;
    const W fraction = kept | (~detail::equal(kept << right, shifted) & W(1));
    // 3. The distance from -1, the floor, in steps of 2: d = (1 + x) / 2 = remainder / 2^62. To odd serves -|x| too,
    //    whose last bit is the same. The floor's code is odd; going up gives +1.
    const W half = W(1) << 61;
    const W remainder = detail::select(negative, half - fraction, half + fraction);
    const W up = rounding.round_up(detail::discarded<W>{remainder, W(62), ~W(0), W(0), W(0)});
    // 4. From 1 on, the sign; NaN gives +1.
    const W one = W(std::uint32_t{layout::bias}) << S;
    const W beyond = ~detail::less(magnitude, one);
    const W nan = detail::greater(magnitude, infinite_bits<Real, W>());
    return detail::select(beyond, negative & ~nan, ~up) & W(1);
  }
};

}  // namespace narrow
