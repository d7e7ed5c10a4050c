// Convolution of signals: that of images of height 1.
//
//   conv1d(x, w, y, {.stride = 2, .pad_left = 1, .pad_right = 1}, bias(b), relu);
//
// Shapes:  nhwc  x (N, L, C)   w (O, K, C / groups)   y (N, OL, O)     the default
//          nchw  x (N, C, L)   w (O, C / groups, K)   y (N, O, OL)
// Operands, sums, options and errors are those of conv2d (which errors name), at rank 3.
#pragma once

#include <array>
#include <cstddef>

#include "narrow/conv.hpp"

namespace narrow {

struct conv1d_geometry {
  std::size_t stride = 1, pad_left = 0, pad_right = 0, dilation = 1, groups = 1;
  image_layout layout = nhwc;
};

namespace detail {

// Where an image has the axis that a signal lacks.
inline std::size_t height_axis(image_layout layout) { return layout == nhwc ? 1 : 2; }

template <class T>
tensor_view<T, 4> as_image(const tensor_view<T, 3>& x, image_layout layout) {
  std::array<std::size_t, 4> extents{};
  std::array<std::ptrdiff_t, 4> strides{};
  for (std::size_t k = 0, from = 0; k < 4; ++k) {
    const bool added = k == height_axis(layout);
    extents[k] = added ? 1 : x.extent(from), strides[k] = added ? 0 : x.stride(from);
    from += added ? 0 : 1;
  }
  return {x.data(), extents, strides};
}
inline granularity as_image(granularity axis, image_layout layout) {
  return axis.is_per_tensor() || axis.axis < height_axis(layout) ? axis : granularity{axis.axis + 1};
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> as_image(const quantized_view<T, 3, Scheme>& x, image_layout layout) {
  return {as_image(x.codes, layout), x.scheme, as_image(x.axis, layout)};
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> as_image(const quantized_tensor<T, 3, Scheme>& x, image_layout layout) {
  return as_image(x.view(), layout);
}

template <class T>
auto signal_output_of(const tensor_view<T, 3>& y, image_layout layout) {
  return image_output_of(as_image(y, layout), order_of(layout));
}
template <class T, class Scheme>
auto signal_output_of(quantized_tensor<T, 3, Scheme>& y, image_layout layout) {
  return image_output<T, Scheme>{permuted(as_image(y.codes(), layout), order_of(layout)), &y.scheme(),
                                 permuted(as_image(y.scheme().axis(), layout), order_of(layout))};
}

}  // namespace detail

template <class X, class W, class Y, class... Option>
void conv1d(const X& x, const W& w, Y&& y, const conv1d_geometry& geometry = {}, const Option&... option) {
  if constexpr (requires { detail::as_image(x, nhwc), detail::as_image(w, nhwc), detail::signal_output_of(y, nhwc); }) {
    const image_layout layout = geometry.layout;
    const detail::axis_order order = detail::order_of(layout);
    const conv_geometry image{.stride_w = geometry.stride,
                              .pad_left = geometry.pad_left,
                              .pad_right = geometry.pad_right,
                              .dilation_w = geometry.dilation,
                              .groups = geometry.groups,
                              .layout = layout};
    detail::conv_images(detail::permuted(detail::as_image(x, layout), order),
                        detail::permuted(detail::as_image(w, layout), order), nullptr,
                        detail::signal_output_of(y, layout), image, option...);
  } else {
    static_assert(detail::unsupported<X, W, Y>,
                  "conv1d takes views and quantized tensors of rank 3, and no packed kernels; a quantized output must "
                  "not be const");
  }
}

}  // namespace narrow
