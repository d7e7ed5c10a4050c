// What post-training quantization knows of formats. A format F, of the weights or the inputs of a layer:
//   F::element                     what its codes are
//   F::fit(sample, depth_axis)     its parameters for values like the sample, whose depth is along the axis
//   F::scheme(parameters, x)       the scheme for x: the parameters themselves, unless they depend on x
// and two formats make a row. native<Weights, Inputs>(option...) quantizes both in bulk and multiplies the codes.
// simulated<Weights, Inputs> takes each value through the scheme's scalar codec, which gives the same bits, and
// multiplies what they decode to in float32: a row then costs the compiler a loop, and no kernels of its own.
// Both saturate.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "compare/post_training.hpp"
#include "narrow/block_formats.hpp"
#include "narrow/gemm.hpp"

namespace compare {

namespace detail {

// A format whose parameters are a scheme.
template <class T>
struct fixed_scheme {
  using element = T;
  template <class Scheme>
  static const Scheme& scheme(const Scheme& parameters, const real_matrix&) {
    return parameters;
  }
};

}  // namespace detail

// Numbers as they are.
template <class T>
struct plain : detail::fixed_scheme<T> {
  static narrow::unscaled_scheme fit(const real_matrix&, std::size_t) { return {}; }
};

// Floats under one scale a tensor, by which the largest magnitude of the sample becomes the format's.
template <class T>
struct scaled : detail::fixed_scheme<T> {
  static narrow::affine fit(const real_matrix& sample, std::size_t) {
    const auto [low, high] = std::minmax_element(sample.data(), sample.data() + sample.size());
    return narrow::affine(std::max(-*low, *high) / static_cast<float>(narrow::encoding_of<T>::highest()));
  }
};

// Integers: weights symmetric with a scale for each unit, inputs with one scale and zero point. `Method` picks them.
template <class T, class Method = narrow::min_max>
struct integer : detail::fixed_scheme<T> {
  static narrow::affine fit(const real_matrix& sample, std::size_t depth_axis) {
    if (depth_axis == 1) return narrow::affine::fit_for<T>(sample, Method{});
    return narrow::affine::fit_for<T>(sample, narrow::symmetric, narrow::per_column, Method{});
  }
};

// Integers under one power of two a tensor: fixed point whose binary point suits the sample.
template <class T>
struct dynamic_fixed : detail::fixed_scheme<T> {
  static narrow::shared_exponent fit(const real_matrix& sample, std::size_t) {
    return narrow::shared_exponent::fit_for<T>(sample);
  }
};

// Weights that are signs, or signs and zeros, with a scale for each unit or for all.
template <narrow::granularity Axis>
struct binary_weights : detail::fixed_scheme<narrow::binary> {
  static narrow::affine fit(const real_matrix& w, std::size_t) { return narrow::binary_fit(w, Axis); }
};
template <narrow::granularity Axis>
struct ternary_weights : detail::fixed_scheme<narrow::ternary> {
  static narrow::affine fit(const real_matrix& w, std::size_t) { return narrow::ternary_fit(w, Axis); }
};

// Blocks along the depth, scaled by what they hold.
template <narrow::any_block_format F>
struct blocks {
  using element = typename F::element_type;
  static std::size_t fit(const real_matrix&, std::size_t depth_axis) { return depth_axis; }
  static auto scheme(std::size_t depth_axis, const real_matrix& x) {
    return F::scheme_type::template fit_for<element>(x, depth_axis);
  }
};

namespace detail {

// The bits of a scheme's parameters: exponents take 8, zero points those of a code, and none where all are zero.
inline double bits_of_scheme(const narrow::unscaled_scheme&, int) { return 0; }
inline double bits_of_scheme(const narrow::affine& scheme, int code_bits) {
  const bool zero_points = scheme.zero_point_range() != std::pair<std::int32_t, std::int32_t>{0, 0};
  return static_cast<double>(scheme.count()) * (32 + (zero_points ? code_bits : 0));
}
inline double bits_of_scheme(const narrow::shared_exponent& scheme, int) {
  return 8 * static_cast<double>(scheme.count());
}
template <class Scale, std::size_t Length, class Rule>
double bits_of_scheme(const narrow::block_scaled<Scale, Length, Rule>& scheme, int) {
  const double of_tensor = std::is_same_v<Rule, narrow::scale_two_level> ? 32 : 0;
  return static_cast<double>(scheme.count()) * narrow::encoding_of<Scale>::bits + of_tensor;
}

template <class T, class Scheme>
double stored_bits(const real_matrix& x, const Scheme& scheme) {
  constexpr int bits = narrow::encoding_of<T>::bits;
  return static_cast<double>(x.size()) * bits + bits_of_scheme(scheme, bits);
}

// The place of an element's parameters under a scheme.
template <class Scheme>
std::size_t place_in(const Scheme& scheme, std::size_t i, std::size_t j) {
  if constexpr (narrow::block_scheme<Scheme>) {
    return scheme.axis().axis == 0 ? scheme.place(j, i) : scheme.place(i, j);
  } else {
    return scheme.axis().is_per_tensor() ? 0 : scheme.axis().axis == 0 ? i : j;
  }
}

using coder = std::function<coded_values(const real_matrix&)>;
template <class F>
coder coder_of(const real_matrix& sample, std::size_t depth_axis) {
  return [parameters = F::fit(sample, depth_axis)](const real_matrix& x) {
    using T = typename F::element;
    using E = narrow::encoding_of<T>;
    const auto& scheme = F::scheme(parameters, x);
    coded_values result{{}, stored_bits<T>(x, scheme)};
    result.values.reserve(x.size());
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < x.columns(); ++j) {
        const std::size_t place = place_in(scheme, i, j);
        const auto code = scheme.template encode<E, narrow::overflow_for<E, narrow::saturate>>(x(i, j), place,
                                                                                               narrow::nearest_even{});
        result.values.push_back(scheme.template decode<E, float>(code, place));
      }
    }
    return result;
  };
}

