// The tile of exact 16-bit products: each number as two bytes, four vpdpbusd for each group of four terms; included in
// a region with VNNI. Panels: limb_panel.
//
//   a = 256 ah + al, b = 256 bh + bl:   a b = 65536 ah bh + 256 (ah bl + al bh) + al bl
//
// The bytes of a are unsigned and those of b signed, by offsets that the zero points take up. The two middle products
// share their sums: 3 sums for each vector of c, so that 4 rows x 2 vectors take 24 registers. The terms of a
// block of depth, of 2 * 255 * 128 at most, fit 28-bit sums; the blocks meet in 64 bits. The limit is a quarter of
// vpdpbusd.

struct limb_step {
  using sums = __m512i;
  using value = std::int64_t;
  static constexpr std::size_t width = 16, unit = 8, group = 4;
  static_assert(gemm_blocks::depth_bytes / unit * group * 2 * 255 * 128 < std::size_t{1} << 28);
};

// The three sums of a vector of c.
struct limb_sums {
  __m512i high, middle, low;
};

// 65536 high + 256 middle + low of columns 0 to 7 and of 8 to 15, in 64 bits. Shifts and permutations share two of
// four pipes, so that there are few:
//   h = high + floor(middle / 256)             fits 32 bits, since the sums are below 2^28
//   l = low + 256 (middle mod 256)             likewise
//   h' = h + floor(l / 65536)                  what remains is l mod 65536: the low 16 bits of l
//   [0, l.0, h'.0, h'.1]                       the words of 65536 times the result
[[gnu::always_inline]] inline void join_limbs(const limb_sums& s, __m512i (&out)[2]) {
  const __m512i byte = _mm512_set1_epi32(0xFF00);
  const __m512i low = _mm512_add_epi32(s.low, _mm512_and_si512(_mm512_slli_epi32(s.middle, 8), byte));
  __m512i high = _mm512_add_epi32(s.high, _mm512_srai_epi32(s.middle, 8));
  high = _mm512_add_epi32(high, _mm512_srai_epi32(low, 16));
  const __m512i first = _mm512_set_epi16(15, 14, 46, 0, 13, 12, 44, 0, 11, 10, 42, 0, 9, 8, 40, 0,  //
                                         7, 6, 38, 0, 5, 4, 36, 0, 3, 2, 34, 0, 1, 0, 32, 0);
  const __m512i second = _mm512_or_si512(first, _mm512_set1_epi16(16));
  constexpr __mmask32 without_zeros = 0xEEEE'EEEE;
  out[0] = _mm512_srai_epi64(_mm512_maskz_permutex2var_epi16(without_zeros, high, first, low), 16);
  out[1] = _mm512_srai_epi64(_mm512_maskz_permutex2var_epi16(without_zeros, high, second, low), 16);
}

// What the sums of a tile begin with, c or offsets of rows and columns, and where they go.
template <std::size_t Vectors>
struct limb_output {
  static constexpr std::size_t halves = 2 * Vectors;
  alignas(64) static constexpr std::int64_t zeros[8 * halves] = {};
  std::int64_t* c;
  const std::int64_t *start, *rows;
  std::ptrdiff_t c_stride, start_stride;
  __mmask8 mask[halves];

  [[gnu::always_inline]] explicit limb_output(const tile_arguments& t)
      : c(static_cast<std::int64_t*>(t.c)), start(zeros), rows(zeros), c_stride(t.c_stride), start_stride(0) {
    if (t.start == sums_start::resume) {
      start = c, start_stride = c_stride;
    } else if (t.start != sums_start::zero) {
      start = static_cast<const std::int64_t*>(t.column_start);
      if (t.start == sums_start::offsets) rows = static_cast<const std::int64_t*>(t.row_start);
    }
    const std::uint64_t columns = ~std::uint64_t{0} >> (64 - t.columns);
    NARROW_UNROLL for (std::size_t h = 0; h < halves; ++h) mask[h] = static_cast<__mmask8>(columns >> (8 * h));
  }
  // Columns [16 v, 16 v + 16) of row r: of one row after the other.
  [[gnu::always_inline]] void store(std::size_t r, std::size_t v, const limb_sums& sum) {
    const __m512i row = _mm512_set1_epi64(rows[r]);
    __m512i joined[2];
    join_limbs(sum, joined);
    NARROW_UNROLL for (std::size_t h = 2 * v; h < 2 * v + 2; ++h) {
      const __m512i begin = _mm512_add_epi64(_mm512_maskz_loadu_epi64(mask[h], start + 8 * h), row);
      _mm512_mask_storeu_epi64(c + 8 * h, mask[h], _mm512_add_epi64(begin, joined[h % 2]));
    }
    if (v + 1 == Vectors) c += c_stride, start += start_stride;
  }
};

