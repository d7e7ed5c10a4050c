// The layers that are measured: images of height x width x channels, NHWC.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "narrow/conv.hpp"

namespace bench {

struct layer {
  std::size_t height = 0, width = 0, channels = 0, outputs = 0;
  std::size_t kernel_height = 0, kernel_width = 0;
  std::size_t stride_h = 1, stride_w = 1, pad_h = 0, pad_w = 0;  // padding on both sides
  std::size_t groups = 1, images = 1;

  std::size_t out_height() const { return (height + 2 * pad_h - kernel_height) / stride_h + 1; }
  std::size_t out_width() const { return (width + 2 * pad_w - kernel_width) / stride_w + 1; }
  std::size_t depth() const { return kernel_height * kernel_width * (channels / groups); }  // terms of a sum
  std::array<std::size_t, 4> x_extents() const { return {images, height, width, channels}; }
  std::array<std::size_t, 4> w_extents() const { return {outputs, kernel_height, kernel_width, channels / groups}; }
  std::size_t x_size() const { return images * height * width * channels; }
  std::size_t w_size() const { return outputs * depth(); }
  std::size_t y_size() const { return images * out_height() * out_width() * outputs; }
  // Two a multiply-add, taps on the padding included.
  double operations() const { return 2.0 * static_cast<double>(y_size()) * static_cast<double>(depth()); }

  narrow::conv_geometry geometry() const {
    return {.stride_h = stride_h,
            .stride_w = stride_w,
            .pad_top = pad_h,
            .pad_left = pad_w,
            .pad_bottom = pad_h,
            .pad_right = pad_w,
            .groups = groups};
  }

  bool operator==(const layer&) const = default;

  // 56x56x64_256_3x3, and what is not one image at stride 1: n2_dw56x56x64_3x3s2.
  std::string name() const {
    const auto by = [](std::size_t a, std::size_t b) { return std::to_string(a) + "x" + std::to_string(b); };
    const bool depthwise = groups == channels && groups > 1;
    std::string text = (images > 1 ? "n" + std::to_string(images) + "_" : "") + (depthwise ? "dw" : "");
    text += by(height, width) + "x" + std::to_string(channels);
    if (!depthwise) text += "_" + std::to_string(outputs);
    text += "_" + by(kernel_height, kernel_width);
    if (stride_h == stride_w && stride_h > 1) text += "s" + std::to_string(stride_h);
    if (stride_h != stride_w) text += "s" + by(stride_h, stride_w);
    return text;
  }
};

// A square kernel on a square image, which at stride 1 keeps its size.
constexpr layer square_layer(std::size_t size, std::size_t channels, std::size_t outputs, std::size_t kernel,
                             std::size_t stride = 1, std::size_t groups = 1) {
  return {size, size, channels, outputs, kernel, kernel, stride, stride, kernel / 2, kernel / 2, groups};
}

// Layers of residual and mobile networks, one image.
inline std::vector<layer> general_layers() {
  return {square_layer(56, 64, 64, 3),        square_layer(28, 128, 128, 3), square_layer(14, 256, 256, 3),
          square_layer(7, 512, 512, 3),       square_layer(56, 64, 256, 1),  square_layer(224, 3, 64, 7, 2),
          square_layer(112, 32, 32, 3, 1, 32)};
}

}  // namespace bench
