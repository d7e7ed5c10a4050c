// The factors that kernels under scales along the depth take (kernel.hpp): of every block of `length` terms one for
// each row of a and one for each column of b. An operand without blocks along the depth has those of its rows or
// columns in every block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "narrow/detail/gemm/driver.hpp"
#include "narrow/detail/gemm/kernel.hpp"

namespace narrow::detail {

struct block_factors {
  std::size_t length = 0, blocks = 0;
  const float* a = nullptr;  // m x blocks
  const float* b = nullptr;  // blocks x b_stride
  std::size_t b_stride = 0;
};

// Columns padded to whole panels.
constexpr std::size_t padded_columns(std::size_t n) { return divided_up(n, most_columns) * most_columns; }

template <class A>
void factors_of_rows(const A& a, std::size_t length, std::size_t blocks, float* to) {
  for (std::size_t i = 0; i < a.rows(); ++i, to += blocks) {
    if constexpr (A::block_length == 0) {
      std::fill_n(to, blocks, static_cast<float>(a.scale(i)));
    } else {
      for (std::size_t k = 0; k < blocks; ++k) to[k] = static_cast<float>(a.factor(a.place(i, k * length)));
    }
  }
}

// Blocks x stride, zero beyond the columns.
template <class B>
void factors_of_columns(const B& b, std::size_t length, std::size_t blocks, std::size_t stride, float* to) {
  const std::size_t n = b.columns();
  for (std::size_t k = 0; k < blocks; ++k, to += stride) {
    if constexpr (B::block_length == 0) {
      if (k == 0) {
        for (std::size_t j = 0; j < n; ++j) to[j] = static_cast<float>(b.scale(j));
      } else {
        std::copy_n(to - stride, n, to);
      }
    } else {
      const std::size_t first = b.place(k * length, 0), step = n > 1 ? b.place(k * length, 1) - first : 0;
      for (std::size_t j = 0; j < n; ++j) to[j] = static_cast<float>(b.factor(first + j * step));
    }
    std::fill(to + n, to + stride, 0.0F);
  }
}

// The sums of the codes in panels of b, of each block of `block_groups` groups and each column: blocks x stride.
inline void sums_of_blocks(const tile_kernel& kernel, const std::byte* panels, std::size_t panel_bytes, std::size_t n,
                           std::size_t groups, std::size_t block_groups, std::size_t stride, std::int32_t* to) {
  const std::size_t width = kernel.panel_columns(), blocks = divided_up(groups, block_groups);
  std::fill_n(to, blocks * stride, 0);
  for (std::size_t q = 0; q < n; q += width) {
    const std::size_t vectors = divided_up(std::min(width, n - q), kernel.width);
    const std::byte* panel = panels + q / width * panel_bytes;
    for (std::size_t block = 0; block < blocks; ++block) {
      std::int64_t sums[most_columns] = {};
      const std::size_t some = std::min(block_groups, groups - block * block_groups);
      kernel.column_sums(panel, some, vectors, sums);
      panel += some * vectors * kernel.width * kernel.unit;
      for (std::size_t j = 0; j < vectors * kernel.width; ++j) {
        to[block * stride + q + j] = static_cast<std::int32_t>(sums[j]);
      }
    }
  }
}

}  // namespace narrow::detail
