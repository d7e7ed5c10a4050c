// Rounding, defined slowly and independently of the library: values by the textbook formula, results by searching the
// sorted table of values, fractions as exact real numbers or ratios.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "narrow/encoding/fixed_point.hpp"
#include "narrow/encoding/float_format.hpp"
#include "narrow/overflow.hpp"
#include "narrow/rounding.hpp"

namespace support {

// ---- fractions in [0, 1) ----------------------------------------------------------------------------------------
// d as a real number. Every d of these tests has at most 64 significant bits.
struct real_fraction {
  long double d;

  int against_half() const { return d < 0.5L ? -1 : d > 0.5L ? 1 : 0; }
  bool inexact() const { return d != 0; }
  // floor, ceiling and nearest even of d * 2^n.
  std::uint64_t floor(int n) const { return static_cast<std::uint64_t>(std::floor(std::ldexp(d, n))); }
  std::uint64_t ceiling(int n) const { return static_cast<std::uint64_t>(std::ceil(std::ldexp(d, n))); }
  std::uint64_t nearest(int n) const { return static_cast<std::uint64_t>(std::nearbyint(std::ldexp(d, n))); }
};

__extension__ using uint128 = unsigned __int128;

// d = numerator / denominator, numerator < denominator, numerator < 2^95.
struct ratio {
  uint128 numerator, denominator;

  int against_half() const {
    const uint128 rest = denominator - numerator;
    return numerator < rest ? -1 : numerator > rest ? 1 : 0;
  }
  bool inexact() const { return numerator != 0; }
  std::uint64_t floor(int n) const { return static_cast<std::uint64_t>((numerator << n) / denominator); }
  std::uint64_t ceiling(int n) const { return floor(n) + ((numerator << n) % denominator != 0 ? 1 : 0); }
  std::uint64_t nearest(int n) const {
    const ratio rest{(numerator << n) % denominator, denominator};
    const bool up = rest.against_half() > 0 || (rest.against_half() == 0 && floor(n) % 2 == 1);
    return floor(n) + (up ? 1 : 0);
  }
};

// ---- the modes --------------------------------------------------------------------------------------------------
// A number between two neighbours, seen from zero: the nearer one to zero is `odd` or not, d lies beyond it.
template <class Fraction>
struct gap {
  Fraction d;
  bool odd, negative, from_floor;
};

template <class F>
bool goes_up(narrow::nearest_even, const gap<F>& g) {
  return g.d.against_half() > 0 || (g.d.against_half() == 0 && g.odd);
}
template <class F>
bool goes_up(narrow::nearest_away, const gap<F>& g) {
  return g.d.against_half() >= 0;
}
template <class F>
bool goes_up(narrow::toward_zero, const gap<F>&) {
  return false;
}
template <class F>
bool goes_up(narrow::toward_positive, const gap<F>& g) {
  return g.d.inexact() && !g.negative;
}
template <class F>
bool goes_up(narrow::toward_negative, const gap<F>& g) {
  return g.d.inexact() && g.negative;
}
template <class F>
bool goes_up(narrow::to_odd, const gap<F>& g) {
  return g.d.inexact() && !g.odd;
}
// Up iff f + R >= 2^N with f = floor(d * 2^N) or rne(d * 2^N). From the floor of a negative number the fraction is
// 1 - d, of which f is 2^N - ceiling(d * 2^N) or 2^N - rne(d * 2^N), and "up" is toward zero.
template <class F>
bool goes_up(const narrow::stochastic& s, const gap<F>& g) {
  if (!g.d.inexact()) return false;
  const std::uint64_t one = std::uint64_t{1} << s.count;
  const std::uint64_t random = s.bits % one;
  const bool complement = g.from_floor && g.negative;
  const std::uint64_t magnitude = s.pre_round  ? g.d.nearest(s.count)
                                  : complement ? g.d.ceiling(s.count)
                                               : g.d.floor(s.count);
  return complement ? (one - magnitude) + random < one : magnitude + random >= one;
}

// Which modes turn a finite overflow into the largest finite number.
template <class Rounding>
bool overflow_stays_finite(const Rounding&, bool negative) {
  return std::is_same_v<Rounding, narrow::toward_zero> || std::is_same_v<Rounding, narrow::to_odd> ||
         (std::is_same_v<Rounding, narrow::toward_positive> && negative) ||
         (std::is_same_v<Rounding, narrow::toward_negative> && !negative);
}

template <class Action>
void for_each_mode(const Action& action) {
  action(narrow::nearest_even{}, "nearest_even");
  action(narrow::nearest_away{}, "nearest_away");
  action(narrow::toward_zero{}, "toward_zero");
  action(narrow::toward_positive{}, "toward_positive");
  action(narrow::toward_negative{}, "toward_negative");
  action(narrow::to_odd{}, "to_odd");
}

// ---- floats -----------------------------------------------------------------------------------------------------
class float_oracle {
 public:
  explicit float_oracle(const narrow::float_descriptor& d) : d_(d) {
    std::uint32_t code = 0;
    while (code < magnitudes() && is_finite(code)) finite_.push_back(ordinary_value(code++));
    finite_.push_back(ordinary_value(code));  // what would follow in an unbounded exponent range
  }

