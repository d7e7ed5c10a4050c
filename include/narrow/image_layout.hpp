// The layouts of images, and tensors of either one seen with the channels last.
#pragma once

#include <array>
#include <cstddef>

#include "narrow/detail/check.hpp"
#include "narrow/scheme/scheme.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

enum class image_layout { nhwc, nchw };
inline constexpr image_layout nhwc = image_layout::nhwc;
inline constexpr image_layout nchw = image_layout::nchw;

namespace detail {

// Axis k of the permuted tensor is axis order[k] of the given one.
using axis_order = std::array<std::size_t, 4>;

inline axis_order order_of(image_layout layout) {
  return layout == nhwc ? axis_order{0, 1, 2, 3} : axis_order{0, 2, 3, 1};
}

template <class T>
tensor_view<T, 4> permuted(const tensor_view<T, 4>& x, const axis_order& order) {
  std::array<std::size_t, 4> extents{};
  std::array<std::ptrdiff_t, 4> strides{};
  for (std::size_t k = 0; k < 4; ++k) extents[k] = x.extent(order[k]), strides[k] = x.stride(order[k]);
  return {x.data(), extents, strides};
}
inline granularity permuted(granularity axis, const axis_order& order) {
  for (std::size_t k = 0; k < 4; ++k) {
    if (axis.axis == order[k]) return {k};
  }
  return axis;
}

// Errors: extents, with the channels last, of what is named that are not the wanted ones; they speak of the layout that
// the caller sees.
inline void check_extents(const std::array<std::size_t, 4>& is, const std::array<std::size_t, 4>& must,
                          image_layout layout, const char* call, const char* what) {
  if (is == must) return;
  std::array<std::size_t, 4> has{}, wants{};
  const axis_order order = order_of(layout);
  for (std::size_t k = 0; k < 4; ++k) has[order[k]] = is[k], wants[order[k]] = must[k];
  fail(call, ": ", what, " is ", has[0], " x ", has[1], " x ", has[2], " x ", has[3], "; it must be ", wants[0], " x ",
       wants[1], " x ", wants[2], " x ", wants[3]);
}

}  // namespace detail
}  // namespace narrow