// Adds the products of some groups to rows [From, To), and moves their a and b beyond them.
template <std::size_t From, std::size_t To, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void add_limbs(limb_sums (&sum)[Rows][Vectors], const std::byte* (&a)[2],
                                             std::ptrdiff_t a_stride, const std::byte*& b, std::size_t groups) {
  constexpr std::size_t width = limb_step::width;
  for (std::size_t g = groups; g != 0; --g) {
    __m512i b_low[Vectors], b_high[Vectors];
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      b_low[v] = _mm512_loadu_si512(b + v * width * 4);
      b_high[v] = _mm512_loadu_si512(b + (Vectors + v) * width * 4);
    }
    NARROW_UNROLL for (std::size_t r = From; r < To; ++r) {
      const std::byte* const row = a[r / 2] + static_cast<std::ptrdiff_t>(r % 2) * a_stride;
      const __m512i a_low = s8_step::broadcast(row), a_high = s8_step::broadcast(row + 4);
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        limb_sums& s = sum[r][v];
        s.low = _mm512_dpbusd_epi32(s.low, a_low, b_low[v]);
        s.middle = _mm512_dpbusd_epi32(s.middle, a_low, b_high[v]);
        s.high = _mm512_dpbusd_epi32(s.high, a_high, b_high[v]);
      }
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        limb_sums& s = sum[r][v];
        s.middle = _mm512_dpbusd_epi32(s.middle, a_high, b_low[v]);
        // Without this GCC 12 moves the sums in and out of memory.
        __asm__("" : "+v"(s.low), "+v"(s.middle), "+v"(s.high));
      }
    }
    if constexpr (From < 2) a[0] += limb_step::unit;
    if constexpr (To > 2) a[1] += limb_step::unit;
    b += Vectors * width * limb_step::unit;
  }
}

// Joining the sums of a vector takes 7 cycles by itself, and none amid steps: the first rows are through with the last
// groups before the others begin with these, and one vector of theirs is joined after each.
template <std::size_t Rows, std::size_t Vectors>
void limb_tile(const tile_arguments& t) {
  constexpr std::size_t early = Rows < 2 ? Rows : 2, pieces = early * Vectors;
  limb_sums sum[Rows][Vectors];
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      sum[r][v].high = sum[r][v].middle = sum[r][v].low = _mm512_setzero_si512();
    }
  }
  limb_output<Vectors> output(t);
  const std::byte* a[2] = {t.a, t.a + 2 * t.a_stride};
  const std::byte* b = t.b;
  const std::size_t late = Rows == early ? 0 : t.groups < pieces ? t.groups : pieces;
  add_limbs<0, Rows>(sum, a, t.a_stride, b, t.groups - late);
  const std::byte* again = b;
  if constexpr (Rows > early) add_limbs<0, early>(sum, a, t.a_stride, b, late);
  NARROW_UNROLL for (std::size_t i = 0; i < pieces; ++i) {
    if constexpr (Rows > early) add_limbs<early, Rows>(sum, a, t.a_stride, again, i < late ? 1 : 0);
    output.store(i / Vectors, i % Vectors, sum[i / Vectors][i % Vectors]);
  }
  NARROW_UNROLL for (std::size_t r = early; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) output.store(r, v, sum[r][v]);
  }
}

inline void limb_column_sums(const std::byte* b, std::size_t groups, std::size_t vectors, std::int64_t* to) {
  constexpr std::size_t width = limb_step::width;
  for (std::size_t v = 0; v < vectors; ++v) {
    __m512i low = _mm512_setzero_si512(), high = low;
    for (std::size_t g = 0; g < groups; ++g) {
      const std::byte* const from = b + (2 * g * vectors + v) * width * 4;
      low = _mm512_dpbusd_epi32(low, s8_step::ones(), _mm512_loadu_si512(from));
      high = _mm512_dpbusd_epi32(high, s8_step::ones(), _mm512_loadu_si512(from + vectors * width * 4));
    }
    std::int32_t lows[width], highs[width];
    _mm512_storeu_si512(lows, low);
    _mm512_storeu_si512(highs, high);
    for (std::size_t t = 0; t < width; ++t) to[v * width + t] += std::int64_t{256} * highs[t] + lows[t];
  }
}

inline void limb_row_sums(const std::byte* a, std::ptrdiff_t stride, std::uint8_t, std::size_t rows, std::size_t groups,
                          std::int64_t* to) {
  for (std::size_t r = 0; r < rows; ++r, a += stride) {
    __m512i sum = _mm512_setzero_si512();
    for (std::size_t g = 0; g < groups; g += 8) {
      const std::size_t left = groups - g;
      const __mmask16 mask = static_cast<__mmask16>(left >= 8 ? 0xFFFF : (1U << (2 * left)) - 1);
      sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi32(mask, a + g * 8), s8_step::ones());
    }
    const __m512i high = _mm512_srai_epi64(sum, 32), low = _mm512_srai_epi64(_mm512_slli_epi64(sum, 32), 32);
    to[r] += _mm512_reduce_add_epi64(_mm512_add_epi64(_mm512_slli_epi64(high, 8), low));
  }
}

template <class Step>
constexpr tile_kernel limb_kernel() {
  tile_kernel kernel{};
  kernel.rows = 4, kernel.vectors = 2, kernel.width = Step::width;
  kernel.unit = Step::unit, kernel.group = Step::group, kernel.sum_bytes = 8;
  kernel.run[0][0] = &limb_tile<1, 1>, kernel.run[0][1] = &limb_tile<1, 2>;
  kernel.run[1][0] = &limb_tile<2, 1>, kernel.run[1][1] = &limb_tile<2, 2>;
  kernel.run[2][0] = &limb_tile<3, 1>, kernel.run[2][1] = &limb_tile<3, 2>;
  kernel.run[3][0] = &limb_tile<4, 1>, kernel.run[3][1] = &limb_tile<4, 2>;
  kernel.row_sums = &limb_row_sums;
  kernel.column_sums = &limb_column_sums;
  return kernel;
}
template <class Step>
struct limb_tiles {
  static const tile_kernel* get();
};
template <class Step>
const tile_kernel* limb_tiles<Step>::get() {
  static constexpr tile_kernel kernel = limb_kernel<Step>();
  return &kernel;
}
