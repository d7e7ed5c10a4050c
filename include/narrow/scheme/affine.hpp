// Affine quantization: real = scale * (code - zero_point), per tensor or along an axis.
//
// Encoding divides by the scale (a true division, as ONNX QuantizeLinear; never a multiplication by the reciprocal),
// rounds the quotient to an integer, adds the zero point and saturates. The quotient is a float where the source is
// float, as in ONNX, and a double where the source is double or codes: a value next to a tie may go either way by that.
// Floats may be codes too, with zero point 0: scaled FP8.
// Source: Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
// inference", CVPR 2018.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "narrow/detail/exact.hpp"
#include "narrow/scheme/affine_parameters.hpp"

namespace narrow {

class affine;

namespace detail {
template <class T, std::size_t Rank>
struct affine_fit {
  tensor_view<const T, Rank> data;
  fit_options options;
};
}  // namespace detail

class affine {
 public:
  static constexpr bool takes_vectors = true;

  // Per tensor. Errors: a scale that is zero, negative, subnormal or not finite.
  explicit affine(float scale, std::int32_t zero_point = 0)
      : affine(per_tensor, std::vector<float>{scale}, std::vector<std::int32_t>{zero_point}) {}

  // Along an axis: one scale each, and one zero point each or none for zero.
  affine(granularity axis, std::vector<float> scales, std::vector<std::int32_t> zero_points = {})
      : axis_(axis), scales_(std::move(scales)), zero_points_(std::move(zero_points)) {
    if (zero_points_.empty()) zero_points_.resize(scales_.size());
    detail::require(!axis.is_per_tensor() || scales_.size() == 1, "affine: ", scales_.size(),
                    " scales; per tensor there must be 1");
    detail::require(zero_points_.size() == scales_.size(), "affine: ", zero_points_.size(), " zero points for ",
                    scales_.size(), " scales; there must be as many");
    for (std::size_t i = 0; i < scales_.size(); ++i) {
      detail::require(detail::is_normal(scales_[i]) && scales_[i] > 0, "affine: scale[", i, "] is ", scales_[i],
                      "; it must be a positive normal number");
      detail::require(zero_points_[i] >= -65536 && zero_points_[i] <= 65536, "affine: zero_point[", i, "] is ",
                      zero_points_[i], "; it must be a code of the format");
    }
    if (zero_points_.empty()) return;
    const auto [low, high] = std::minmax_element(zero_points_.begin(), zero_points_.end());
    zero_point_range_ = {*low, *high};
  }

  granularity axis() const { return axis_; }
  std::size_t count() const { return scales_.size(); }
  float scale(std::size_t place = 0) const { return scales_[place]; }
  std::int32_t zero_point(std::size_t place = 0) const { return zero_points_[place]; }
  // The least and the greatest.
  std::pair<std::int32_t, std::int32_t> zero_point_range() const { return zero_point_range_; }
  template <encoding E>
  double factor(std::size_t place) const {
    return static_cast<double>(scales_[place]);
  }

  // The parameters that fit x; options, in any order: symmetric, per_row / per_column / per_axis(k), percentile{p},
  // least_squares{}, or another system's rule: fbgemm{}, onnx_dynamic{}, sawb{} (scheme/fit.hpp). They depend on the
  // format, which `quantize<T>(x, affine::fit(x))` supplies; x must live until then. Odd integers have no zero: their
  // ends are those of the range, always symmetric. Errors: those of the options; fbgemm or onnx_dynamic of odd
  // integers.
  template <class T, std::size_t Rank, class... Option>
  static auto fit(const tensor_view<T, Rank>& x, const Option&... option) {
    return detail::affine_fit<std::remove_cv_t<T>, Rank>{x, fit_options::of(option...)};
  }
  // The same for format To, at once.
  template <coded_element To, class T, std::size_t Rank, class... Option>
  static affine fit_for(const tensor_view<T, Rank>& x, const Option&... option) {
    return resolve<To>(detail::affine_fit<std::remove_cv_t<T>, Rank>{x, fit_options::of(option...)});
  }
  template <coded_element To, class T, std::size_t Rank>
  static affine resolve(const detail::affine_fit<T, Rank>& request) {
    using E = encoding_of<To>;
    static_assert(fixed_point_encoding<E> || integer_valued_encoding<E>,
                  "affine::fit chooses zero points, so it needs an integer format");
    constexpr detail::integer_codes codes = [] {
      if constexpr (fixed_point_encoding<E>) {
        return detail::integer_codes{static_cast<double>(least_code<To>), static_cast<double>(E::max_code)};
      } else {
        return detail::integer_codes{double{E::lowest()}, double{E::highest()}, 2};
      }
    }();
    fit_options options = request.options;
    if constexpr (!fixed_point_encoding<E>) {
      detail::require(options.method != fit_method::fbgemm && options.method != fit_method::onnx_dynamic,
                      "fit: fbgemm and onnx_dynamic choose a zero point; odd integers have none");
      options.symmetry = symmetric;
    }
    auto slices = detail::slices(request.data, options.axis);
    std::vector<float> scales;
    std::vector<std::int32_t> zero_points;
    for (auto& slice : slices) {
      const auto best = detail::affine_parameters(slice, codes, E::bits, options);
      scales.push_back(best.scale);
      zero_points.push_back(best.zero_point);
    }
    return affine(options.axis, std::move(scales), std::move(zero_points));
  }

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] detail::bits_of<Real> encode(const Real& x, const Place& place,
                                                      const Rounding& rounding) const {
    using U = detail::bits_of<Real>;
    const Real quotient = detail::quotient(x, detail::parameter<Real>(scales_.data(), place));
    if constexpr (fixed_point_encoding<E>) {
      static_assert(!detail::keeps_specials<Overflow>, "fixed point has no infinity: saturate or wrap");
      const U zero = detail::parameter<U>(zero_points_.data(), place);
      const U lowest = zero - U(static_cast<std::int32_t>(E::min_code));
      const U highest = U(static_cast<std::int32_t>(E::max_code)) - zero;
      U code = detail::real_to_integer<Overflow>(quotient, 0, rounding, {lowest, highest}) + zero;
      if constexpr (std::is_same_v<Overflow, saturate_symmetric> && E::is_signed) {
        // Here, since the zero point may itself be the code to avoid.
        const U bottom = U(static_cast<std::int32_t>(E::min_code));
        code = detail::select(detail::equal(code, bottom), bottom + U(1), code);
      }
      return code;
    } else {
      return E::template encode<Overflow>(quotient, rounding);
    }
  }

  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real decode(const detail::bits_of<Real>& code, const Place& place) const {
    using U = detail::bits_of<Real>;
    const Real scale = detail::parameter<Real>(scales_.data(), place);
    if constexpr (fixed_point_encoding<E>) {
      const U difference = code - detail::parameter<U>(zero_points_.data(), place);
      return Real(detail::integer_to_real<Real>(difference) * scale);
    } else {
      return Real(E::template decode<Real>(code) * scale);
    }
  }

  template <fixed_point_encoding E>
  detail::linear_codes linear(std::size_t place) const {
    return {static_cast<double>(scales_[place]), zero_points_[place]};
  }
  float scale_of_float(std::size_t place) const { return scales_[place]; }

 private:
  granularity axis_;
  std::vector<float> scales_;
  std::vector<std::int32_t> zero_points_;
  std::pair<std::int32_t, std::int32_t> zero_point_range_;
};

}  // namespace narrow
