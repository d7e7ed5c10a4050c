// Lowering the images and kernels of a convolution to dense values of the type that a compute class multiplies.
#pragma once

#include <cstddef>

#include "narrow/detail/conv/planes.hpp"

namespace narrow::detail {

// The extents of a convolution that has been checked.
struct conv_shape {
  std::size_t images, height, width, channels;
  std::size_t kernel_height, kernel_width, group_channels;
  std::size_t out_height, out_width, out_channels, group_outputs;
  std::size_t depth, patches;  // terms of one sum; elements of the patches of one output row
};

// One image: (row, column, channel).
template <class Compute, class X>
void lower_image(const X& x, std::size_t image, const conv_shape& s, bool with_scale, Compute* to) {
  for (std::size_t row = 0; row < s.height; ++row) {
    const auto pixels = image_row(x, image, row);
    for (std::size_t column = 0; column < s.width; ++column) {
      for (std::size_t c = 0; c < s.channels; ++c) *to++ = pixels.template value<Compute>(column, c, with_scale);
    }
  }
}

// For each group, a matrix of depth x outputs of the group.
template <class Compute, class W>
void lower_kernels(const W& w, const conv_shape& s, bool with_scale, Compute* to) {
  for (std::size_t r = 0; r < s.kernel_height; ++r) {
    for (std::size_t q = 0; q < s.kernel_width; ++q) {
      const auto tap = kernel_tap(w, r, q);
      for (std::size_t o = 0; o < s.out_channels; ++o) {
        const std::size_t group = o / s.group_outputs, j = o % s.group_outputs;
        for (std::size_t c = 0; c < s.group_channels; ++c) {
          const std::size_t k = (r * s.kernel_width + q) * s.group_channels + c;
          to[(group * s.depth + k) * s.group_outputs + j] = tap.template value<Compute>(o, c, with_scale);
        }
      }
    }
  }
}

}  // namespace narrow::detail
