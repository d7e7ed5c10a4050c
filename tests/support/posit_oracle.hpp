// Posits, defined slowly and independently of the library: numbers by reading a code bit by bit, codes by searching for
// them, and fractions of a code's last place by looking into posits of more bits, whose codes divide it evenly.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "support/oracle.hpp"

namespace support {

// significand * 2^exponent.
struct dyadic {
  std::uint64_t significand;
  int exponent;
};

struct posit_oracle {
  int bits, exponent_bits;

  std::uint64_t largest() const { return (std::uint64_t{1} << (bits - 1)) - 1; }

  // The number of a positive code.
  dyadic value(std::uint64_t code) const {
    int place = bits - 2;
    const auto next = [&] { return place < 0 ? 0 : static_cast<int>((code >> place--) & 1); };
    const int first = next();
    int run = 1;
    while (place >= 0 && static_cast<int>((code >> place) & 1) == first) --place, ++run;
    next();
    int exponent = (first == 1 ? run - 1 : -run) * (1 << exponent_bits);
    for (int i = exponent_bits - 1; i >= 0; --i) exponent += next() << i;
    dyadic result{1, exponent};
    while (place >= 0) result.significand = 2 * result.significand + static_cast<unsigned>(next()), --result.exponent;
    return result;
  }
  // Of any code, NaR included.
  double real(std::uint64_t code) const {
    if (code == 0) return 0;
    if (code == largest() + 1) return std::numeric_limits<double>::quiet_NaN();
    const bool negative = code > largest();
    const dyadic v = value(negative ? 2 * largest() + 2 - code : code);
    return std::ldexp(static_cast<double>(v.significand), v.exponent) * (negative ? -1 : 1);
  }

  // The last code whose number is not above |x|. compare(v) is the sign of |x| - v.
  template <class Compare>
  std::uint64_t floor(const Compare& compare) const {
    std::uint64_t code = 0;
    for (int i = bits - 2; i >= 0; --i) {
      const std::uint64_t higher = code | std::uint64_t{1} << i;
      if (compare(value(higher)) >= 0) code = higher;
    }
    return code;
  }
};

// How far |x| lies beyond a code, in units of the last place.
template <class Compare>
struct posit_fraction {
  posit_oracle oracle;
  std::uint64_t code;
  const Compare& compare;

  std::uint64_t floor(int n) const { return longer(n).floor(compare) - (code << n); }
  bool is_floor(int n) const { return compare(longer(n).value((code << n) + floor(n))) == 0; }
  std::uint64_t ceiling(int n) const { return floor(n) + (is_floor(n) ? 0 : 1); }
  std::uint64_t nearest(int n) const {
    const std::uint64_t halves = floor(n + 1);
    const bool tie = halves % 2 == 1 && is_floor(n + 1);
    return halves / 2 + (tie ? halves / 2 % 2 : halves % 2);
  }
  int against_half() const { return floor(1) == 0 ? -1 : is_floor(1) ? 0 : 1; }
  bool inexact() const { return compare(oracle.value(code)) != 0; }

 private:
  posit_oracle longer(int n) const { return {oracle.bits + n, oracle.exponent_bits}; }
};

// Where a number other than zero lies, for the modes that ask of the fraction no more than this.
struct posit_place {
  struct located {
    int half;
    bool more;
    int against_half() const { return half; }
    bool inexact() const { return more; }
  };
  posit_oracle oracle;
  bool negative;
  std::uint64_t code;
  located d;
};
template <class Compare>
posit_place locate(const posit_oracle& oracle, bool negative, const Compare& compare) {
  const std::uint64_t code = oracle.floor(compare);
  if (code == 0 || code == oracle.largest()) return {oracle, negative, code, {}};
  const posit_fraction<Compare> d{oracle, code, compare};
  return {oracle, negative, code, {d.against_half(), d.inexact()}};
}

// The code, sign-extended: never zero or NaR.
template <class Fraction, class Rounding>
std::int64_t posit_code(const posit_place& p, const Fraction& d, const Rounding& rounding) {
  std::uint64_t code = p.code;
  const bool between = code != 0 && code != p.oracle.largest();
  if (code == 0 || (between && goes_up(rounding, gap<Fraction>{d, code % 2 == 1, p.negative, false}))) ++code;
  return p.negative ? -static_cast<std::int64_t>(code) : static_cast<std::int64_t>(code);
}
template <class Rounding>
std::int64_t posit_code(const posit_place& p, const Rounding& rounding) {
  return posit_code(p, p.d, rounding);
}
inline std::int64_t not_a_real(const posit_oracle& oracle) { return -static_cast<std::int64_t>(oracle.largest()) - 1; }

// |x| for the searches above.
struct compare_with {
  long double magnitude;
  explicit compare_with(double x) : magnitude(std::fabs(x)) {}
  int operator()(const dyadic& v) const {
    const long double b = std::ldexp(static_cast<long double>(v.significand), v.exponent);
    return magnitude < b ? -1 : magnitude > b ? 1 : 0;
  }
};

}  // namespace support
