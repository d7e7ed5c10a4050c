// The gradient of a convolution to its data as convolutions of stride 1.
//
// A pixel of dx at `at` meets tap r of the kernel where at + pad - r * dilation is a multiple of the stride; the
// quotient is the row or column of dy. Which taps those are depends on at modulo the stride alone, its phase: each
// phase is a convolution of stride 1 with some of the taps, and every stride-th pixel of dx is its output.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "narrow/conv_geometry.hpp"
#include "narrow/detail/conv/lower.hpp"
#include "narrow/detail/gemm/driver.hpp"

namespace narrow::detail {

// One phase along one axis: pixels first, first + stride, .. of dx; taps last, last - step, ..; dy, met by the last tap
// of the first pixel at `begin` (before the image it wraps around), and by each tap after it `dilation` further on.
struct tap_phase {
  std::size_t first = 0, pixels = 0;
  std::size_t last = 0, taps = 0, step = 0;
  std::size_t begin = 0, dilation = 0;
};

inline std::vector<tap_phase> tap_phases(std::size_t pixels, std::size_t taps, std::size_t pad, std::size_t stride,
                                         std::size_t dilation) {
  const std::size_t common = std::gcd(stride, dilation), step = stride / common;
  std::vector<tap_phase> result;
  for (std::size_t first = 0; first < std::min(pixels, stride); ++first) {
    tap_phase p{first, divided_up(pixels - first, stride), 0, 0, step, 0, dilation / common};
    const std::size_t padded = first + pad, candidates = std::min(step, taps);
    std::size_t tap = 0;
    while (tap < candidates && tap * dilation % stride != padded % stride) ++tap;
    if (tap < candidates) {
      p.taps = divided_up(taps - tap, step);
      p.last = tap + (p.taps - 1) * step;
      const std::size_t reach = p.last * dilation;
      p.begin = padded >= reach ? (padded - reach) / stride : std::size_t{0} - (reach - padded) / stride;
    }
    result.push_back(p);
  }
  return result;
}

// A phase of both axes, as a convolution of dy.
struct data_phase {
  tap_phase rows, columns;
  conv_shape shape{};
  conv_geometry geometry{};
};

inline std::vector<data_phase> data_phases(const conv_shape& s, const conv_geometry& g) {
  std::vector<data_phase> result;
  for (const tap_phase& rows : tap_phases(s.height, s.kernel_height, g.pad_top, g.stride_h, g.dilation_h)) {
    for (const tap_phase& columns : tap_phases(s.width, s.kernel_width, g.pad_left, g.stride_w, g.dilation_w)) {
      data_phase p{rows, columns, {}, {}};
      p.shape.images = s.images, p.shape.height = s.out_height, p.shape.width = s.out_width;
      p.shape.channels = s.out_channels, p.shape.group_channels = s.group_outputs;
      p.shape.kernel_height = rows.taps, p.shape.kernel_width = columns.taps;
      p.shape.out_height = rows.pixels, p.shape.out_width = columns.pixels;
      p.shape.out_channels = s.channels, p.shape.group_outputs = s.group_channels;
      p.shape.depth = rows.taps * columns.taps * s.group_outputs;
      p.shape.patches = checked_product(columns.pixels, p.shape.depth, "conv2d_backward_data");
      p.geometry.pad_top = std::size_t{0} - rows.begin, p.geometry.pad_left = std::size_t{0} - columns.begin;
      p.geometry.dilation_h = rows.dilation, p.geometry.dilation_w = columns.dilation;
      p.geometry.groups = g.groups;
      result.push_back(p);
    }
  }
  return result;
}

}  // namespace narrow::detail
