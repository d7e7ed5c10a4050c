// The driver: blocking loops over pointers and sizes. It knows neither format nor instruction set: what depends on
// those it calls through the plan.
//
//   for each block of rows whose sums fit the workspace
//     for each block of columns                 b: packed here, unless it was packed before
//       for each block of depth                 4,096 bytes of a row: gemm_blocks
//         for each block of rows                a: packed here, unless memory holds its rows as kernels want them
//           for each panel of b, for each strip of a:  one tile
//             after the last block of depth: zero points, then finish, while the tile is in the first-level cache
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "narrow/detail/gemm/plan.hpp"
#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

// Sizes of blocks. Depth in bytes of a row: the longer, the rarer a tile of c is fetched; 144 rows of a take 576 KiB of
// the second-level cache. So many bytes of panels are read again and again by one strip of rows after the other, while
// c is written along its rows. Packed, GOP/s at 1024^3 and 2048^3 on Zen 4, means of two runs: f32 103 and 96 with
// 1,536 bytes, 384 rows and panels of 128 KiB, 109 and 102 with these; u8 x s8 426 and 403, 429 and 429. Few rows do
// not wait for all of b to be packed, 8 MiB of it: with that, and whole lines read by packing, unpacked u8 x s8 at
// 64x4096x4096 went from 278 to 301.
namespace gemm_blocks {
inline constexpr std::size_t depth_bytes = 4096, rows = 144, columns = 2048, columns_of_few_rows = 512,
                             sums_rows = 1920, sums_columns = 512, panels_bytes = std::size_t{1} << 18;
}

constexpr std::size_t divided_up(std::size_t a, std::size_t b) { return a / b + (a % b != 0 ? 1 : 0); }

// `total` cut into as few pieces of at most `most` as possible: all of it, or pieces of nearly the same size, a
// multiple of `step`.
constexpr std::size_t even_piece(std::size_t total, std::size_t most, std::size_t step) {
  if (total == 0) return step;
  if (total <= most) return total;
  const std::size_t pieces = divided_up(total, most);
  return divided_up(divided_up(total, pieces), step) * step;
}

// A divisor that shifts: kernels' sizes, but for their rows, are powers of two. A division takes ten cycles or more,
// and a call would do a dozen.
class shifting_divisor {
 public:
  explicit shifting_divisor(std::size_t value) : shift_(static_cast<unsigned>(std::countr_zero(value))) {}
  operator std::size_t() const { return std::size_t{1} << shift_; }  // NOLINT: implicit, it is a number
  friend std::size_t operator/(std::size_t a, shifting_divisor b) { return a >> b.shift_; }
  friend std::size_t operator%(std::size_t a, shifting_divisor b) { return a & (b - 1); }
  friend std::size_t divided_up(std::size_t a, shifting_divisor b) { return a / b + (a % b != 0 ? 1 : 0); }

 private:
  unsigned shift_;
};

