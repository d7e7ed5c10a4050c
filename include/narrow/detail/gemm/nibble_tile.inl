// The tile of nibble panels (nibble_panel.hpp); included after scaled_tile.inl. As scaled_tile, but codes lie 8 below
// the nibbles that multiply, and the factors of columns lie in the panel:
//   sum a (nibble - 8) = sum a nibble - 8 (sum of a)
// so that sums begin with one number for each row, and those of b's blocks are asked for only where a has a zero point.
//
// Register budget: as scaled_tile's, and a vector of low and of high nibbles for each of b: 12 + 12 + 4 + 2 of 32 for
// 6 x 2 in AVX-512. Three instructions take 128 nibbles apart; with one row, memory bounds all of it.
//
// A step S is one of tile.inl whose b is unsigned and a signed.

template <class S, std::size_t Rows, std::size_t Vectors>
void nibble_tile(const tile_arguments& t) {
  using real = value_lanes<float>;
  constexpr std::size_t width = S::width, columns = Vectors * width;
  typename S::sums sum[Rows][Vectors];
  real::vector total[Rows][Vectors];
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) total[r][v] = real::all(0);
  }
  row_units<S, Rows> a(t);
  const std::byte* b = t.b;
  const scale_panels& scales = *t.scales;
  for (std::size_t block = 0, g = 0; g < t.groups; ++block, g += scales.groups) {
    const std::byte* const of_columns = b;
    b += columns * 2;
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      const std::int32_t* const starts = scales.a_starts + static_cast<std::ptrdiff_t>(r) * scales.a_stride;
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] = all_words(starts[block]);
    }
    if (scales.b_sums != nullptr) {
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        const std::int32_t* const of_b = scales.b_sums + block * scales.b_stride + v * width;
        const typename S::sums start = S::times(-scales.a_zero, of_b);
        NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) sum[r][v] = S::add(sum[r][v], start);
      }
    }
    const std::size_t left = t.groups - g;
    for (std::size_t pair = (left < scales.groups ? left + 1 : scales.groups) / 2; pair != 0; --pair) {
      typename S::operand low[Vectors], high[Vectors];
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        S::nibbles(S::load_operand(b + v * width * S::unit), low[v], high[v]);
      }
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
        const std::byte* const row = a.at[r / 3] + static_cast<std::ptrdiff_t>(r % 3) * a.stride;
        const typename S::operand first = S::broadcast(row), second = S::broadcast(row + S::unit);
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
          sum[r][v] = S::step(S::step(sum[r][v], first, low[v]), second, high[v]);
        }
      }
      NARROW_UNROLL for (std::size_t i = 0; i < a.bases; ++i) a.at[i] += 2 * S::unit;
      b += columns * S::unit;
    }
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      const real::vector of_column = load_halves(reinterpret_cast<const std::uint16_t*>(of_columns + v * width * 2));
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
        const float* const of_rows = scales.a + static_cast<std::ptrdiff_t>(r) * scales.a_stride;
        const real::vector factor = real::product(real::all(of_rows[block]), of_column);
        total[r][v] = real::fused(real::from_words(sum[r][v]), factor, total[r][v]);
      }
    }
  }
  float* const c = static_cast<float*>(t.c);
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    alignas(64) float row[columns];
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) real::store(row + v * width, total[r][v]);
    __builtin_memcpy(c + static_cast<std::ptrdiff_t>(r) * t.c_stride, row, t.columns * sizeof(float));
  }
}

template <class S>
struct nibble_form {
  using value = float;
  static constexpr bool whole_depth = true;
  template <std::size_t Rows, std::size_t Vectors>
  static constexpr tile_function run = &nibble_tile<S, Rows, Vectors>;
};
template <class S, std::size_t Rows>
using nibble_tiles = tiles<S, Rows, nibble_form<S>>;
