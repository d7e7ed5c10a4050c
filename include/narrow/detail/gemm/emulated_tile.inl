// The tile of an emulated accumulator, over any vectors S of detail/simd/sums.hpp; included in a target region and its
// namespace. The specification is emulated_sum (emulated.hpp).
//
// Register budget in AVX-512: 8 sums of a 4 x 2 tile, 2 vectors of b, up to 8 constants, the rest temporaries; 16
// chains of an 8 x 2 tile where a step is one FMA. What bounds it: instructions. A step on a vector takes 2 FMAs, 2 to
// choose the odd one, and 2 conversions (binary16), 6 (bfloat16) or 8 (magic) more, a chain of about 25 cycles, which 8
// sums cover.

// The real nearest to x that T has, or what T's overflow makes of it.
//
// magic: u = the power of two below |x|, at least the lowest normal; with c = 1.5 * 2^(S - M) * u, x + c lies in c's
// binade whatever the sign of x, where the spacing is 2^-M * u: that of T around x (of its subnormals, if u is the
// lowest normal). The addition rounds, once, ties to even; the subtraction is exact. A zero result gets x's sign back,
// where T has a -0. Numbers beyond the range give nonsense in between and infinity in the end; NaN stays. same_binades:
// the textbook addition of half a unit, less one where the kept part is even; the carry runs into the exponent and,
// past the largest number, to infinity. NaN has no low bits here: operands are canonical.
template <class S, class T>
[[gnu::always_inline]] inline typename S::real round_to_nearest_even(const typename S::real& x) {
  using E = encoding_of<T>;
  using Overflow = overflow_of<T>;
  using real = typename S::real;
  using element = typename S::element;
  using constants = nearest_constants<E, Overflow, element>;
  if constexpr (constants::method() == rounding_method::fixed_magic) {
    constexpr element shift = constants::fixed_shift();
    constexpr element lowest = constants::fixed_lowest(), highest = constants::fixed_highest();
    const real inside = S::minimum(S::set(highest), S::maximum(S::set(lowest), x));
    return S::zero_where_nan(x, difference(sum(inside, S::set(shift)), S::set(shift)));
  } else if constexpr (constants::method() == rounding_method::same_binades) {
    using lane = lanes<element, S::width>;
    constexpr int cut = constants::S - E::descriptor.mantissa_bits;
    const auto bits = to_bits(lane(x));
    using U = bits_of<lane>;
    const U rounded = bits + ((bits >> cut) & U(1)) + U((std::uint32_t{1} << (cut - 1)) - 1);
    return from_bits<lane>((rounded >> cut) << cut).v;
  } else if constexpr (constants::method() == rounding_method::hardware) {
    return S::through_float16(x);
  } else {
    static_assert(constants::method() == rounding_method::magic);
    constexpr bool saturates = std::is_same_v<Overflow, saturate>;
    constexpr element least = constants::least_normal(), mask = constants::exponent_mask, shift = constants::shift();
    constexpr element largest = constants::largest(), beyond = constants::first_beyond();
    const real y = saturates ? S::minimum(S::set(largest), S::maximum(S::set(-largest), x)) : x;
    const real unit = S::maximum(S::masked(y, S::set(mask)), S::set(least));
    const real shifted = S::fused(unit, S::set(shift), y);
    real result = S::fused_difference(shifted, unit, S::set(shift));
    if constexpr (E::descriptor.special != specials::nan_negative_zero) {
      result = S::with_sign(result, y, S::set(element{-0.0F}));
    }
    return saturates ? result : S::infinite_beyond(y, S::set(beyond), result);
  }
}

