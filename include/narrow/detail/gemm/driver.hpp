// The driver: blocking loops over pointers and sizes. It knows neither format nor instruction set: what depends on
// those it calls through the plan.
//
//   for each block of rows whose sums fit the workspace
//     for each block of columns                 b: packed here, unless it was packed before
//       for each block of depth                 4,096 bytes of a row: gemm_blocks
//         for each block of rows                a: packed here, unless memory holds its rows as kernels want them
//           for as many panels of b as a near cache holds
//             for each strip of a, for each of these panels:  one tile; of little depth all of them in one call
//               after the last block of depth: zero points, then finish, while the tile is in the first-level cache
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "narrow/detail/gemm/gemm_block.hpp"

namespace narrow::detail {

// Lives no longer than the plan and the part.
class gemm_run : gemm_block {
 public:
  gemm_run(const gemm_plan& plan, const gemm_part& part) : gemm_block(plan, part) {}

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
    // c is written along its rows, for as many panels as stay in the second-level cache, or in the first.
    const tile_function shallow = shallow_kernel(some);
    const std::size_t panel_bytes = width * some * unit;
    const std::size_t near = shallow != nullptr ? gemm_blocks::shallow_panels_bytes : gemm_blocks::panels_bytes;
    const std::size_t chunk = divided_up(columns, width) * panel_bytes <= near
                                  ? columns
                                  : std::max<std::size_t>(1, near / panel_bytes) * width;
    for (std::size_t first = 0, end = 0; first < columns; first = end) {
      end = std::min(columns, first + chunk);
      if (shallow != nullptr && end - first > width) end -= (end - first) % width;
      const tile_function at_once = (end - first) % width == 0 ? shallow : nullptr;
      bool is_first = true;
      for (std::size_t t = 0, i = r; t < segment_count; i += segments[t++].rows) {
        tiles(segments[t], i, is_first, first, end, g, some, panels, at_once);
        if (segments[t].begin != segments[t].end) is_first = false;
      }
    }
  }
  // Those of one segment, whose first row is r, and columns [first, end). The first one meets panels in no near cache.
  void tiles(const row_segment& segment, std::size_t r, bool is_first, std::size_t first, std::size_t end,
             std::size_t g, std::size_t some, std::byte* panels, tile_function shallow) {
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
    t.c = tile_sums;
    t.c_stride = in_place ? sums_stride : static_cast<std::ptrdiff_t>(width);
    for (std::size_t q = first, s = 0; s < segment.rows;) {
      if (shallow != nullptr && q == first && (r + s != 0 || q >= packs_later)) {
        t.rows = shallow_rows_of(segment.rows - s);
        if (t.rows != 0) {
          t.a = rows_begin + static_cast<std::ptrdiff_t>(s) * t.a_stride;
          t.start = start;
          run_shallow(shallow, t, codes, r + s, first, end, g, some, panels);
          s += t.rows;
          continue;
        }
      }
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
      } else if (leaves_codes && t.columns == width && p.code_tiles->run[tile_rows - 1] != nullptr) {
        place_codes(t, codes, r + s, q);
        p.code_tiles->run[tile_rows - 1](t);
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

  // Rows [r, r + t.rows) and columns [first, end) at once.
  void run_shallow(tile_function shallow, tile_arguments& t, tile_codes& codes, std::size_t r, std::size_t first,
                   std::size_t end, std::size_t g, std::size_t some, std::byte* panels) const {
    t.b = panel_at(first, kernel.vectors, g, some, panels);
    t.b_stride = panels != nullptr ? block_panel_bytes(some) : p.packed_stride;
    t.columns = end - first;
    if (leaves_codes) {
      place_codes(t, codes, r, first);
    } else {
      if (t.start == sums_start::columns) {
        t.column_start = column_start + static_cast<std::ptrdiff_t>(first) * sum_bytes;
      }
      t.c = sums + at(r, first) * sum_bytes;
    }
    shallow(t);
  }

  // The one that does a whole block at once, or null where it is too deep or its sums need more.
  tile_function shallow_kernel(std::size_t some) const {
    if (!one_pass || some * unit > most_shallow || (p.a.segments != nullptr && p.ready_a == nullptr)) return nullptr;
    if (leaves_codes) return p.code_tiles->run_shallow;
    const bool final = p.c != nullptr && p.finish == nullptr && !needs_row_sums && (folds || !needs_column_sums);
    return final ? kernel.run_shallow : nullptr;
  }

  // The next panel, which the first strip of rows is about to meet, lies in no near cache.
  static void fetch(tile_arguments& t, const std::byte* next) {
    t.soon = next != nullptr ? next : t.b;
    t.soon_step = next != nullptr ? tile_ahead : 0;
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

  std::size_t packs_later = 0;  // columns that the first strip of rows packs
  bool keeps_rows = false;      // packed, from one block of columns to the next
  row_segment one_segment;
  row_segment* segments = &one_segment;
  std::size_t segment_count = 1;
};

}  // namespace narrow::detail
