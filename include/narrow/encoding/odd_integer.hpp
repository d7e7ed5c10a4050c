// Odd integers: the 2^Bits values -(2^Bits - 1), ..., -3, -1, +1, +3, ..., 2^Bits - 1. Under a scale they are even
// levels from one end to the other with no zero among them, as quantizers of weights have; value = 2 * code + 1, the
// code in two's complement. Of one bit, these are binary (encoding/binary.hpp).
//
// Beyond the ends all modes give the end on that side. Between them the even integers are ties: to nearest even they
// go to the even code, and to nearest away outward; 0, either zero, gives +1. Toward zero, what lies between -1 and +1
// has no number nearer to zero and takes its own sign. NaN has no code: it becomes +1.
#pragma once

#include <cstdint>
#include <type_traits>

#include "narrow/detail/lanes.hpp"
#include "narrow/overflow.hpp"
#include "narrow/rounding.hpp"

namespace narrow {

namespace detail {

// Which of the 2^Bits odd integers the Real whose bits are `all` rounds to, counted from the least, 0. In lanes of 64
// bits, which hold the sum of the largest of them and x to more bits than any rounding looks at. The CPU's floats are
// not asked, who may read subnormals as zero.
template <int Bits, class Real, class W, class Rounding>
[[gnu::always_inline]] constexpr W index_of_odd(const W& all, const Rounding& rounding) {
  using layout = real_layout<Real>;
  constexpr int S = layout::mantissa_bits, places = 62 - Bits;
  constexpr std::uint32_t largest = (std::uint32_t{1} << Bits) - 1;
  // 1. Fields: |x| = significand * 2^(field - bias - S). A subnormal counts as 2^-bias: all that is looked at is that
  //    it is not zero.
  const W sign = all & (W(1) << (layout::width - 1));
  const W magnitude = all ^ sign;
  const W below_zero = ~equal(sign, W(0)) & ~equal(magnitude, W(0));
  const W field = magnitude >> S;
  const W hidden = (W(1) << S) & ~equal(magnitude, W(0));
  const W significand = (magnitude & ((W(1) << S) - W(1))) | hidden;
  // 2. |x| in units of 2^-places, to odd: below 2^Bits it has at most 62 bits, and what is cut off sets the last one.
  constexpr int unit_field = layout::bias + S - places;
  const W left = minimum(excess(field, W(unit_field)), W(61 - S));
  const W right = minimum(excess(W(unit_field), field), W(63));
  const W shifted = significand << left;
  const W kept = shifted >> right;
  const W fraction = kept | (~equal(kept << right, shifted) & W(1));
  // 3. The distance from the least, in steps of 2. To odd serves -|x| too, whose last bit is the same.
  const W middle = W(largest) << places;
  const W distance = select(below_zero, middle - fraction, middle + fraction);
  const W floor = distance >> (places + 1);
  const W remainder = distance & ((W(1) << (places + 1)) - W(1));
  // The code, floor - 2^(Bits - 1), is odd where the floor is; of one bit, where it is not.
  const W odd = equal(floor & W(1), W(Bits == 1 ? 0 : 1));
  const discarded<W> d{remainder, W(places + 1), odd, W(0), W(0)};
  const W one = W(std::uint32_t{layout::bias}) << S;
  W up = odd;
  if constexpr (std::is_same_v<Rounding, nearest_away>) {
    up = above_half(d) | (exactly_half(d) & ~below_zero);
  } else if constexpr (std::is_same_v<Rounding, toward_zero>) {
    up = select(less(magnitude, one), ~below_zero, below_zero & inexact(d));
  } else {
    up = rounding.round_up(d);
  }
  // 4. From the largest on, the end; NaN gives +1.
  constexpr int exponent = Bits - 1;
  const W end = (W(std::uint32_t{layout::bias + exponent}) << S) |
                (W(largest ^ (std::uint32_t{1} << exponent)) << (S - exponent));
  const W infinite = W((std::uint32_t{1} << (layout::width - 1 - S)) - 1) << S;
  const W beyond = ~less(magnitude, end);
  const W index = select(beyond, W(largest) & ~below_zero, floor - up);
  return select(greater(magnitude, infinite), W(std::uint32_t{1} << exponent), index);
}

// The same in code lanes of Real.
template <int Bits, class Real, class Rounding>
[[gnu::always_inline]] constexpr bits_of<Real> index_of_odd(const Real& x, const Rounding& rounding) {
  if constexpr (real_layout<Real>::width == 32) {
    return narrow_exact(index_of_odd<Bits, Real>(widen(to_bits(x)), rounding));
  } else {
    return index_of_odd<Bits, Real>(to_bits(x), rounding);
  }
}

}  // namespace detail

// An encoding (see encoding/encoding.hpp).
template <int Bits>
struct odd_integer {
  static_assert(Bits >= 2 && Bits <= 8, "odd integers have 2 to 8 bits; of one bit there is binary_format");
  static constexpr int bits = Bits;
  static constexpr int digits = Bits;
  static constexpr bool is_signed = true;
  static constexpr bool has_infinity = false;
  static constexpr bool has_nan = false;
  static constexpr int lowest_exponent = 0, max_exponent = Bits - 1;

  using storage_type = std::int8_t;
  using real_type = float;
  static constexpr real_type highest() { return static_cast<real_type>(largest_integer); }
  static constexpr real_type lowest() { return -highest(); }
  static constexpr real_type smallest() { return 1; }

  // As integers (integer_valued_encoding).
  static constexpr int integer_bits = Bits + 1;
  static constexpr std::int32_t largest_integer = (1 << Bits) - 1;
  template <class U>
  [[gnu::always_inline]] static constexpr U integer_of(const U& code) {
    return code + code + U(1);
  }
  static constexpr storage_type code_of(std::int64_t integer) { return static_cast<storage_type>((integer - 1) / 2); }

  template <class Overflow, class Real, class Rounding>
  [[gnu::always_inline]] static constexpr detail::bits_of<Real> encode(const Real& x, const Rounding& rounding) {
    static_assert(std::is_same_v<Overflow, saturate> || std::is_same_v<Overflow, saturate_symmetric>,
                  "odd integers have neither infinity nor codes to wrap to: they can only saturate");
    using U = detail::bits_of<Real>;
    return detail::index_of_odd<Bits>(x, rounding) - U(std::uint32_t{1} << (Bits - 1));
  }

  template <class Real>
  [[gnu::always_inline]] static constexpr Real decode(const detail::bits_of<Real>& code) {
    return detail::integer_to_real<Real>(integer_of(code));
  }
};

}  // namespace narrow