  std::uint32_t codes() const { return magnitudes() << (d_.has_sign ? 1 : 0); }
  std::uint32_t largest() const { return static_cast<std::uint32_t>(finite_.size() - 2); }
  // The value of magnitude code i; i = largest() + 1 is the first number out of range.
  double magnitude(std::uint32_t i) const { return finite_[i]; }
  bool is_nan(std::uint32_t code) const { return std::isnan(value(code)); }

  double value(std::uint32_t code) const {
    const std::uint32_t magnitude_code = code % magnitudes();
    const double sign = code >= magnitudes() ? -1.0 : 1.0;
    if (d_.special == narrow::specials::nan_negative_zero && code == magnitudes()) return nan;
    if (is_finite(magnitude_code)) return sign * ordinary_value(magnitude_code);
    const bool infinite = d_.special == narrow::specials::infinity_and_nan && mantissa(magnitude_code) == 0;
    return infinite ? sign * std::numeric_limits<double>::infinity() : nan;
  }

  // Where x lies: the magnitude code nearer to zero and the fraction beyond it. Beyond the table: overflow.
  struct place {
    double x;
    std::uint32_t below;
    double d;
  };
  place locate(double x) const {
    const double a = std::fabs(x);
    if (!(a >= finite_.front())) return {x, 0, 0};
    const auto above = std::upper_bound(finite_.begin(), finite_.end(), a);
    if (above == finite_.end()) return {x, largest() + 1, 0};
    // Neighbours lie a power of two apart, and a - low is exact: so is the quotient.
    const double low = *(above - 1);
    return {x, static_cast<std::uint32_t>(above - finite_.begin() - 1), (a - low) / (*above - low)};
  }

  template <class Overflow, class Rounding>
  std::uint32_t encode(const place& p, const Rounding& rounding) const {
    const bool negative = std::signbit(p.x);
    const std::uint32_t sign = negative && d_.has_sign ? magnitudes() : 0;
    if (std::isnan(p.x)) return encode_nan(negative);
    if (!d_.has_sign && p.x < 0) return d_.has_zero ? 0 : encode_nan(false);
    const gap<real_fraction> g{{p.d}, p.below % 2 == 1, negative, false};
    const std::uint32_t rounded = p.below + (goes_up(rounding, g) ? 1 : 0);
    const bool zero = rounded == 0 && d_.special == narrow::specials::nan_negative_zero;
    if (rounded <= largest()) return zero ? 0 : rounded + sign;
    const bool finite =
        std::is_same_v<Overflow, narrow::saturate> || (!std::isinf(p.x) && overflow_stays_finite(rounding, negative));
    if (finite) return largest() + sign;
    return d_.special == narrow::specials::infinity_and_nan ? largest() + 1 + sign : encode_nan(negative);
  }

 private:
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

  std::uint32_t magnitudes() const { return std::uint32_t{1} << (d_.exponent_bits + d_.mantissa_bits); }
  std::uint32_t mantissa(std::uint32_t code) const { return code % (std::uint32_t{1} << d_.mantissa_bits); }
  // (-1)^s * 2^(e - bias) * (1 + m / 2^M), or 2^(1 - bias) * (m / 2^M) where e = 0 and there is a zero.
  double ordinary_value(std::uint32_t code) const {
    const int field = static_cast<int>(code >> d_.mantissa_bits);
    const bool subnormal = field == 0 && d_.has_zero;
    const double significand = (subnormal ? 0.0 : 1.0) + std::ldexp(mantissa(code), -d_.mantissa_bits);
    return std::ldexp(significand, (subnormal ? 1 : field) - d_.bias);
  }
  bool is_finite(std::uint32_t code) const {
    const std::uint32_t top = (std::uint32_t{1} << d_.exponent_bits) - 1;
    if (d_.special == narrow::specials::infinity_and_nan) return code >> d_.mantissa_bits != top;
    return d_.special != narrow::specials::nan_all_ones || code != magnitudes() - 1;
  }
  // Signs are kept where NaN has two codes; a format without NaN gives -0, or 0 where there is no sign.
  std::uint32_t encode_nan(bool negative) const {
    const std::uint32_t sign_bit = d_.has_sign ? magnitudes() : 0;
    if (d_.special == narrow::specials::nan_negative_zero || d_.special == narrow::specials::none) return sign_bit;
    const std::uint32_t quiet = d_.special == narrow::specials::nan_all_ones
                                    ? magnitudes() - 1
                                    : largest() + 1 + (std::uint32_t{1} << (d_.mantissa_bits - 1));
    return quiet + (negative ? sign_bit : 0);
  }

