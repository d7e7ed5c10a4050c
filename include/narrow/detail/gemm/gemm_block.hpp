// A block of a product's output: where its sums, panels and scales are, and what its tiles begin and end with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "narrow/detail/gemm/block_sizes.hpp"
#include "narrow/detail/gemm/plan.hpp"
#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

// Lives no longer than the plan and the part.
class gemm_block {
 protected:
  gemm_block(const gemm_plan& plan, const gemm_part& part)
      : p(plan),
        part_(part),
        kernel(*plan.kernel),
        space(*lease),
        unit(kernel.unit),
        group(kernel.group),
        width(kernel.panel_columns()),
        lanes(kernel.width),
        sum_bytes(static_cast<std::ptrdiff_t>(kernel.sum_bytes)),
        groups(divided_up(plan.depth, group)),
        depth_step(even_piece(groups, kernel.whole_depth ? groups : gemm_blocks::depth_bytes / unit,
                              std::max<std::size_t>(1, plan.scales.groups))),
        one_pass(groups <= depth_step),
        // Rows at a distance of a multiple of 4 KiB would share a set of the first-level cache.
        strip_stride(static_cast<std::ptrdiff_t>(divided_up(depth_step * unit, 128) * 128 + 64)),
        needs_row_sums(!plan.b_zero.all_zero()),
        needs_column_sums(!plan.a_zero.all_zero()),
        folds(folds_zero_points()),
        sums_begin(needs_row_sums      ? sums_start::offsets
                   : needs_column_sums ? sums_start::columns
                                       : sums_start::zero),
        leaves_codes(folds && one_pass && !needs_row_sums && plan.code_tiles != nullptr) {}

  // Zero points may be part of what the sums begin with, if everything is known by then.
  bool folds_zero_points() const {
    if (kernel.row_sums == nullptr || p.a_zero.varies || (needs_row_sums && p.b_zero.varies)) return false;
    return one_pass || (!needs_row_sums && p.b_column_sums != nullptr);
  }

  // ---- operands ---------------------------------------------------------------------------------------------------

  // Panels that are written side by side should not share sets of the first-level cache.
  std::size_t block_panel_bytes(std::size_t some) const { return width * some * unit + 128; }

  const std::byte* panel_at(std::size_t q, std::size_t vectors, std::size_t g, std::size_t some,
                            const std::byte* panels) const {
    if (panels != nullptr) return panels + q / width * block_panel_bytes(some);
    return p.packed_b + (column + q) / width * p.packed_stride + g * vectors * lanes * unit;
  }

  scale_panels scales_at(std::size_t r, std::size_t q, std::size_t g) const {
    scale_panels result = p.scales;
    const std::size_t block = g / result.groups, of_b = block * result.b_stride + (column + q) * result.b_step;
    if (p.scale_rows.segments != nullptr) {
      result.a = row_scales + static_cast<std::ptrdiff_t>(row + r - first_scaled_row) * row_scales_stride;
      result.a_stride = row_scales_stride;
    } else {
      const auto of_a = static_cast<std::ptrdiff_t>(row + r) * result.a_stride + static_cast<std::ptrdiff_t>(block);
      if (result.a != nullptr) result.a += of_a;
      if (result.a_starts != nullptr) result.a_starts += of_a;
    }
    if (result.b != nullptr) result.b += of_b;
    if (result.b_sums != nullptr) result.b_sums += of_b;
    return result;
  }

  // The scales of some rows' blocks over `some` groups of depth from g on, as far apart as rows are and for the same
  // reason.
  void gather_scales(std::size_t i, std::size_t height, std::size_t g, std::size_t some) {
    const std::size_t blocks = divided_up(some, p.scales.groups);
    row_scales_stride = static_cast<std::ptrdiff_t>(divided_up(blocks, 32) * 32 + 16);
    first_scaled_row = i;
    row_segment all;  // one, since they are copied
    p.scale_rows.segments(p.scale_rows.operand, i, height, g / p.scales.groups, blocks,
                          row_scales_stride * static_cast<std::ptrdiff_t>(sizeof(float)), space.scales, &all);
    row_scales = reinterpret_cast<const float*>(all.a);
  }

  // ---- sums -------------------------------------------------------------------------------------------------------

  // What a tile's sums begin with because of its rows.
  void row_starts(std::int64_t* to, std::size_t r, std::size_t tile_rows) const {
    with_sum_type([&](auto zero) {
      auto* const start = reinterpret_cast<decltype(zero)*>(to);
      for (std::size_t h = 0; h < tile_rows; ++h) {
        start[h] = static_cast<decltype(zero)>(-p.b_zero.at(0) * row_sums[r + h]);
      }
    });
  }

  // Zero points, where they were not part of the beginning, and what becomes of the sums.
  void end_of_tile(const tile_arguments& t, std::size_t r, std::size_t tile_rows, std::size_t q, bool folded) const {
    if (!folded && (needs_row_sums || needs_column_sums)) {
      p.correct(t.c, t.c_stride, tile_rows, t.columns, p.a_zero, row + r, needs_row_sums ? row_sums + r : nullptr,
                p.b_zero, column + q, needs_column_sums ? column_terms + q : nullptr);
    }
    if (p.finish == nullptr) return;
    p.finish(p.finisher, t.c, t.c_stride, p.first_row + row + r, tile_rows, p.first_column + column + q, t.columns);
  }

