// Kernels of products with a vector, for any step and any way to read the matrix; included in a target region and its
// namespace. See vector.hpp for the contract.
//
// A source R reads the matrix for a step (tile.inl, simd/):
//   R::steps                   the step; R::step(sums, x, m) applies it, x being of the vector and m of the matrix
//   R::element                 bytes of a matrix element
//   along(p, out)              the next R::along_operands operands of one line
//   across(rows, offset, out)  R::across_operands operands from a group of lines; lane l of operand o is column
//                              l / R::run * (R::run * operands) + o * R::run + l % R::run
//   R::takes_more              whether a term of the vector may be the sum of two
//
// Along: one line of each of four streams, whose sums are enough to hide the latency of a step: a load and a step a
// vector of the matrix, so that the memory bounds it. Across: a pass adds `fused` groups, 16 apart, to each partial
// sum, so that loading and storing those costs little beside; its lines are as many streams.
//
// Measured on Zen 4: lines far apart are read faster than neighbours, since each stream goes on where it ended, and by
// the hardware's own reading ahead, which no line may disturb by being read at its end first (7680 x 2560 bytes times a
// vector from the third level, GOP/s: 130 so, 100 with prefetches, 50 by neighbours; 7680 x 2561 with ends first 66).
// Across, no stream goes on with what follows it in memory, and a prefetch doubles the speed. Lines at a distance of a
// multiple of 4 KiB share one set of the first-level cache, which has 8 places.

template <class R>
inline constexpr bool takes_more = requires {
  R::takes_more;
};
template <class R>
inline constexpr bool is_exact = std::is_same_v<typename R::steps::value, std::int32_t>;
inline constexpr std::size_t partial_sums = 16;

[[gnu::always_inline]] inline void fetch(const std::byte* p, std::ptrdiff_t ahead) {
  _mm_prefetch(reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(ahead)),
               _MM_HINT_T1);
}

// ---- along ----------------------------------------------------------------------------------------------------------

// Subnormal numbers as zeros of their sign.
template <class Real>
[[gnu::always_inline]] inline Real flushed(const Real& x) {
  using U = bits_of<Real>;
  const U code = to_bits(x), magnitude = U(0x7FFF'FFFFU);
  return from_bits<Real>(code & ~(less(code & magnitude, U(0x0080'0000U)) & magnitude));
}

// The fixed tree over 16 partial sums: t and t + 8, then 4, 2 and 1 apart.
template <class S, class Value, int N>
[[gnu::always_inline]] inline void join_halves(Value* t) {
  using lane = lanes<Value, N>;
  lane low, high;
  __builtin_memcpy(&low.v, t, sizeof low.v);
  __builtin_memcpy(&high.v, t + N, sizeof high.v);
  lane sum = low + high;
  if constexpr (S::joins_flushed) sum = flushed(sum);
  __builtin_memcpy(t, &sum.v, sizeof sum.v);
}
template <class S>
[[gnu::always_inline]] inline typename S::value tree(const typename S::sums* sum) {
  using value = typename S::value;
  using wrapping = std::conditional_t<std::is_same_v<value, std::int32_t>, std::uint32_t, value>;
  alignas(64) wrapping t[partial_sums];
  if constexpr (S::width == partial_sums) {
    S::store_halves(reinterpret_cast<value*>(t), *sum);
  } else {
    NARROW_UNROLL for (std::size_t v = 0; v < partial_sums / S::width; ++v) {
      S::store(reinterpret_cast<value*>(t) + v * S::width, sum[v]);
    }
  }
  join_halves<S, wrapping, 8>(t);
  join_halves<S, wrapping, 4>(t);
  join_halves<S, wrapping, 2>(t);
  const wrapping joined = t[0] + t[1];
  if constexpr (S::joins_flushed) return flushed(joined);
  return static_cast<value>(joined);
}

// Sums of as many lines as there are streams of memory.
template <class R, std::size_t Rows, bool More>
struct dot_rows {
  using S = typename R::steps;
  static constexpr std::size_t vectors = partial_sums / S::width, operands = R::along_operands;
  static constexpr std::size_t step_bytes = operands * S::width * S::group * R::element;
  static constexpr std::size_t x_bytes = operands * S::width * S::unit;
  static_assert(operands % vectors == 0, "a step is whole rounds of the partial sums");

  typename S::sums sum[Rows * vectors];
  const std::byte* from[Rows];
  const std::byte* x;
  std::ptrdiff_t more;

  // The whole steps of `length` bytes of each line.
  [[gnu::always_inline]] inline void add(const R& source, std::size_t length) {
    for (std::size_t offset = 0; offset + step_bytes <= length; offset += step_bytes, x += x_bytes) {
      typename S::operand right[operands], rest[operands];
      NARROW_UNROLL for (std::size_t a = 0; a < operands; ++a) {
        right[a] = S::load_operand(x + a * S::width * S::unit);
        if constexpr (More) rest[a] = S::load_operand(x + more + static_cast<std::ptrdiff_t>(a * S::width * S::unit));
      }
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
        typename S::operand left[operands];
        source.along(from[r] + offset, left);
        NARROW_UNROLL for (std::size_t a = 0; a < operands; ++a) {
          typename S::sums& to = sum[r * vectors + a % vectors];
          to = R::step(to, right[a], left[a]);
          if constexpr (More) to = R::step(to, rest[a], left[a]);
        }
      }
    }
  }

  // Line `line` of each stream.
  [[gnu::always_inline]] inline void run(const vector_arguments& t, std::size_t line) {
    const std::size_t length = t.columns * R::element, incomplete = length % step_bytes;
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      from[r] = t.matrix + static_cast<std::ptrdiff_t>(line) * t.stride + static_cast<std::ptrdiff_t>(r) * t.apart;
    }
    const R source(t);
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      NARROW_UNROLL for (std::size_t v = 0; v < vectors; ++v) sum[r * vectors + v] = S::zero();
    }
    x = t.x;
    more = t.more;
    add(source, length);
    if (incomplete != 0) {
      // The rest of each line, completed.
      alignas(64) std::byte rest[Rows][step_bytes];
      for (std::size_t r = 0; r < Rows; ++r) {
        __builtin_memset(rest[r], t.blank, step_bytes);
        __builtin_memcpy(rest[r], from[r] + (length - incomplete), incomplete);
      }
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) from[r] = rest[r];
      add(source, step_bytes);
    }
    typename S::value* const out = static_cast<typename S::value*>(t.sums) + line;
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) out[r * t.sums_apart] = tree<S>(sum + r * vectors);
  }
};