  narrow::float_descriptor d_;
  std::vector<double> finite_;
};

// ---- fixed point ------------------------------------------------------------------------------------------------
struct fixed_oracle {
  int bits;
  bool is_signed;

  std::int64_t highest() const { return (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1; }
  std::int64_t lowest() const { return is_signed ? -highest() - 1 : 0; }

  // Where x * 2^fraction lies: the magnitude of the integer nearer to zero, and the fraction beyond it.
  struct place {
    double x;
    long double below, d;
    bool odd;
  };
  static place locate(double x, int fraction) {
    if (!std::isfinite(x)) return {x, 0, 0, false};
    const long double scaled = std::ldexp(std::fabs(static_cast<long double>(x)), fraction);
    const long double below = std::floor(scaled);
    return {x, below, scaled - below, std::fmod(below, 2) != 0};
  }

  // The integer code, as a number (of two's complement where signed).
  template <class Overflow, class Rounding>
  std::int64_t encode(const place& p, const Rounding& rounding) const {
    if (std::isnan(p.x)) return 0;
    const bool negative = std::signbit(p.x);
    const bool wraps = std::is_same_v<Overflow, narrow::wrap>;
    const std::int64_t low = std::is_same_v<Overflow, narrow::saturate_symmetric> && is_signed ? -highest() : lowest();
    if (std::isinf(p.x)) return wraps ? 0 : negative ? low : highest();
    const gap<real_fraction> g{{p.d}, p.odd, negative, true};
    const long double rounded = (negative ? -1 : 1) * (p.below + (goes_up(rounding, g) ? 1 : 0));
    if (wraps) return wrapped(rounded);
    return rounded < static_cast<long double>(low)         ? low
           : rounded > static_cast<long double>(highest()) ? highest()
                                                           : static_cast<std::int64_t>(rounded);
  }
  template <class Overflow, class Rounding>
  std::int64_t encode(double x, int fraction, const Rounding& rounding) const {
    return encode<Overflow>(locate(x, fraction), rounding);
  }

 private:
  std::int64_t wrapped(long double integer) const {
    if (std::fabs(integer) < 0x1p62L) return wrapped(static_cast<std::int64_t>(integer));
    const std::int64_t modulus = std::int64_t{1} << bits;
    return wrapped(static_cast<std::int64_t>(std::fmod(integer, static_cast<long double>(modulus))));
  }
  std::int64_t wrapped(std::int64_t integer) const {
    const std::int64_t modulus = std::int64_t{1} << bits;
    const std::int64_t rest = integer % modulus;
    const std::int64_t code = rest < 0 ? rest + modulus : rest;
    return code > highest() ? code - modulus : code;
  }
};

// ---- inputs -----------------------------------------------------------------------------------------------------
// x as a Real with its two neighbours.
template <class Real, class Action>
void for_neighbours(double x, const Action& action) {
  const Real r = static_cast<Real>(x);
  action(r);
  action(std::nextafter(r, -std::numeric_limits<Real>::infinity()));
  action(std::nextafter(r, std::numeric_limits<Real>::infinity()));
}

// Numbers outside every table: the edges of Real, zeros, infinities and NaN.
template <class Real>
std::vector<Real> edge_cases() {
  using limits = std::numeric_limits<Real>;
  std::vector<Real> result{
      0, limits::denorm_min(), limits::min(), limits::max(), limits::infinity(), limits::quiet_NaN()};
  for (const int exponent : {-140, -126, -100, -40, 40, 100, 126, 127}) result.push_back(std::ldexp(Real{1}, exponent));
  const std::size_t positive = result.size();
  for (std::size_t i = 0; i < positive; ++i) result.push_back(std::copysign(result[i], Real{-1}));
  return result;
}

}  // namespace support
