// Fitting weights whose codes are signs, or signs and zeros: {-a, +a} and {-a, 0, +a}, the scale a per tensor or along
// an axis.
//
//   quantize<binary>(w, binary_fit(w, per_column));               a = mean |w|
//   quantize<ternary>(w, ternary_fit(w, per_column));             the least square error there is
//   quantize<ternary>(w, ternary_fit(w, mean_threshold{}));       zero up to 0.7 mean |w|, a = mean of what is kept
//
// Of groups of N weights, each with its scale: grouped_ternary<N> (block_formats.hpp).
// Where all weights are zero, a is 1 for ternary codes, and for binary ones the smallest normal float.
// Sources: Rastegari et al., "XNOR-Net", ECCV 2016; Li, Zhang, Liu, "Ternary Weight Networks", 2016; Mellempudi et
// al., "Ternary Neural Networks with Fine-Grained Quantization", 2017 (a scale for each group).
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "narrow/scheme/affine.hpp"
#include "narrow/scheme/block.hpp"
#include "narrow/scheme/fit.hpp"
#include "narrow/scheme/scale_rule.hpp"

namespace narrow {

// Weights become zero up to factor * mean |w|.
struct mean_threshold {
  double factor = 0.7;
};

// Codes are chosen by one scheme and read under another: a weight is zero up to half its scale under `choice`, and
// becomes minus or plus its scale under `reading`.
struct ternary_parameters {
  affine choice, reading;
};

namespace detail {

// Magnitudes, one vector for each set of parameters. Errors: a value that is not finite.
template <class T, std::size_t Rank>
std::vector<std::vector<double>> magnitudes(const tensor_view<T, Rank>& w, granularity axis) {
  auto result = slices(tensor_view<const std::remove_cv_t<T>, Rank>(w), axis);
  for (auto& slice : result) std::ranges::transform(slice, slice.begin(), [](double x) { return std::abs(x); });
  return result;
}

// A power of two near the largest magnitude, and its inverse: in multiples of it neither sums nor their squares
// overflow or vanish.
struct magnitude_unit {
  double unit, inverse, largest;
  explicit magnitude_unit(const std::vector<double>& magnitudes) {
    largest = magnitudes.empty() ? 0 : std::ranges::max(magnitudes);
    const int exponent = std::clamp(parts_of(largest).exponent, -1000, 1000);
    unit = power_of_two(exponent), inverse = power_of_two(-exponent);
  }
  double operator()(double magnitude) const { return magnitude * inverse; }
  // Of a mean, which roundings may carry beyond the largest.
  double value(double mean) const { return std::min(mean, largest * inverse) * unit; }
};

inline double mean(const std::vector<double>& magnitudes) {
  const magnitude_unit in_units(magnitudes);
  double sum = 0;
  for (const double magnitude : magnitudes) sum += in_units(magnitude);
  return magnitudes.empty() ? 0 : in_units.value(sum / static_cast<double>(magnitudes.size()));
}

inline float positive_scale(double scale, float of_zeros = 1) {
  using limits = std::numeric_limits<float>;
  if (scale == 0) return of_zeros;
  return static_cast<float>(std::clamp(scale, static_cast<double>(limits::min()), static_cast<double>(limits::max())));
}

// The scale of the least square error. With the t largest magnitudes kept, the best scale is their mean and the error
// sum(w^2) - (their sum)^2 / t; the best t is one of all. At the best scale a the kept ones are those beyond a / 2, as
// for any scale, so that rounding to the nearest code finds them again.
inline double best_ternary_scale(std::vector<double> magnitudes) {
  std::ranges::sort(magnitudes, std::greater<>());
  const magnitude_unit in_units(magnitudes);
  double sum = 0, most = 0, scale = 0, t = 0;
  for (const double magnitude : magnitudes) {
    sum += in_units(magnitude);
    const double mean = sum / ++t;
    const double gain = sum * mean;
    if (gain > most) most = gain, scale = mean;
  }
  return in_units.value(scale);
}

// What weights of these magnitudes become zero up to, twice: a float. No scale is zero: a threshold that would be is
// the smallest there is.
inline float twice_threshold(const std::vector<double>& magnitudes, const mean_threshold& rule) {
  return positive_scale(
      std::max(2 * rule.factor * mean(magnitudes), static_cast<double>(std::numeric_limits<float>::min())));
}
// The mean of the magnitudes beyond it; 0 where there are none.
inline double mean_beyond(std::vector<double> magnitudes, float twice_threshold) {
  std::erase_if(magnitudes, [half = static_cast<double>(twice_threshold) / 2](double x) { return x <= half; });
  return mean(magnitudes);
}

inline void check_rule(const mean_threshold& rule) {
  require(rule.factor >= 0 && is_finite(rule.factor), "ternary_fit: mean_threshold is ", rule.factor,
          "; it must be at least 0 and finite");
}

// As `choice` of ternary_parameters, of blocks: codes are those of x / (2 * threshold).
template <std::size_t Length>
class block_thresholds : public block_layout<Length> {
 public:
  static constexpr bool takes_vectors = true;
  template <std::size_t Rank>
  block_thresholds(const std::array<std::size_t, Rank>& extents, std::size_t axis, std::vector<float> twice)
      : block_layout<Length>(extents, axis), twice_(std::move(twice)) {}
  std::size_t count() const { return twice_.size(); }

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] bits_of<Real> encode(const Real& x, const Place& place, const Rounding& rounding) const {
    return E::template encode<Overflow>(quotient(x, parameter<Real>(twice_.data(), place)), rounding);
  }
  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real decode(const bits_of<Real>& code, const Place& place) const {
    return Real(E::template decode<Real>(code) * parameter<Real>(twice_.data(), place));
  }

