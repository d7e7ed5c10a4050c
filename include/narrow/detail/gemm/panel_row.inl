// Rows times packed panels where the product has one row or one column, so that reals add their terms in 16 partial
// sums (vector.hpp); included in a target region, after tile.inl and vector.inl.
//
// As a tile of one row that takes all of the depth at once. Eight partial sums of one vector are in registers at a
// time, which hides the latency of a step even with 16 registers; they change places while a block of b is in the
// first-level cache, and the next one on its way to the second.
template <class S, std::size_t Vectors>
void panel_row(const tile_arguments& t) {
  constexpr std::size_t half = partial_sums / 2, block = 8 * partial_sums, group_bytes = Vectors * S::width * S::unit;
  typename S::sums part[Vectors][partial_sums];
  for (std::size_t v = 0; v < Vectors; ++v) {
    for (std::size_t s = 0; s < partial_sums; ++s) part[v][s] = S::zero();
  }
  for (std::size_t first = 0; first < t.groups; first += block) {
    const std::size_t groups = t.groups - first < block ? t.groups - first : block;
    for (std::size_t v = 0; v < Vectors; ++v) {
      const std::byte* const b = t.b + first * group_bytes + v * S::width * S::unit;
      const std::byte* const a = t.a + first * S::unit;
      for (std::size_t from = 0; from < partial_sums; from += half) {
        typename S::sums sum[half];
        NARROW_UNROLL for (std::size_t s = 0; s < half; ++s) sum[s] = part[v][from + s];
        std::size_t g = from;
        for (; g + half <= groups; g += partial_sums) {
          NARROW_UNROLL for (std::size_t s = 0; s < half; ++s) {
            __builtin_prefetch(b + (g + s) * group_bytes + block * group_bytes, 0, 2);
            sum[s] = S::step(sum[s], S::broadcast(a + (g + s) * S::unit), S::load_operand(b + (g + s) * group_bytes));
          }
        }
        NARROW_UNROLL for (std::size_t s = 0; s < half; ++s) part[v][from + s] = sum[s];
        for (std::size_t s = from; g < groups && s < from + half; ++g, ++s) {
          part[v][s] = S::step(part[v][s], S::broadcast(a + g * S::unit), S::load_operand(b + g * group_bytes));
        }
      }
    }
  }
  typename S::sums sum[1][Vectors];
  for (std::size_t v = 0; v < Vectors; ++v) {
    typename S::sums* const p = part[v];
    for (std::size_t apart = partial_sums / 2; apart != 0; apart /= 2) {
      for (std::size_t s = 0; s < apart; ++s) p[s] = joined<S>(p[s], p[s + apart]);
    }
    sum[0][v] = p[0];
  }
  store_rows<S, 0, 1>(t, sum);
}

template <class S>
struct panel_row_tiles {
  using value = typename S::value;
  static constexpr bool whole_depth = true;
  template <std::size_t Rows, std::size_t Vectors>
  static constexpr tile_function run = &panel_row<S, Vectors>;
};
template <class S>
using panel_rows = tiles<S, 1, panel_row_tiles<S>>;