template <class R>
inline constexpr std::size_t streams_of = R::steps::width >= 8 ? 4 : 2;
template <class R, bool More>
void dot_lines(const vector_arguments& t) {
  for (std::size_t line = 0; line < t.lines; ++line) {
    if (t.streams == 1) {
      dot_rows<R, 1, More> rows;
      rows.run(t, line);
    } else {
      dot_rows<R, streams_of<R>, More> rows;
      rows.run(t, line);
    }
  }
}
template <class R>
void along(const vector_arguments& t) {
  if constexpr (takes_more<R>) {
    if (t.more != 0) return dot_lines<R, true>(t);
  }
  dot_lines<R, false>(t);
}

// ---- across ---------------------------------------------------------------------------------------------------------

template <class R>
inline constexpr std::size_t chains_of = is_exact<R> ? 1 : partial_sums;
template <class R>
inline constexpr std::size_t across_block = R::across_operands* R::steps::width;

template <class R, std::size_t Fused, bool More>
struct across_pass {
  using S = typename R::steps;
  using value = typename S::value;
  static constexpr std::size_t operands = R::across_operands, block = across_block<R>;

  const R source;
  const std::byte* lines[Fused][S::group];
  typename S::operand x[Fused], more[Fused];
  std::ptrdiff_t next;  // from a line to that of the next pass

  // Groups g, g + chains, ...; the last may lack lines.
  [[gnu::always_inline]] inline across_pass(const vector_arguments& t, std::size_t g)
      : source(t), next(t.stride * static_cast<std::ptrdiff_t>(S::group * (chains_of<R> == 1 ? Fused : 1))) {
    NARROW_UNROLL for (std::size_t f = 0; f < Fused; ++f) {
      const std::size_t group = g + f * chains_of<R>;
      x[f] = S::broadcast(t.x + group * S::unit);
      if constexpr (More) more[f] = S::broadcast(t.x + t.more + group * S::unit);
      NARROW_UNROLL for (std::size_t u = 0; u < S::group; ++u) {
        const std::size_t line = group * S::group + u;
        lines[f][u] = line < t.lines ? t.matrix + static_cast<std::ptrdiff_t>(line) * t.stride : t.blanks;
      }
    }
  }

  [[gnu::always_inline]] inline void step(std::size_t column, value* to) const {
    typename S::sums sum[operands];
    NARROW_UNROLL for (std::size_t o = 0; o < operands; ++o) sum[o] = S::load(to + o * S::width);
    NARROW_UNROLL for (std::size_t f = 0; f < Fused; ++f) {
      NARROW_UNROLL for (std::size_t u = 0; u < S::group; ++u) fetch(lines[f][u] + column * R::element, next);
      typename S::operand m[operands];
      source.across(lines[f], column * R::element, m);
      NARROW_UNROLL for (std::size_t o = 0; o < operands; ++o) {
        sum[o] = R::step(sum[o], x[f], m[o]);
        if constexpr (More) sum[o] = R::step(sum[o], more[f], m[o]);
      }
    }
    NARROW_UNROLL for (std::size_t o = 0; o < operands; ++o) S::store(to + o * S::width, sum[o]);
  }
};

