// The tile, for any step; included in a target region and its namespace. See kernel.hpp for the contract.
//
// Register budget: Rows * Vectors sums, Vectors of b, one or two broadcasts of a: 24 + 2 + 2 of 32 for 12 x 2 in
// AVX-512, 12 + 2 + 2 of 16 for 6 x 2 in AVX2. The rows of a need Rows / 3 pointers, since an address may be a base
// plus one or two strides.
//
// A step S has
//   S::sums, S::value        the vector of sums, its element
//   S::unit, S::group        bytes and terms of a group;  S::width  columns of a vector
//   S::operand               what load(b) and broadcast(a) give
//   S::step(sums, a, b)      sums + the products of a group
//   S::zero(), S::load(p, n), S::store(p, sums, n)      n of the elements, 1 to width
//   S::interleave(rows, stride, columns, flips, out)    where a group's operands may come from `group` rows of memory
//   S::flips(byte), S::flipped(operand, flips)          where rows may be flipped on the way (tile_arguments::a_flip)
//   S::from_counts(sums, depth)      where the sums are counts: what they become at the end of the depth

struct no_flips {};
template <class S>
inline constexpr bool may_flip = false;
template <class S>
requires requires { S::flips(0); }
inline constexpr bool may_flip<S> = true;
template <class S>
[[gnu::always_inline]] inline auto flips_of(std::uint8_t flip) {
  if constexpr (may_flip<S>) {
    return S::flips(flip);
  } else {
    return no_flips{};
  }
}
template <class S, class Flips>
[[gnu::always_inline]] inline typename S::operand flipped_by(const typename S::operand& x, const Flips& flips) {
  if constexpr (may_flip<S>) {
    return S::flipped(x, flips);
  } else {
    return x;
  }
}

// Where the rows of a go on; those that Flips says are flipped on the way.
template <class S, std::size_t Rows, bool Flips = may_flip<S>>
struct row_units {
  static constexpr std::size_t bases = (Rows + 2) / 3;
  const std::byte* at[bases];
  std::ptrdiff_t stride;
  decltype(flips_of<S>(0)) flips;
  [[gnu::always_inline]] row_units(const std::byte* a, std::ptrdiff_t a_stride, std::uint8_t flip)
      : stride(a_stride), flips(flips_of<S>(flip)) {
    NARROW_UNROLL for (std::size_t i = 0; i < bases; ++i) at[i] = a + static_cast<std::ptrdiff_t>(3 * i) * stride;
  }
  [[gnu::always_inline]] explicit row_units(const tile_arguments& t) : row_units(t.a, t.a_stride, t.a_flip) {}
  [[gnu::always_inline]] typename S::operand broadcast(std::size_t r) const {
    const typename S::operand x = S::broadcast(at[r / 3] + static_cast<std::ptrdiff_t>(r % 3) * stride);
    if constexpr (Flips) {
      return S::flipped(x, flips);
    } else {
      return x;
    }
  }
};

// Adds the products of some groups to rows [From, To), From a multiple of 3, and moves their a, b and `soon` beyond
// them. After `run` groups a jumps, where rows may consist of several runs.
template <class S, std::size_t From, std::size_t To, bool Fetch, bool Jumps, std::size_t Rows, std::size_t Vectors,
          bool Flips>
[[gnu::always_inline]] inline void add_groups_to_rows(const tile_arguments& t, typename S::sums (&sum)[Rows][Vectors],
                                                      row_units<S, Rows, Flips>& a, const std::byte*& b,
                                                      const std::byte*& soon, std::size_t groups, std::size_t& run) {
  for (std::size_t g = groups; g != 0; --g) {
    typename S::operand right[Vectors];
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      right[v] = S::load_operand(b + v * S::width * S::unit);
      if (Fetch) __builtin_prefetch(b + near_ahead + v * S::width * S::unit);
    }
    if constexpr (Fetch) {
      for (std::size_t line = 0; line < tile_ahead; line += 64) __builtin_prefetch(soon + line, 0, 2);
      soon += t.soon_step;
    }
    NARROW_UNROLL for (std::size_t r = From; r < To; ++r) {
      const typename S::operand left = a.broadcast(r);
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] = S::step(sum[r][v], left, right[v]);
    }
    NARROW_UNROLL for (std::size_t i = From / 3; i < (To + 2) / 3; ++i) a.at[i] += S::unit;
    b += Vectors * S::width * S::unit;
    if constexpr (Jumps) {
      if (--run == 0) [[unlikely]] {
        NARROW_UNROLL for (std::size_t i = From / 3; i < (To + 2) / 3; ++i) a.at[i] += t.a_jump;
        run = t.a_run;
      }
    }
  }
}

