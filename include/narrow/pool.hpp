// Max and average pooling of images, forward and backward.
//
//   max_pool2d(x, y, {.kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1});
//   max_pool2d_backward(x, dy, dx, geometry);
//   average_pool2d(x, y, geometry, count_include_pad, toward_zero{});
//   average_pool2d_backward(dy, dx, geometry);
//   auto yq = max_pool2d(xq, geometry);               // quantized tensors: codes, under x's scheme
//
// Shapes:  nhwc  x, dx (N, H, W, C)   y, dy (N, OH, OW, C)     the default
//          nchw  x, dx (N, C, H, W)   y, dy (N, C, OH, OW)
//   OH = (H + pad_top + pad_bottom - dilation_h * (kernel_h - 1) - 1) / stride_h + 1, rounded down, or, with `extent =
//   output_extent::ceil`, up, where the last window begins in the image or in the padding before it; OW likewise.
// Each window must hold an element of x. Padding is no element: it is never the greatest, and counts in a mean only
// where `count_include_pad` is among the options, as zero (under affine codes, the zero point). Then what a window
// under `ceil` has beyond the padding still does not count. (ONNX leaves padding out by default, PyTorch counts it.)
//
// Elements: floats, doubles, numbers, integer codes, in views of any strides. Forward, y has x's type.
//   max      y is the greatest element of the window, unchanged: integers and fixed point are compared by their codes,
//            others by their values. A NaN in the window makes y a NaN. Zeros of either sign are equal: the first wins.
//   average  integers and fixed point are summed exactly and their mean rounded once; reals in float (double, and
//            numbers that need it, in double), in row-major order of the window, then divided, and rounded again to a
//            narrow type. The rounding and the overflow are those of y's type, or options: a rounding policy, a
//            stochastic_sequence (element i, row-major and channels last, takes bits i), an overflow policy.
// Quantized tensors are pooled as codes, which one scheme along no more than images or channels makes right; the mean
// is rounded as a code, and the result, returned, has a copy of x's scheme.
//
// Backward, x, dy and dx may have any types; what dx held is lost.
//   max      dy goes to the first greatest element of its window in row-major order (the first NaN, if there is one).
//   average  dy / divisor, rounded, goes to each element of the window.
// What reaches an element of dx is summed in float (double, where a type needs it) over windows in row-major order, and
// rounded once to dx's type, under the same options.
//
// An executor among the options shares the work; the bits stay the same. Beyond x and y, memory is that of one output
// row, of a pointer to each element of a window and, unless x's channels lie side by side as what is compared or
// summed, of the rows that a window reaches; of dx, unless it is the type of the sums and its channels lie side by
// side, one image.
//
// Errors (std::invalid_argument): a window, stride or dilation of zero; a window larger than the padded image, or of
// nothing but padding; sizes that overflow; more than 2^31 elements in a window of integers; outputs of another shape,
// or that overlap an input or themselves; a scheme along rows or columns; a stochastic_sequence of too few or many
// bits. Nothing is written in that case.
#pragma once

#include "narrow/detail/pool/backward.hpp"
#include "narrow/detail/pool/forward.hpp"
#include "narrow/image_layout.hpp"
#include "narrow/quantize.hpp"