// The last block of columns ends with the line, and repeats some of the block before it.
template <class R, std::size_t Fused, bool More>
void pass(const vector_arguments& t, std::size_t g, typename R::steps::value* to) {
  constexpr std::size_t block = across_block<R>;
  const across_pass<R, Fused, More> p(t, g);
  std::size_t column = 0;
  for (; column + block <= t.columns; column += block) p.step(column, to + column);
  if (column < t.columns) p.step(t.columns - block, to + column);
}

template <class R, std::size_t Fused, bool More>
void add_lines(const vector_arguments& t) {
  using S = typename R::steps;
  constexpr std::size_t chains = chains_of<R>;
  const std::size_t groups = (t.lines + S::group - 1) / S::group;
  for (std::size_t g = 0; g < groups; g += chains * Fused) {
    for (std::size_t c = 0; c < chains && g + c < groups; ++c) {
      typename S::value* const to = static_cast<typename S::value*>(t.sums) + c * t.pitch;
      if (g + c + (Fused - 1) * chains < groups) {
        pass<R, Fused, More>(t, g + c, to);
      } else {
        for (std::size_t f = g + c; f < groups; f += chains) pass<R, 1, More>(t, f, to);
      }
    }
  }
}
template <class R, bool More>
void add_lines(const vector_arguments& t) {
  // Sixteen lines in one set of the cache would drive each other out.
  if (R::steps::group == 4 && t.stride % 4096 == 0) return add_lines<R, 1, More>(t);
  add_lines<R, R::across_fused, More>(t);
}
template <class R>
void across(const vector_arguments& t) {
  if constexpr (takes_more<R>) {
    if (t.more != 0) return add_lines<R, true>(t);
  }
  add_lines<R, false>(t);
}

template <class S>
[[gnu::always_inline]] inline typename S::sums joined(const typename S::sums& a, const typename S::sums& b) {
  if constexpr (S::joins_flushed) {
    return S::flush(S::add(a, b));
  } else {
    return S::add(a, b);
  }
}

// One vector of sums from its partial sums, which lie `pitch` elements apart.
template <class R>
[[gnu::always_inline]] inline typename R::steps::sums joined_rows(const typename R::steps::value* from,
                                                                  std::size_t pitch) {
  using S = typename R::steps;
  typename S::sums t[chains_of<R>];
  NARROW_UNROLL for (std::size_t c = 0; c < chains_of<R>; ++c) t[c] = S::load(from + c * pitch);
  if constexpr (chains_of<R> == partial_sums) {
    NARROW_UNROLL for (std::size_t c = 0; c < 8; ++c) t[c] = joined<S>(t[c], t[c + 8]);
    NARROW_UNROLL for (std::size_t c = 0; c < 4; ++c) t[c] = joined<S>(t[c], t[c + 4]);
    t[0] = joined<S>(joined<S>(t[0], t[2]), joined<S>(t[1], t[3]));
  }
  return t[0];
}

// From the order in which operands hold columns to theirs.
template <class R>
[[gnu::always_inline]] inline void put_in_order(const typename R::steps::value* from, typename R::steps::value* to) {
  constexpr std::size_t run = R::run, operands = R::across_operands, width = R::steps::width;
  for (std::size_t o = 0; o < operands; ++o) {
    for (std::size_t l = 0; l < width; l += run) {
      __builtin_memcpy(to + l * operands + o * run, from + o * width + l, run * sizeof *from);
    }
  }
}

template <class R>
void join(const vector_arguments& t, void* sums) {
  using S = typename R::steps;
  using value = typename S::value;
  constexpr std::size_t block = across_block<R>;
  const value* const from = static_cast<const value*>(t.sums);
  value* const to = static_cast<value*>(sums);
  for (std::size_t b = 0; b < t.columns; b += block) {
    const std::size_t column = b + block <= t.columns ? b : t.columns - block;
    value part[block];
    for (std::size_t o = 0; o < R::across_operands; ++o) {
      S::store(part + o * S::width, joined_rows<R>(from + b + o * S::width, t.pitch));
    }
    put_in_order<R>(part, to + column);
  }
}

template <class R>
struct vector_kernel_of {
  static const vector_kernel* get();
};
template <class R>
const vector_kernel* vector_kernel_of<R>::get() {
  using S = typename R::steps;
  static constexpr vector_kernel kernel{.group = S::group,
                                        .unit = S::unit,
                                        .element = R::element,
                                        .sum_bytes = sizeof(typename S::value),
                                        .streams = streams_of<R>,
                                        .block = across_block<R>,
                                        .chains = chains_of<R>,
                                        .along = &along<R>,
                                        .across = &across<R>,
                                        .join = &join<R>};
  return &kernel;
}
