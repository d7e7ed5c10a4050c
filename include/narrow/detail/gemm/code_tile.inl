// The tile that leaves bytes instead of sums, for steps with 16 sums of 32 bits; included after tile.inl. See
// kernel.hpp.
//
// Sums that go through memory first cost 6 cycles for 16 codes after the tile; here the early rows are finished while
// the late ones are multiplied, and these while the next tile begins. For 64 codes, two rows: conversion, product and
// conversion of four vectors, then
//   packssdw, paddsw (zero point)                   2 x 32 words, those of a row
//   packsswb, pminsb, pmaxsb, pxor                  64 bytes: in each 128 bits, four columns of each of four vectors
//   permd                                           the rows one after the other
// Saturating to 16 bits first changes nothing: zero points are small beside them. Packed u8 x s8 to 8 bits on Zen 4,
// bench_gemm --table, 512^3: 440 GOP/s by finish.inl, 452 so.
struct codes_of_sums {
  using real = value_lanes<float>;
  const tile_codes& c;
  const __m512i zero_point, flip, lowest, highest;

  [[gnu::always_inline]] inline explicit codes_of_sums(const tile_codes& codes)
      : c(codes),
        zero_point(_mm512_set1_epi16(codes.zero_point)),
        flip(_mm512_set1_epi8(static_cast<char>(codes.flip))),
        lowest(_mm512_set1_epi8(codes.lowest)),
        highest(_mm512_set1_epi8(codes.highest)) {}

  // Rows [From, To) of a tile.
  template <class S, std::size_t From, std::size_t To, std::size_t Rows, std::size_t Vectors>
  [[gnu::always_inline]] inline void leave(typename S::sums (&sum)[Rows][Vectors], const float* scales,
                                           std::byte* tile) const {
    static_assert(S::width == 16 && Vectors == 2);
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    NARROW_UNROLL for (std::size_t r = From; r < To; r += 2) {
      __m512i words[2];
      NARROW_UNROLL for (std::size_t h = 0; h < 2; ++h) {
        __m512i whole[Vectors];
        NARROW_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
          // Asked for in a register by itself: else GCC 12 keeps all sums in memory, all along.
          typename S::sums own = sum[r + h < To ? r + h : r][v];
          __asm__("" : "+v"(own));
          const real::vector exact = real::from_words(own);
          whole[v] = real::rounded(real::product(exact, real::from(scales + 16 * v)));
        }
        words[h] = _mm512_adds_epi16(_mm512_packs_epi32(whole[0], whole[1]), zero_point);
      }
      const __m512i bytes = _mm512_packs_epi16(words[0], words[1]);
      const __m512i within = _mm512_max_epi8(_mm512_min_epi8(bytes, highest), lowest);
      const __m512i codes = _mm512_permutexvar_epi32(order, _mm512_xor_si512(within, flip));
      std::byte* const to = tile + static_cast<std::ptrdiff_t>(r) * c.stride;
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(codes));
      if (r + 1 < To) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + c.stride), _mm512_extracti64x4_epi64(codes, 1));
      }
    }
  }
};

struct leaves_codes {
  template <class S, std::size_t From, std::size_t To, std::size_t Rows, std::size_t Vectors>
  [[gnu::always_inline]] static inline void rows(const tile_arguments& t, typename S::sums (&sum)[Rows][Vectors]) {
    codes_of_sums(*t.codes).template leave<S, From, To>(sum, t.codes->scales, t.codes->to);
  }
};

template <class S, std::size_t Rows>
void code_tile(const tile_arguments& t) {
  constexpr std::size_t vectors = 2;
  typename S::sums sum[Rows][vectors];
  NARROW_UNROLL for (std::size_t v = 0; v < vectors; ++v) {
    const typename S::sums start = S::load(static_cast<const typename S::value*>(t.column_start) + v * S::width);
    NARROW_UNROLL for (std::size_t r = 0; r < Rows; ++r) {
      sum[r][v] = start;
      __asm__("" : "+v"(sum[r][v]));
    }
  }
  multiply_and_leave<S, leaves_codes>(t, sum);
}