  // Products with padding that a sum was not given: of all sums they would change -0 alone, to +0.
  bool has_negative_zero(const tile_arguments& t, std::size_t tile_rows) const {
    bool found = false;
    with_sum_type([&](auto zero) {
      using word = decltype(zero);
      const auto* line = static_cast<const std::byte*>(t.c);
      for (std::size_t h = 0; h < tile_rows; ++h, line += t.c_stride * sum_bytes) {
        for (std::size_t j = 0; j < t.columns; ++j) {
          word sum;
          std::memcpy(&sum, line + j * sizeof sum, sizeof sum);
          found |= sum == std::numeric_limits<word>::min();
        }
      }
    });
    return found;
  }

  void place_codes(tile_arguments& t, tile_codes& codes, std::size_t i, std::size_t j) const {
    codes.to =
        p.codes.to + static_cast<std::ptrdiff_t>(row + i) * codes.stride + static_cast<std::ptrdiff_t>(column + j);
    codes.scales = p.codes.scales + (p.codes.scales_vary ? column + j : 0);
    t.start = sums_start::columns;
    t.column_start = code_start + j;
  }

  // The sums of the next tile, which lie in as many pages as it has rows: no hardware prefetches them.
  void prefetch_sums(std::size_t i, std::size_t tile_rows, std::size_t j, std::size_t n) const {
    for (std::size_t h = 0; h < tile_rows; ++h) {
      const std::byte* const line = sums + at(i + h, j) * sum_bytes;
      for (std::ptrdiff_t b = 0; b < static_cast<std::ptrdiff_t>(n) * sum_bytes; b += 64)
        __builtin_prefetch(line + b, 1);
    }
  }

  void begin_column_sums() {
    const std::size_t padded = divided_up(columns, width) * width;
    if (folds) {
      column_start = space.column_start.bytes(2 * padded * static_cast<std::size_t>(sum_bytes));
      code_start = reinterpret_cast<std::int32_t*>(column_start) + (p.code_biases != nullptr ? padded : 0);
    }
    if (!needs_column_sums) return;
    column_sums = space.column_sums.get<std::int64_t>(2 * padded);
    column_terms = column_sums + padded;
    if (p.b_column_sums == nullptr) std::fill_n(column_sums, padded, 0);
  }
  // What follows from the sums of columns [from, to): terms of zero points, and what sums begin with because of them.
  void end_column_sums(bool first, std::size_t from, std::size_t to) {
    const std::int64_t* const sum = p.b_column_sums != nullptr ? p.b_column_sums + column : column_sums;
    // Nobody asks for terms that all tiles begin with, but for those that pack.
    if (needs_column_sums && (!folds || p.b_column_sums == nullptr)) {
      const auto depth = static_cast<std::int64_t>(p.depth);
      for (std::size_t j = from; j < to; ++j) column_terms[j] = sum[j] - depth * p.b_zero.at(column + j);
    }
    if (!first || !folds || (sums_begin == sums_start::zero && p.code_tiles == nullptr)) return;
    const std::size_t end = needs_column_sums ? to : from, padded = divided_up(to, width) * width;
    if (from < end) {
      p.begin(sum + from, end - from, p.b_zero, column + from, p.depth, p.a_zero.at(0),
              column_start + static_cast<std::ptrdiff_t>(from) * sum_bytes);
    }
    std::memset(column_start + static_cast<std::ptrdiff_t>(end) * sum_bytes, 0,
                (padded - end) * static_cast<std::size_t>(sum_bytes));
    if (p.code_biases == nullptr) return;
    const auto* const start = reinterpret_cast<const std::int32_t*>(column_start);
    for (std::size_t j = from; j < to; ++j) code_start[j] = start[j] + p.code_biases[column + j];
  }

  // Calls f with a zero of the integer sums' type.
  template <class F>
  void with_sum_type(const F& f) const {
    if (sum_bytes == 4) {
      f(std::int32_t{0});
    } else {
      f(std::int64_t{0});
    }
  }

  // Offset of element (i, j) of the sums; terms of `some` groups from g on.
  std::ptrdiff_t at(std::size_t i, std::size_t j) const {
    return static_cast<std::ptrdiff_t>(i) * sums_stride + static_cast<std::ptrdiff_t>(j);
  }
  std::size_t terms(std::size_t g, std::size_t some) const { return std::min(some * group, p.depth - g * group); }

  const gemm_plan& p;
  const gemm_part& part_;
  const tile_kernel& kernel;
  leased<block_workspace> lease;
  block_workspace& space;
  const shifting_divisor unit, group, width, lanes;  // lanes: columns of a vector
  const std::ptrdiff_t sum_bytes;
  const std::size_t groups, depth_step;
  const bool one_pass;
  const std::ptrdiff_t strip_stride;
  const bool needs_row_sums, needs_column_sums, folds;
  const sums_start sums_begin;  // where zero points are folded into them
  const bool leaves_codes;      // tiles of whole panels do

  std::size_t row = 0, rows = 0, column = 0, columns = 0;  // the block
  std::byte* sums = nullptr;                               // of the block, sums_stride elements a row
  std::ptrdiff_t sums_stride = 0;
  std::int64_t *row_sums = nullptr, *column_sums = nullptr, *column_terms = nullptr;
  std::byte* column_start = nullptr;
  std::int32_t* code_start = nullptr;  // likewise, with biases
  const float* row_scales = nullptr;   // gathered, row_scales_stride apart
  std::ptrdiff_t row_scales_stride = 0;
  std::size_t first_scaled_row = 0;
};

}  // namespace narrow::detail
