// The gradient of a convolution to its data by the kernels of gemm: each phase as conv2d would convolve it, of a part
// of dy, with kernels that are turned around while they are packed, into every stride-th pixel of dx.
#pragma once

#include <tuple>
#include <type_traits>

#include "narrow/detail/conv/data_phases.hpp"
#include "narrow/detail/conv/depthwise.hpp"
#include "narrow/detail/conv/fast.hpp"
#include "narrow/detail/conv/gathered.hpp"
#include "narrow/epilogue.hpp"

namespace narrow::detail {

// An image without its first rows and columns.
template <class T>
tensor_view<T, 4> cropped(const tensor_view<T, 4>& x, std::size_t rows, std::size_t columns) {
  const std::ptrdiff_t offset =
      static_cast<std::ptrdiff_t>(rows) * x.stride(1) + static_cast<std::ptrdiff_t>(columns) * x.stride(2);
  return {x.data() + offset, {x.extent(0), x.extent(1) - rows, x.extent(2) - columns, x.extent(3)}, x.strides()};
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> cropped(const quantized_view<T, 4, Scheme>& x, std::size_t rows, std::size_t columns) {
  return {cropped(x.codes, rows, columns), x.scheme, x.axis};
}

// The taps of a phase, turned around, as kernels.
template <class T>
tensor_view<T, 4> turned_taps(const tensor_view<T, 4>& w, const data_phase& p) {
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(p.rows.last) * w.stride(1) +
                                static_cast<std::ptrdiff_t>(p.columns.last) * w.stride(2);
  const auto back = [&](std::size_t axis, const tap_phase& taps) {
    return taps.taps == 1 ? w.stride(axis) : -static_cast<std::ptrdiff_t>(taps.step) * w.stride(axis);
  };
  return {w.data() + offset,
          {w.extent(0), p.rows.taps, p.columns.taps, w.extent(3)},
          {w.stride(0), back(1, p.rows), back(2, p.columns), w.stride(3)}};
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> turned_taps(const quantized_view<T, 4, Scheme>& w, const data_phase& p) {
  return {turned_taps(w.codes, p), w.scheme, w.axis};
}

// The pixels of dx that are the phase's output.
template <class T, class Scheme>
image_output<T, Scheme> phase_output(const image_output<T, Scheme>& dx, const data_phase& p, const conv_geometry& g) {
  const tensor_view<T, 4>& v = dx.view;
  const auto step = [&](std::size_t axis, std::size_t pixels, std::size_t stride) {
    return pixels == 1 ? v.stride(axis) : v.stride(axis) * static_cast<std::ptrdiff_t>(stride);
  };
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(p.rows.first) * v.stride(1) +
                                static_cast<std::ptrdiff_t>(p.columns.first) * v.stride(2);
  return {{v.data() + offset,
           {v.extent(0), p.rows.pixels, p.columns.pixels, v.extent(3)},
           {v.stride(0), step(1, p.rows.pixels, g.stride_h), step(2, p.columns.pixels, g.stride_w), v.stride(3)}},
          dx.scheme,
          dx.axis};
}

// Whether an output does not depend on the pixel's number, which a phase counts for itself.
template <class Op>
inline constexpr bool ignores_pixels = std::is_same_v<Op, relu_epilogue> || std::is_same_v<Op, clamp> ||
                                       std::is_same_v<Op, requantize> || std::is_same_v<Op, requantize_float>;
template <class Values>
inline constexpr bool ignores_pixels<column_bias<Values>> = true;
template <class Values>
inline constexpr bool ignores_pixels<accumulator_bias<Values>> = true;
template <class Ops>
inline constexpr bool all_ignore_pixels = true;
template <class... Op>
inline constexpr bool all_ignore_pixels<std::tuple<const Op&...>> = (ignores_pixels<Op> && ...);

// Parameters of w along its channels, of which each group has but one, are those of all.
template <class T>
bool w_has_one_scale(const tensor_view<T, 4>&) {
  return true;
}
template <class T, class Scheme>
bool w_has_one_scale(const quantized_view<T, 4, Scheme>& w) {
  return w.axis.is_per_tensor();
}

// One phase by the kernels of the target in use, as conv2d is; else false, and nothing is written.
template <class Class, class DY, class W, class Output, class LastOf, class E>
bool propagate_fast(const DY& dy, const W& w, const Output& out, const data_phase& p, const LastOf& last_of,
                    const E& e) {
  conv_shape s = p.shape;
  conv_geometry g = p.geometry;
  // Where taps begin within dy, what lies before is nobody's.
  const auto begin_within = [](std::size_t begin) { return static_cast<std::ptrdiff_t>(begin) > 0 ? begin : 0; };
  const std::size_t rows = begin_within(p.rows.begin), columns = begin_within(p.columns.begin);
  if (rows >= s.height || columns >= s.width) return false;  // nothing but padding
  s.height -= rows, s.width -= columns;
  g.pad_top += rows, g.pad_left += columns;
  const auto part = cropped(dy, rows, columns);
  const bool depthwise = s.group_channels == 1 && s.group_outputs == 1 && s.depth > 0;
  if (depthwise && w_has_one_scale(w) && convolve_depthwise<Class>(part, turned_taps(w, p), s, g, last_of, e)) {
    return true;
  }
  return convolve_fast<Class>(part, turned_kernels<W, data_phase>{w, p}, nullptr, out, s, g, last_of, e);
}

}  // namespace narrow::detail