 private:
  std::vector<float> twice_;
};

}  // namespace detail

// The rule of blocks of ternary codes: the least square error of all scales and all choices of zeros, but for the
// rounding of the scale; 1 where all is zero.
struct scale_ternary {
  static constexpr bool takes_magnitudes = true;
  template <encoding E>
  static double of_block(const std::vector<double>& magnitudes) {
    static_assert(std::is_same_v<E, encoding_of<ternary>>, "scale_ternary is for blocks of ternary");
    const double scale = detail::best_ternary_scale(magnitudes);
    return scale > 0 ? scale : 1;
  }
};

// The scheme of binary codes: the mean magnitude, which has the least square error of all scales.
// Errors: an axis that w does not have; a weight that is not finite.
template <class T, std::size_t Rank>
affine binary_fit(const tensor_view<T, Rank>& w, granularity axis = per_tensor) {
  std::vector<float> scales;
  for (const auto& slice : detail::magnitudes(w, axis)) {
    scales.push_back(detail::positive_scale(detail::mean(slice), std::numeric_limits<float>::min()));
  }
  return affine(axis, std::move(scales));
}

// The scheme of ternary codes with the least square error of all scales and all choices of zeros. Errors: the same.
template <class T, std::size_t Rank>
affine ternary_fit(const tensor_view<T, Rank>& w, granularity axis = per_tensor) {
  std::vector<float> scales;
  for (auto& slice : detail::magnitudes(w, axis)) {
    scales.push_back(detail::positive_scale(detail::best_ternary_scale(std::move(slice))));
  }
  return affine(axis, std::move(scales));
}

// The threshold, a float, is factor * mean |w|; the scale is the mean of the magnitudes above it.
// Errors: the same; a factor that is negative or not finite.
template <class T, std::size_t Rank>
ternary_parameters ternary_fit(const tensor_view<T, Rank>& w, mean_threshold rule, granularity axis = per_tensor) {
  detail::check_rule(rule);
  std::vector<float> choices, scales;
  for (const auto& slice : detail::magnitudes(w, axis)) {
    choices.push_back(detail::twice_threshold(slice, rule));
    scales.push_back(detail::positive_scale(detail::mean_beyond(slice, choices.back())));
  }
  return {affine(axis, std::move(choices)), affine(axis, std::move(scales))};
}

}  // namespace narrow
