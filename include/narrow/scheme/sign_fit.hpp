// Fitting weights whose codes are signs, or signs and zeros: {-a, +a} and {-a, 0, +a}, the scale a per tensor or along
// an axis.
//
//   quantize<binary>(w, binary_fit(w, per_column));               a = mean |w|
//   quantize<ternary>(w, ternary_fit(w, per_column));             the least square error there is
//   quantize<ternary>(w, ternary_fit(w, mean_threshold{}));       zero up to 0.7 mean |w|, a = mean of what is kept
//
// Groups of N weights are rows of a view of N columns, for study: products take them as the floats they stand for.
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
#include "narrow/scheme/fit.hpp"

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

inline double mean(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += value;
  return x.empty() ? 0 : sum / static_cast<double>(x.size());
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
  double sum = 0, most = 0, scale = 0, t = 0;
  for (const double magnitude : magnitudes) {
    sum += magnitude;
    const double mean = sum / ++t;
    const double gain = sum * mean;
    if (gain > most) most = gain, scale = mean;
  }
  return scale;
}

}  // namespace detail

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
  detail::require(rule.factor >= 0 && detail::is_finite(rule.factor), "ternary_fit: mean_threshold is ", rule.factor,
                  "; it must be at least 0 and finite");
  std::vector<float> choices, scales;
  for (auto& slice : detail::magnitudes(w, axis)) {
    // No scale is zero: a threshold that would be is the smallest there is.
    const double twice = 2 * rule.factor * detail::mean(slice);
    choices.push_back(detail::positive_scale(std::max(twice, double{std::numeric_limits<float>::min()})));
    std::erase_if(slice, [half = static_cast<double>(choices.back()) / 2](double x) { return x <= half; });
    scales.push_back(detail::positive_scale(detail::mean(slice)));
  }
  return {affine(axis, std::move(choices)), affine(axis, std::move(scales))};
}

}  // namespace narrow
