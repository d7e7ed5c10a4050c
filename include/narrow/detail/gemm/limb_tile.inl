// The tile of exact 16-bit products: each number as two bytes, four vpdpbusd for each group of four terms; included in
// a region with VNNI. Panels: limb_panel.
//
//   a = 256 ah + al, b = 256 bh + bl:   a b = 65536 ah bh + 256 (ah bl + al bh) + al bl
//
// The bytes of a are unsigned and those of b signed, by offsets that the zero points take up. The two middle products
// share their sums: 3 sums for each vector of c, so that 4 rows x 2 vectors take 24 registers. The terms of a
// block of depth, of 2 * 255 * 128 at most, fit 32-bit sums; the blocks meet in 64 bits. The limit is a quarter of
// vpdpbusd.

struct limb_step {
  using sums = __m512i;
  using value = std::int64_t;
  static constexpr std::size_t width = 16, unit = 8, group = 4;
  static_assert(gemm_blocks::depth_bytes / unit * group * 2 * 255 * 128 < std::size_t{1} << 31);
};

// Columns [j, j + 8) of row r, as far as they exist.
[[gnu::always_inline]] inline void store_limbs(const tile_arguments& t, std::size_t r, std::size_t j,
                                               const __m256i& high, const __m256i& middle, const __m256i& low) {
  if (j >= t.columns) return;
  const __mmask8 mask = static_cast<__mmask8>(t.columns - j >= 8 ? 0xFF : (1U << (t.columns - j)) - 1);
  const __m512i upper = _mm512_slli_epi64(_mm512_cvtepi32_epi64(high), 16);
  const __m512i center = _mm512_slli_epi64(_mm512_cvtepi32_epi64(middle), 8);
  __m512i sum = _mm512_add_epi64(_mm512_add_epi64(upper, center), _mm512_cvtepi32_epi64(low));
  std::int64_t* const to = static_cast<std::int64_t*>(t.c) + static_cast<std::ptrdiff_t>(r) * t.c_stride + j;
  if (t.start == sums_start::resume) {
    sum = _mm512_add_epi64(sum, _mm512_maskz_loadu_epi64(mask, to));
  } else if (t.start != sums_start::zero) {
    const __m512i row = _mm512_set1_epi64(static_cast<const std::int64_t*>(t.row_start)[r]);
    const __m512i column = _mm512_loadu_si512(static_cast<const std::int64_t*>(t.column_start) + j);
    sum = _mm512_add_epi64(sum, _mm512_add_epi64(row, column));
  }
  _mm512_mask_storeu_epi64(to, mask, sum);
}

template <std::size_t Rows, std::size_t Vectors>
void limb_tile(const tile_arguments& t) {
  constexpr std::size_t width = limb_step::width;
  __m512i high[Rows][Vectors], middle[Rows][Vectors], low[Rows][Vectors];
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      high[r][v] = middle[r][v] = low[r][v] = _mm512_setzero_si512();
    }
  }
  const std::byte* a[2] = {t.a, t.a + 3 * t.a_stride};
  const std::byte* b = t.b;
  for (std::size_t g = t.groups; g != 0; --g) {
    __m512i b_low[Vectors], b_high[Vectors];
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      b_low[v] = _mm512_loadu_si512(b + v * width * 4);
      b_high[v] = _mm512_loadu_si512(b + (Vectors + v) * width * 4);
    }
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      const std::byte* const row = a[r / 3] + static_cast<std::ptrdiff_t>(r % 3) * t.a_stride;
      const __m512i a_low = s8_step::broadcast(row), a_high = s8_step::broadcast(row + 4);
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        low[r][v] = _mm512_dpbusd_epi32(low[r][v], a_low, b_low[v]);
        middle[r][v] = _mm512_dpbusd_epi32(middle[r][v], a_low, b_high[v]);
        high[r][v] = _mm512_dpbusd_epi32(high[r][v], a_high, b_high[v]);
      }
      NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
        middle[r][v] = _mm512_dpbusd_epi32(middle[r][v], a_high, b_low[v]);
        // Without this GCC 12 moves the sums in and out of memory.
        __asm__("" : "+v"(low[r][v]), "+v"(middle[r][v]), "+v"(high[r][v]));
      }
    }
    a[0] += limb_step::unit;
    if constexpr (Rows > 3) a[1] += limb_step::unit;
    b += Vectors * width * limb_step::unit;
  }
  NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
    NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
      store_limbs(t, r, v * width, _mm512_castsi512_si256(high[r][v]), _mm512_castsi512_si256(middle[r][v]),
                  _mm512_castsi512_si256(low[r][v]));
      store_limbs(t, r, v * width + 8, _mm512_extracti64x4_epi64(high[r][v], 1),
                  _mm512_extracti64x4_epi64(middle[r][v], 1), _mm512_extracti64x4_epi64(low[r][v], 1));
    }
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
