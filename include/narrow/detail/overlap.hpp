// Whether views share an element: what has to be known before an output is written.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

#include "narrow/tensor_view.hpp"

namespace narrow::detail {

// A view in bytes, with its strides made positive. Axes of one index are left out.
struct footprint {
  static constexpr std::size_t most_axes = 8;
  struct axis {
    std::size_t extent, stride;
  };
  std::uintptr_t first = 0;
  std::size_t element = 0;  // bytes of one; 0 where the view is empty
  std::size_t span = 0;     // bytes from the first to the last
  std::size_t rank = 0;
  std::array<axis, most_axes> axes;  // `rank` of them: setting all would cost a call as much as 64 conversions

  // The span of the axes whose stride is no multiple of `modulus`.
  std::size_t span_within(std::size_t modulus) const {
    std::size_t result = element;
    for (std::size_t k = 0; k < rank; ++k) {
      if (axes[k].stride % modulus != 0) result += (axes[k].extent - 1) * axes[k].stride;
    }
    return result;
  }
};

template <class T, std::size_t Rank>
footprint footprint_of(const tensor_view<T, Rank>& x) {
  static_assert(Rank <= footprint::most_axes, "an output of a call, and its operands, have at most 8 axes");
  footprint result;
  if (x.size() == 0) return result;
  result.element = result.span = sizeof(T);
  result.first = reinterpret_cast<std::uintptr_t>(x.data());
  for (std::size_t k = 0; k < Rank; ++k) {
    if (x.extent(k) == 1) continue;
    const std::ptrdiff_t stride = x.stride(k);
    const std::size_t bytes =
        sizeof(T) * (stride < 0 ? std::size_t{0} - static_cast<std::size_t>(stride) : static_cast<std::size_t>(stride));
    const std::size_t length = (x.extent(k) - 1) * bytes;
    result.span += length;
    if (stride < 0) result.first -= length;
    result.axes[result.rank++] = {x.extent(k), bytes};
  }
  return result;
}

// Whether two of the view's elements are one, in memory. Exact for views whose axes nest, as those of a padded tensor
// do in any order, and for matrices; other views count as if they did.
inline bool overlaps_itself(const footprint& x) {
  if (x.rank == 0) return false;
  if (x.rank == 1) return x.axes[0].stride < x.element;
  // By insertion, a handful: GCC 12 warns of std::sort on so small an array.
  std::array<footprint::axis, footprint::most_axes> axes;
  for (std::size_t k = 0; k < x.rank; ++k) {
    std::size_t t = k;
    for (; t > 0 && x.axes[k].stride < axes[t - 1].stride; --t) axes[t] = axes[t - 1];
    axes[t] = x.axes[k];
  }
  std::size_t span = x.element;
  bool nested = true;
  for (std::size_t k = 0; k < x.rank; ++k) {
    nested = nested && axes[k].stride >= span;
    span += (axes[k].extent - 1) * axes[k].stride;
  }
  if (nested) return false;
  const auto [p, q] = std::pair(axes[0], axes[1]);
  if (x.rank != 2 || p.stride == 0) return true;
  // i p + j q = i' p + j' q first where the differences are q / gcd and p / gcd.
  const std::size_t common = std::gcd(p.stride, q.stride);
  return q.stride / common < p.extent && p.stride / common < q.extent;
}

// Whether two views may share a byte. They do not where their bytes lie apart, or where both stay, row by row, within
// columns of one buffer that lie apart: modulo the length of its rows, which is a stride of theirs.
inline bool overlap(const footprint& x, const footprint& y) {
  if (x.element == 0 || y.element == 0) return false;
  if (x.first + x.span <= y.first || y.first + y.span <= x.first) return false;
  const auto apart = [&](std::size_t row) {
    const std::size_t x_span = x.span_within(row), y_span = y.span_within(row);
    const std::size_t from_x =
        (y.first % row + row - x.first % row) % row;  // where y's columns begin, x's beginning at 0
    return x_span <= from_x && y_span <= row - from_x;
  };
  for (const footprint* view : {&x, &y}) {
    for (std::size_t k = 0; k < view->rank; ++k) {
      if (view->axes[k].stride != 0 && apart(view->axes[k].stride)) return false;
    }
  }
  return true;
}
template <class X, class Y>
bool overlap(const X& x, const Y& y) {
  return overlap(footprint_of(x), footprint_of(y));
}

}  // namespace narrow::detail
