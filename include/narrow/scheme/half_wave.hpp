// The half-wave Gaussian quantizer of activations: zero where x <= 0, and above it the nearest of step, 2 step, ...,
// of which the first begins right at zero: what is positive never becomes zero. Codes are those multiples, so that
// products take them as unsigned integers; 2 bits are codes 0 to 3. Levels that are not even err by less, and have no
// such factor: products take them as floats.
//
//   auto xq = quantize<uint2>(x, half_wave_fit<uint2>());      // x before the activation, normalized by its batch
//   auto xq = quantize<uint2>(x, half_wave_levels_fit<2>());   // 0, 0.453 and 1.51
//
// Source: Cai, He, Sun, Vasconcelos, "Deep Learning with Low Precision by Half-wave Gaussian Quantization", CVPR 2017.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "narrow/detail/classify.hpp"
#include "narrow/detail/exact.hpp"
#include "narrow/element.hpp"
#include "narrow/encoding/encoding.hpp"
#include "narrow/scheme/scheme.hpp"

namespace narrow {

namespace detail {

// A mask: the Real whose bits these are is positive. From the smallest to infinity the bits are 1 to those of infinity,
// above which NaN lies.
template <class Real>
[[gnu::always_inline]] constexpr bits_of<Real> positive(const bits_of<Real>& bits) {
  using U = bits_of<Real>;
  using layout = real_layout<Real>;
  const U infinite = U((std::uint32_t{1} << (layout::width - 1 - layout::mantissa_bits)) - 1) << layout::mantissa_bits;
  return less(bits - U(1), infinite);
}

}  // namespace detail

class half_wave {
 public:
  static constexpr bool takes_vectors = true;

  // Errors: a step that is zero, negative, subnormal or not finite.
  explicit half_wave(float step) : step_(step) {
    detail::require(detail::is_normal(step) && step > 0, "half_wave: step is ", step,
                    "; it must be a positive normal number");
  }

  static constexpr granularity axis() { return per_tensor; }
  static constexpr std::size_t count() { return 1; }
  float step() const { return step_; }
  // The value of the largest code of T. Gradients pass below it.
  template <coded_element T>
  double highest() const {
    return static_cast<double>(step_) * static_cast<double>(encoding_of<T>::max_code);
  }
  template <fixed_point_encoding E>
  double factor(std::size_t) const {
    return static_cast<double>(step_);
  }

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] detail::bits_of<Real> encode(const Real& x, const Place&, const Rounding& rounding) const {
    using U = detail::bits_of<Real>;
    static_assert(has_step_codes<E>, "half_wave needs integer codes");
    static_assert(std::is_same_v<Overflow, saturate> || std::is_same_v<Overflow, saturate_symmetric>,
                  "half_wave ends at the largest code: it can only saturate");
    const Real quotient = detail::quotient(x, Real(step_));
    const detail::code_range<U> range{U(0), U(static_cast<std::uint32_t>(E::max_code))};
    const U code = detail::real_to_integer<saturate>(quotient, 0, rounding, range);
    return code | (detail::positive<Real>(detail::to_bits(x)) & detail::equal(code, U(0)) & U(1));
  }

  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real decode(const detail::bits_of<Real>& code, const Place&) const {
    static_assert(has_step_codes<E>, "half_wave needs integer codes");
    return Real(detail::integer_to_real<Real>(code) * Real(step_));
  }

 private:
  template <encoding E>
  static constexpr bool has_step_codes = [] {
    if constexpr (fixed_point_encoding<E>) {
      return E::fraction_bits == 0 && E::bits <= 18;  // 16, and 2 more where overflows are counted
    } else {
      return false;
    }
  }();

  float step_;
};

namespace detail {

// The steps of the least mean square error over the positive half of a standard normal distribution, for 1 to 8 bits.
// The paper, which fits samples, has 0.538 for 2.
inline constexpr double half_wave_steps[] = {0.797885, 0.538812,  0.321729,  0.184243,
                                             0.102984, 0.0565843, 0.0306914, 0.0164818};

}  // namespace detail

// The scheme that fits normally distributed x of mean zero, in codes of T, unsigned integers of up to 8 bits.
//   deviation   of x, in its units
// Errors: a deviation that leaves no positive normal step.
template <coded_element T>
half_wave half_wave_fit(double deviation = 1) {
  using E = encoding_of<T>;
  static_assert(fixed_point_encoding<E> && !E::is_signed && E::bits <= 8 && E::fraction_bits == 0,
                "half_wave_fit needs an unsigned integer format of up to 8 bits");
  const double step = deviation * detail::half_wave_steps[E::bits - 1];
  detail::require(step >= 0x1p-126 && step < 0x1p127, "half_wave_fit: deviation is ", deviation,
                  "; it must be positive, and the step that follows, ", step, ", a normal float");
  return half_wave(static_cast<float>(step));
}

