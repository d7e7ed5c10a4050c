// How a convolution's kernel walks over an image, and how images lie in memory.
#pragma once

#include <cstddef>

namespace narrow {

enum class image_layout { nhwc, nchw };
inline constexpr image_layout nhwc = image_layout::nhwc;
inline constexpr image_layout nchw = image_layout::nchw;

struct conv_geometry {
  std::size_t stride_h = 1, stride_w = 1;
  std::size_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::size_t dilation_h = 1, dilation_w = 1;
  std::size_t groups = 1;
  image_layout layout = nhwc;
};

}  // namespace narrow
