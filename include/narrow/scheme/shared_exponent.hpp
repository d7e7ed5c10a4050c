// Shared exponent: real = code * 2^exponent, the exponent shared by a tensor or by each index along an axis. Integer
// codes under it are dynamic fixed point (Courbariaux, Bengio, David 2014; Das et al. 2018).
#pragma once

#include <cstdint>
#include <vector>

#include "narrow/scheme/fit.hpp"

namespace narrow {

namespace detail {
template <class T, std::size_t Rank>
struct exponent_fit {
  tensor_view<const T, Rank> data;
  fit_options options;
};

// Fixed point without a binary point of its own, which a shared exponent would drop.
template <class E>
inline constexpr bool has_integer_codes = false;
template <fixed_point_encoding E>
inline constexpr bool has_integer_codes<E> = E::fraction_bits == 0;
}  // namespace detail

class shared_exponent {
 public:
  static constexpr bool takes_vectors = true;
  static constexpr int lowest = -100, highest = 100;
  static constexpr bool has_binary_steps = true;

  explicit shared_exponent(int exponent) : shared_exponent(per_tensor, std::vector<int>{exponent}) {}

  // Errors: an exponent outside [-100, 100]; several exponents per tensor.
  shared_exponent(granularity axis, std::vector<int> exponents) : axis_(axis), exponents_(std::move(exponents)) {
    detail::require(!axis.is_per_tensor() || exponents_.size() == 1, "shared_exponent: ", exponents_.size(),
                    " exponents; per tensor there must be 1");
    for (std::size_t i = 0; i < exponents_.size(); ++i) {
      detail::require(exponents_[i] >= lowest && exponents_[i] <= highest, "shared_exponent: exponent[", i, "] is ",
                      exponents_[i], "; it must be between -100 and 100");
    }
  }

  granularity axis() const { return axis_; }
  std::size_t count() const { return exponents_.size(); }
  int exponent(std::size_t place = 0) const { return exponents_[place]; }
  static constexpr bool factor_is_power_of_two = true;
  template <encoding E>
  double factor(std::size_t place) const {
    return std::ldexp(1.0, exponents_[place]);
  }

  // The smallest exponents under which the range of x does not overflow; options as for affine::fit. With
  // least_squares{} an exponent lower by up to 4 is taken where it lowers the square error.
  template <class T, std::size_t Rank, class... Option>
  static auto fit(const tensor_view<T, Rank>& x, const Option&... option) {
    return detail::exponent_fit<std::remove_cv_t<T>, Rank>{x, fit_options::of(symmetric, option...)};
  }
  template <coded_element To, class T, std::size_t Rank, class... Option>
  static shared_exponent fit_for(const tensor_view<T, Rank>& x, const Option&... option) {
    return resolve<To>(detail::exponent_fit<std::remove_cv_t<T>, Rank>{x, fit_options::of(symmetric, option...)});
  }
  template <coded_element To, class T, std::size_t Rank>
  static shared_exponent resolve(const detail::exponent_fit<T, Rank>& request) {
    using E = encoding_of<To>;
    static_assert(detail::has_integer_codes<E>, "codes under a shared exponent are integers, whose binary point it is");
    detail::require(request.options.method <= fit_method::least_squares,
                    "fit: fbgemm, onnx_dynamic and sawb are rules for affine; a shared exponent takes min_max, "
                    "percentile or least_squares");
    std::vector<int> exponents;
    for (auto& slice : detail::slices(request.data, request.options.axis)) {
      // Signed codes reach as far on both sides, so an asymmetric range counts by its longer one.
      const auto range = detail::fitted_range(slice, request.options);
      const double limit = E::is_signed ? std::max(-range.low, range.high) : range.high;
      int exponent = limit == 0 ? 0 : std::clamp(std::ilogb(limit) - E::bits, lowest, highest);
      while (exponent < highest && std::nearbyint(std::ldexp(limit, -exponent)) > static_cast<double>(E::max_code)) {
        ++exponent;
      }
      if (request.options.method == fit_method::least_squares) exponent = least<To>(slice, exponent);
      exponents.push_back(exponent);
    }
    return shared_exponent(request.options.axis, std::move(exponents));
  }

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] detail::bits_of<Real> encode(const Real& x, const Place& place,
                                                      const Rounding& rounding) const {
    static_assert(detail::has_integer_codes<E>, "codes under a shared exponent are integers, whose binary point it is");
    return E::template encode_scaled<Overflow>(x, fraction<Real>(place), rounding);
  }
  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real decode(const detail::bits_of<Real>& code, const Place& place) const {
    static_assert(detail::has_integer_codes<E>, "codes under a shared exponent are integers, whose binary point it is");
    return E::template decode_scaled<Real>(code, fraction<Real>(place));
  }

  template <fixed_point_encoding E>
  detail::linear_codes linear(std::size_t place) const {
    return {std::ldexp(1.0, exponents_[place]), 0};
  }

 private:
  template <class Real>
  [[gnu::always_inline]] int fraction(const std::size_t& place) const {
    return -exponents_[place];
  }
  template <class Real>
  [[gnu::always_inline]] detail::bits_of<Real> fraction(const detail::places& place) const {
    using U = detail::bits_of<Real>;
    return U(0) - detail::parameter<U>(exponents_.data(), place);
  }

  template <fixed_point_element T>
  static int least(const std::vector<double>& slice, int start) {
    int best = start;
    double least_error = std::numeric_limits<double>::infinity();
    for (int exponent = start; exponent >= std::max(start - 4, lowest); --exponent) {
      double error = 0;
      for (const double x : slice) {
        const double code = std::clamp(std::nearbyint(std::ldexp(x, -exponent)), static_cast<double>(least_code<T>),
                                       static_cast<double>(encoding_of<T>::max_code));
        const double gap = std::ldexp(code, exponent) - x;
        error += gap * gap;
      }
      if (error < least_error) least_error = error, best = exponent;
    }
    return best;
  }

  granularity axis_;
  std::vector<int> exponents_;
};

}  // namespace narrow
