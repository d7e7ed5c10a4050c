// Blocks: consecutive elements along an axis share a scale, real = tensor's scale * (scale * value of the element), in
// floats or doubles as they are read. Microscaling, NVFP4, block floating point and group-wise integers are this with
// some element, scale, length and rule (block_formats.hpp).
//
// For products blocks run along the depth: along axis 1 of a and axis 0 of b. The last block of a line may be shorter.
//
// Encoding divides by the scale, a float with the tensor's included, rounds the quotient once and, by the elements' own
// policy, saturates; in float where the source is float, else in double. Both are exact under powers of two, as long as
// the quotient is a normal number.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "narrow/element.hpp"
#include "narrow/scheme/fit.hpp"
#include "narrow/scheme/scale_rule.hpp"
#include "narrow/scheme/scheme.hpp"

namespace narrow {

namespace detail {

// Fits when the format is known: `quantize<T>(x, fit)`.
template <class Scheme, class T, std::size_t Rank>
struct block_fit {
  tensor_view<const T, Rank> data;
  std::size_t axis;

  template <coded_element To>
  Scheme resolve() const {
    return Scheme::template fit_for<To>(data, axis);
  }
};

// The largest magnitude of each block, in the order of places; NaN where an element is not finite. Magnitudes are in
// the order of their bits, above them infinity and NaN.
template <class T, std::size_t Rank>
std::vector<double> block_maxima(const tensor_view<T, Rank>& x, std::size_t axis, std::size_t length) {
  using real = std::conditional_t<std::is_same_v<std::remove_cv_t<T>, float>, float, double>;
  require(axis < Rank, "fit: axis is ", axis, "; the tensor has ", Rank, " axes");
  std::vector<bits_of<real>> largest(block_count(x.extents(), axis, length));
  const std::size_t piece = axis == Rank - 1 ? length : 1, columns = x.extent(Rank - 1);
  for_each_row(x, x, [&](const T* row, const T*, std::size_t, const auto& at) {
    auto* to = largest.data() + block_place(x.extents(), axis, length, at);
    for (std::size_t i = 0; i < columns; ++to) {
      bits_of<real> most = *to;
      for (const std::size_t end = std::min(columns, i + piece); i < end; ++i) {
        const auto element = std::remove_cv_t<T>(row[static_cast<std::ptrdiff_t>(i) * x.stride(Rank - 1)]);
        if constexpr (std::is_same_v<real, float>) {
          most = std::max(most, magnitude_bits(element));
        } else {
          most = std::max(most, magnitude_bits(real_value(element)));
        }
      }
      *to = most;
    }
  });
  std::vector<double> result;
  result.reserve(largest.size());
  for (const bits_of<real> bits : largest) {
    const bool is_number = bits < infinite_bits_of<real>;
    result.push_back(is_number ? double{from_bits<real>(bits)} : std::numeric_limits<double>::quiet_NaN());
  }
  return result;
}

// The scale that the rule gives the magnitudes of each block, in the order of places; NaN where an element is not
// finite.
template <class T, std::size_t Rank, class Rule>
std::vector<double> scales_of_blocks(const tensor_view<T, Rank>& x, std::size_t axis, std::size_t length,
                                     const Rule& rule) {
  require(axis < Rank, "fit: axis is ", axis, "; the tensor has ", Rank, " axes");
  const std::size_t count = block_count(x.extents(), axis, length), extent = x.extent(axis);
  constexpr double none = -1;  // beyond the end of a line
  std::vector<double> magnitudes(checked_product(count, std::min(length, extent), "fit"), none);
  const std::size_t room = count == 0 ? 0 : magnitudes.size() / count;
  for_each_row(x, x, [&](const T* row, const T*, std::size_t, auto at) {
    for (std::size_t i = 0; i < x.extent(Rank - 1); ++i) {
      at[Rank - 1] = i;
      const double value = real_value(std::remove_cv_t<T>(row[static_cast<std::ptrdiff_t>(i) * x.stride(Rank - 1)]));
      magnitudes[block_place(x.extents(), axis, length, at) * room + at[axis] % length] = std::abs(value);
    }
  });
  std::vector<double> result, block;
  result.reserve(count);
  for (std::size_t b = 0; b < count; ++b) {
    const auto first = magnitudes.begin() + static_cast<std::ptrdiff_t>(b * room);
    block.clear();
    std::copy_if(first, first + static_cast<std::ptrdiff_t>(room), std::back_inserter(block),
                 [](double magnitude) { return !is_finite(magnitude) || magnitude >= 0; });
    const bool finite = std::ranges::all_of(block, [](double magnitude) { return is_finite(magnitude); });
    result.push_back(finite ? rule(block) : std::numeric_limits<double>::quiet_NaN());
  }
  return result;
}

// Where the blocks of a tensor lie: what block schemes share. Errors: an axis that is none.
template <std::size_t Length>
class block_layout {
 public:
  static_assert(Length >= 1, "a block has at least one element");
  static constexpr std::size_t block_length = Length;