template <class S, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void add_groups(const tile_arguments& t, typename S::sums (&sum)[Rows][Vectors],
                                              row_units<S, Rows>& a, const std::byte*& b, const std::byte*& soon,
                                              std::size_t groups, std::size_t& run) {
  add_groups_to_rows<S, 0, Rows, fetches_ahead(Rows), true>(t, sum, a, b, soon, groups, run);
}

// Rows [From, To) of the tile, to c.
template <class S, std::size_t From, std::size_t To, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void store_rows(const tile_arguments& t, typename S::sums (&sum)[Rows][Vectors]) {
  using value = typename S::value;
  const std::size_t last = t.columns - (Vectors - 1) * S::width;
  const bool whole = last >= S::width;
  if constexpr (requires { S::from_counts(sum[0][0], 0); }) {
    if (t.is_last) {
      const auto depth = static_cast<std::int32_t>(t.depth);
      NARROW_UNROLL for (std::size_t r = From; r < To; ++r) {
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] = S::from_counts(sum[r][v], depth);
      }
    }
  }
  NARROW_UNROLL for (std::size_t r = From; r < To; ++r) {
    value* const row = static_cast<value*>(t.c) + static_cast<std::ptrdiff_t>(r) * t.c_stride;
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors - 1; ++v) S::store(row + v * S::width, sum[r][v]);
    value* const end = row + (Vectors - 1) * S::width;
    if (whole) {
      S::store(end, sum[r][Vectors - 1]);
    } else {
      S::store(end, sum[r][Vectors - 1], last);
    }
  }
}

// What becomes of the sums: here, or in code_tile.inl.
struct leaves_sums {
  template <class S, std::size_t From, std::size_t To, std::size_t Rows, std::size_t Vectors>
  [[gnu::always_inline]] static inline void rows(const tile_arguments& t, typename S::sums (&sum)[Rows][Vectors]) {
    store_rows<S, From, To>(t, sum);
  }
};

// The 24 stores of a high tile hold up the next one: 52 cycles on Zen 4, where 12 cost none. So its first six rows are
// through with the last groups, and on their way to c, before the others begin with these. Packed, three runs each,
// GOP/s: u8 x s8 at 128^3, 1024^3 and 2048^3 420, 438 and 443 without, 423, 447 and 446 with.
inline constexpr std::size_t early_rows = 6, late_groups = 6;

template <class S, class Leaves, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void multiply_and_leave(const tile_arguments& t, typename S::sums (&sum)[Rows][Vectors]) {
  row_units<S, Rows> a(t);
  const std::byte* b = t.b;
  const std::byte* soon = t.soon;
  std::size_t run = t.a_first;
  if constexpr (Rows > early_rows) {
    const std::size_t late = t.groups < late_groups ? t.groups : late_groups;
    add_groups<S>(t, sum, a, b, soon, t.groups - late, run);
    const std::byte* again = b;
    std::size_t run_again = run;
    add_groups_to_rows<S, 0, early_rows, false, true>(t, sum, a, b, soon, late, run);
    Leaves::template rows<S, 0, early_rows>(t, sum);
    add_groups_to_rows<S, early_rows, Rows, false, true>(t, sum, a, again, soon, late, run_again);
    Leaves::template rows<S, early_rows, Rows>(t, sum);
  } else {
    add_groups<S>(t, sum, a, b, soon, t.groups, run);
    Leaves::template rows<S, 0, Rows>(t, sum);
  }
}