namespace narrow {

struct count_include_pad_option {};
inline constexpr count_include_pad_option count_include_pad{};

namespace detail {

template <class... Option>
inline constexpr bool counts_padding = (std::is_same_v<Option, count_include_pad_option> || ...);

template <class Option>
inline constexpr bool is_pool_option = executor<Option> || is_rounding<Option> || is_overflow<Option>;

// Along the rows and the columns of an x, whose extents have the channels last.
inline std::array<pool_axis, 2> pool_axes(const char* what, const std::array<std::size_t, 4>& x,
                                          const pool_geometry& g) {
  return {{{what, "height", x[1], g.pad_top, g.pad_bottom, g.kernel_h, g.stride_h, g.dilation_h},
           {what, "width", x[2], g.pad_left, g.pad_right, g.kernel_w, g.stride_w, g.dilation_w}}};
}
inline std::array<std::size_t, 4> pooled_extents(const char* what, const std::array<std::size_t, 4>& x,
                                                 const pool_geometry& g) {
  const auto [rows, columns] = pool_axes(what, x, g);
  return {x[0], rows.places(g.extent), columns.places(g.extent), x[3]};
}

// `y_name` is the tensor of the pooled extents.
inline pool_shape checked_pool_shape(const char* what, const std::array<std::size_t, 4>& x, const char* y_name,
                                     const std::array<std::size_t, 4>& y, const pool_geometry& g) {
  check_extents(y, pooled_extents(what, x, g), g.layout, what, y_name);
  (void)checked_product(g.kernel_h, g.kernel_w, what);
  pool_shape s{x[0], x[1], x[2], x[3], y[1], y[2], {}, {}, g.dilation_h, g.dilation_w};
  if (s.images == 0 || s.channels == 0) return s;
  const auto [rows, columns] = pool_axes(what, x, g);
  s.rows = rows.windows(s.out_height), s.columns = columns.windows(s.out_width);
  return s;
}

// Everything with the channels last.
template <class T, class... Option>
void max_pool_images(const tensor_view<const T, 4>& x, const tensor_view<T, 4>& y, const pool_geometry& g,
                     const Option&... option) {
  static_assert((executor<Option> && ...), "max_pool2d takes an executor as its only option");
  const pool_shape s = checked_pool_shape("max_pool2d", x.extents(), "y", y.extents(), g);
  check_apart(x, y, "max_pool2d", "y");
  if (y.size() == 0) return;
  for_each_band(s, executor_of_options(option...), [&](std::size_t image, std::size_t first, std::size_t end) {
    max_pool_band(x, y, s, image, first, end);
  });
}

template <class T, class... Option>
void average_pool_images(const tensor_view<const T, 4>& x, const tensor_view<T, 4>& y, const pool_geometry& g,
                         const pool_zeros& zeros, const Option&... option) {
  static_assert(((is_pool_option<Option> || counts_padding<Option>)&&...),
                "average_pool2d takes count_include_pad, a rounding, an overflow policy and an executor as options");
  constexpr bool include_pad = counts_padding<Option...>;
  const pool_shape s = checked_pool_shape("average_pool2d", x.extents(), "y", y.extents(), g);
  check_apart(x, y, "average_pool2d", "y");
  check_roundings("average_pool2d", option...);
  if (y.size() == 0) return;
  const std::size_t most = include_pad ? g.kernel_h * g.kernel_w : most_taps(s.rows) * most_taps(s.columns);
  if constexpr (fixed_point_element<T>) {
    require(most <= std::size_t{1} << 31, "average_pool2d: the window has ", most,
            " elements; of integers it may have 2^31");
  }
  const auto conversion = conversion_of_options<T>(option...);
  for_each_band(s, executor_of_options(option...), [&](std::size_t image, std::size_t first, std::size_t end) {
    average_pool_piece(x, y, s, include_pad, most, image, first, end, conversion, zeros);
  });
}

// x in a layout with its scheme, and the result; pool(codes of x, codes of the result, axis of the scheme), all with
// the channels last.
template <class T, class Scheme, class Pool>
quantized_tensor<T, 4, Scheme> pool_quantized(const char* what, const quantized_view<T, 4, Scheme>& x,
                                              const pool_geometry& g, const Pool& pool) {
  static_assert(!block_scheme<Scheme>, "pooling takes no blocks: dequantize first");
  static_assert(
      requires(const Scheme& s) { s.template factor<encoding_of<T>>(std::size_t{}); },
      "pooling takes codes under a scheme that has a factor (scheme/scheme.hpp)");
  check_view(x, what, "x");
  const axis_order order = order_of(g.layout);
  const granularity axis = permuted(x.axis, order);
  require(x.axis == x.scheme->axis(), what, ": x is read along another axis than that of its scheme");
  require(axis.is_per_tensor() || axis.axis == 0 || axis.axis == 3, what, ": the scheme of x is along axis ",
          x.axis.axis, "; it must be per tensor, or along the images or the channels");
  const auto codes = permuted(x.codes, order);
  const std::array<std::size_t, 4> pooled = pooled_extents(what, codes.extents(), g);
  std::array<std::size_t, 4> extents{};
  for (std::size_t k = 0; k < 4; ++k) extents[order[k]] = pooled[k];
  quantized_tensor<T, 4, Scheme> y(extents, *x.scheme);
  pool(codes, permuted(y.codes(), order), axis);
  return y;
}

template <class Scheme>
std::vector<std::int32_t> zero_points_of(const Scheme& scheme) {
  std::vector<std::int32_t> result(scheme.count());
  if constexpr (requires { scheme.zero_point(0); }) {
    for (std::size_t place = 0; place < result.size(); ++place) result[place] = scheme.zero_point(place);
  }
  return result;
}

}  // namespace detail

// ---- the greatest -------------------------------------------------------------------------------------------------

template <class S, tensor_element T, class... Option>
requires std::is_same_v<std::remove_const_t<S>, T>
void max_pool2d(const tensor_view<S, 4>& x, const tensor_view<T, 4>& y, const pool_geometry& geometry,
                const Option&... option) {
  const detail::axis_order order = detail::order_of(geometry.layout);
  detail::max_pool_images<T>(detail::permuted(x, order), detail::permuted(y, order), geometry, option...);
}

template <coded_element T, class Scheme, class... Option>
quantized_tensor<T, 4, Scheme> max_pool2d(const quantized_view<T, 4, Scheme>& x, const pool_geometry& geometry,
                                          const Option&... option) {
  return detail::pool_quantized("max_pool2d", x, geometry, [&](const auto& codes, const auto& y, granularity) {
    detail::max_pool_images<T>(codes, y, geometry, option...);
  });
}
template <coded_element T, class Scheme, class... Option>
quantized_tensor<T, 4, Scheme> max_pool2d(const quantized_tensor<T, 4, Scheme>& x, const pool_geometry& geometry,
                                          const Option&... option) {
  return max_pool2d(x.view(), geometry, option...);
}

template <class X, class Dy, tensor_element Dx, class... Option>
requires tensor_element<std::remove_const_t<X>> && tensor_element<std::remove_const_t<Dy>>
void max_pool2d_backward(const tensor_view<X, 4>& x, const tensor_view<Dy, 4>& dy, const tensor_view<Dx, 4>& dx,
                         const pool_geometry& geometry, const Option&... option) {
  static_assert((detail::is_pool_option<Option> && ...),
                "max_pool2d_backward takes a rounding, an overflow policy and an executor as options");
  const char* const what = "max_pool2d_backward";
  const detail::axis_order order = detail::order_of(geometry.layout);
  const tensor_view<const std::remove_const_t<X>, 4> from = detail::permuted(x, order);
  const tensor_view<const std::remove_const_t<Dy>, 4> gradients = detail::permuted(dy, order);
  const tensor_view<Dx, 4> to = detail::permuted(dx, order);
  const detail::pool_shape s = detail::checked_pool_shape(what, from.extents(), "dy", gradients.extents(), geometry);
  detail::check_extents(to.extents(), from.extents(), geometry.layout, what, "dx");
  detail::check_apart(from, to, what, "dx");
  detail::check_apart(gradients, to, what, "dx", "dy");
  detail::check_roundings(what, option...);
  if (to.size() == 0) return;
  const auto conversion = detail::conversion_of_options<Dx>(option...);
  detail::executor_of_options(option...).parallel_for(
      s.images, [&](std::size_t image) { detail::max_pool_image_backward(from, gradients, to, s, image, conversion); });
}

// ---- the mean -----------------------------------------------------------------------------------------------------

template <class S, tensor_element T, class... Option>
requires std::is_same_v<std::remove_const_t<S>, T>
void average_pool2d(const tensor_view<S, 4>& x, const tensor_view<T, 4>& y, const pool_geometry& geometry,
                    const Option&... option) {
  const detail::axis_order order = detail::order_of(geometry.layout);
  const std::int32_t zero = 0;
  detail::average_pool_images<T>(detail::permuted(x, order), detail::permuted(y, order), geometry, {&zero, 0, 0},
                                 option...);
}

template <coded_element T, class Scheme, class... Option>
quantized_tensor<T, 4, Scheme> average_pool2d(const quantized_view<T, 4, Scheme>& x, const pool_geometry& geometry,
                                              const Option&... option) {
  return detail::pool_quantized("average_pool2d", x, geometry, [&](const auto& codes, const auto& y, granularity axis) {
    const std::vector<std::int32_t> zeros = detail::zero_points_of(*x.scheme);
    const bool by_image = axis == per_axis(0), by_channel = axis == per_axis(3);
    detail::average_pool_images<T>(codes, y, geometry, {zeros.data(), by_image ? 1U : 0U, by_channel ? 1U : 0U},
                                   option...);
  });
}
template <coded_element T, class Scheme, class... Option>
quantized_tensor<T, 4, Scheme> average_pool2d(const quantized_tensor<T, 4, Scheme>& x, const pool_geometry& geometry,
                                              const Option&... option) {
  return average_pool2d(x.view(), geometry, option...);
}

template <class Dy, tensor_element Dx, class... Option>
requires tensor_element<std::remove_const_t<Dy>>
void average_pool2d_backward(const tensor_view<Dy, 4>& dy, const tensor_view<Dx, 4>& dx, const pool_geometry& geometry,
                             const Option&... option) {
  static_assert(((detail::is_pool_option<Option> || detail::counts_padding<Option>)&&...),
                "average_pool2d_backward takes count_include_pad, a rounding, an overflow policy and an executor");
  const char* const what = "average_pool2d_backward";
  const detail::axis_order order = detail::order_of(geometry.layout);
  const tensor_view<const std::remove_const_t<Dy>, 4> gradients = detail::permuted(dy, order);
  const tensor_view<Dx, 4> to = detail::permuted(dx, order);
  const detail::pool_shape s = detail::checked_pool_shape(what, to.extents(), "dy", gradients.extents(), geometry);
  detail::check_apart(gradients, to, what, "dx", "dy");
  detail::check_roundings(what, option...);
  if (to.size() == 0) return;
  const auto conversion = detail::conversion_of_options<Dx>(option...);
  detail::executor_of_options(option...).parallel_for(s.images, [&](std::size_t image) {
    detail::average_pool_image_backward(gradients, to, s, detail::counts_padding<Option...>, image, conversion);
  });
}

}  // namespace narrow
