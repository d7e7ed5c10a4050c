// The rank-4 tensors of a convolution as planes: matrices along two of the axes, which gemm's lowering and finisher
// take as they are.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "narrow/conv_geometry.hpp"
#include "narrow/detail/gemm/operand.hpp"
#include "narrow/detail/gemm/output.hpp"
#include "narrow/image_layout.hpp"

namespace narrow::detail {

// ---- either layout with the channels last --------------------------------------------------------------------------

template <class T, class Scheme>
quantized_view<T, 4, Scheme> permuted(const quantized_view<T, 4, Scheme>& x, const axis_order& order) {
  return {permuted(x.codes, order), x.scheme, permuted(x.axis, order)};
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> permuted(const quantized_tensor<T, 4, Scheme>& x, const axis_order& order) {
  return permuted(x.view(), order);
}

// What has them so already: packed kernels.
template <class X>
requires requires(const X& x) { x.channels_last(); }
auto permuted(const X& x, const axis_order&) { return x.channels_last(); }

// Whether all pixels lie at one distance: of each image, and of all of them.
template <class T>
bool rows_lie_evenly(const tensor_view<T, 4>& x) {
  return x.extent(1) == 1 || x.stride(1) == static_cast<std::ptrdiff_t>(x.extent(2)) * x.stride(2);
}
template <class T>
bool images_lie_evenly(const tensor_view<T, 4>& x) {
  const auto pixels = static_cast<std::ptrdiff_t>(x.extent(1) * x.extent(2));
  return rows_lie_evenly(x) && (x.extent(0) == 1 || x.stride(0) == pixels * x.stride(2));
}

// ---- operands -----------------------------------------------------------------------------------------------------

// The matrix along row_axis and the last axis that begins at an element.
template <class T>
matrix_view<T> plane(const tensor_view<T, 4>& x, std::size_t row_axis, const std::array<std::size_t, 4>& at) {
  if (x.size() == 0) return {x.data(), {0, 0}};
  std::ptrdiff_t offset = 0;
  for (std::size_t k = 0; k < 4; ++k) offset += static_cast<std::ptrdiff_t>(at[k]) * x.stride(k);
  return {x.data() + offset, {x.extent(row_axis), x.extent(3)}, {x.stride(row_axis), x.stride(3)}};
}
template <class T, class Scheme>
quantized_view<T, 2, Scheme> plane(const quantized_view<T, 4, Scheme>& x, std::size_t row_axis,
                                   const std::array<std::size_t, 4>& at) {
  const granularity axis = x.axis.is_per_tensor() ? per_tensor : x.axis.axis == row_axis ? per_row : per_column;
  return {plane(x.codes, row_axis, at), x.scheme, axis};
}

template <class T>
auto operand_of_plane(const tensor_view<T, 4>& x, std::size_t row_axis, const std::array<std::size_t, 4>& at) {
  return operand_of(plane(x, row_axis, at));
}
// Blocks along the channels have their places in the layout that the scheme was made for: whether the channels are last
// there shows in how far apart two blocks of a pixel are.
template <class T, class Scheme>
auto operand_of_plane(const quantized_view<T, 4, Scheme>& x, std::size_t row_axis,
                      const std::array<std::size_t, 4>& at) {
  auto result = operand_of(plane(x, row_axis, at));
  if constexpr (block_scheme<Scheme>) {
    const std::size_t of_plane = x.codes.extent(1) * x.codes.extent(2);
    const std::size_t blocks = divided_into(x.codes.extent(3), Scheme::block_length);
    const bool channels_last = x.scheme->place(0, Scheme::block_length) == 1;
    result.first_place = at[0] * of_plane * blocks + (at[1] * x.codes.extent(2) + at[2]) * (channels_last ? blocks : 1);
    if (row_axis == 0) result.line_step = of_plane * (channels_last ? 1 : blocks);
  }
  return result;
}

// Image rows of x, (width, channel), and taps of w, (output channel, channel).
template <class X>
auto image_row(const X& x, std::size_t image, std::size_t row) {
  return operand_of_plane(x, 2, {image, row, 0, 0});
}
template <class W>
auto kernel_tap(const W& w, std::size_t row, std::size_t column) {
  return operand_of_plane(w, 0, {0, row, column, 0});
}

template <class X>
concept image_operand = requires(const X& x, const axis_order& order) {
  detail::image_row(detail::permuted(x, order), 0, 0);
};

// ---- the output ---------------------------------------------------------------------------------------------------

template <class T, class Scheme>
struct image_output {
  tensor_view<T, 4> view;
  const Scheme* scheme;
  granularity axis;
};

template <class T>
auto image_output_of(const tensor_view<T, 4>& y, const axis_order& order) {
  static_assert(!std::is_const_v<T>, "the output is written, so its elements cannot be const");
  return image_output<T, unscaled_scheme>{permuted(y, order), &unscaled, per_tensor};
}
template <class T, class Scheme>
auto image_output_of(quantized_tensor<T, 4, Scheme>& y, const axis_order& order) {
  return image_output<T, Scheme>{permuted(y.codes(), order), &y.scheme(), permuted(y.scheme().axis(), order)};
}

template <class Y>
concept image_result = requires(Y& y, const axis_order& order) {
  detail::image_output_of(y, order);
};

// One row of an output image as rows [first, first + width) of the matrix of pixels by output channels.
template <class T>
struct pixel_row {
  T* begin;
  std::size_t first;
  std::ptrdiff_t pixel_stride, channel_stride;

  T& operator()(std::size_t pixel, std::size_t channel) const {
    return begin[static_cast<std::ptrdiff_t>(pixel - first) * pixel_stride +
                 static_cast<std::ptrdiff_t>(channel) * channel_stride];
  }
  T* data() const { return begin; }
  std::ptrdiff_t stride(std::size_t axis) const { return axis == 0 ? pixel_stride : channel_stride; }
};

template <class T, class Scheme>
using pixel_output = output_matrix<T, Scheme, pixel_row<T>>;

template <class T, class Scheme>
pixel_output<T, Scheme> output_row(const image_output<T, Scheme>& y, std::size_t image, std::size_t row) {
  const matrix_view<T> pixels = plane(y.view, 2, {image, row, 0, 0});
  const std::size_t first = (image * y.view.extent(1) + row) * y.view.extent(2);
  return {{pixels.data(), first, pixels.stride(0), pixels.stride(1)},
          y.scheme,
          y.axis.is_per_tensor() ? per_tensor : per_column};
}

// How many rows of the output, counted through all images, make a piece whose pixels lie at one distance: all, those of
// an image, or one.
template <class T, class Scheme>
std::size_t rows_of_piece(const image_output<T, Scheme>& y) {
  return !rows_lie_evenly(y.view) ? 1 : y.view.extent(1) * (images_lie_evenly(y.view) ? y.view.extent(0) : 1);
}

}  // namespace narrow::detail