  template <std::size_t Rank>
  block_layout(const std::array<std::size_t, Rank>& extents, std::size_t axis) : axis_(axis) {
    require(axis < Rank, "block_scaled: axis is ", axis, "; the tensor has ", Rank, " axes");
    extent_ = extents[axis];
    for (std::size_t k = axis + 1; k < Rank; ++k) inner_ *= extents[k];
  }

  granularity axis() const { return {axis_}; }
  std::size_t extent() const { return extent_; }  // along the axis
  std::size_t blocks() const { return divided_into(extent_, Length); }

  // The place of index k along the axis, in the given line along it, of a matrix.
  std::size_t place(std::size_t line, std::size_t k) const {
    return inner_ == 1 ? line * blocks() + k / Length : k / Length * inner_ + line;
  }

 private:
  std::size_t axis_, extent_ = 0, inner_ = 1;
};

}  // namespace detail

// Blocks of `Length` elements under scales of a narrow float with a NaN, and a float for all of the tensor.
template <any_number Scale, std::size_t Length, class Rule>
class block_scaled : public detail::block_layout<Length> {
 public:
  static_assert(float_encoding<encoding_of<Scale>> && encoding_of<Scale>::has_nan && encoding_of<Scale>::bits <= 16,
                "scales are narrow floats with a NaN, for blocks that are not finite");
  using scale_type = Scale;
  static constexpr bool takes_vectors = true;
  // Of an element in encoding E, its share of the block's scale included.
  template <encoding E>
  static constexpr double bits_per_value = E::bits + static_cast<double>(encoding_of<Scale>::bits) / Length;

  // Scales of a tensor of these extents, row-major as a tensor whose extent along the axis is the number of blocks.
  // Errors: an axis that is none; another number of scales; a scale that is zero, negative or infinite; a tensor scale
  // that is not a positive normal number; a product of the two that is zero or infinite.
  template <std::size_t Rank>
  block_scaled(const std::array<std::size_t, Rank>& extents, std::size_t axis, std::vector<Scale> scales,
               float tensor_scale = 1)
      : detail::block_layout<Length>(extents, axis), scales_(std::move(scales)), tensor_scale_(tensor_scale) {
    const std::size_t count = detail::block_count(extents, axis, Length);
    detail::require(scales_.size() == count, "block_scaled: ", scales_.size(), " scales; there must be ", count,
                    ", one for each block of ", Length);
    detail::require(detail::is_normal(tensor_scale) && tensor_scale > 0, "block_scaled: the tensor's scale is ",
                    tensor_scale, "; it must be a positive normal number");
    floats_.reserve(count), factors_.reserve(count);
    for (std::size_t b = 0; b < count; ++b) {
      const float scale(scales_[b]);
      detail::require(detail::is_nan(scale) || (detail::is_finite(scale) && scale > 0), "block_scaled: scale[", b,
                      "] is ", scale, "; it must be positive and finite, or a NaN");
      floats_.push_back(scale);
      factors_.push_back(detail::product(tensor_scale, scale));
      const float factor = factors_.back();
      detail::require(detail::is_nan(factor) || (detail::is_finite(factor) && factor > 0), "block_scaled: scale[", b,
                      "] is ", scale, "; its product with the tensor's scale, ", tensor_scale,
                      ", must be a positive float");
    }
  }

