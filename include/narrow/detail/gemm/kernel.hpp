// The kernel contract: all that the driver knows of a kernel, and all that a kernel has to keep.
//
// Depth is cut into groups: as many consecutive terms of a sum as one instruction consumes, side by side in one unit of
// 4 or 8 bytes (a float; two bfloat16; four bytes; 32 bits). A kernel computes one tile of c from
//
//            depth, in groups                     columns
//          +---+---+---+---+- ..               +---+---+ .. +---+   one panel of b, always packed: group after group,
//   rows   | u | u | u | u |    a              | u | u |    | u |   `columns` units each, so that a vector holds one
//          +---+---+---+---+- ..               +---+---+ .. +---+   group of consecutive columns. Columns beyond the
//          | u | u | u | u |                   | u | u |    | u |   matrix are zero.
//          +---+---+---+---+- ..               +---+---+ .. +---+
//     a row is contiguous; rows lie              : depth, in groups
//     `a_stride` bytes apart
//
// so that rows of a that memory holds in that form already need no packing. For each group the kernel loads its
// vectors of b once and broadcasts one unit of each row:
//
//   for g in groups: for r in rows: for v in vectors: sum[r][v] <- step(sum[r][v], a[r][g], b[g][v])
//
// Depth is padded with zeros to whole groups. Terms are added in ascending order, groups too: for floats, that is the
// order of the contract (accumulator.hpp).
//
// The sums of a tile start
//   zero       at zero
//   columns    at column_start[j]: integers, whose zero points then cost no pass of their own
//   offsets    at row_start[r] + column_start[j]: likewise
//   resume     at what c holds: the previous block of depth
//
// Kernels of bits count those that differ; the last block of depth turns counts into sums: depth - 2 * count.
//
// Scales along the depth: a block of depth, whole groups, has a factor for each row of a and one for each column of b.
// A kernel for them sums a block from zero (integers, where a's codes have a zero point: from -a_zero * b_sums; those
// of nibbles also from a_starts, and they find b's factors in the panel), and for each block in turn
//   total <- fma(float(sum), a's factor * b's factor, total)       in float, the product rounded
// whatever its step; c holds the totals. Of floats whose factors are in the elements, exactly: total + sum.
//
// Only `columns` columns of c are read or written, the first of its rows lie `c_stride` elements apart.
#pragma once

#include <cstddef>
#include <cstdint>

namespace narrow::detail {

// How far ahead a kernel of several rows fetches b into the first-level cache, and how many bytes a group of a later
// panel into the second. One or two rows are bound by the memory, which the hardware reads ahead faster when nobody
// else does: 16 MiB of packed bytes times one row, Zen 4, GB/s from the third level 78 by itself and 52 to 72 with any
// fetch.
inline constexpr std::size_t near_ahead = 1024;
constexpr bool fetches_ahead(std::size_t rows) { return rows > 2; }
inline constexpr std::size_t tile_ahead = 128;

enum class sums_start { zero, columns, offsets, resume };

// For the block a tile begins with; b's as wide as a panel is, the others follow.
struct scale_panels {
  std::size_t groups = 0;    // of a block
  const float* a = nullptr;  // null where all factors are in the elements
  const std::int32_t* a_starts = nullptr;
  std::ptrdiff_t a_stride = 0;  // between rows; blocks lie side by side
  const float* b = nullptr;
  const std::int32_t* b_sums = nullptr;  // of b's codes, or null
  std::int32_t a_zero = 0;
  std::size_t b_stride = 0;  // between blocks; a panel's columns lie side by side
  std::size_t b_step = 1;    // between panels, for each of their columns
};

// Kernels that leave codes start at `columns` and make of a sum, which is not stored,
//   clamp(round(float(sum) * scale) + zero_point, lowest, highest)
// a signed byte; unsigned codes are 128 more, which the flip adds. What parameters they take: plan_codes in
// requantize.inl.
struct tile_codes {
  const float* scales = nullptr;  // of the columns from the tile's first on,
  bool scales_vary = false;       // or the same for all, of as many as a tile has
  std::int16_t zero_point = 0;
  std::int8_t lowest = 0, highest = 0;
  std::uint8_t flip = 0;  // 0x80 for unsigned codes
  std::byte* to = nullptr;
  std::ptrdiff_t stride = 0;  // bytes from row to row
};

// A kernel of shallow products computes all tiles of a block in one call: tile_arguments::rows, whole strips of
// shallow_rows, and columns, whole panels b_stride bytes apart. Final sums or codes, from `zero` or `columns`.
inline constexpr std::size_t shallow_rows = 4;
inline constexpr std::size_t most_shallow = 256;  // bytes of depth
// Rows that it should do of as many as are left, whole strips: others are better off in tiles of 9.
constexpr std::size_t shallow_rows_of(std::size_t left) {
  const std::size_t rest = left % shallow_rows;
  return left < 9 * rest ? left - rest : left - 9 * rest;
}

struct tile_arguments {
  tile_arguments() {}  // NOLINT: member by member, see gemm_plan

