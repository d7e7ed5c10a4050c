// Rows times packed panels where the product has one row or one column, so that reals add their terms in 16 partial
// sums (vector.hpp); included in a target region, after tile.inl and vector.inl.
//
// As a tile of one row that takes all of the depth at once. Its partial sums are more than there are registers, but the
// memory bounds it: in one straight line, the hardware reads ahead best.
template <class S, std::size_t Vectors>
void panel_row(const tile_arguments& t) {
  constexpr std::size_t group_bytes = Vectors * S::width * S::unit;
  typename S::sums part[Vectors][partial_sums];
  for (std::size_t v = 0; v < Vectors; ++v) {
    for (std::size_t s = 0; s < partial_sums; ++s) part[v][s] = S::zero();
  }
  const auto add = [&](std::size_t g, std::size_t s) __attribute__((always_inline)) {
    const typename S::operand a = S::broadcast(t.a + g * S::unit);
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      part[v][s] = S::step(part[v][s], a, S::load_operand(t.b + g * group_bytes + v * S::width * S::unit));
    }
  };
  std::size_t g = 0;
  for (; g + partial_sums <= t.groups; g += partial_sums) {
    NARROW_UNROLL for (std::size_t s = 0; s < partial_sums; ++s) add(g + s, s);
  }
  for (std::size_t s = 0; g < t.groups; ++g, ++s) add(g, s);
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
