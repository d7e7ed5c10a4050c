// A product as the driver sees it: pointers, sizes, and functions for what depends on formats and targets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "narrow/detail/gemm/kernel.hpp"
#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

// Rows of a that lie at one distance, over a block of depth. Groups outside [begin, end) would change no sum.
struct row_segment {
  const std::byte* a = nullptr;
  std::ptrdiff_t stride = 0;
  std::size_t rows = 0;
  std::size_t begin = 0, end = 0;
  std::size_t first = static_cast<std::size_t>(-1);  // tile_arguments::a_first
  std::ptrdiff_t jump = 0;
};

// An operand and the ways to pack it; see pack.inl.
struct packer {
  const void* operand = nullptr;
  bool with_scale = false;
  void (*rows)(const void* operand, std::size_t i, std::size_t rows, std::size_t k, std::size_t depth, bool with_scale,
               std::byte* to, std::ptrdiff_t stride) = nullptr;
  void (*panels)(const void* operand, std::size_t k, std::size_t depth, std::size_t j, std::size_t columns,
                 std::size_t panel_columns, std::size_t lanes, std::size_t panel_bytes, bool with_scale,
                 std::byte* to) = nullptr;
  // Instead of rows: as many segments as these rows make, at most one for each, and what they point to. Rows that are
  // packed lie `stride` bytes apart.
  std::size_t (*segments)(const void* operand, std::size_t i, std::size_t rows, std::size_t k, std::size_t depth,
                          std::ptrdiff_t stride, scratch& space, row_segment* to) = nullptr;
};

// A parameter of each row or column, or one of all.
struct zero_points {
  const std::int32_t* values = nullptr;
  bool varies = false;
  std::int64_t at(std::size_t i) const { return values == nullptr ? 0 : values[varies ? i : 0]; }
  bool all_zero() const { return values == nullptr || (!varies && values[0] == 0); }
};

struct gemm_plan {
  gemm_plan() {}  // NOLINT: member by member, where GCC 12 would fill all of it, by instructions that start slowly

  const tile_kernel* kernel = nullptr;
  std::size_t m = 0, n = 0, depth = 0;

  packer a;
  const std::byte* ready_a = nullptr;  // rows that memory holds in panel form
  std::ptrdiff_t ready_stride = 0;
  std::uint8_t a_flip = 0;     // of bytes, ready or packed: what they still lack (tile_arguments::a_flip)
  std::size_t a_run = 0;       // of segments in runs: groups from jump to jump
  std::size_t row_step = 0;    // rows are cut into blocks and pieces at multiples of it; 0: of those of a tile
  bool sums_are_real = false;  // and so have zeros of two signs
  packer b;
  const std::byte* plain_b = nullptr;  // rows of b that a kernel may pack on the way, and what they lack
  std::ptrdiff_t plain_stride = 0;
  std::uint8_t plain_flip = 0;
  const std::byte* packed_b = nullptr;  // panels over the whole depth, packed_stride bytes apart
  std::size_t packed_stride = 0;

  zero_points a_zero, b_zero;                   // of the packed codes; integers only
  const std::int64_t* b_column_sums = nullptr;  // where b was packed before
  void (*correct)(void* sums, std::ptrdiff_t stride, std::size_t rows, std::size_t columns, const zero_points& a_zero,
                  std::size_t i, const std::int64_t* row_sums, const zero_points& b_zero, std::size_t j,
                  const std::int64_t* column_terms) = nullptr;
  // What sums begin with instead, of `columns` columns from j on, whose packed codes have these sums.
  void (*begin)(const std::int64_t* sums, std::size_t columns, const zero_points& b_zero, std::size_t j,
                std::size_t depth, std::int64_t a_zero, void* to) = nullptr;

  scale_panels scales;  // of all of a and b, for kernels under scales; b's padded to whole panels
  packer scale_rows;    // or those of a by rows, gathered as rows are: floats, a term each block

  void* c = nullptr;  // where the sums are the result: row-major, c_stride elements a row; else
  std::ptrdiff_t c_stride = 0;
  // Takes each tile of final sums, `stride` elements a row; element (0, 0) of this product is its (first_row,
  // first_column).
  const void* finisher = nullptr;
  std::size_t first_row = 0, first_column = 0;
  void (*finish)(const void* finisher, const void* sums, std::ptrdiff_t stride, std::size_t i, std::size_t rows,
                 std::size_t j, std::size_t columns) = nullptr;

  // Where tiles of whole panels may leave codes instead: by what, or null, and what for. Their sums begin with biases,
  // of each column, or null. Scales vary from column to column, or are those of any panel.
  const code_kernel* code_tiles = nullptr;
  tile_codes codes;  // of all of c
  const std::int32_t* code_biases = nullptr;
  float code_scale_of_all[most_columns];

  std::size_t rows_at_once() const { return row_step != 0 ? row_step : kernel->rows; }
};

// The part of c that one task computes.
struct gemm_part {
  std::size_t row = 0, rows = 0, column = 0, columns = 0;
};

}  // namespace narrow::detail