template <class S, std::size_t Rows, std::size_t Vectors>
void tile(const tile_arguments& t) {
  using value = typename S::value;
  typename S::sums sum[Rows][Vectors];
  const std::size_t last = t.columns - (Vectors - 1) * S::width;
  const bool whole = last >= S::width;

  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] = S::zero();
  }
  if (t.start == sums_start::resume) {
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      const value* const row = static_cast<const value*>(t.c) + static_cast<std::ptrdiff_t>(r) * t.c_stride;
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors - 1; ++v) sum[r][v] = S::load(row + v * S::width);
      const value* const end = row + (Vectors - 1) * S::width;
      sum[r][Vectors - 1] = whole ? S::load(end) : S::load(end, last);
    }
  }
  if constexpr (requires { S::ones(); }) {  // integers
    if (t.start == sums_start::columns) {
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        const typename S::sums start = S::load(static_cast<const value*>(t.column_start) + v * S::width);
        NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) sum[r][v] = start;
      }
    }
    if (t.start == sums_start::offsets) {
      const value* const rows = static_cast<const value*>(t.row_start);
      const value* const columns = static_cast<const value*>(t.column_start);
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] = S::offsets(rows[r], columns + v * S::width);
      }
    }
  }
  multiply_and_leave<S, leaves_sums>(t, sum);
}

// A vector of 32-bit sums to 64-bit ones.
template <class S>
[[gnu::always_inline]] inline void add_to(std::int64_t* to, const typename S::sums& x) {
  std::int32_t out[S::width];
  S::store(out, x);
  for (std::size_t t = 0; t < S::width; ++t) to[t] += out[t];
}

// The first tile that meets a panel of b packs it on the way, and sums its codes: what it waits for the memory, it
// multiplies. Unpacked, GOP/s on Zen 4: u8 x s8 at 64^3, 128^3 and 35x700x2048 311, 400 and 337 with panels packed
// before, 366, 432 and 370 so.
template <class S, std::size_t Rows>
void packing_tile(const tile_arguments& t) {
  constexpr std::size_t vectors = 2, ahead = 4;
  typename S::sums sum[Rows][vectors];
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) sum[r][0] = sum[r][1] = S::zero();
  typename S::sums of_codes[vectors] = {S::zero(), S::zero()};
  row_units<S, Rows> a(t);
  const auto flips = S::flips(t.unpacked_flip);
  const auto columns = S::first_columns(t.columns);
  const std::byte* from = t.unpacked;
  std::byte* to = t.panel;
  const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(S::group) * t.unpacked_stride;
  for (std::size_t g = t.groups; g != 0; --g, from += step, to += vectors * S::width * S::unit) {
    typename S::operand right[vectors];
    S::interleave(from, t.unpacked_stride, columns, flips, right);
    NARROW_UNROLL for (std::size_t v = 0; v < vectors; ++v) S::store_operand(to + v * S::width * S::unit, right[v]);
    const std::byte* const later = g > ahead ? from + static_cast<std::ptrdiff_t>(ahead) * step : from;
    NARROW_UNROLL for (std::size_t u = 0; u < S::group; ++u) {
      __builtin_prefetch(later + static_cast<std::ptrdiff_t>(u) * t.unpacked_stride, 0, 2);
    }
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      const typename S::operand left = a.broadcast(r);
      NARROW_UNROLL for (std::size_t v = 0; v < vectors; ++v) sum[r][v] = S::step(sum[r][v], left, right[v]);
    }
    NARROW_UNROLL for (std::size_t v = 0; v < vectors; ++v) of_codes[v] = S::step(of_codes[v], S::ones(), right[v]);
    NARROW_UNROLL for (std::size_t i = 0; i < a.bases; ++i) a.at[i] += S::unit;
  }
  if (t.column_sums != nullptr) {
    NARROW_UNROLL for (std::size_t v = 0; v < vectors; ++v) add_to<S>(t.column_sums + v * S::width, of_codes[v]);
  }
  store_rows<S, 0, Rows>(t, sum);
}

