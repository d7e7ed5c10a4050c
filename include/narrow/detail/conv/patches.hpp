// The left operand of a convolution as a product: a matrix with a row for each output pixel, of that pixel's terms, the
// depth in the order of the contract (conv.hpp). It is nowhere in memory. gemm's driver asks for some rows and some
// depth of it at a time, and patches.inl
//   - converts the lines of the image that these meet to elements of the panel, once, padding included: a band
//   - copies each pixel's terms together, which lie in the band in runs of (kernel width x channels of the group)
// so that memory beyond images and packed weights is that of the driver's blocks and one band, for each thread.
#pragma once

#include <cstdint>

#include "narrow/conv_geometry.hpp"
#include "narrow/detail/conv/lower.hpp"

namespace narrow::detail {

// X: an image operand with the channels last, whose scheme does not vary.
template <class X>
struct patches : decltype(image_row(std::declval<const X&>(), 0, 0)) {
  using line = decltype(image_row(std::declval<const X&>(), 0, 0));

  const X& x;
  const conv_shape& shape;
  const conv_geometry& geometry;
  std::size_t first_channel = 0;  // of the group
  std::size_t first_pixel = 0;    // of the first row
  std::size_t pixels = 0;
  bool copies = false;              // elements go into the panel as they are
  std::uint64_t padding = 0;        // the element of the panel that padding is
  std::uint64_t depth_padding = 0;  // and the one that the last group of depth is filled up with

  patches(const X& image, const conv_shape& s, const conv_geometry& g)
      : line(image_row(image, 0, 0)), x(image), shape(s), geometry(g) {}

  std::size_t rows() const { return pixels; }
  std::size_t columns() const { return shape.depth; }
  static bool varies_along(std::size_t) { return false; }

  // One line of the image, as it is: (column, channel); or as one row of all its elements, where they are contiguous.
  line image_line(std::size_t image, std::size_t row) const { return image_row(x, image, row); }
  bool has_whole_lines() const {
    const auto& pixel = line::elements();
    return pixel.stride(1) == 1 && pixel.stride(0) == static_cast<std::ptrdiff_t>(shape.channels) &&
           shape.group_channels == shape.channels;
  }
  line whole_line(std::size_t image, std::size_t row) const {
    const auto pixel = plane(x, 2, {image, row, 0, 0});
    return operand_of(as_one_row(pixel));
  }

 private:
  template <class T>
  static matrix_view<T> as_one_row(const matrix_view<T>& m) {
    return {m.data(), {1, m.extent(0) * m.extent(1)}};
  }
  template <class T, class Scheme>
  static quantized_view<T, 2, Scheme> as_one_row(const quantized_view<T, 2, Scheme>& m) {
    return {as_one_row(m.codes), m.scheme, per_tensor};
  }
};

}  // namespace narrow::detail
