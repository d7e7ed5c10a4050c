// The tile under scales along the depth, for any step with 32-bit sums; included after tile.inl. See kernel.hpp.
//
// Register budget: Rows * Vectors sums and as many totals, Vectors of b, one broadcast of a: 12 + 12 + 2 + 1 of 32 for
// 6 x 2 in AVX-512. Three instructions of every block and sum beside its products: a conversion of integers, the
// factors' product, a fused multiply-add.

[[gnu::always_inline]] inline value_lanes<float>::vector as_floats(const value_lanes<float>::vector& x) { return x; }
[[gnu::always_inline]] inline value_lanes<float>::vector as_floats(const native_words& x) {
  return value_lanes<float>::from_words(x);
}

template <class S, std::size_t Rows, std::size_t Vectors>
void scaled_tile(const tile_arguments& t) {
  using real = value_lanes<float>;
  constexpr std::size_t width = S::width, columns = Vectors * width;
  real::vector total[Rows][Vectors];
  float* const c = static_cast<float*>(t.c);
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) total[r][v] = real::all(0);
  }
  if (t.start == sums_start::resume) {
    alignas(64) float edge[Rows][columns] = {};
    for (std::size_t r = 0; r < Rows; ++r) {
      __builtin_memcpy(edge[r], c + static_cast<std::ptrdiff_t>(r) * t.c_stride, t.columns * sizeof(float));
    }
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) total[r][v] = real::from(edge[r] + v * width);
    }
  }
  row_units<S, Rows> a(t);
  const std::byte* b = t.b;
  const std::byte* soon = t.soon;
  std::size_t run = t.a_first;
  const scale_panels& scales = *t.scales;
  for (std::size_t block = 0, g = 0; g < t.groups; ++block, g += scales.groups) {
    typename S::sums sum[Rows][Vectors];
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      typename S::sums start = S::zero();
      if constexpr (requires { S::ones(); }) {  // integers
        if (scales.b_sums != nullptr) {
          start = S::times(-scales.a_zero, scales.b_sums + block * scales.b_stride + v * width);
        }
      }
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) sum[r][v] = start;
    }
    const std::size_t left = t.groups - g;
    add_groups<S>(t, sum, a, b, soon, left < scales.groups ? left : scales.groups, run);
    if constexpr (!requires { S::ones(); }) {
      if (scales.a == nullptr) {  // they are in the elements
        NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
          NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) total[r][v] = real::sum(total[r][v], sum[r][v]);
        }
        continue;
      }
    }
    real::vector of_columns[Vectors];
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      of_columns[v] = real::from(scales.b + block * scales.b_stride + v * width);
    }
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      const float* const of_rows = scales.a + static_cast<std::ptrdiff_t>(r) * scales.a_stride;
      const real::vector of_row = real::all(of_rows[block]);
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        const real::vector factor = real::product(of_row, of_columns[v]);
        total[r][v] = real::fused(as_floats(sum[r][v]), factor, total[r][v]);
      }
    }
  }
  if (t.columns == columns) {
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      float* const row = c + static_cast<std::ptrdiff_t>(r) * t.c_stride;
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) real::store(row + v * width, total[r][v]);
    }
    return;
  }
  alignas(64) float edge[Rows][columns];
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) real::store(edge[r] + v * width, total[r][v]);
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    __builtin_memcpy(c + static_cast<std::ptrdiff_t>(r) * t.c_stride, edge[r], t.columns * sizeof(float));
  }
}

template <class S>
struct scaled_form {
  using value = float;
  template <std::size_t Rows, std::size_t Vectors>
  static constexpr tile_function run = &scaled_tile<S, Rows, Vectors>;
};
template <class S, std::size_t Rows>
using scaled_tiles = tiles<S, Rows, scaled_form<S>>;
