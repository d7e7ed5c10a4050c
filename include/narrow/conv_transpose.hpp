// Transposed convolution, as ONNX's ConvTranspose and PyTorch's ConvTranspose2d have it: what takes an image back to
// the larger one that a strided convolution would have made it of.
//
//   conv_transpose2d(x, w, y, {.stride_h = 2, .stride_w = 2, .output_padding_h = 1}, bias(b));
//
//   y(n, i * stride_h + r * dilation_h - pad_top, j * stride_w + s * dilation_w - pad_left, o of c's group)
//       += x(n, i, j, c) * w(c, r, s, o)      for all i, j, r, s, c
//
// Shapes:  nhwc  x (N, H, W, C)   w (C, KH, KW, O / groups)   y (N, OH, OW, O)   the default
//          nchw  x (N, C, H, W)   w (C, O / groups, KH, KW)   y (N, O, OH, OW)
//   OH = (H - 1) * stride_h + dilation_h * (KH - 1) + 1 + output_padding_h - pad_top - pad_bottom; OW likewise. Group g
//   makes output channels [g * O / groups, (g + 1) * O / groups) from that share of the input channels.
//
// It is conv2d_backward_data (conv_backward.hpp) with another name for each tensor: operands, the order of sums,
// outputs, options and schemes are as told there, and y is dx.
//
// Errors (std::invalid_argument): those of conv2d; an image x without rows or columns; an output padding that reaches
// both the stride and the dilation; padding that leaves nothing of y. Nothing is written in that case.
#pragma once

#include "narrow/detail/conv/backward_data.hpp"

namespace narrow {

struct conv_transpose_geometry {
  std::size_t stride_h = 1, stride_w = 1;
  std::size_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;  // cut off y
  std::size_t output_padding_h = 0, output_padding_w = 0;                // added to y, at the bottom and to the right
  std::size_t dilation_h = 1, dilation_w = 1;
  std::size_t groups = 1;
  image_layout layout = nhwc;
};

namespace detail {

// One axis of y.
inline std::size_t transposed_extent(const char* axis, std::size_t image, std::size_t taps, std::size_t stride,
                                     std::size_t dilation, std::size_t pad_first, std::size_t pad_last,
                                     std::size_t added) {
  constexpr const char* call = "conv_transpose2d";
  require(image > 0, call, ": the ", axis, " of x is 0; it must be at least 1");
  require(taps > 0, call, ": the ", axis, " of w is 0; it must be at least 1");
  require(added < std::max(stride, dilation), call, ": the output padding of the ", axis, " is ", added,
          "; it must be less than the stride, ", stride, ", or the dilation, ", dilation);
  std::size_t whole = 0, span = 0, cut = 0;
  require(!__builtin_mul_overflow(image - 1, stride, &whole) && !__builtin_mul_overflow(taps - 1, dilation, &span) &&
              !__builtin_add_overflow(whole, span, &whole) && !__builtin_add_overflow(whole, added, &whole) &&
              !__builtin_add_overflow(whole, 1, &whole),
          call, ": the ", axis, " of y, (", image, " - 1) * ", stride, " + (", taps, " - 1) * ", dilation, " + 1 + ",
          added, " before it is cut, overflows std::size_t");
  require(!__builtin_add_overflow(pad_first, pad_last, &cut) && cut < whole, call, ": the padding cuts ", pad_first,
          " and ", pad_last, " off the ", axis, " of y; it must leave something of ", whole);
  return whole - cut;
}

// x, w and y with the channels last, as the tensors of the convolution that makes x of y.
template <class X, class W, class Y>
conv_shape checked_transposed_shape(const X& x, const W& w, const Y& y, const conv_transpose_geometry& t,
                                    const conv_geometry& g, const conv_names& name) {
  check_steps(g, name.call);
  conv_shape s{};
  s.images = x.extent(0), s.out_height = x.extent(1), s.out_width = x.extent(2), s.out_channels = x.extent(3);
  s.kernel_height = w.extent(1), s.kernel_width = w.extent(2), s.group_channels = w.extent(3);
  require(w.extent(0) == s.out_channels, name.call, ": w has ", w.extent(0), " input channels; it must have ",
          s.out_channels, ", as x has");
  require(s.out_channels % g.groups == 0, name.call, ": groups is ", g.groups, "; it must divide the ", s.out_channels,
          " channels of x");
  s.group_outputs = s.out_channels / g.groups;
  s.channels = checked_product(s.group_channels, g.groups, name.call);
  s.height = transposed_extent("height", s.out_height, s.kernel_height, g.stride_h, g.dilation_h, g.pad_top,
                               g.pad_bottom, t.output_padding_h);
  s.width = transposed_extent("width", s.out_width, s.kernel_width, g.stride_w, g.dilation_w, g.pad_left, g.pad_right,
                              t.output_padding_w);
  check_extents(y.extents(), {s.images, s.height, s.width, s.channels}, g.layout, name.call, name.x);
  return s;
}

}  // namespace detail

template <class X, class W, class Y, class... Option>
void conv_transpose2d(const X& x, const W& w, Y&& y, const conv_transpose_geometry& geometry = {},
                      const Option&... option) {
  if constexpr (detail::image_operand<X> && detail::image_operand<W> && detail::image_result<Y>) {
    const auto& t = geometry;
    const conv_geometry g{t.stride_h,  t.stride_w,   t.pad_top,    t.pad_left, t.pad_bottom,
                          t.pad_right, t.dilation_h, t.dilation_w, t.groups,   t.layout};
    const detail::axis_order order = detail::order_of(g.layout);
    const auto image = detail::permuted(x, order);
    const auto views = detail::permuted(w, order);
    const auto& kernels = detail::elements_alone(views);
    const auto out = detail::image_output_of(y, order);
    constexpr detail::conv_names name{"conv_transpose2d", "y", "w", "x"};
    const detail::conv_shape shape = detail::checked_transposed_shape(
        detail::elements_of(image), detail::elements_of(kernels), out.view, geometry, g, name);
    detail::data_gradient(image, kernels, out, shape, g, name, option...);
  } else {
    static_assert(detail::unsupported<X, W, Y>,
                  "conv_transpose2d takes views, as view(vector, n, h, w, c), and quantized tensors of rank 4; a "
                  "quantized output must not be const");
  }
}

}  // namespace narrow
