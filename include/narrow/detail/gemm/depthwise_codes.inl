// The sums of a depthwise convolution's block as codes (kernel.hpp); included in a region with VNNI, before
// depthwise.inl. The packs of 32-bit words to 16 bits and to bytes undo what put four taps' channels side by side:
//
//   a = sums 0 | sums 2, b = sums 1 | sums 3    of 256 bits each; conversion, product and conversion
//   packssdw, paddsw (zero point)               in each 128 bits, eight channels of either half
//   packsswb of the halves                      32 channels in order
//   pminsb, pmaxsb, pxor                        the range of codes, their sign
//
// so that what code_tile.inl says of such packs holds here. 112x112x32, 3x3, on Zen 4: 61 GOP/s by finish.inl, 77 so.
template <std::size_t Pixels>
[[gnu::always_inline]] inline void leave_codes(const tile_codes& c, std::byte* to, const float* scales, std::size_t n,
                                               const __m256i (&sum)[Pixels][4]) {
  using real = value_lanes<float>;
  const __m512i zero_point = _mm512_set1_epi16(c.zero_point);
  const __m256i flip = _mm256_set1_epi8(static_cast<char>(c.flip));
  const __m256i lowest = _mm256_set1_epi8(c.lowest), highest = _mm256_set1_epi8(c.highest);
  const real::vector scale[2] = {real::from(scales), real::from(scales + 16)};
  const auto channels = static_cast<__mmask32>(n < 32 ? (std::uint32_t{1} << n) - 1 : ~std::uint32_t{0});
  NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, to += c.stride) {
    __m512i whole[2];
    NARROW_UNROLL for (std::size_t h = 0; h < 2; ++h) {
      const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(sum[p][h]), sum[p][h + 2], 1);
      whole[h] = real::rounded(real::product(real::from_words(both), scale[h]));
    }
    const __m512i words = _mm512_adds_epi16(_mm512_packs_epi32(whole[0], whole[1]), zero_point);
    const __m256i bytes = _mm256_packs_epi16(_mm512_castsi512_si256(words), _mm512_extracti64x4_epi64(words, 1));
    const __m256i within = _mm256_max_epi8(_mm256_min_epi8(bytes, highest), lowest);
    _mm256_mask_storeu_epi8(to, channels, _mm256_xor_si256(within, flip));
  }
}