// The same under any rounding, through T's codec.
template <class S, class T, class Rounding>
[[gnu::always_inline]] inline typename S::real round_through_code(const typename S::real& x, const Rounding& rounding) {
  using E = encoding_of<T>;
  using lane = lanes<typename S::element, S::width>;
  using U = bits_of<lane>;
  U code = E::template encode<overflow_of<T>>(lane(x), rounding);
  if constexpr (std::is_same_v<overflow_of<T>, wrap>) {
    const U mask = U(static_cast<std::uint32_t>((std::uint64_t{1} << E::bits) - 1));
    const U sign = U(E::is_signed ? std::uint32_t{1} << (E::bits - 1) : std::uint32_t{0});
    code = ((code & mask) ^ sign) - sign;
  }
  return E::template decode<lane>(code).v;
}

// A float format under stochastic rounding, in double lanes, M fraction bits. With b the low 2^e of the lowest normal
// binade added to magnitudes below it, |x| + b has T's spacing at its bit 52 - M (the addition rounds to odd: the bits
// that matter, M + count of them, are exact and followed by a sticky one). The policy's "up iff floor(d * 2^count) + R
// >= 2^count" is the carry of adding R at bit 52 - M - count; pre_round rounds there first.
template <class S, class T, class Rounding>
[[gnu::always_inline]] inline typename S::real round_stochastically(const typename S::real& x,
                                                                    const Rounding& rounding) {
  using E = encoding_of<T>;
  using real = typename S::real;
  using lane = lanes<double, S::width>;
  using U = bits_of<lane>;
  using constants = nearest_constants<E, overflow_of<T>, double>;
  constexpr double least = constants::least_normal(), largest = constants::largest(), next = constants::next_beyond();
  constexpr int cut = constants::S - E::descriptor.mantissa_bits;
  const real sign_bit = S::set(-0.0);
  const U magnitude = to_bits(lane(x)) & ~to_bits(lane(sign_bit));
  const real base = S::masked(S::set(least), from_bits<lane>(less(magnitude, to_bits(lane(S::set(least))))).v);
  U bits = to_bits(lane(S::sum_to_odd(from_bits<lane>(magnitude).v, base)));
  const int place = cut - rounding.count;
  if (rounding.pre_round) {
    const U below_half((typename U::vector)S::set_words((std::uint64_t{1} << place >> 1) - 1));
    bits = bits + ((bits >> place) & U(1)) + below_half;
  }
  const U used((typename U::vector)S::set_words((std::uint64_t{1} << rounding.count) - 1));
  const U random = rounding.bits & used;
  bits = (bits + (random << place)) & ~U((std::uint64_t{1} << cut) - 1);
  const real rounded = difference(from_bits<lane>(bits).v, base);
  real result = S::with_sign(rounded, x, sign_bit);
  if constexpr (std::is_same_v<overflow_of<T>, saturate>) {
    result = S::minimum(S::set(largest), S::maximum(S::set(-largest), result));
  } else {
    result = S::infinite_beyond(result, S::set(next), result);
  }
  // Where there is no -0, it becomes +0.
  return E::descriptor.special == specials::nan_negative_zero ? sum(result, S::set(0.0)) : result;
}

template <class S, class T, class Rounding>
[[gnu::always_inline]] inline typename S::real round_real(const typename S::real& x, const Rounding& rounding) {
  using constants = nearest_constants<encoding_of<T>, overflow_of<T>, typename S::element>;
  if constexpr (std::is_same_v<Rounding, nearest_even> && constants::method() != rounding_method::codec) {
    return round_to_nearest_even<S, T>(x);
  } else if constexpr (!is_rule_for_all_lanes<Rounding> && constants::method() == rounding_method::magic) {
    return round_stochastically<S, T>(x, rounding);
  } else {
    return round_through_code<S, T>(x, rounding);
  }
}

// Under toward_negative a sum of opposite zeros is -0 (IEEE 754, 6.3), which is the sign of either term.
template <class S, class Rounding>
[[gnu::always_inline]] inline typename S::real with_sign_of_zero(const typename S::real& x, const typename S::real& a,
                                                                 const typename S::real& b) {
  if constexpr (std::is_same_v<Rounding, toward_negative>) {
    using lane = lanes<typename S::element, S::width>;
    using U = bits_of<lane>;
    constexpr int last = static_cast<int>(sizeof(typename S::element) * 8) - 1;
    const U sign = (to_bits(lane(a)) | to_bits(lane(b))) & (U(1) << last);
    const U bits = to_bits(lane(x));
    return from_bits<lane>(bits | (sign & equal(bits << 1, U(0)))).v;
  } else {
    return x;
  }
}

