// The straight-through estimator: the gradient of a quantizer, whose own is zero almost everywhere, is taken to be that
// of the identity where the quantizer follows its input, and zero where it is clipped.
// Source: Bengio, Leonard and Courville, "Estimating or Propagating Gradients Through Stochastic Neurons", 2013; with
// the clipping of Hubara et al., "Binarized Neural Networks", NeurIPS 2016.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/element.hpp"
#include "narrow/scheme/affine.hpp"
#include "narrow/scheme/half_wave.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

// What a quantizer follows, both ends included.
struct passed_range {
  double low, high;

  // Of codes of T under `scheme`: the least to the greatest real that they stand for.
  template <fixed_point_element T>
  static passed_range of(const affine& scheme, std::size_t place = 0) {
    using E = encoding_of<T>;
    const double step = static_cast<double>(scheme.scale(place));
    const auto real = [&](auto code) {
      return static_cast<double>(std::int64_t{code} - scheme.zero_point(place)) * step;
    };
    return {real(least_code<T>), real(E::max_code)};
  }
  // Of a half wave: above zero, to the largest level.
  template <fixed_point_element T>
  static passed_range of(const half_wave& scheme) {
    return {std::numeric_limits<double>::denorm_min(), scheme.highest<T>()};
  }
  template <std::size_t Levels>
  static passed_range of(const half_wave_levels<Levels>& scheme) {
    return {std::numeric_limits<double>::denorm_min(), scheme.highest()};
  }
};

// dx[i] = dy[i] where x[i], the quantizer's input, lies in the range, else 0; a NaN in x passes nothing. dx may be dy.
// Errors: views of different sizes; a range out of order.
template <std::floating_point Real>
void straight_through(const vector_view<const std::type_identity_t<Real>>& x,
                      const vector_view<const std::type_identity_t<Real>>& dy, const vector_view<Real>& dx,
                      const passed_range& range) {
  detail::require(dy.size() == x.size(), "straight_through: dy has ", dy.size(), " elements; x has ", x.size());
  detail::require(dx.size() == x.size(), "straight_through: dx has ", dx.size(), " elements; x has ", x.size());
  detail::require(range.low <= range.high, "straight_through: the range is from ", range.low, " to ", range.high,
                  "; low must be at most high");
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto value = static_cast<double>(x(i));
    dx(i) = value >= range.low && value <= range.high ? dy(i) : Real{0};
  }
}

}  // namespace narrow
