// Panels of integers of up to 4 bits in groups under float16 scales (grouped<int4, 32>), as packed weights have them:
// half the bytes of byte panels, and the scales in the same stream, for few rows cost what reading from memory costs.
//
//   panel    of as many columns as a kernel's other panels: block after block of depth
//   block    a float16 scale for each column; then units of 8 terms, padded with zeros, one column after the other:
//            byte t, 0 to 3:  code + 8 of term t in the low nibble, of term 4 + t in the high one
//
// Nibbles are the unsigned side of vpdpbusd and vpmaddubsw, so that a is packed as signed bytes. Panels are made of
// byte panels, whichever way memory runs, and multiplied by nibble_tile.inl.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "narrow/detail/gemm/block_factors.hpp"
#include "narrow/detail/gemm/packed_operand.hpp"
#include "narrow/scheme/block.hpp"

namespace narrow::detail {

template <class Scheme>
inline constexpr bool has_units_under_float16 = false;
template <std::size_t Length, class Rule>
inline constexpr bool has_units_under_float16<block_scaled<float16, Length, Rule>> = Length % 8 == 0;

template <class Operand>
inline constexpr bool fits_nibbles = [] {
  if constexpr (Operand::is_fixed && Operand::block_length != 0) {
    using E = typename Operand::E;
    return has_units_under_float16<std::remove_cvref_t<decltype(*Operand::view.scheme)>> && E::bits <= 4 &&
           E::fraction_bits == 0;
  } else {
    return false;
  }
}();

// Fills all but block_length; false where the target has no such kernel, or the operand a scale of the whole tensor.
template <class Target, class Operand>
bool fill_nibble_panels(packed_panels& panels, Target, const Operand& b) {
  using bytes = byte_panel<panel_sign::is_signed>;
  const auto kernel = Target::template scaled_kernel<nibble_panel>();
  if constexpr (std::is_null_pointer_v<decltype(kernel)>) {
    return false;
  } else {
    if (kernel == nullptr || b.view.scheme->tensor_scale() != 1) return false;
    constexpr std::size_t length = Operand::block_length;
    const std::size_t depth = b.rows(), width = kernel->panel_columns(), units = divided_up(depth, 8);
    const std::size_t count = divided_up(b.columns(), width);
    panels.panel = &panel_name<nibble_panel>;
    panels.kernel = kernel;
    panels.columns = b.columns();
    panels.panel_bytes = width * (divided_up(depth, length) * 2 + units * 4);
    panels.bytes = checked_product(count, panels.panel_bytes, "pack");
    std::byte* to = panels.memory.bytes(panels.bytes + 1);  // a place, if there is no depth
    panels.data = to;
    // Panel after panel, as they are read.
    panels.block_sums.assign(checked_product(count, divided_up(depth, length) * width, "pack"), 0);
    std::int32_t* sums = panels.block_sums.data();
    scratch space;
    std::byte* const plain = space.bytes(units * 2 * width * 4);
    const packer p = Target::template packing<bytes>(b, false);
    for (std::size_t j = 0; j < b.columns(); j += width, to += panels.panel_bytes) {
      const std::size_t some = std::min(width, b.columns() - j);
      const std::size_t row = divided_up(some, kernel->width) * kernel->width * 4;  // bytes of a group
      if (divided_up(depth, 4) % 2 != 0) std::memset(plain + (2 * units - 1) * row, 0, row);
      if (depth != 0) p.panels(&b, 0, depth, j, some, width, kernel->width, 0, false, plain);
      std::byte* out = to;
      for (std::size_t u = 0; u < units; ++u, out += row) {
        if (u * 8 % length == 0) {
          std::memset(out, 0, row / 2);
          for (std::size_t c = 0; c < some; ++c) {
            const auto scale = storage_of(b.view.scheme->scale(b.place(u * 8, j + c)));
            std::memcpy(out + c * 2, &scale, 2);
          }
          out += row / 2;
        }
        const std::byte *const first = plain + u * 2 * row, *const second = first + row;
        for (std::size_t t = 0; t < row; ++t) {
          sums[t / 4] += static_cast<std::int8_t>(first[t]) + static_cast<std::int8_t>(second[t]);
          out[t] = ((first[t] ^ std::byte{8}) & std::byte{15}) | ((second[t] ^ std::byte{8}) << 4);
        }
        if ((u + 1) * 8 % length == 0 || u + 1 == units) sums += width;
      }
    }
    return true;
  }
}

// Of each row of a, packed as signed bytes and padded with zeros to whole units, the sums of its blocks times `factor`:
// rows x blocks.
inline void sums_of_rows(const std::byte* a, std::ptrdiff_t stride, std::size_t rows, std::size_t units,
                         std::size_t block_units, std::int32_t factor, std::int32_t* to) {
  constexpr std::uint64_t even = 0x00FF'00FF'00FF'00FF, ones = 0x0001'0001'0001'0001;
  for (std::size_t r = 0; r < rows; ++r, a += stride) {
    for (std::size_t u = 0; u < units; u += block_units) {
      const std::size_t some = std::min(block_units, units - u);
      std::uint64_t sum = 0;  // of bytes 128 above: eight at a time are side by side in pairs, then in the top 16 bits
      for (std::size_t t = 0; t < some; ++t) {
        std::uint64_t x;
        std::memcpy(&x, a + (u + t) * 8, 8);
        x ^= 0x8080'8080'8080'8080;
        sum += (((x & even) + (x >> 8 & even)) * ones) >> 48;
      }
      *to++ = factor * (static_cast<std::int32_t>(sum) - static_cast<std::int32_t>(some * 1024));
    }
  }
}

}  // namespace narrow::detail
