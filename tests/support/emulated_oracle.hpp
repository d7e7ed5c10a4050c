// Emulated accumulators, slowly: exact sums as integers or as ratios, and the tests' own rounding.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/emulated.hpp"
#include "support/exact.hpp"
#include "support/oracle.hpp"

namespace support {

__extension__ using int128 = __int128;

// x * 2^64, exact for multiples of 2^-64 below 2^62.
inline int128 in_units(double x) {
  int exponent = 0;
  const auto significand = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
  const int shift = exponent - 53 + 64;
  return shift >= 0 ? int128{significand} * (int128{1} << shift) : int128{significand} / (int128{1} << -shift);
}

// The value of T that an exact value, not zero and in units of 2^-64, is rounded to.
template <class T, class Rounding>
double rounded(int128 value, const Rounding& rounding) {
  using E = typename T::encoding_type;
  using Overflow = typename T::overflow_type;
  constexpr bool fixed = narrow::fixed_point_encoding<E>;
  const bool negative = value < 0;
  const uint128 magnitude = negative ? uint128{0} - static_cast<uint128>(value) : static_cast<uint128>(value);
  int quantum = 0;  // the exponent of one unit in the last place
  if constexpr (fixed) {
    quantum = -E::fraction_bits;
  } else {
    constexpr auto d = E::descriptor;
    quantum = std::max(bit_length(magnitude) - 1 - 64 - d.mantissa_bits, 1 - d.bias - d.mantissa_bits);
  }
  const int shift = std::max(quantum + 64, 0);
  if (quantum + 64 < 0) quantum = -64;
  const uint128 kept = magnitude >> shift, rest = magnitude - (kept << shift);
  const gap<ratio> g{{rest, uint128{1} << shift}, kept % 2 == 1, negative, fixed};
  const auto integer = static_cast<std::int64_t>(kept) + (goes_up(rounding, g) ? 1 : 0);
  if constexpr (fixed) {
    const fixed_oracle oracle{E::bits, E::is_signed};
    // An exact integer: what is left is to overflow.
    const double code = static_cast<double>(negative ? -integer : integer);
    return std::ldexp(static_cast<double>(oracle.encode<Overflow>(code, 0, narrow::nearest_even{})), quantum);
  } else {
    const static float_oracle oracle(E::descriptor);
    const double result = std::ldexp(static_cast<double>(integer), quantum);
    const double largest = oracle.magnitude(oracle.largest());
    if (result == 0 && E::descriptor.special == narrow::specials::nan_negative_zero) return 0;
    if (result <= largest) return negative ? -result : result;
    if (std::is_same_v<Overflow, narrow::saturate> || overflow_stays_finite(rounding, negative)) {
      return negative ? -largest : largest;
    }
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return !E::has_infinity ? std::numeric_limits<double>::quiet_NaN() : negative ? -infinity : infinity;
  }
}

// The sign of an exact zero sum x + y.
template <class Rounding>
double zero_of(double x, double y, const Rounding&) {
  const bool down = std::is_same_v<Rounding, narrow::toward_negative>;
  return (down ? std::signbit(x) || std::signbit(y) : std::signbit(x) && std::signbit(y)) ? -0.0 : 0.0;
}

template <class T, class Rounding>
double step_in_units(double sum, double a, double b, const Rounding& rounding) {
  using E = typename T::encoding_type;
  if (!std::isfinite(sum) || !std::isfinite(a)) return sum + a * b;  // of formats with an infinity
  const int128 exact = in_units(sum) + in_units(a * b);
  if (exact != 0) return rounded<T>(exact, rounding);
  if constexpr (narrow::fixed_point_encoding<E>) {
    return 0;
  } else {
    return E::descriptor.special == narrow::specials::nan_negative_zero ? 0.0 : zero_of(a * b, sum, rounding);
  }
}

// The sum that emulated.hpp describes, of a(k) * b(k), for finite terms of moderate size.
template <class Option, class A, class B>
double slow_sum(const Option& option, std::size_t depth, const A& a, const B& b, std::uint64_t element) {
  using T = typename Option::accumulator_type;
  constexpr bool whole_chunks = requires(Option o) {
    [](narrow::float32_chunks<T, typename Option::rounding_type>&) {}(o);
  };
  const std::uint64_t chunks = depth / option.chunk + (depth % option.chunk != 0 ? 1 : 0);
  const std::uint64_t roundings = (whole_chunks ? chunks : depth) + chunks - 1;
  std::uint64_t index = element * ((roundings + 63) / 64 * 64);
  const auto next = [&] {
    if constexpr (std::is_same_v<typename Option::rounding_type, narrow::stochastic_sequence>) {
      const auto& s = option.rounding;
      return narrow::stochastic{narrow::random_bits(s.seed, s.stream, s.first + index++), s.count, s.pre_round};
    } else {
      return option.rounding;
    }
  };
  double total = 0;
  for (std::size_t first = 0; first < depth;) {
    const std::size_t last = option.chunk < depth - first ? first + option.chunk : depth;
    double sum = 0;
    float chain = 0;
    for (std::size_t k = first; k < last; ++k) {
      if (whole_chunks) {
        chain = std::fma(static_cast<float>(a(k)), static_cast<float>(b(k)), chain);
      } else {
        sum = step_in_units<T>(sum, a(k), b(k), next());
      }
    }
    if (whole_chunks) sum = step_in_units<T>(std::copysign(0.0, chain), static_cast<double>(chain), 1, next());
    total = first == 0 ? sum : step_in_units<T>(total, sum, 1, next());
    first = last;
  }
  return total;
}

// One step for any terms of at most 16 significant bits, special ones too; not stochastic.
template <class T, class Rounding>
double slow_step(double sum, double a, double b, const Rounding& rounding) {
  using E = typename T::encoding_type;
  static const float_oracle oracle(E::descriptor);
  const auto encoded = [&](const float_oracle::place& place) {
    return oracle.value(oracle.encode<typename T::overflow_type>(place, rounding));
  };
  const bool finite = std::isfinite(a) && std::isfinite(b) && std::isfinite(sum);
  if (!finite) {
    // A product that double holds: 0 * infinity, and whatever meets an infinity.
    return encoded(oracle.locate(a * b + sum));
  }
  const exact whole = support::sum(product(exactly(a), exactly(b)), exactly(sum));
  if (whole.numerator == 0) return encoded(oracle.locate(zero_of(a * b, sum, rounding)));
  return encoded(locate(oracle, E::descriptor, whole));
}

}  // namespace support
