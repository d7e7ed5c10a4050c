// Terms of a group, from as many rows side by side: the data movement of pack.inl; included in each target's region.
// `width` columns, a multiple of 8. 256-bit shuffles in every target: Zen 4 runs a 512-bit one as two.

// Four rows of bytes, every byte exclusive-or `flip`.
[[gnu::always_inline]] inline void interleave_eight_more(const std::uint8_t* const* row, std::size_t c, int flip,
                                                         std::byte* to) {
  const __m128i r0 = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row[0] + c));
  const __m128i r1 = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row[1] + c));
  const __m128i r2 = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row[2] + c));
  const __m128i r3 = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row[3] + c));
  const __m128i low = _mm_unpacklo_epi8(r0, r1), high = _mm_unpacklo_epi8(r2, r3);
  const __m128i mask = _mm_set1_epi8(static_cast<char>(flip));
  __m128i* const out = reinterpret_cast<__m128i*>(to + 4 * c);
  _mm_storeu_si128(out, _mm_xor_si128(_mm_unpacklo_epi16(low, high), mask));
  _mm_storeu_si128(out + 1, _mm_xor_si128(_mm_unpackhi_epi16(low, high), mask));
}

[[gnu::always_inline]] inline void interleave_bytes(const std::uint8_t* const* row, std::size_t width, int flip,
                                                    std::byte* to) {
  std::size_t c = 0;
  const __m256i mask = _mm256_set1_epi8(static_cast<char>(flip));
  for (; c + 32 <= width; c += 32) {
    const __m256i r0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row[0] + c));
    const __m256i r1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row[1] + c));
    const __m256i r2 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row[2] + c));
    const __m256i r3 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row[3] + c));
    const __m256i a = _mm256_unpacklo_epi8(r0, r1), b = _mm256_unpackhi_epi8(r0, r1);
    const __m256i d = _mm256_unpacklo_epi8(r2, r3), e = _mm256_unpackhi_epi8(r2, r3);
    // Columns 0-3 and 16-19, 4-7 and 20-23, 8-11 and 24-27, 12-15 and 28-31.
    const __m256i v0 = _mm256_xor_si256(_mm256_unpacklo_epi16(a, d), mask);
    const __m256i v1 = _mm256_xor_si256(_mm256_unpackhi_epi16(a, d), mask);
    const __m256i v2 = _mm256_xor_si256(_mm256_unpacklo_epi16(b, e), mask);
    const __m256i v3 = _mm256_xor_si256(_mm256_unpackhi_epi16(b, e), mask);
    __m256i* const out = reinterpret_cast<__m256i*>(to + 4 * c);
    _mm256_storeu_si256(out, _mm256_permute2x128_si256(v0, v1, 0x20));
    _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(v2, v3, 0x20));
    _mm256_storeu_si256(out + 2, _mm256_permute2x128_si256(v0, v1, 0x31));
    _mm256_storeu_si256(out + 3, _mm256_permute2x128_si256(v2, v3, 0x31));
  }
  for (; c < width; c += 8) interleave_eight_more(row, c, flip, to);
}

// bfloat16 with its subnormals as zeros.
[[gnu::always_inline]] inline __m256i flushed(const __m256i& x) {
  const __m256i tiny = _mm256_cmpeq_epi16(_mm256_and_si256(x, _mm256_set1_epi16(0x7F80)), _mm256_setzero_si256());
  return _mm256_andnot_si256(_mm256_and_si256(tiny, _mm256_set1_epi16(0x7FFF)), x);
}

// Two rows of 16-bit elements, which may be bfloat16 to flush.
template <bool Flush = false>
[[gnu::always_inline]] inline void interleave_pairs(const std::uint16_t* first, const std::uint16_t* second,
                                                    std::size_t width, std::byte* to) {
  std::size_t c = 0;
  for (; c + 16 <= width; c += 16) {
    __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(first + c));
    __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(second + c));
    if constexpr (Flush) a = flushed(a), b = flushed(b);
    const __m256i low = _mm256_unpacklo_epi16(a, b), high = _mm256_unpackhi_epi16(a, b);
    __m256i* const out = reinterpret_cast<__m256i*>(to + 4 * c);
    _mm256_storeu_si256(out, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(low, high, 0x31));
  }
  for (; c < width; c += 8) {
    __m256i a = _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(first + c)));
    __m256i b = _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(second + c)));
    if constexpr (Flush) a = flushed(a), b = flushed(b);
    const __m128i x = _mm256_castsi256_si128(a), y = _mm256_castsi256_si128(b);
    __m128i* const out = reinterpret_cast<__m128i*>(to + 4 * c);
    _mm_storeu_si128(out, _mm_unpacklo_epi16(x, y));
    _mm_storeu_si128(out + 1, _mm_unpackhi_epi16(x, y));
  }
}

// n 16-bit elements, a multiple of 4, every one exclusive-or `flip`: of each four the low bytes, then the high ones.
inline void split_limbs(const std::uint16_t* from, std::size_t n, int flip, std::byte* to) {
  const __m256i split = _mm256_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15,  //
                                         0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15);
  const __m256i mask = _mm256_set1_epi16(static_cast<std::int16_t>(flip));
  std::size_t t = 0;
  for (; t + 16 <= n; t += 16) {
    const __m256i x = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + t)), mask);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 2 * t), _mm256_shuffle_epi8(x, split));
  }
  for (; t < n; t += 4) {
    const __m128i x =
        _mm_xor_si128(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + t)), _mm256_castsi256_si128(mask));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to + 2 * t), _mm_shuffle_epi8(x, _mm256_castsi256_si128(split)));
  }
}

// Four rows of 16-bit elements, low bytes in one plane and high bytes in the next.
inline void interleave_limbs(const std::uint16_t* const* row, std::size_t width, std::byte* to) {
  // Of each half: a column's low bytes of two terms, then its high bytes.
  const __m256i split = _mm256_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15,  //
                                         0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
  for (std::size_t c = 0; c < width; c += 8) {
    __m256i pairs[2];
    for (std::size_t t = 0; t < 2; ++t) {
      const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row[2 * t] + c));
      const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row[2 * t + 1] + c));
      pairs[t] = _mm256_shuffle_epi8(_mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b)), split);
    }
    const __m256i low_half = _mm256_set1_epi32(0xFFFF);
    const __m256i low = _mm256_or_si256(_mm256_and_si256(pairs[0], low_half), _mm256_slli_epi32(pairs[1], 16));
    const __m256i high = _mm256_or_si256(_mm256_srli_epi32(pairs[0], 16), _mm256_andnot_si256(low_half, pairs[1]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 4 * c), low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 4 * (width + c)), high);
  }
}