  std::size_t count() const { return scales_.size(); }
  Scale scale(std::size_t place) const { return scales_[place]; }
  const std::vector<Scale>& scales() const { return scales_; }
  float tensor_scale() const { return tensor_scale_; }

  // tensor_scale * scale of each block, rounded.
  const std::vector<float>& factors() const { return factors_; }
  // What a product may leave out of a block's sum.
  template <encoding E>
  double factor(std::size_t place) const {
    const double own = [] {
      if constexpr (fixed_point_encoding<E>) return std::ldexp(1.0, -E::fraction_bits);
      return 1.0;
    }();
    return own * static_cast<double>(factors_[place]);
  }

  // The scales that fit x by the rule. They depend on the format, which `quantize<T>(x, Scheme::fit(x, 1))` supplies;
  // x must live until then.
  template <class T, std::size_t Rank>
  static auto fit(const tensor_view<T, Rank>& x, std::size_t axis) {
    return detail::block_fit<block_scaled, std::remove_cv_t<T>, Rank>{x, axis};
  }
  // The same for format To, at once.
  template <coded_element To, class T, std::size_t Rank>
  static block_scaled fit_for(const tensor_view<T, Rank>& x, std::size_t axis) {
    if constexpr (magnitude_rule<Rule>) {
      return from_reals(x.extents(), axis, detail::scales_of_blocks(x, axis, Length, [](const auto& magnitudes) {
                          return Rule::template of_block<encoding_of<To>>(magnitudes);
                        }));
    } else {
      auto fitted = Rule::template choose<encoding_of<To>, Scale>(detail::block_maxima(x, axis, Length));
      return block_scaled(x.extents(), axis, std::move(fitted.of_blocks), fitted.of_tensor);
    }
  }
  // Under the scales nearest to these; NaN where they are not finite.
  template <std::size_t Rank>
  static block_scaled from_reals(const std::array<std::size_t, Rank>& extents, std::size_t axis,
                                 const std::vector<double>& reals) {
    std::vector<Scale> scales;
    scales.reserve(reals.size());
    for (const double real : reals) scales.push_back(detail::to_scale<Scale>(real));
    return block_scaled(extents, axis, std::move(scales));
  }

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] detail::bits_of<Real> encode(const Real& x, const Place& place,
                                                      const Rounding& rounding) const {
    check_element<E>();
    const Real quotient = detail::quotient(x, detail::parameter<Real>(factors_.data(), place));
    return E::template encode<Overflow>(quotient, rounding);
  }
  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real decode(const detail::bits_of<Real>& code, const Place& place) const {
    check_element<E>();
    return Real(in_tensor<E, Real>(code, place) * Real(tensor_scale_));
  }

  // The exponents of scale * value of the element; and whether bfloat16 holds all such, so that a product may leave out
  // the tensor's scale only.
  template <encoding E>
  static constexpr int lowest_exponent = E::lowest_exponent + encoding_of<Scale>::lowest_exponent;
  template <encoding E>
  static constexpr int highest_exponent = E::max_exponent + encoding_of<Scale>::max_exponent + 1;
  template <encoding E>
  static constexpr bool folds() {
    if constexpr (float_encoding<E>) {
      return E::digits + encoding_of<Scale>::digits <= 8 && lowest_exponent<E> >= -126 && highest_exponent<E> <= 127;
    } else {
      return false;
    }
  }
  // An element's value as the tensor has it.
  template <class Real>
  Real scaled(Real value, std::size_t place) const {
    return detail::product(detail::product(value, Real(floats_[place])), Real(tensor_scale_));
  }
  // scale * value of the element.
  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real in_tensor(const detail::bits_of<Real>& code, const Place& place) const {
    return Real(E::template decode<Real>(code) * detail::parameter<Real>(floats_.data(), place));
  }

 private:
  template <encoding E>
  static constexpr void check_element() {
    static_assert(E::is_signed && sizeof(typename E::real_type) == 4,
                  "elements of blocks have a sign, and values that float holds");
  }

  std::vector<Scale> scales_;
  float tensor_scale_;
  std::vector<float> floats_;  // the scales
  std::vector<float> factors_;
};

}  // namespace narrow