// Zero where x <= 0, and above it the nearest of `Levels` positive numbers, of which the first begins right at zero;
// code k is the k-th of them. The bounds are the midpoints between them, as floats; a number on one takes the lower
// level. Only to nearest.
template <std::size_t Levels>
class half_wave_levels {
 public:
  static_assert(Levels >= 1 && Levels <= 15, "there are 1 to 15 levels beside zero");
  static constexpr bool takes_vectors = true;

  // Errors: levels that are not positive normal numbers, each greater than the one before.
  explicit half_wave_levels(const std::array<float, Levels>& levels) : levels_(levels) {
    for (std::size_t k = 0; k < Levels; ++k) {
      detail::require(detail::is_normal(levels[k]) && levels[k] > (k == 0 ? 0.0F : levels[k - 1]),
                      "half_wave_levels: level[", k, "] is ", levels[k],
                      "; it must be a positive normal number, greater than the one before");
      if (k != 0) bounds_[k - 1] = static_cast<float>((double{levels[k - 1]} + double{levels[k]}) / 2);
    }
  }

  static constexpr granularity axis() { return per_tensor; }
  static constexpr std::size_t count() { return 1; }
  const std::array<float, Levels>& levels() const { return levels_; }
  // The largest. Gradients pass below it.
  double highest() const { return static_cast<double>(levels_[Levels - 1]); }
  // Of a tensor. Counts of overflows encode with more bits, and a sign.
  template <encoding E>
  static constexpr void check_codes() {
    check_integers<E>();
    if constexpr (fixed_point_encoding<E>) static_assert(!E::is_signed, "half_wave_levels needs unsigned codes");
  }

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] detail::bits_of<Real> encode(const Real& x, const Place&, const Rounding&) const {
    using U = detail::bits_of<Real>;
    check_integers<E>();
    static_assert(std::is_same_v<Overflow, saturate>,
                  "half_wave_levels ends at its largest level: it can only saturate");
    static_assert(std::is_same_v<Rounding, nearest_even>, "half_wave_levels takes the nearest level, and no other");
    const U bits = detail::to_bits(x), positive = detail::positive<Real>(bits);
    U code = positive & U(1);
    for (std::size_t k = 0; k + 1 < Levels; ++k) {
      code = code + (positive & detail::greater(bits, detail::to_bits(Real(bounds_[k]))) & U(1));
    }
    return code;
  }

  // Codes beyond the last level, which a caller wrote, are that level.
  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real decode(const detail::bits_of<Real>& code, const Place&) const {
    using U = detail::bits_of<Real>;
    check_integers<E>();
    U value = U(0);
    for (std::size_t k = 0; k < Levels; ++k) {
      const U reached = detail::greater(code, U(static_cast<std::uint32_t>(k)));
      value = detail::select(reached, detail::to_bits(Real(levels_[k])), value);
    }
    return detail::from_bits<Real>(value);
  }

 private:
  template <encoding E>
  static constexpr void check_integers() {
    constexpr bool fit = [] {
      if constexpr (fixed_point_encoding<E>) return E::fraction_bits == 0 && E::max_code >= std::int64_t{Levels};
      return false;
    }();
    static_assert(fit, "half_wave_levels needs integer codes, one for each level and zero");
  }

  std::array<float, Levels> levels_;
  std::array<float, Levels> bounds_{};  // below levels 1, 2, ...
};

// The levels of the least mean square error over normally distributed x of mean zero, what lies below zero apart: each
// the mean of what it stands for (Lloyd). The paper's two-level set is that of 2: 0.453 and 1.51.
//   deviation   of x, in its units
// Errors: a deviation that leaves no positive normal levels.
template <std::size_t Levels>
half_wave_levels<Levels> half_wave_levels_fit(double deviation = 1) {
  const double root = std::sqrt(2.0), infinity = std::numeric_limits<double>::infinity();
  const double density = std::sqrt(2 / std::acos(-1.0));  // of the half-normal distribution at zero
  std::array<double, Levels> levels;
  for (std::size_t k = 0; k < Levels; ++k) levels[k] = 2 * static_cast<double>(k + 1) / static_cast<double>(Levels + 1);
  for (double change = 1; change > 1e-10;) {
    change = 0;
    double low = 0;
    for (std::size_t k = 0; k < Levels; ++k) {
      const double high = k + 1 < Levels ? (levels[k] + levels[k + 1]) / 2 : infinity;
      const double share = std::erfc(low / root) - std::erfc(high / root);
      const double mean = density * (std::exp(-low * low / 2) - std::exp(-high * high / 2)) / share;
      change = std::max(change, std::abs(mean - levels[k]));
      levels[k] = mean;
      low = high;
    }
  }
  std::array<float, Levels> result;
  for (std::size_t k = 0; k < Levels; ++k) result[k] = static_cast<float>(deviation * levels[k]);
  return half_wave_levels<Levels>(result);
}

}  // namespace narrow
