// The plain loops of convolutions: the specification that faster ways are held to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "narrow/conv_geometry.hpp"
#include "narrow/detail/conv/lower.hpp"
#include "narrow/detail/gemm/product.hpp"

namespace narrow::detail {

// The patches of one output row and one group, a row of depth elements for each pixel.
template <class Compute>
void plain_patches(const Compute* image, const conv_shape& s, const conv_geometry& g, std::size_t out_row,
                   std::size_t group, Compute* to) {
  for (std::size_t pixel = 0; pixel < s.out_width; ++pixel) {
    for (std::size_t r = 0; r < s.kernel_height; ++r) {
      // Before the first row or column these wrap around, and so lie beyond the last.
      const std::size_t row = out_row * g.stride_h + r * g.dilation_h - g.pad_top;
      for (std::size_t q = 0; q < s.kernel_width; ++q, to += s.group_channels) {
        const std::size_t column = pixel * g.stride_w + q * g.dilation_w - g.pad_left;
        if (row >= s.height || column >= s.width) {
          std::fill_n(to, s.group_channels, Compute{});
        } else {
          std::copy_n(image + (row * s.width + column) * s.channels + group * s.group_channels, s.group_channels, to);
        }
      }
    }
  }
}

// The plain loops. begin(image) is called before an image's rows, sum(row, group, to) leaves a row's sums of a group,
// pixels x outputs of the group. last_of(image, row) is the finisher of an output row, pixel_of(finisher, j) the number
// that its pixel j has.
template <class Sum, class Begin, class SumRow, class LastOf, class PixelOf>
void convolve_rows(const conv_shape& s, const conv_geometry& g, const std::vector<double>& scale, const Begin& begin,
                   const SumRow& sum, const LastOf& last_of, const PixelOf& pixel_of) {
  using Value = typename decltype(last_of(0, 0))::value_type;
  const std::size_t n = s.out_channels, share = s.group_outputs;
  std::vector<Sum> group_sums(s.out_width * share), sums(s.out_width * n);
  std::vector<Value> buffer(n);
  for (std::size_t t = 0; t < s.images; ++t) {
    begin(t);
    for (std::size_t row = 0; row < s.out_height; ++row) {
      for (std::size_t group = 0; group < g.groups; ++group) {
        sum(row, group, group_sums.data());
        for (std::size_t pixel = 0; pixel < s.out_width; ++pixel) {
          std::copy_n(group_sums.data() + pixel * share, share, sums.data() + pixel * n + group * share);
        }
      }
      const auto last = last_of(t, row);
      for (std::size_t pixel = 0; pixel < s.out_width; ++pixel) {
        last.row(
            sums.data() + pixel * n, pixel_of(last, pixel), 0, n, [&](std::size_t o) { return scale[o]; },
            buffer.data());
      }
    }
  }
}

// By kernels that were lowered to a matrix of depth x outputs for each group.
template <class Accumulator, class X, class LastOf, class PixelOf>
void convolve_plainly(const X& x, const typename Accumulator::operand_type* kernels, const conv_shape& s,
                      const conv_geometry& g, bool with_scale, const std::vector<double>& scale, const LastOf& last_of,
                      const PixelOf& pixel_of) {
  using Operand = typename Accumulator::operand_type;
  using Sum = typename Accumulator::sum_type;
  std::vector<Operand> image(elements_of(x).size() / s.images), patches(s.patches);
  convolve_rows<Sum>(
      s, g, scale,
      [&](std::size_t t) {
        if (s.depth > 0 && !image.empty()) lower_image(x, t, s, with_scale, image.data());
      },
      [&](std::size_t row, std::size_t group, Sum* to) {
        if (s.depth > 0) plain_patches(image.data(), s, g, row, group, patches.data());
        multiply<Accumulator>(patches.data(), kernels + group * s.depth * s.group_outputs, to, s.out_width, s.depth,
                              s.group_outputs);
      },
      last_of, pixel_of);
}

}  // namespace narrow::detail
