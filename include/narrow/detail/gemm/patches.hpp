// What gathering the patches of a convolution (patches.inl, detail/conv/patches.hpp) speaks of.
#pragma once

#include <cstddef>

#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

// The part of the padded image that some pixels' terms lie in.
struct patch_band {
  std::size_t first_line, lines, first_column, columns;
};

// Terms of a pixel that lie side by side in a band: elements, the offset from the pixel's first.
struct patch_run {
  std::size_t offset, length;
};

struct patch_workspace {
  scratch band, runs, limbs;
};

// Some pixels of one output line and some channels, of a depthwise convolution (depthwise.inl). Steps in elements.
struct depthwise_tile {
  const float* const* lines = nullptr;  // of the padded image, one for each row of the kernel
  std::size_t first = 0;                // the first pixel's first term in each
  std::size_t tap_step = 0, pixel_step = 0;
  std::size_t kernel_height = 0, kernel_width = 0;
  const float* weights = nullptr;  // a row of channels, padded to whole vectors, for each tap
  std::size_t weights_step = 0;
  std::size_t pixels = 0, columns = 0;
  void* sums = nullptr;  // a row for each pixel, floats or int32
  std::ptrdiff_t sums_stride = 0;
  bool integers = false, pairs = false;  // sums leave as int32; are those of the bf16 class
};

}  // namespace narrow::detail