// Lives no longer than the plan and the part.
class gemm_run {
 public:
  gemm_run(const gemm_plan& plan, const gemm_part& part)
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
                                       : sums_start::zero) {}

  void run() {
    const bool own_sums = p.c == nullptr && !one_pass;
    const std::size_t row_step = own_sums ? gemm_blocks::sums_rows : part_.rows;
    keeps_rows = one_pass && part_.rows <= most_rows_packed();
    const std::size_t column_step = own_sums                ? gemm_blocks::sums_columns
                                    : p.packed_b != nullptr ? part_.columns
                                    : keeps_rows            ? gemm_blocks::columns_of_few_rows
                                                            : gemm_blocks::columns;
    for (std::size_t i = 0; i < part_.rows; i += row_step) {
      rows = std::min(row_step, part_.rows - i);
      row = part_.row + i;
      if (needs_row_sums) std::fill_n(row_sums = space.row_sums.get<std::int64_t>(rows), rows, 0);
      for (std::size_t j = 0; j < part_.columns; j += column_step) {
        columns = std::min(column_step, part_.columns - j);
        column = part_.column + j;
        block(j == 0);
      }
    }
  }

 private:
  // Zero points may be part of what the sums begin with, if everything is known by then.
  bool folds_zero_points() const {
    if (kernel.row_sums == nullptr || p.a_zero.varies || (needs_row_sums && p.b_zero.varies)) return false;
    return one_pass || (!needs_row_sums && p.b_column_sums != nullptr);
  }

  // Rows of a that the second-level cache holds: fewer where a kernel takes all of a greater depth.
  std::size_t most_rows_packed() const {
    if (!kernel.whole_depth) return gemm_blocks::rows;
    const std::size_t bytes = gemm_blocks::rows * gemm_blocks::depth_bytes / static_cast<std::size_t>(strip_stride);
    return std::clamp<std::size_t>(bytes, 1, gemm_blocks::rows);
  }

  // All of the depth for one block of rows and columns.
  void block(bool first_columns) {
    if (p.c != nullptr) {
      sums_stride = p.c_stride;
      sums = static_cast<std::byte*>(p.c) + at(row, column) * sum_bytes;
    } else if (!one_pass) {
      sums_stride = static_cast<std::ptrdiff_t>(divided_up(columns, 16) * 16 + 16);
      sums = space.sums.bytes(rows * static_cast<std::size_t>(sums_stride * sum_bytes));
    }
    begin_column_sums();
    std::size_t g = 0;
    do {
      const std::size_t some = std::min(depth_step, groups - g);
      const std::size_t step = even_piece(rows, most_rows_packed(), p.rows_at_once());
      packs_later = packs_on_the_way(std::min(step, rows)) ? columns_of_wide_panels() : 0;
      std::byte* const panels = p.packed_b == nullptr ? pack_columns(g, some) : nullptr;
      const bool last = g + some >= groups;
      if (g == 0 || last) end_column_sums(g == 0, packs_later, columns);
      for (std::size_t r = 0; r < rows; r += step) {
        const std::size_t height = std::min(step, rows - r);
        find_segments(r, height, g, some, first_columns || !keeps_rows);
        for (std::size_t t = 0, i = r; needs_row_sums && first_columns && t < segment_count; i += segments[t++].rows) {
          const row_segment& s = segments[t];
          kernel.row_sums(s.a, s.stride, p.a_flip, s.rows, some, row_sums + i);
        }
        if (p.scale_rows.segments != nullptr && (first_columns || !keeps_rows)) gather_scales(row + r, height, g, some);
        tiles(r, g, some, panels);
      }
      g += some;
    } while (g < groups);
  }

  // Where rows [r, r + height) of the block are, over `some` groups of depth from g on; packed now, unless they are
  // kept.
  void find_segments(std::size_t r, std::size_t height, std::size_t g, std::size_t some, bool fresh) {
    if (p.ready_a != nullptr) {
      const auto offset = static_cast<std::ptrdiff_t>(row + r) * p.ready_stride + static_cast<std::ptrdiff_t>(g * unit);
      one_segment = {p.ready_a + offset, p.ready_stride, height, 0, some};
    } else if (p.a.segments == nullptr) {
      std::byte* const to = space.a.bytes(height * static_cast<std::size_t>(strip_stride));
      if (fresh) p.a.rows(p.a.operand, row + r, height, g * group, terms(g, some), p.a.with_scale, to, strip_stride);
      one_segment = {to, strip_stride, height, 0, some};
    } else if (fresh) {
      segments = space.segments.get<row_segment>(height);
      segment_count =
          p.a.segments(p.a.operand, row + r, height, g * group, terms(g, some), strip_stride, space.a, segments);
    }
  }

  // Every tile of the segments' rows, from r on, and all columns of the block, over `some` groups of depth from g on.
  void tiles(std::size_t r, std::size_t g, std::size_t some, std::byte* panels) {
    // c is written along its rows, for as many panels as stay in the second-level cache.
    const std::size_t panel_bytes = width * some * unit;
    const std::size_t chunk = divided_up(columns, width) * panel_bytes <= gemm_blocks::panels_bytes
                                  ? columns
                                  : std::max<std::size_t>(1, gemm_blocks::panels_bytes / panel_bytes) * width;
    for (std::size_t first = 0; first < columns; first += chunk) {
      const std::size_t end = std::min(columns, first + chunk);
      bool is_first = true;
      for (std::size_t t = 0, i = r; t < segment_count; i += segments[t++].rows) {
        tiles(segments[t], i, is_first, first, end, g, some, panels);
        if (segments[t].begin != segments[t].end) is_first = false;
      }
    }
  }
  // Those of one segment, whose first row is r, and columns [first, end). The first one meets panels in no near cache.
  void tiles(const row_segment& segment, std::size_t r, bool is_first, std::size_t first, std::size_t end,
             std::size_t g, std::size_t some, std::byte* panels) {
    const bool last = g + some >= groups, in_place = p.c != nullptr || !one_pass;
    alignas(64) std::byte tile_sums[most_rows * most_columns * 8];
    alignas(64) std::int64_t row_start[most_rows];
    tile_arguments t;
    begin_rows(t, segment, segment.begin);
    const std::byte* const rows_begin = t.a;
    t.a_flip = p.a_flip;
    t.groups = segment.end - segment.begin;
    const sums_start start = g != 0 ? sums_start::resume : folds ? sums_begin : sums_start::zero;
    t.is_last = last;
    t.depth = p.depth;
    t.row_start = row_start;
    scale_panels scales;
    t.scales = &scales;
    tile_codes codes = p.codes;
    t.codes = &codes;
    const bool leaves_codes = folds && one_pass && !needs_row_sums && p.code_tiles != nullptr;
    t.c = tile_sums;
    t.c_stride = in_place ? sums_stride : static_cast<std::ptrdiff_t>(width);
    for (std::size_t q = first, s = 0; s < segment.rows;) {
      const std::size_t tile_rows = kernel.height_of(segment.rows - s), next = q + width;
      const bool packs = r + s == 0 && q < packs_later;
      t.start = packs ? sums_start::zero : start;
      t.columns = std::min<std::size_t>(width, columns - q);
      const std::size_t vectors = divided_up(t.columns, lanes), group_bytes = vectors * lanes * unit;
      t.b = panel_at(q, vectors, g, some, panels) + segment.begin * group_bytes;
      t.a = rows_begin + static_cast<std::ptrdiff_t>(s) * t.a_stride;
      if (in_place) t.c = sums + at(r + s, q) * sum_bytes;
      if (start == sums_start::columns || start == sums_start::offsets) {
        t.column_start = column_start + static_cast<std::ptrdiff_t>(q) * sum_bytes;
        if (start == sums_start::offsets && q == first) row_starts(row_start, r + s, tile_rows);
      }
      if (p.scales.groups != 0) scales = scales_at(r + s, q, g);
      const bool fetches = is_first && s == 0 && next + width <= columns;
      fetch(t, fetches ? panel_at(next, kernel.vectors, g, some, panels) : nullptr);
      if (in_place && next < end) prefetch_sums(r + s, tile_rows, next, std::min<std::size_t>(width, columns - next));
      if (packs) {
        t.panel = panels + q / width * block_panel_bytes(some);
        t.unpacked = p.plain_b + static_cast<std::ptrdiff_t>(column + q);
        t.unpacked_stride = p.plain_stride;
        t.unpacked_flip = p.plain_flip;
        t.column_sums = needs_column_sums ? column_sums + q : nullptr;
        kernel.run_and_pack[tile_rows - 1](t);
        end_column_sums(true, q, q + t.columns);
        if (last) end_of_tile(t, r + s, tile_rows, q, false);
      } else if (leaves_codes && t.columns == width && p.code_tiles[tile_rows - 1] != nullptr) {
        codes.to = p.codes.to + static_cast<std::ptrdiff_t>(row + r + s) * codes.stride +
                   static_cast<std::ptrdiff_t>(column + q);
        codes.scales = p.codes.scales + (p.code_scales_vary ? column + q : 0);
        t.column_start = code_start + q;
        p.code_tiles[tile_rows - 1](t);
      } else {
        kernel.run[tile_rows - 1][vectors - 1](t);
        if (segment.end < some && p.sums_are_real && has_negative_zero(t, tile_rows)) {
          tile_arguments rest = t;
          begin_rows(rest, segment, segment.end);
          rest.a += static_cast<std::ptrdiff_t>(s) * t.a_stride;
          rest.b += t.groups * group_bytes;
          rest.groups = some - segment.end;
          rest.start = sums_start::resume;
          kernel.run[tile_rows - 1][vectors - 1](rest);
        }
        if (last) end_of_tile(t, r + s, tile_rows, q, folds);
      }
      q = next;
      if (q >= end) q = first, s += tile_rows;
    }
  }

  // The rows of a segment from its group `from` on.
  void begin_rows(tile_arguments& t, const row_segment& segment, std::size_t from) const {
    t.a = segment.a + static_cast<std::ptrdiff_t>(from * unit);
    t.a_stride = segment.stride;
    t.a_first = segment.first - from;
    t.a_run = p.a_run;
    t.a_jump = segment.jump;
    if (from >= segment.first) {
      const std::size_t beyond = from - segment.first;
      t.a += static_cast<std::ptrdiff_t>(beyond / p.a_run + 1) * segment.jump;
      t.a_first = p.a_run - beyond % p.a_run;
    }
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

  // The next panel, which the first strip of rows is about to meet, lies in no near cache.
  static void fetch(tile_arguments& t, const std::byte* next) {
    t.soon = next != nullptr ? next : t.b;
    t.soon_step = next != nullptr ? tile_ahead : 0;
  }

  // The sums of the next tile, which lie in as many pages as it has rows: no hardware prefetches them.
  void prefetch_sums(std::size_t i, std::size_t tile_rows, std::size_t j, std::size_t n) const {
    for (std::size_t h = 0; h < tile_rows; ++h) {
      const std::byte* const line = sums + at(i + h, j) * sum_bytes;
      for (std::ptrdiff_t b = 0; b < static_cast<std::ptrdiff_t>(n) * sum_bytes; b += 64)
        __builtin_prefetch(line + b, 1);
    }
  }

  // Whether the first strip of rows can pack the panels that it meets.
  bool packs_on_the_way(std::size_t height) const {
    if (p.plain_b == nullptr || !one_pass || p.depth % group != 0) return false;
    return kernel.run_and_pack[kernel.height_of(height) - 1] != nullptr;
  }

  // Those of panels as wide as tiles, though the last one may lack some of its columns.
  std::size_t columns_of_wide_panels() const {
    const std::size_t rest = columns % width;
    return rest > width - kernel.width ? columns : columns - rest;
  }

  // The block's columns over `some` groups of depth, as panels side by side, but for those that are packed later.
  std::byte* pack_columns(std::size_t g, std::size_t some) {
    const std::size_t panel_bytes = block_panel_bytes(some);
    std::byte* const to = space.b.bytes(divided_up(columns, width) * panel_bytes);
    if (packs_later < columns) {
      p.b.panels(p.b.operand, g * group, terms(g, some), column + packs_later, columns - packs_later, width, lanes,
                 panel_bytes, p.b.with_scale, to + packs_later / width * panel_bytes);
    }
    for (std::size_t q = packs_later; needs_column_sums && q < columns; q += width) {
      const std::size_t vectors = divided_up(std::min<std::size_t>(width, columns - q), lanes);
      kernel.column_sums(to + q / width * panel_bytes, some, vectors, column_sums + q);
    }
    return to;
  }

  // Panels that are written side by side should not share sets of the first-level cache.
  std::size_t block_panel_bytes(std::size_t some) const { return width * some * unit + 128; }

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
  std::size_t packs_later = 0;  // columns that the first strip of rows packs
  bool keeps_rows = false;      // packed, from one block of columns to the next
  row_segment one_segment;
  row_segment* segments = &one_segment;
  std::size_t segment_count = 1;

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
