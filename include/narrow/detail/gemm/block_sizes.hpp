// Sizes of blocks and of their pieces.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

namespace narrow::detail {

// Sizes of blocks. Depth in bytes of a row: the longer, the rarer a tile of c is fetched; 144 rows of a take 576 KiB of
// the second-level cache. So many bytes of panels are read again and again by one strip of rows after the other, while
// c is written along its rows. Packed, GOP/s at 1024^3 and 2048^3 on Zen 4, means of two runs: f32 103 and 96 with
// 1,536 bytes, 384 rows and panels of 128 KiB, 109 and 102 with these; u8 x s8 426 and 403, 429 and 429. Few rows do
// not wait for all of b to be packed, 8 MiB of it: with that, and whole lines read by packing, unpacked u8 x s8 at
// 64x4096x4096 went from 278 to 301.
namespace gemm_blocks {
inline constexpr std::size_t depth_bytes = 4096, rows = 144, columns = 2048, columns_of_few_rows = 512,
                             sums_rows = 1920, sums_columns = 512, panels_bytes = std::size_t{1} << 18,
                             shallow_panels_bytes = std::size_t{1} << 14;
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

}  // namespace narrow::detail
