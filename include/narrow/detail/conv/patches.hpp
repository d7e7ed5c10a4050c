// The left operand of a convolution as a product: a matrix with a row for each output pixel, of that pixel's terms, the
// depth in the order of the contract (conv.hpp). It is nowhere in memory. gemm's driver asks for some rows and some
// depth of it at a time, and patches.inl and segments.inl
//   - converts the lines of the image that these meet to elements of the panel, once, padding included: a band
//   - copies each pixel's terms together, which lie in the band in runs of (kernel width x channels of the group),
//     or has the kernel read them there, run by run, less the rows of taps on padding where these add nothing
// so that memory beyond images and packed weights is that of the driver's blocks and one band, for each thread.
#pragma once

#include <cstdint>

#include "narrow/conv_geometry.hpp"
#include "narrow/detail/conv/lower.hpp"
#include "narrow/detail/gemm/driver.hpp"

namespace narrow::detail {

// Whether the band of some lines of output, or of as many pixels as the driver asks for at once, is of a size that
// anybody means.
inline bool is_band_of_use(std::size_t lines, std::size_t columns, std::size_t channels) {
  std::size_t size = 0;
  return !__builtin_mul_overflow(lines, columns, &size) && !__builtin_mul_overflow(size, channels, &size) &&
         size <= std::size_t{1} << 26;
}
inline std::size_t span_of(std::size_t places, std::size_t stride, std::size_t taps, std::size_t dilation) {
  return (places - 1) * stride + (taps - 1) * dilation + 1;  // at most the padded extent, which fits
}
inline bool fits_band(const conv_shape& s, const conv_geometry& g) {
  const std::size_t pixels = gemm_blocks::rows, lines = std::min(pixels / s.out_width + 2, s.out_height);
  const std::size_t columns = std::min(s.out_width, pixels);
  return is_band_of_use(span_of(lines, g.stride_h, s.kernel_height, g.dilation_h),
                        span_of(columns, g.stride_w, s.kernel_width, g.dilation_w), s.group_channels);
}

// Whether a kernel of one tap takes every pixel of the image.
inline bool takes_every_pixel(const conv_shape& s, const conv_geometry& g) {
  return s.kernel_height == 1 && s.kernel_width == 1 && g.stride_h == 1 && g.stride_w == 1 && g.pad_top == 0 &&
         g.pad_left == 0 && s.out_height == s.height && s.out_width == s.width;
}

// X: an image operand with the channels last, whose scheme does not vary.
template <class X>
struct patches : decltype(image_row(std::declval<const X&>(), 0, 0)) {
  using line = decltype(image_row(std::declval<const X&>(), 0, 0));

  const X& x;
  const conv_shape& shape;
  const conv_geometry& geometry;
  std::size_t channels;           // of the group that the image has; the shape's may be more, and are padding
  std::size_t first_channel = 0;  // of the group
  std::size_t first_pixel = 0;    // of the first row
  std::size_t pixels = 0;
  bool copies = false;              // elements go into the panel as they are
  bool in_place = false;            // rows are read from the band
  bool leaves_out_padding = false;  // which adds nothing to a sum
  // Of panels of bfloat16: powers of two that the elements are multiplied by, in the order of pixels, and one after the
  // other for so many elements each.
  const float* powers = nullptr;
  std::size_t powers_of_pixel = 0, first_power = 0, elements_of_power = 0;
  std::uint64_t padding = 0;        // the element of the panel that padding is
  std::uint64_t depth_padding = 0;  // and the one that the last group of depth is filled up with

  patches(const X& image, const conv_shape& s, const conv_geometry& g)
      : line(image_row(image, 0, 0)), x(image), shape(s), geometry(g), channels(s.group_channels) {}

  std::size_t rows() const { return pixels; }
  std::size_t columns() const { return shape.depth; }
  static bool varies_along(std::size_t) { return false; }

  // One line of the image, as it is: (column, channel); or as one row of all its elements, where they are contiguous.
  line image_line(std::size_t image, std::size_t row) const { return image_row(x, image, row); }
  bool has_whole_lines() const { return has_dense_pixels() && channels == shape.group_channels; }
  bool has_dense_pixels() const {
    const auto& pixel = line::elements();
    if constexpr (line::folds_scales) {  // blocks of a line are those of its pixels, one after the other
      constexpr std::size_t length = std::remove_cvref_t<decltype(*x.scheme)>::block_length;
      if (channels % length != 0 || x.scheme->place(0, length) != 1) return false;
    }
    return pixel.stride(1) == 1 && pixel.stride(0) == static_cast<std::ptrdiff_t>(channels) &&
           channels == elements_of(x).extent(3);
  }
  line whole_line(std::size_t image, std::size_t row) const {
    return part_of(image_line(image, row), 0, {1, shape.width * channels}, {0, 1});
  }

  // Whether rows of this matrix are pixels of the image, at one distance in `lines` lines from any on.
  bool are_pixels(std::size_t lines) const {
    return takes_every_pixel(shape, geometry) && (lines == 1 || images_lie_evenly(elements_of(x)));
  }
  line as_pixels(std::size_t image, std::size_t row) const {
    const line pixel = image_line(image, row);
    const auto& e = pixel.elements();
    return part_of(pixel, static_cast<std::ptrdiff_t>(first_channel) * e.stride(1), {pixels, shape.depth},
                   {e.stride(0), e.stride(1)});
  }

 private:
  static line part_of(line of, std::ptrdiff_t from, const std::array<std::size_t, 2>& extents,
                      const std::array<std::ptrdiff_t, 2>& strides) {
    if constexpr (requires { of.view.codes; }) {
      of.view.codes = {of.view.codes.data() + from, extents, strides};
    } else {
      of.view = {of.view.data() + from, extents, strides};
    }
    return of;
  }
};

}  // namespace narrow::detail
