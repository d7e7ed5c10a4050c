// What the kernels of depthwise convolutions (depthwise.inl, detail/conv/depthwise.hpp) speak of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "narrow/detail/gemm/kernel.hpp"

namespace narrow::detail {

// Some pixels side by side in an output line and some channels, of which memory has those of a pixel side by side.
struct depthwise_tile {
  const std::byte* const* taps = nullptr;  // the first pixel's first channel under each tap, filled up to whole groups
  std::size_t tap_count = 0;
  std::ptrdiff_t pixel_step = 0;         // bytes to the next pixel's
  std::size_t neighbours = 0;            // so many taps after each other lie a pixel step apart; 0 where they do not
  std::uint8_t flip = 0;                 // of bytes: what each is exclusive-or'd with before it multiplies
  const std::byte* weights = nullptr;    // block after block of channels, in each group after group of taps
  const std::int32_t* starts = nullptr;  // of integers: what the sums of the blocks' channels start at
  std::size_t pixels = 0, channels = 0;
  void* sums = nullptr;  // a row for each pixel
  std::ptrdiff_t sums_stride = 0;
  // Kernels of bytes: leave such instead, of the first pixel and channel on, or null. Their scales come in the order of
  // the starts, but of a block's four vectors the second and the third change places.
  const tile_codes* codes = nullptr;
};

// A step (tile.inl) as a kernel. A group of a channel's taps is a unit, and `group` vectors of `width` units are a
// block of channels. The kernel puts taps side by side within each 16 bytes, and weights and starts have a block's
// channels in the order that this leaves.
struct depthwise_kernel {
  void (*run)(const depthwise_tile&) = nullptr;
  std::size_t width = 0, group = 0;

  std::size_t block() const { return width * group; }
  std::size_t channel_at(std::size_t place) const {
    const std::size_t within = place % block(), vector = within / width, unit = within % width;
    return place - within + unit / 4 * (4 * group) + 4 * vector + unit % 4;
  }
};

}  // namespace narrow::detail