// A layer of values that are decoded before they multiply.
quantized_layer decoded_layer(const real_matrix& weights, const coder& of_weights, coder of_inputs);

}  // namespace detail

template <class Weights, class Inputs = Weights>
layer_maker simulated() {
  return [](const real_matrix& weights, const real_matrix& sample) {
    return detail::decoded_layer(weights, detail::coder_of<Weights>(weights, 0), detail::coder_of<Inputs>(sample, 1));
  };
}

template <class Weights, class Inputs = Weights, class... Option>
layer_maker native(const Option&... option) {
  return [=](const real_matrix& weights, const real_matrix& sample) {
    const auto quantized = [](auto format, const auto& parameters, const real_matrix& x) {
      using F = decltype(format);
      return narrow::quantize<typename F::element>(x, F::scheme(parameters, x), narrow::nearest_even{}, nullptr,
                                                   narrow::saturate{});
    };
    const auto w = quantized(Weights{}, Weights::fit(weights, 0), weights);
    const auto parameters = Inputs::fit(sample, 1);
    quantized_layer layer;
    layer.weights = {narrow::dequantize(w), detail::stored_bits<typename Weights::element>(weights, w.scheme())};
    layer.how = products_of(quantized(Inputs{}, parameters, sample), w, weights.rows(), option...);
    layer.multiply = [=](const real_matrix& x, const std::vector<float>& bias, const narrow::matrix_view<float>& z) {
      const auto codes = quantized(Inputs{}, parameters, x);
      narrow::gemm(codes, w, z, narrow::bias(bias), option...);
      return coded_values{narrow::dequantize(codes), detail::stored_bits<typename Inputs::element>(x, codes.scheme())};
    };
    return layer;
  };
}

// The rows of one kind of formats each.
struct post_training_row {
  std::string name;
  layer_maker make;
};
std::vector<post_training_row> float_rows();
std::vector<post_training_row> posit_rows();
std::vector<post_training_row> integer_rows();
std::vector<post_training_row> block_rows();

}  // namespace compare
