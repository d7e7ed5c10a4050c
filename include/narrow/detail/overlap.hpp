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
  std::uintptr_t first = 0, end = 0;  // of all bytes
  std::size_t element = 0;            // bytes of one; 0 where the view is empty
  std::size_t rank = 0;
  std::array<axis, most_axes> axes;  // so many of them: a call of gemm has no time to zero the others

  // The bytes from the first to the last, of the axes whose stride is no multiple of `modulus`.
  std::size_t span(std::size_t modulus) const {
    std::size_t result = element;
    for (std::size_t k = 0; k < rank; ++k) {
      if (axes[k].stride % modulus != 0) result += (axes[k].extent - 1) * axes[k].stride;
    }
    return result;
  }
};

template <class T, std::size_t Rank>
[[gnu::always_inline]] inline footprint footprint_of(const tensor_view<T, Rank>& x) {
  static_assert(Rank <= footprint::most_axes, "an output of a call, and its operands, have at most 8 axes");
  footprint result;
  if (x.size() == 0) return result;
  result.element = sizeof(T);
  result.first = reinterpret_cast<std::uintptr_t>(x.data());
  result.end = result.first + sizeof(T);
  for (std::size_t k = 0; k < Rank; ++k) {
    if (x.extent(k) == 1) continue;
    const std::ptrdiff_t stride = x.stride(k);
    const std::size_t bytes =
        sizeof(T) * (stride < 0 ? std::size_t{0} - static_cast<std::size_t>(stride) : static_cast<std::size_t>(stride));
    std::uintptr_t& side = stride < 0 ? result.first : result.end;
    side += (x.extent(k) - 1) * (stride < 0 ? std::size_t{0} - bytes : bytes);
    result.axes[result.rank++] = {x.extent(k), bytes};
  }
  return result;
}

// Whether two of the view's elements are one, in memory. Exact for views whose axes nest, as those of a padded tensor
// do in any order, and for matrices; other views count as if they did.
[[gnu::noinline]] inline bool overlaps_itself_in_any_order(footprint x) {
  // By insertion, a handful: GCC 12 warns of std::sort on so small an array.
  for (std::size_t k = 1; k < x.rank; ++k) {
    for (std::size_t t = k; t > 0 && x.axes[t].stride < x.axes[t - 1].stride; --t) std::swap(x.axes[t], x.axes[t - 1]);
  }
  std::size_t span = x.element;
  bool nested = true;
  for (std::size_t k = 0; k < x.rank; ++k) {
    nested = nested && x.axes[k].stride >= span;
    span += (x.axes[k].extent - 1) * x.axes[k].stride;
  }
  if (nested) return false;
  if (x.rank != 2 || x.axes[0].stride == 0) return true;
  const auto [p, q] = std::pair(x.axes[0], x.axes[1]);
  // i p + j q = i' p + j' q first where the differences are q / gcd and p / gcd.
  const std::size_t common = std::gcd(p.stride, q.stride);
  return q.stride / common < p.extent && p.stride / common < q.extent;
}
[[gnu::always_inline]] inline bool overlaps_itself(const footprint& x) {
  std::size_t span = x.element;
  bool nested = true;  // as row-major axes are
  for (std::size_t k = x.rank; k-- > 0;) {
    nested = nested && x.axes[k].stride >= span;
    span += (x.axes[k].extent - 1) * x.axes[k].stride;
  }
  return !nested && overlaps_itself_in_any_order(x);
}

// Whether two views may share a byte. They do not where their bytes lie apart, or where both stay, row by row, within
// columns of one buffer that lie apart: modulo the length of its rows, which is a stride of theirs.
[[gnu::noinline]] inline bool overlap_in_one_buffer(const footprint& x, const footprint& y) {
  const auto apart = [&](std::size_t row) {
    const std::size_t x_span = x.span(row), y_span = y.span(row);
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
[[gnu::always_inline]] inline bool overlap(const footprint& x, const footprint& y) {
  if (x.element == 0 || y.element == 0 || x.end <= y.first || y.end <= x.first) return false;
  return overlap_in_one_buffer(x, y);
}
template <class X, class Y>
bool overlap(const X& x, const Y& y) {
  return overlap(footprint_of(x), footprint_of(y));
}

}  // namespace narrow::detail