// Adds the sums of the codes of `vectors` columns, or of rows, to 64-bit ones: a step against ones. Integers only.
template <class S>
void column_sums(const std::byte* b, std::size_t groups, std::size_t vectors, std::int64_t* to) {
  const std::size_t stride = vectors * S::width * S::unit;
  for (std::size_t v = 0; v < vectors; ++v) {
    const std::byte* from = b + v * S::width * S::unit;
    typename S::sums sum[4];  // as many hide a step's latency
    NARROW_UNROLL for (std::size_t s = 0; s < 4; ++s) sum[s] = S::zero();
    std::size_t g = 0;
    for (; g + 4 <= groups; g += 4) {
      NARROW_UNROLL for (std::size_t s = 0; s < 4; ++s, from += stride) {
        sum[s] = S::step(sum[s], S::ones(), S::load_operand(from));
      }
    }
    for (; g < groups; ++g, from += stride) sum[0] = S::step(sum[0], S::ones(), S::load_operand(from));
    add_to<S>(to + v * S::width, S::add(S::add(sum[0], sum[1]), S::add(sum[2], sum[3])));
  }
}
template <class S>
void row_sums(const std::byte* a, std::ptrdiff_t stride, std::uint8_t flip, std::size_t rows, std::size_t groups,
              std::int64_t* to) {
  constexpr std::size_t width = S::width;
  const auto flips = flips_of<S>(flip);
  const auto load = [&](const std::byte* p) __attribute__((always_inline)) {
    return flipped_by<S>(S::load_operand(p), flips);
  };
  for (std::size_t r = 0; r < rows; ++r, a += stride) {
    typename S::sums sum = S::zero();
    std::size_t g = 0;
    for (; g + width <= groups; g += width) sum = S::step(sum, load(a + g * S::unit), S::ones());
    if (g < groups) {
      std::byte rest[width * S::unit];
      __builtin_memset(rest, flip, sizeof rest);
      __builtin_memcpy(rest, a + g * S::unit, (groups - g) * S::unit);
      sum = S::step(sum, load(rest), S::ones());
    }
    std::int32_t out[S::width];
    S::store(out, sum);
    for (const std::int32_t x : out) to[r] += x;
  }
}

// Tiles of a step: the plain ones here, those under scales in scaled_tile.inl.
template <class S>
struct plain_tiles {
  using value = typename S::value;
  static constexpr bool takes_runs = true;
  template <std::size_t Rows, std::size_t Vectors>
  static constexpr tile_function run = &tile<S, Rows, Vectors>;
};

template <class S, class Form>
inline constexpr bool packs_on_the_way = false;
template <class S>
requires requires { &S::interleave; }
inline constexpr bool packs_on_the_way<S, plain_tiles<S>> = true;

// The kernel of shallow products: see shallow_tile.inl.
template <class S, class Form>
inline constexpr tile_function shallow_form = nullptr;

template <class S, class Form, std::size_t Rows, std::size_t Height, std::size_t... Less>
constexpr void fill_tiles(tile_kernel& kernel, std::index_sequence<Less...> narrower) {
  if constexpr (has_height(Rows, Height)) {
    ((kernel.run[Height - 1][Less] = Form::template run<Height, Less + 1>), ...);
    if constexpr (packs_on_the_way<S, Form> && Height > 4) kernel.run_and_pack[Height - 1] = &packing_tile<S, Height>;
  }
  if constexpr (Height > 1) fill_tiles<S, Form, Rows, Height - 1>(kernel, narrower);
}

// A step as a kernel of Rows x Vectors tiles.
template <class S, class Form, std::size_t Rows, std::size_t Vectors>
constexpr tile_kernel kernel_of() {
  tile_kernel kernel{};
  kernel.rows = Rows, kernel.vectors = Vectors, kernel.width = S::width;
  kernel.unit = S::unit, kernel.group = S::group, kernel.sum_bytes = sizeof(typename Form::value);
  fill_tiles<S, Form, Rows, Rows>(kernel, std::make_index_sequence<Vectors>());
  kernel.run_shallow = shallow_form<S, Form>;
  if constexpr (requires { Form::whole_depth; }) kernel.whole_depth = true;
  if constexpr (requires { Form::takes_runs; }) kernel.takes_runs = true;
  if constexpr (requires { S::ones(); }) {
    kernel.row_sums = &row_sums<S>;
    kernel.column_sums = &column_sums<S>;
  }
  return kernel;
}
template <class S, std::size_t Rows, class Form = plain_tiles<S>, std::size_t Vectors = 2>
struct tiles {
  static const tile_kernel* get();
};
template <class S, std::size_t Rows, class Form, std::size_t Vectors>
const tile_kernel* tiles<S, Rows, Form, Vectors>::get() {
  static constexpr tile_kernel kernel = kernel_of<S, Form, Rows, Vectors>();
  return &kernel;
}