// The random bits of a tile, 64 roundings of each sum at a time: a Philox block serves four of them (random.hpp).
template <class S, std::size_t Sums>
struct tile_bits {
  static constexpr std::size_t width = S::width;
  using words = lanes<std::uint64_t, S::width>;
  std::uint64_t place[Sums][width];  // of each sum's first block of 64 indices
  std::uint32_t bits[64][Sums][width];
  stochastic_sequence sequence;

  [[gnu::always_inline]] inline void fill(std::uint64_t group) {
    const words key0 = all_of(sequence.seed & 0xFFFFFFFF), key1 = all_of(sequence.seed >> 32);
    const words stream0 = all_of(sequence.stream & 0xFFFFFFFF), stream1 = all_of(sequence.stream >> 32);
    for (std::size_t i = 0; i < Sums; ++i) {
      words block;
      __builtin_memcpy(&block, place[i], sizeof block);
      // Indices are modulo 2^64, and so blocks modulo 2^62.
      block = ((block + all_of(group)) << 6) >> 2;
      for (std::size_t s = 0; s < 16; ++s) {
        words c0 = block, c1 = block >> 32, c2 = stream0, c3 = stream1, k0 = key0, k1 = key1;
        // The upper halves hold garbage that nothing reads: a product takes the lower ones.
        NARROW_UNROLL for (int round = 0; round < 7; ++round) {
          const words product0 = low_product(c0, all_of(0xD2511F53)), product1 = low_product(c2, all_of(0xCD9E8D57));
          c0 = (product1 >> 32) ^ c1 ^ k0, c1 = product1;
          c2 = (product0 >> 32) ^ c3 ^ k1, c3 = product0;
          k0 = k0 + all_of(0x9E3779B9), k1 = k1 + all_of(0xBB67AE85);
        }
        keep(s, i, c0), keep(s + 16, i, c1), keep(s + 32, i, c2), keep(s + 48, i, c3);
        block = block + all_of(1);
      }
    }
  }
  [[gnu::always_inline]] static inline words all_of(std::uint64_t x) {
    return words((typename words::vector)S::set_words(x));
  }
  [[gnu::always_inline]] static inline words low_product(const words& a, const words& b) {
    return words((typename words::vector)S::multiply_low((typename S::words)a.v, (typename S::words)b.v));
  }
  [[gnu::always_inline]] inline void keep(std::size_t at, std::size_t i, const words& x) {
    const auto low = narrow_exact(x);
    __builtin_memcpy(bits[at][i], &low, sizeof low);
  }
  [[gnu::always_inline]] inline stochastic_lanes<words> at(std::uint64_t step, std::size_t i) const {
    const words random((typename words::vector)S::load_words(bits[step % 64][i]));
    return {random, sequence.count, sequence.pre_round};
  }
};

// The roundings of a tile, in order: next() before each, at(i) for sum i.
template <class S, std::size_t Sums, class Rounding>
struct tile_rounding {
  explicit tile_rounding(const emulated_arguments&) {}
  [[gnu::always_inline]] inline void next() {}
  [[gnu::always_inline]] inline Rounding at(std::size_t) const { return {}; }
};
template <class S, std::size_t Sums>
struct tile_rounding<S, Sums, stochastic_sequence> {
  tile_bits<S, Sums> source;
  std::uint64_t step;  // of the next rounding, counted from a whole block of 64 indices

