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
#include "narrow/encoding/odd_integer.hpp"
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
  static constexpr int lowest_exponent = 0, max_exponent = 0;

  using storage_type = std::uint8_t;
  using real_type = float;
  static constexpr real_type highest() { return 1; }
  static constexpr real_type lowest() { return -1; }
  static constexpr real_type smallest() { return 1; }

  // As integers (integer_valued_encoding).
  static constexpr int integer_bits = 2;
  static constexpr std::int32_t largest_integer = 1;
  template <class U>
  [[gnu::always_inline]] static constexpr U integer_of(const U& code) {
    return U(1) - ((code & U(1)) << 1);
  }
  static constexpr storage_type code_of(std::int64_t integer) { return integer < 0 ? 1 : 0; }

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
    } else {
      return U(1) - detail::index_of_odd<1>(x, rounding);
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
};

}  // namespace narrow
