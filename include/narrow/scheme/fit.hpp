// Fitting a scheme's parameters to data: the range that min-max, a percentile, or the least square error asks for, and
// the rules by which other systems choose affine parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "narrow/detail/classify.hpp"
#include "narrow/element.hpp"
#include "narrow/scheme/scheme.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

enum class symmetry { asymmetric, symmetric };
inline constexpr symmetry symmetric = symmetry::symmetric;
inline constexpr symmetry asymmetric = symmetry::asymmetric;

// The range is all of the data (the default).
struct min_max {};
// The range leaves out (100 - percent) % of the data, at each end; of the magnitudes when symmetric.
struct percentile {
  double percent = 99.99;
};
// The range, between 1 % of min-max and all of it, whose quantization has the least square error; 100 steps.
struct least_squares {};

// ---- for affine only ----------------------------------------------------------------------------------------------

// FBGEMM's ChooseQuantizationParams, bit for bit: the ends of the data and the scale are floats, the quotients between
// them doubles. A scale whose reciprocal is infinite becomes 0.1, and one below 6.1e-5 becomes 6.1e-5; the zero point
// comes from the end of smaller magnitudes. With `symmetric` its preserve_sparsity: data of both signs get the middle
// code as zero point. Only the parameters are its: `quantize` divides by the scale where FBGEMM multiplies by 1 /
// scale, which may differ next to a tie.
struct fbgemm {};

// ONNX's DynamicQuantizeLinear, bit for bit: min-max in float arithmetic. Zeros alone get the scale 1 / (codes - 1).
struct onnx_dynamic {};

// Statistics-aware weight binning: the range is +-sawb_limit of the data (scheme/sawb.hpp). For 2 to 8 bits. The limit
// is the best one for levels that leave out zero, odd_integer's; integers, which have it, err by more where bits are
// few.
struct sawb {};

enum class fit_method { min_max, percentile, least_squares, fbgemm, onnx_dynamic, sawb };

struct fit_options {
  narrow::symmetry symmetry = asymmetric;
  granularity axis = per_tensor;
  fit_method method = fit_method::min_max;
  double percent = 100;

  void apply(narrow::symmetry value) { symmetry = value; }
  void apply(granularity value) { axis = value; }
  void apply(min_max) { method = fit_method::min_max; }
  void apply(least_squares) { method = fit_method::least_squares; }
  void apply(fbgemm) { method = fit_method::fbgemm; }
  void apply(onnx_dynamic) { method = fit_method::onnx_dynamic; }
  void apply(sawb) { method = fit_method::sawb; }
  void apply(percentile value) {
    detail::require(value.percent > 50 && value.percent <= 100, "fit: percentile is ", value.percent,
                    "; it must be above 50 and at most 100");
    method = fit_method::percentile;
    percent = value.percent;
  }
  template <class... Option>
  static fit_options of(const Option&... option) {
    fit_options result;
    (result.apply(option), ...);
    detail::require(result.method != fit_method::onnx_dynamic || result.symmetry == asymmetric,
                    "fit: symmetry is symmetric; with onnx_dynamic it must be asymmetric");
    return result;
  }
};

namespace detail {

struct value_range {
  double low = 0, high = 0;
};

template <class T>
double real_value(T x) {
  if constexpr (real_element<T>) {
    return static_cast<double>(x);
  } else {
    return double(
        number<encoding_of<T>>::from_bits(static_cast<typename number<encoding_of<T>>::bits_type>(storage_of(x))));
  }
}

// The elements of x that share one set of parameters, for each set in turn. Errors: a value that is not finite.
template <class T, std::size_t Rank>
std::vector<std::vector<double>> slices(const tensor_view<T, Rank>& x, granularity axis) {
  require(axis.is_per_tensor() || axis.axis < Rank, "fit: axis is ", axis.axis, "; the tensor has ", Rank, " axes");
  const std::size_t count = axis.is_per_tensor() ? 1 : x.extent(axis.axis);
  std::vector<std::vector<double>> result(count);
  for (auto& slice : result) slice.reserve(count == 0 ? 0 : x.size() / count);
  for_each_row(x, x, [&](const T* row, const T*, std::size_t first, const auto& at) {
    for (std::size_t i = 0; i < x.extent(Rank - 1); ++i) {
      const double value = real_value(std::remove_cv_t<T>(row[static_cast<std::ptrdiff_t>(i) * x.stride(Rank - 1)]));
      require(is_finite(value), "fit: element ", first + i, " is ", value, "; a range needs finite values");
      const std::size_t place = axis.is_per_tensor() ? 0 : axis.axis == Rank - 1 ? i : at[axis.axis % Rank];
      result[place].push_back(value);
    }
  });
  return result;
}

// The range of one slice before any search: extended to hold zero, since zero must be exact.
inline value_range fitted_range(std::vector<double>& slice, const fit_options& options) {
  if (slice.empty()) return {};
  value_range range;
  if (options.method == fit_method::percentile) {
    const bool magnitudes = options.symmetry == symmetric;
    if (magnitudes) std::ranges::transform(slice, slice.begin(), [](double v) { return std::abs(v); });
    const std::size_t last = slice.size() - 1;
    const auto kept = static_cast<std::size_t>(std::llround(options.percent / 100 * static_cast<double>(last)));
    const auto ranked = [&](std::size_t rank) {
      std::nth_element(slice.begin(), slice.begin() + static_cast<std::ptrdiff_t>(rank), slice.end());
      return slice[rank];
    };
    // As many are left out below as above, also where the rank was rounded.
    const double high = ranked(kept);
    range = magnitudes ? value_range{-high, high} : value_range{ranked(last - kept), high};
  } else {
    const auto [low, high] = std::ranges::minmax(slice);
    range = {low, high};
  }
  range = {std::min(range.low, 0.0), std::max(range.high, 0.0)};
  if (options.symmetry == symmetric && options.method != fit_method::fbgemm) {
    const double limit = std::max(-range.low, range.high);
    range = {-limit, limit};
  }
  return range;
}

}  // namespace detail
}  // namespace narrow
