// The scale and the zero point that affine::fit chooses for some values, by each of its methods (scheme/fit.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/scheme/fit.hpp"
#include "narrow/scheme/sawb.hpp"

namespace narrow::detail {

struct scale_and_zero {
  float scale;
  std::int32_t zero_point;
};

// The least and the greatest integer of a format, and how far apart they lie: all of them from there on, or all odd
// ones.
struct integer_codes {
  double bottom, top, spacing = 1;
  constexpr double steps() const { return top - bottom; }
  double rounded(double x) const { return spacing == 1 ? std::nearbyint(x) : 2 * std::floor(x / 2) + 1; }
};

inline std::int32_t nearest_code(double zero, const integer_codes& codes) {
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(zero), codes.bottom, codes.top));
}

inline float usable_scale(double scale) {
  if (scale == 0) return 1;
  const auto result = static_cast<float>(scale);
  return std::clamp(result, std::numeric_limits<float>::min(), std::numeric_limits<float>::max());
}

// The range onto the codes: low on the smallest and high on the largest, zero on an integer. A range of one point,
// zero, gets scale 1.
inline scale_and_zero range_parameters(const value_range& range, const integer_codes& codes, symmetry how) {
  if (how == symmetric) {
    const double middle = codes.bottom < 0 ? 0 : (codes.top + 1) / 2;
    // The middle of one unsigned bit is its largest code: there the other code takes the low end.
    return {usable_scale(range.high / std::max(codes.top - middle, 1.0)), static_cast<std::int32_t>(middle)};
  }
  const float scale = usable_scale((range.high - range.low) / codes.steps());
  return {scale, nearest_code(codes.bottom - range.low / static_cast<double>(scale), codes)};
}

inline double square_error(const std::vector<double>& values, const scale_and_zero& p, const integer_codes& codes) {
  double error = 0;
  for (const double x : values) {
    const double code =
        std::clamp(codes.rounded(x / static_cast<double>(p.scale)) + p.zero_point, codes.bottom, codes.top);
    const double gap = (code - p.zero_point) * static_cast<double>(p.scale) - x;
    error += gap * gap;
  }
  return error;
}

inline scale_and_zero least_squares_parameters(const std::vector<double>& values, const value_range& range,
                                               const integer_codes& codes, symmetry how) {
  scale_and_zero best = range_parameters(range, codes, how);
  double least = std::numeric_limits<double>::infinity();
  for (int step = 100; step >= 1; --step) {
    const double shrink = step / 100.0;
    const auto candidate = range_parameters({range.low * shrink, range.high * shrink}, codes, how);
    const double error = square_error(values, candidate, codes);
    if (error < least) least = error, best = candidate;
  }
  return best;
}

// Rules on floats take no more than floats.
inline void require_float_range(const value_range& range, const char* rule) {
  constexpr auto limit = static_cast<double>(std::numeric_limits<float>::max());
  require(range.low >= -limit && range.high <= limit, "fit: the data reach from ", range.low, " to ", range.high, "; ",
          rule, " is for floats");
}

inline scale_and_zero fbgemm_parameters(const value_range& range, const integer_codes& codes, symmetry how) {
  require_float_range(range, "fbgemm");
  constexpr float least_scale = 6.1e-5F;
  auto low = static_cast<float>(range.low), high = static_cast<float>(range.high);
  if (how == symmetric && low < 0 && high > 0) {
    // The longer side decides; the quotients are floats there, the products doubles.
    const double half = std::floor(codes.steps() / 2);
    const double step = static_cast<double>(
        std::max(-low / static_cast<float>(half + 1), high / static_cast<float>(std::max(half, 1.0))));
    low = static_cast<float>(-step * (half + 1));
    high = static_cast<float>(step * half);
  }
  auto scale = static_cast<float>((static_cast<double>(high) - static_cast<double>(low)) / codes.steps());
  if (scale <= 0x1p-128F) scale = 0.1F;  // up to here the reciprocal is infinite, as a float
  if (scale < least_scale) {
    const float amplifier = least_scale / scale;
    const auto whole = static_cast<float>(codes.steps()) * least_scale;
    const float amplified_low = high == 0 ? -whole : low * amplifier;
    high = low == 0 ? whole : high * amplifier;
    low = amplified_low;
    scale = least_scale;
  }
  const double below = static_cast<double>(low) / static_cast<double>(scale);
  const double above = static_cast<double>(high) / static_cast<double>(scale);
  // Either end gives the zero point; the error of the difference grows with the magnitudes in it.
  const bool from_low = std::abs(codes.bottom) + std::abs(below) < std::abs(codes.top) + std::abs(above);
  double zero = from_low ? codes.bottom - below : codes.top - above;
  if (how == symmetric && low < 0 && high > 0) zero = (codes.bottom + codes.top) / 2;
  return {scale, nearest_code(zero, codes)};
}

inline scale_and_zero onnx_dynamic_parameters(const value_range& range, const integer_codes& codes) {
  require_float_range(range, "onnx_dynamic");
  const auto low = static_cast<float>(range.low), high = static_cast<float>(range.high);
  const auto steps = static_cast<float>(codes.steps());
  const float scale = usable_scale(static_cast<double>((low == high ? 1.0F : high - low) / steps));
  return {scale, nearest_code(static_cast<double>(static_cast<float>(codes.bottom) - low / scale), codes)};
}

// Of the values of one slice, for a format of `bits` bits with these codes. Errors: those of fit.
inline scale_and_zero affine_parameters(std::vector<double>& values, const integer_codes& codes, int bits,
                                        const fit_options& options) {
  if (options.method == fit_method::sawb) {
    const double limit = sawb_limit(values, bits);
    return range_parameters({-limit, limit}, codes, options.symmetry);
  }
  const value_range range = fitted_range(values, options);
  switch (options.method) {
    case fit_method::fbgemm:
      return fbgemm_parameters(range, codes, options.symmetry);
    case fit_method::onnx_dynamic:
      return onnx_dynamic_parameters(range, codes);
    case fit_method::least_squares:
      return least_squares_parameters(values, range, codes, options.symmetry);
    default:
      return range_parameters(range, codes, options.symmetry);
  }
}

}  // namespace narrow::detail
