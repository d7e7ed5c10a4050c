// Where the windows of pooling lie, along one axis at a time, and the checks of their geometry.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "narrow/detail/check.hpp"
#include "narrow/image_layout.hpp"

namespace narrow {

// Whether a last window that reaches beyond the padded image counts. Under `ceil` it does if it begins in the image or
// in the padding before it.
enum class output_extent { floor, ceil };

struct pool_geometry {
  std::size_t kernel_h = 1, kernel_w = 1;
  std::size_t stride_h = 1, stride_w = 1;
  std::size_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::size_t dilation_h = 1, dilation_w = 1;
  output_extent extent = output_extent::floor;
  image_layout layout = nhwc;
};

namespace detail {

// The part of a window that lies in the image, along one axis.
struct pool_window {
  std::size_t first, taps;  // its first index, and how many there are, `dilation` apart
  std::size_t padded_taps;  // how many lie in the padded image
};

struct pool_axis {
  const char* what;  // the call
  const char* name;  // of the axis
  std::size_t image, pad_first, pad_last, kernel, stride, dilation;

  // How many windows there are.
  std::size_t places(output_extent extent) const {
    std::size_t padded = 0, span = 0, reach = 0;
    require(kernel > 0, what, ": the ", name, " of the window is 0; it must be at least 1");
    require(stride > 0, what, ": the stride along the ", name, " is 0; it must be at least 1");
    require(dilation > 0, what, ": the dilation along the ", name, " is 0; it must be at least 1");
    require(!__builtin_add_overflow(image, pad_first, &padded) && !__builtin_add_overflow(padded, pad_last, &padded),
            what, ": the padded ", name, ", ", image, " + ", pad_first, " + ", pad_last, ", overflows std::size_t");
    require(!__builtin_mul_overflow(kernel - 1, dilation, &span) && !__builtin_add_overflow(span, padded, &reach), what,
            ": the ", name, " of the window, ", kernel, ", overflows std::size_t with its dilation of ", dilation);
    ++span;
    require(span <= padded, what, ": the ", name, " of the window is ", span, " with its dilation; it must be at most ",
            padded, ", the padded ", name, " of x");
    const std::size_t floor = (padded - span) / stride + 1;
    const bool rest_begins_inside = floor <= (image + pad_first - 1) / stride && image + pad_first > 0;
    return floor + (extent == output_extent::ceil && (padded - span) % stride != 0 && rest_begins_inside ? 1 : 0);
  }

  std::vector<pool_window> windows(std::size_t count) const {
    std::vector<pool_window> result(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = i * stride;  // in the padded image, as what follows
      const auto taps_before = [&](std::size_t end) {
        return begin < end ? std::min(kernel, divided_into(end - begin, dilation)) : 0;
      };
      const std::size_t skipped = taps_before(pad_first), taps = taps_before(pad_first + image) - skipped;
      require(taps > 0, what, ": window ", i, " along the ", name,
              " holds nothing but padding; each must hold an element of x");
      result[i] = {begin + skipped * dilation - pad_first, taps, taps_before(pad_first + image + pad_last)};
    }
    return result;
  }
};

// The extents of a call, with the channels last.
struct pool_shape {
  std::size_t images, height, width, channels;
  std::size_t out_height, out_width;
  std::vector<pool_window> rows, columns;
  std::size_t dilation_h, dilation_w;
};

}  // namespace detail
}  // namespace narrow
