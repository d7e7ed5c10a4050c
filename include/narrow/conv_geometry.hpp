// How a convolution's kernel walks over an image.
#pragma once

#include <cstddef>

#include "narrow/image_layout.hpp"

namespace narrow {

struct conv_geometry {
  std::size_t stride_h = 1, stride_w = 1;
  std::size_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::size_t dilation_h = 1, dilation_w = 1;
  std::size_t groups = 1;
  image_layout layout = nhwc;
};

}  // namespace narrow