  const std::byte* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  std::uint8_t a_flip = 0;  // of bytes: what each byte of a is exclusive-or'd with before it multiplies
  // Where rows are not contiguous (tile_kernel::takes_runs): groups before the first jump and from one to the next.
  std::size_t a_first = static_cast<std::size_t>(-1), a_run = 0;
  std::ptrdiff_t a_jump = 0;  // bytes left out
  const std::byte* b = nullptr;
  std::size_t groups = 0;
  std::size_t rows = 0, b_stride = 0;  // shallow products only
  const std::byte* soon = nullptr;  // fetched into the second-level cache: b of a later tile, tile_ahead bytes a group
  std::size_t soon_step = 0;        // tile_ahead, or 0 where there is nothing to fetch
  void* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  std::size_t columns = 0;
  sums_start start = sums_start::zero;
  bool is_last = false;                  // block of depth
  std::size_t depth = 0;                 // of all blocks
  const void* row_start = nullptr;       // of the sums' type, one for each row
  const void* column_start = nullptr;    // likewise for each column, padded to whole vectors
  const scale_panels* scales = nullptr;  // kernels under scales only
  const tile_codes* codes = nullptr;     // kernels that leave codes only
  // Kernels that pack only: rows of b in memory, elements as the panel has them but for a flip (as a's); the panel.
  const std::byte* unpacked = nullptr;
  std::ptrdiff_t unpacked_stride = 0;  // bytes from row to row
  std::uint8_t unpacked_flip = 0;
  std::byte* panel = nullptr;
  std::int64_t* column_sums = nullptr;  // to which those of the packed codes are added, or null
};

using tile_function = void (*)(const tile_arguments&);

// Integers: adds the sums of the packed codes of each row or column to `sums`, for zero points:
//   sum (a - za)(b - zb) = sum a b - za (column sum of b - depth zb) - zb (row sum of a)
using row_sums_function = void (*)(const std::byte* a, std::ptrdiff_t stride, std::uint8_t flip, std::size_t rows,
                                   std::size_t groups, std::int64_t* sums);
using column_sums_function = void (*)(const std::byte* b, std::size_t groups, std::size_t vectors, std::int64_t* sums);

inline constexpr std::size_t most_rows = 12, most_vectors = 4, most_columns = 64;

// The heights of tiles of up to `rows` rows: few, to keep programs small.
constexpr bool has_height(std::size_t rows, std::size_t height) {
  return height <= 4 || height == rows || (rows == 12 && (height == 8 || height == 9));
}

// One kernel: the same step at every tile height and width. All but `rows` are powers of two.
struct tile_kernel {
  std::size_t rows = 0;     // of the largest tile
  std::size_t vectors = 0;  // of the largest tile, and of a panel of b
  std::size_t width = 0;    // columns a vector
  std::size_t unit = 0;     // bytes of a group
  std::size_t group = 0;    // terms of a group
  std::size_t sum_bytes = 0;
  bool whole_depth = false;                         // takes all of it at once
  bool takes_runs = false;                          // rows of a may consist of several runs of groups
  tile_function run[most_rows][most_vectors] = {};  // [rows - 1][vectors - 1], of the heights there are
  // Likewise, for whole groups and panels of all vectors: the tile that packs b on the way, from zero; null where there
  // is none. Columns beyond the matrix become zeros, flipped.
  tile_function run_and_pack[most_rows] = {};
  tile_function run_shallow = nullptr;  // or null
  row_sums_function row_sums = nullptr;
  column_sums_function column_sums = nullptr;

  std::size_t panel_columns() const { return vectors * width; }
  // Rows of the first tile of as many as are left: the tallest, but the last few rows in tiles of 9 and 8 where these
  // cover them, since lower ones load b too often.
  std::size_t height_of(std::size_t left) const {
    const std::size_t pieces = (left + 8) / 9;
    if (rows == 12 && left < 36 && left % 12 != 0 && 8 * pieces <= left) return left == 8 * pieces ? 8 : 9;
    std::size_t height = left < rows ? left : rows;
    while (!has_height(rows, height)) --height;
    return height;
  }
};

// The kernels that leave codes, of tiles of two vectors: few heights, since the few rows that are left take the longer
// way.
struct code_kernel {
  tile_function run[most_rows] = {};  // [rows - 1], or null
  tile_function run_shallow = nullptr;
};

// Whether what was packed for one is what another reads, sums of columns included.
inline bool have_same_panels(const tile_kernel& a, const tile_kernel& b) {
  return a.vectors == b.vectors && a.width == b.width && a.unit == b.unit && a.group == b.group &&
         a.column_sums == b.column_sums;
}

}  // namespace narrow::detail
