// The gradients of a convolution, for training.
//
//   conv2d(x, w, y, g, bias(b));                    // dy is the gradient of a loss to y
//   conv2d_backward_data(dy, w, dx, g);             // to x
//   conv2d_backward_weights(x, dy, dw, g);          // to w
//   conv2d_backward_bias(dy, view(db, outputs));    // to b
//
//   dx(n, h, v, c)  = sum of  dy(n, i, j, o) * w(o, r, s, c)   over i, j, r, s, o of c's group where
//                     h = i * stride_h + r * dilation_h - pad_top,  v = j * stride_w + s * dilation_w - pad_left
//   dw(o, r, s, c)  = sum over n, i, j of  dy(n, i, j, o) * x(n, i * stride_h + r * dilation_h - pad_top,
//                                                             j * stride_w + s * dilation_w - pad_left, c of o's group)
//   db(o)           = sum over n, i, j of  dy(n, i, j, o)
//
// Geometry, layouts and shapes are conv2d's: x and dx, w and dw, y and dy have the same. Operands, sums, outputs and
// options are those of gemm, at rank 4; a scheme is per tensor or along the channels, that of w and dw also along the
// output channels (axis 0).
//
// The order of each sum is one chain, whatever the layout:
//   dx  over (r, s, o), r and s descending, so that rows and columns of dy ascend: the kernel turned around. Taps that
//       meet no pixel of dy because the stride leaves it out are no terms; those beyond its edge are, with an operand
//       of exactly zero, as conv2d's padding is, and so NaN beside a weight that is not finite.
//   dw  over (n, i, j), ascending, the padding of x included in the same way, and so NaN beside an infinite or NaN dy.
//   db  over (n, i, j), ascending, in double, of the decoded elements.
// The bf16 class takes pairs along that order; a last odd term is paired with zero. Parameters along the channels that
// dx sums over (those of dy; of w along its output channels) cannot be factored out: the operands are decoded to reals
// first, and there is no integer sum. For dw both factor out.
//
// An epilogue sees (value, pixel, channel) of dx, pixel = (n * H + h) * W + v; (value, output channel, column) of dw,
// column = (r * KW + s) * C / groups + c; and (value, 0, output channel) of db. A stochastic output takes the bits of
// the index that the element has in such a matrix, row by row.
//
// Memory beyond operands and outputs: that of conv2d, of w the panels of some depth at a time; for dw, where it does
// not lie as a matrix of output channels by taps and channels (as in nchw), sums as large as dw. To data, strides make
// stride_h * stride_w convolutions of as many parts of dx: a callable of the caller's, and stochastic outputs, which
// ask for the number of the pixel, leave them to plain loops. These, and db, run on the calling thread.
//
// Errors (std::invalid_argument) are conv2d's. Nothing is written in that case.
#pragma once

#include "narrow/detail/conv/backward_bias.hpp"
#include "narrow/detail/conv/backward_data.hpp"
#include "narrow/detail/conv/backward_weights.hpp"

namespace narrow {

template <class DY, class W, class DX, class... Option>
void conv2d_backward_data(const DY& dy, const W& w, DX&& dx, const conv_geometry& geometry = {},
                          const Option&... option) {
  if constexpr (detail::image_operand<DY> && detail::image_operand<W> && detail::image_result<DX>) {
    const detail::axis_order order = detail::order_of(geometry.layout);
    const auto gradient = detail::permuted(dy, order);
    const auto views = detail::permuted(w, order);
    const auto& kernels = detail::elements_alone(views);
    const auto out = detail::image_output_of(dx, order);
    constexpr detail::conv_names name{"conv2d_backward_data", "dx", "w", "dy"};
    const detail::conv_shape shape =
        detail::checked_shape(out.view, detail::elements_of(kernels), detail::elements_of(gradient), geometry, name);
    detail::data_gradient(gradient, kernels, out, shape, geometry, name, option...);
  } else {
    static_assert(detail::unsupported<DY, W, DX>,
                  "conv2d_backward_data takes views, as view(vector, n, h, w, c), and quantized tensors of rank 4; a "
                  "quantized output must not be const");
  }
}

template <class X, class DY, class DW, class... Option>
void conv2d_backward_weights(const X& x, const DY& dy, DW&& dw, const conv_geometry& geometry = {},
                             const Option&... option) {
  if constexpr (detail::image_operand<X> && detail::image_operand<DY> && detail::image_result<DW>) {
    const detail::axis_order order = detail::order_of(geometry.layout);
    detail::weight_gradient(detail::permuted(x, order), detail::permuted(dy, order), detail::image_output_of(dw, order),
                            geometry, option...);
  } else {
    static_assert(
        detail::unsupported<X, DY, DW>,
        "conv2d_backward_weights takes views, as view(vector, n, h, w, c), and quantized tensors of rank 4; a "
        "quantized output must not be const");
  }
}

// db is a view of rank 1, of reals or narrow numbers.
template <class DY, class DB, class... Option>
void conv2d_backward_bias(const DY& dy, DB&& db, image_layout layout = nhwc, const Option&... option) {
  if constexpr (detail::image_operand<DY> && detail::bias_result<DB>) {
    detail::bias_gradient(detail::permuted(dy, detail::order_of(layout)), db, layout, option...);
  } else {
    static_assert(detail::unsupported<DY, DB>,
                  "conv2d_backward_bias takes a view or a quantized tensor of rank 4, and a view of rank 1 of reals or "
                  "narrow numbers");
  }
}

}  // namespace narrow
