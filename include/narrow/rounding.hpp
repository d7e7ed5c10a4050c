// Rounding policies: how a conversion disposes of the bits that do not fit.
//
// A policy sees one `discarded` record per lane and answers a mask: the lanes whose magnitude goes up by one unit in
// the last place. Policies are written over the lane vocabulary of detail/lanes.hpp, so that they serve scalars at
// compile time and vectors alike. Stochastic rounding takes its random bits from the caller.
#pragma once

#include <cstdint>

#include "narrow/detail/lanes.hpp"
#include "narrow/random.hpp"

namespace narrow {

namespace detail {

// What was cut off a magnitude: d = remainder / 2^shift units in the last place, 0 <= d < 1.
template <class U>
struct discarded {
  U remainder;
  U shift;       // may exceed the lane's width, where d is tiny
  U odd;         // mask: the truncated code is odd
  U negative;    // mask: the number is negative
  U from_floor;  // mask: negative in two's complement, where stochastic rounding starts from the floor
  static constexpr int last_shift = static_cast<int>(sizeof(typename lane_traits_of_bits<U>::element) * 8) - 1;
};

// d compared with one half, through 2 * remainder and 2^shift. A remainder has at most 53 of 64 (24 of 32) bits, so
// that a shift clamped to the lane's last bit still says "below one half".
template <class U>
[[gnu::always_inline]] constexpr U above_half(const discarded<U>& d) {
  const U unit = U(1) << minimum(d.shift, U(discarded<U>::last_shift));
  return greater(d.remainder + d.remainder, unit);
}
template <class U>
[[gnu::always_inline]] constexpr U exactly_half(const discarded<U>& d) {
  const U unit = U(1) << minimum(d.shift, U(discarded<U>::last_shift));
  return equal(d.remainder + d.remainder, unit);
}
template <class U>
[[gnu::always_inline]] constexpr U inexact(const discarded<U>& d) {
  return ~equal(d.remainder, U(0));
}

// The magnitude of d in units of 2^-count, rounded down (floor), up (ceiling) or to nearest even.
template <class U>
struct scaled_fraction {
  U floor, ceiling, nearest;
};
template <class U>
[[gnu::always_inline]] constexpr scaled_fraction<U> scale_fraction(const discarded<U>& d, int count) {
  const U n = U(static_cast<std::uint32_t>(count));
  const U left = minimum(excess(n, d.shift), U(discarded<U>::last_shift));
  const U right = minimum(excess(d.shift, n), U(discarded<U>::last_shift));
  const U floor = (d.remainder << left) >> right;
  const U rest = d.remainder & ((U(1) << right) - U(1));
  const U half = (U(1) << right) >> 1;
  const U up = (greater(rest, half) | (equal(rest, half) & equal(floor & U(1), U(1)))) & ~equal(rest, U(0));
  return {floor, floor - ~equal(rest, U(0)), floor - up};
}

}  // namespace detail

// To the nearest; ties to the even code.
struct nearest_even {
  template <class U>
  [[gnu::always_inline]] static constexpr U round_up(const detail::discarded<U>& d) {
    return detail::above_half(d) | (detail::exactly_half(d) & d.odd);
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U&) {
    return U(0);
  }
};

// To the nearest; ties away from zero.
struct nearest_away {
  template <class U>
  [[gnu::always_inline]] static constexpr U round_up(const detail::discarded<U>& d) {
    return detail::above_half(d) | detail::exactly_half(d);
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U&) {
    return U(0);
  }
};

struct toward_zero {
  template <class U>
  [[gnu::always_inline]] static constexpr U round_up(const detail::discarded<U>&) {
    return U(0);
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U&) {
    return ~U(0);
  }
};

struct toward_positive {
  template <class U>
  [[gnu::always_inline]] static constexpr U round_up(const detail::discarded<U>& d) {
    return detail::inexact(d) & ~d.negative;
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U& negative) {
    return negative;
  }
};

struct toward_negative {
  template <class U>
  [[gnu::always_inline]] static constexpr U round_up(const detail::discarded<U>& d) {
    return detail::inexact(d) & d.negative;
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U& negative) {
    return ~negative;
  }
};

// An inexact result takes the neighbour whose code is odd: a later rounding to fewer bits is then as good as one
// rounding of the original.
struct to_odd {
  template <class U>
  [[gnu::always_inline]] static constexpr U round_up(const detail::discarded<U>& d) {
    return detail::inexact(d) & ~d.odd;
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U&) {
    return ~U(0);
  }
};

namespace detail {

// With fraction d and an N-bit random integer R, rounds up iff floor(d * 2^N) + R >= 2^N, written without the carry:
// floor(d * 2^N) > 2^N - 1 - R. From the floor of a negative number, whose fraction is 1 - d, "up" is toward zero, and
// the magnitude goes up iff ceil(d * 2^N) > R. `Bits` is one word for all lanes, or one for each.
template <class U>
[[gnu::always_inline]] constexpr U stochastic_up(const discarded<U>& d, const U& bits, int count, bool pre_round) {
  const U ones = U(static_cast<std::uint32_t>((std::uint64_t{1} << count) - 1));
  const U random = bits & ones;
  const scaled_fraction<U> f = scale_fraction(d, count);
  const U magnitude = pre_round ? f.nearest : f.floor;
  const U complement = pre_round ? f.nearest : f.ceiling;
  return select(d.from_floor, greater(complement, random), greater(magnitude, ones - random));
}

// The per-lane form that bulk conversions use.
template <class Bits>
struct stochastic_lanes {
  Bits bits;
  int count;
  bool pre_round;
  template <class U>
  [[gnu::always_inline]] constexpr U round_up(const discarded<U>& d) const {
    if constexpr (sizeof(U) == sizeof(Bits)) {
      return stochastic_up(d, bits, count, pre_round);
    } else {
      return stochastic_up(d, widen(bits), count, pre_round);
    }
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U&) {
    return U(0);
  }
};

}  // namespace detail

// Up with a probability equal to the discarded fraction. Floats round the magnitude, and so do posits, by the fraction
// of their codes (encoding/posit.hpp); fixed point and integer codes round from the floor. Fewer random bits cost
// randomness and bias the result by up to 2^-count of a unit.
//
//   bits       a uniformly random integer; its low `count` bits are used
//   count      1 to 32 (31 with pre_round)
//   pre_round  rounds the fraction to `count` bits to nearest even first, where the default truncates it
struct stochastic {
  std::uint32_t bits = 0;
  int count = 32;
  bool pre_round = false;

  template <class U>
  [[gnu::always_inline]] constexpr U round_up(const detail::discarded<U>& d) const {
    return detail::stochastic_up(d, U(bits), count, pre_round);
  }
  template <class U>
  [[gnu::always_inline]] static constexpr U overflow_stays_finite(const U&) {
    return U(0);
  }
};

// Stochastic rounding of a whole tensor: element i takes random_bits(seed, stream, first + i).
struct stochastic_sequence {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  std::uint64_t first = 0;
  int count = 32;
  bool pre_round = false;

  constexpr stochastic at(std::uint64_t i) const { return {random_bits(seed, stream, first + i), count, pre_round}; }
};

}  // namespace narrow
