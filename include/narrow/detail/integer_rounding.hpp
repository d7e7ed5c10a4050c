// Integer division by a power of two, or by an integer, under any rounding policy: the arithmetic of fixed point, where
// no floating point is involved.
#pragma once

#include <cstdint>

#include "narrow/detail/lanes.hpp"
#include "narrow/rounding.hpp"

namespace narrow::detail {

__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

// numerator / denominator rounded once. |numerator| < 2^95, 0 < denominator < 2^32.
template <class Rounding>
constexpr int128 divide(int128 numerator, std::uint64_t denominator, const Rounding& rounding) {
  const bool negative = numerator < 0;
  const uint128 magnitude = negative ? uint128{0} - static_cast<uint128>(numerator) : static_cast<uint128>(numerator);
  const uint128 quotient = magnitude / denominator;
  // The fraction remainder / denominator to 60 bits, the last of them sticky: enough for every mode, and for the 32
  // bits of a stochastic one.
  constexpr int places = 60;
  const uint128 scaled = (magnitude % denominator) << places;
  const auto fraction =
      static_cast<std::uint64_t>(scaled / denominator) | static_cast<std::uint64_t>(scaled % denominator != 0);
  const std::uint64_t sign = negative ? ~std::uint64_t{0} : 0;
  const std::uint64_t odd = (quotient & 1) != 0 ? ~std::uint64_t{0} : 0;
  const bool up = rounding.round_up(discarded<std::uint64_t>{fraction, places, odd, sign, sign}) != 0;
  const int128 result = static_cast<int128>(quotient) + (up ? 1 : 0);
  return negative ? -result : result;
}

// value * 2^-shift rounded once; shift may be negative (exact, |result| < 2^127).
template <class Rounding>
constexpr int128 shift_right(int128 value, int shift, const Rounding& rounding) {
  if (shift <= 0) return static_cast<int128>(static_cast<uint128>(value) << (shift < -126 ? 126 : -shift));
  const bool negative = value < 0;
  const uint128 magnitude = negative ? uint128{0} - static_cast<uint128>(value) : static_cast<uint128>(value);
  const uint128 quotient = shift > 127 ? 0 : magnitude >> shift;
  // The fraction to 60 bits, the last one sticky.
  constexpr int places = 60;
  const uint128 rest = shift > 127 ? magnitude : magnitude - (quotient << shift);
  std::uint64_t fraction = 0;
  if (shift <= places) {
    fraction = static_cast<std::uint64_t>(rest) << (places - shift);
  } else {
    const int drop = shift - places > 127 ? 127 : shift - places;
    fraction = static_cast<std::uint64_t>(rest >> drop);
    if ((static_cast<uint128>(fraction) << drop) != rest) fraction |= 1;
  }
  const std::uint64_t sign = negative ? ~std::uint64_t{0} : 0;
  const std::uint64_t odd = (quotient & 1) != 0 ? ~std::uint64_t{0} : 0;
  const bool up = rounding.round_up(discarded<std::uint64_t>{fraction, places, odd, sign, sign}) != 0;
  const int128 result = static_cast<int128>(quotient) + (up ? 1 : 0);
  return negative ? -result : result;
}

}  // namespace narrow::detail