  explicit tile_rounding(const emulated_arguments& t) {
    source.sequence = t.random;
    const std::uint64_t first = t.random.first;
    for (std::size_t r = 0, i = 0; i < Sums; ++r) {
      for (std::size_t j = 0; j < t.columns; ++j) {
        const std::uint64_t element = t.element + r * t.row_elements + j;
        source.place[i + j / S::width][j % S::width] = first / 64 + element * (t.index_stride / 64);
      }
      i += t.columns / S::width;
    }
    step = first % 64 - 1;
    if (step != std::uint64_t{0} - 1) source.fill(0);
  }
  [[gnu::always_inline]] inline void next() {
    if (++step % 64 == 0) source.fill(step / 64);
  }
  [[gnu::always_inline]] inline stochastic_lanes<typename tile_bits<S, Sums>::words> at(std::size_t i) const {
    return source.at(step, i);
  }
};

template <class S, class Option, std::size_t Rows, std::size_t Vectors>
void emulated_tile(const emulated_arguments& t) {
  using T = typename Option::accumulator_type;
  using Rounding = typename Option::rounding_type;
  using real = typename S::real;
  using element = typename S::element;
  constexpr std::size_t columns = Vectors * S::width;
  element* const totals = static_cast<element*>(t.totals);
  tile_rounding<S, Rows * Vectors, Rounding> rounding(t);
  const float* a[Rows];
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) a[r] = t.a[r];
  const float* b = t.b;
  for (std::size_t first = 0, length = 0; first < t.depth; first += length) {
    length = t.depth - first < t.chunk ? t.depth - first : t.chunk;
    real part[Rows][Vectors];
    if constexpr (rounds_each_chunk<Option>) {
      typename S::chain chain[Rows][Vectors];
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) chain[r][v] = S::set_chain(0);
      }
      for (std::size_t k = 0; k < length; ++k, b += columns) {
        typename S::chain right[Vectors];
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) right[v] = S::load_chain(b + v * S::width);
        NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
          const typename S::chain left = S::set_chain(a[r][k]);
          NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) chain[r][v] = S::step(chain[r][v], left, right[v]);
        }
      }
      rounding.next();
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
          part[r][v] = round_real<S, T>(S::widen(chain[r][v]), rounding.at(r * Vectors + v));
        }
      }
    } else {
      NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) part[r][v] = S::set(static_cast<element>(t.start));
      }
      for (std::size_t k = 0; k < length; ++k, b += columns) {
        rounding.next();
        real right[Vectors];
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) right[v] = S::load_terms(b + v * S::width);
        NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
          const real left = S::set(static_cast<element>(a[r][k]));
          NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
            real& acc = part[r][v];
            const real exact = S::product_to_odd(left, right[v], acc);
            const real term = std::is_same_v<Rounding, toward_negative> ? product(left, right[v]) : acc;
            acc = round_real<S, T>(with_sign_of_zero<S, Rounding>(exact, term, acc), rounding.at(r * Vectors + v));
          }
        }
      }
    }
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) a[r] += length;
    if (first != 0) rounding.next();
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        element* const p = totals + (r * Vectors + v) * S::width;
        if (first == 0) {
          S::store(p, part[r][v]);
        } else {
          const real total = S::load(p), exact = S::sum_to_odd(total, part[r][v]);
          S::store(p, round_real<S, T>(with_sign_of_zero<S, Rounding>(exact, total, part[r][v]),
                                       rounding.at(r * Vectors + v)));
        }
      }
    }
  }
}

// Several rows at a time, more of them where a step is one FMA; one row has a wider tile, so that its chains too are
// enough to hide the latency.
template <class S, class Option>
constexpr emulated_kernel emulated_kernel_of() {
  constexpr bool random = std::is_same_v<typename Option::rounding_type, stochastic_sequence>;
  constexpr std::size_t rows = rounds_each_chunk<Option> && !random ? (sizeof(typename S::real) == 64 ? 8 : 6) : 4;
  constexpr std::size_t wide = random ? 4 : 8;
  return {rows,
          2 * S::width,
          wide * S::width,
          sizeof(typename S::element) == 8,
          &emulated_tile<S, Option, rows, 2>,
          &emulated_tile<S, Option, 1, wide>};
}
