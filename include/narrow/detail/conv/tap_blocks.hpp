// How the blocks of a convolution lie, which run along the channels and never across taps, and their scales.
//
//   elements   tap 0: block 0 | block 1 | ..    tap 1: block 0 | ..
//   scales     tap 0:   s0    |   s1    | ..    tap 1:   s0    | ..      of a pixel's patch; of an output channel
//
// In panels all blocks are of one length: what the last one of a tap lacks is padding. Where a tap has one block,
// that is no longer than the groups of every kernel ask for.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include "narrow/detail/classify.hpp"
#include "narrow/detail/conv/kernel_matrix.hpp"
#include "narrow/detail/conv/lower.hpp"
#include "narrow/detail/gemm/block_factors.hpp"
#include "narrow/detail/gemm/compute_class.hpp"

namespace narrow::detail {

struct tap_blocks {
  std::size_t length;  // of a block, in channels
  std::size_t of_tap;
  std::size_t step;              // from block to block in panels
  conv_shape elements, factors;  // the convolution with a tap's channels padded; with a channel for each block
};

inline tap_blocks blocks_of_taps(const conv_shape& s, std::size_t groups, std::size_t length) {
  tap_blocks t{length, divided_up(s.group_channels, length), length, s, s};
  if (t.of_tap == 1) t.step = divided_up(s.group_channels, 4) * 4;
  const auto with_channels = [&](conv_shape& shape, std::size_t channels) {
    shape.group_channels = channels, shape.channels = checked_product(channels, groups, "conv2d");
    shape.depth = checked_product(s.kernel_height * s.kernel_width, channels, "conv2d");
    shape.patches = checked_product(shape.depth, s.out_width, "conv2d");
  };
  with_channels(t.elements, t.of_tap * t.step);
  with_channels(t.factors, t.of_tap);
  t.elements.depth -= t.elements.group_channels - s.group_channels;  // as gemm's, which ends where its terms do
  return t;
}

// Whether the sum is one of blocks (compute_class.hpp): groups of channels must not cut those of x.
template <class A, class B>
bool sums_blocks_of_taps(const A& pixels, const B& tap, const conv_shape& s) {
  const bool whole = s.group_channels == s.channels || A::block_length == 0 ||
                     s.group_channels % std::max<std::size_t>(1, A::block_length) == 0;
  return whole && sums_blocks(pixels, tap.transposed());
}

// ---- scales --------------------------------------------------------------------------------------------------------

// The factor of elements [first, first + n) of a line among those that are powers of two. If all are zero, it matters
// only where it is a NaN.
template <class Line>
void add_power(power_range& powers, float factor, const Line& x, std::size_t line, std::size_t first, std::size_t n) {
  if (!powers.are_all || powers.add(factor)) return;
  powers.are_all = !is_nan(factor);
  for (std::size_t c = first; c < first + n && powers.are_all; ++c) {
    powers.are_all = is_zero(x.template value<float>(line, c, false));
  }
}

// Of all images: rank 4, as `factors` of the blocks says; and the powers of two that they are.
template <class X>
power_range factors_of_images(const X& x, const conv_shape& s, const tap_blocks& t, float* to) {
  power_range powers;
  for (std::size_t image = 0; image < s.images; ++image) {
    for (std::size_t row = 0; row < s.height; ++row) {
      const auto pixels = image_row(x, image, row);
      constexpr std::size_t length = decltype(pixels)::block_length;  // whole of t.length
      const std::size_t step = pixels.place(0, length) - pixels.place(0, 0);
      for (std::size_t column = 0; column < s.width; ++column) {
        for (std::size_t first = 0; first < s.channels; first += s.group_channels) {
          const std::size_t place = pixels.place(column, first);
          for (std::size_t block = 0; block < t.of_tap; ++block) {
            const auto factor = static_cast<float>(pixels.factor(place + block * t.length / length * step));
            const std::size_t begin = block * t.length;
            add_power(powers, factor, pixels, column, first + begin, std::min(t.length, s.group_channels - begin));
            *to++ = factor;
          }
        }
      }
    }
  }
  return powers;
}

// Those of all kernels.
template <class W>
power_range powers_of_kernels(const W& w, const conv_shape& s, const tap_blocks& t) {
  power_range powers;
  for (std::size_t r = 0; r < s.kernel_height; ++r) {
    for (std::size_t q = 0; q < s.kernel_width; ++q) {
      const auto tap = kernel_tap(w, r, q);
      for (std::size_t o = 0; o < s.out_channels; ++o) {
        for (std::size_t begin = 0; begin < s.group_channels; begin += t.length) {
          const auto factor = static_cast<float>(tap.factor(tap.place(o, begin)));
          add_power(powers, factor, tap, o, begin, std::min(t.length, s.group_channels - begin));
        }
      }
    }
  }
  return powers;
}

// Whether elements in blocks of `length` that are multiplied by such powers sum as they would before it: nothing is
// beyond the normal floats, neither an element nor a sum of products, all of which are multiples of the least product.
template <class A, class B>
bool may_fold(const power_range& a, const power_range& b, std::size_t length) {
  using of_a = typename A::bfloat16_fit;
  using of_b = typename B::bfloat16_fit;
  const int low = of_a::lowest_exponent + of_b::lowest_exponent, high = of_a::highest_exponent + of_b::highest_exponent;
  return a.are_all && b.are_all && of_a::lowest_exponent + a.low >= -126 && of_b::lowest_exponent + b.low >= -126 &&
         of_a::highest_exponent + a.high <= 127 && of_b::highest_exponent + b.high <= 127 &&
         std::min(low, 0) + a.low + b.low >= -126 &&
         std::max(high, 0) + 2 + static_cast<int>(std::bit_width(length)) + a.high + b.high <= 127;
}

// Of the outputs of a group, from `first` on: blocks x stride, zero beyond the outputs.
template <class W>
void factors_of_kernels(const W& w, const conv_shape& s, const tap_blocks& t, std::size_t first, std::size_t stride,
                        float* to) {
  for (std::size_t r = 0; r < s.kernel_height; ++r) {
    for (std::size_t q = 0; q < s.kernel_width; ++q) {
      const auto tap = kernel_tap(w, r, q);
      for (std::size_t block = 0; block < t.of_tap; ++block, to += stride) {
        for (std::size_t j = 0; j < s.group_outputs; ++j) {
          if constexpr (decltype(tap)::block_length == 0) {
            to[j] = static_cast<float>(tap.scale(first + j));
          } else {
            to[j] = static_cast<float>(tap.factor(tap.place(first + j, block * t.length)));
          }
        }
        std::fill(to + s.group_outputs, to + stride, 0.0F);
      }
    }
  }
}

}  // namespace narrow::detail
