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
//   offsets    at row_start[r] + column_start[j]: integers, whose zero points then cost no pass of their own
//   resume     at what c holds: the previous block of depth
//
// Kernels of bits count those that differ; the last block of depth turns counts into sums: depth - 2 * count.
//
// Only `columns` columns of c are read or written, the first of its rows lie `c_stride` elements apart.
#pragma once

#include <cstddef>
#include <cstdint>

namespace narrow::detail {

enum class sums_start { zero, offsets, resume };

struct tile_arguments {
  const std::byte* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const std::byte* b = nullptr;
  std::size_t groups = 0;
  void* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  std::size_t columns = 0;
  sums_start start = sums_start::zero;
  bool is_last = false;                // block of depth
  std::size_t depth = 0;               // of all blocks
  const void* row_start = nullptr;     // of the sums' type, one for each row
  const void* column_start = nullptr;  // likewise for each column, padded to whole vectors
};

using tile_function = void (*)(const tile_arguments&);

// Integers: adds the sums of the packed codes of each row or column to `sums`, for zero points:
//   sum (a - za)(b - zb) = sum a b - za (column sum of b - depth zb) - zb (row sum of a)
using row_sums_function = void (*)(const std::byte* a, std::ptrdiff_t stride, std::size_t rows, std::size_t groups,
                                   std::int64_t* sums);
using column_sums_function = void (*)(const std::byte* b, std::size_t groups, std::size_t vectors, std::int64_t* sums);

inline constexpr std::size_t most_rows = 12, most_vectors = 4, most_columns = 64;

// One kernel: the same step at every tile height and width.
struct tile_kernel {
  std::size_t rows = 0;     // of the largest tile
  std::size_t vectors = 0;  // of the largest tile, and of a panel of b
  std::size_t width = 0;    // columns a vector
  std::size_t unit = 0;     // bytes of a group
  std::size_t group = 0;    // terms of a group
  std::size_t sum_bytes = 0;
  tile_function run[most_rows][most_vectors] = {};  // [rows - 1][vectors - 1]
  row_sums_function row_sums = nullptr;
  column_sums_function column_sums = nullptr;

  std::size_t panel_columns() const { return vectors * width; }
};

}  // namespace narrow::detail
