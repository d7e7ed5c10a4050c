// All tiles of a shallow product in one call; included after tile.inl. See kernel.hpp.
//
// Tiles of little depth end soon after they begin, and what ends one holds up the next: 24 stores one after the other
// 52 cycles on Zen 4, 8 next to none. So these are low, 4 x 2, with no more sums than hide the latency of a step. They
// load b as often as the second-level cache could hardly give it; it stays in the first
// (gemm_blocks::shallow_panels_bytes).
template <class S>
struct shallow_tile {
  static constexpr std::size_t rows = shallow_rows, vectors = 2, width = vectors * S::width;
  typename S::sums sum[rows][vectors];

  [[gnu::always_inline]] inline void begin(const tile_arguments& t, std::size_t j) {
    NARROW_UNROLL for (std::size_t v = 0; v < vectors; ++v) {
      typename S::sums start = S::zero();
      if constexpr (requires { S::ones(); }) {  // integers
        if (t.start == sums_start::columns) {
          start = S::load(static_cast<const typename S::value*>(t.column_start) + j + v * S::width);
        }
      }
      NARROW_UNROLL for (std::size_t r = 0; r < rows; ++r) {
        sum[r][v] = start;
        __asm__("" : "+v"(sum[r][v]));
      }
    }
  }
  template <bool Flips>
  [[gnu::always_inline]] inline void add(const tile_arguments& t, row_units<S, rows, Flips>& a, const std::byte*& b,
                                         std::size_t groups) {
    const std::byte* nothing = nullptr;
    std::size_t run = 0;
    add_groups_to_rows<S, 0, rows, false, false>(t, sum, a, b, nothing, groups, run);
  }
};

// Those of the next strip are fetched: they lie in as many pages as it has rows, which no hardware prefetches.
template <class S>
void shallow_sums(const tile_arguments& t) {
  using tile = shallow_tile<S>;
  using value = typename S::value;
  for (std::size_t i = 0; i < t.rows; i += tile::rows) {
    const std::byte* panel = t.b;
    for (std::size_t j = 0; j < t.columns; j += tile::width, panel += t.b_stride) {
      tile x;
      x.begin(t, j);
      row_units<S, tile::rows> a(t.a + static_cast<std::ptrdiff_t>(i) * t.a_stride, t.a_stride, t.a_flip);
      const std::byte* b = panel;
      x.add(t, a, b, t.groups);
      value* to = static_cast<value*>(t.c) + static_cast<std::ptrdiff_t>(i) * t.c_stride + j;
      const std::ptrdiff_t next = i + tile::rows < t.rows ? static_cast<std::ptrdiff_t>(tile::rows) * t.c_stride : 0;
      NARROW_UNROLL for (std::size_t r = 0; r < tile::rows; ++r, to += t.c_stride) {
        NARROW_UNROLL for (std::size_t v = 0; v < tile::vectors; ++v) {
          S::store(to + v * S::width, x.sum[r][v]);
          __builtin_prefetch(to + next + v * S::width, 1);
        }
      }
    }
  }
}

template <class S>
inline constexpr tile_function shallow_form<S, plain_tiles<S>> = &shallow_sums<S>;
