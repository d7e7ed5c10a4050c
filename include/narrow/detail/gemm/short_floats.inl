// Floats of at most 8 bits as bfloat16, 16 at a time by 16-bit arithmetic; included before pack.inl in the regions that
// have vpermw.

// Formats whose numbers are all normal as bfloat16.
template <class E>
inline constexpr bool is_short_float = [] {
  if constexpr (requires { E::descriptor; }) {
    constexpr auto d = E::descriptor;
    return E::bits <= 8 && d.mantissa_bits <= 3 && d.has_zero && E::lowest_exponent >= -126 && E::max_exponent <= 127 &&
           d.bias <= 127;
  } else {
    return false;
  }
}();

// 16 words of x, in a register for all of a loop: GCC 12 would make them anew for each vector, by a move from a general
// register, and these take a third of its time.
[[gnu::always_inline]] inline __m256i constant_words(std::uint32_t x) {
  __m256i words = _mm256_set1_epi16(static_cast<short>(x));
  __asm__("" : "+v"(words));
  return words;
}

// n codes, a multiple of 16.
template <class E>
[[gnu::always_inline]] inline void bfloat16_of_codes(const std::uint8_t* codes, std::size_t n, std::uint16_t* to) {
  constexpr auto d = E::descriptor;
  alignas(32) static constexpr auto small = [] {
    struct {
      std::uint16_t value[16];
    } table{};
    for (std::uint32_t code = 0; code < std::uint32_t{1} << d.mantissa_bits; ++code) {
      table.value[code] = bfloat16_of(E::template decode<float>(code));
    }
    return table;
  }();
  const __m256i table = _mm256_load_si256(reinterpret_cast<const __m256i*>(small.value));
  const __m256i magnitudes = constant_words(E::magnitude_mask), signs = constant_words(E::sign_code);
  const __m256i bias = constant_words(static_cast<std::uint32_t>(127 - d.bias) << 7);
  const __m256i least_normal = constant_words(1 << d.mantissa_bits);
  const __m256i nan = constant_words(0x7FC0), infinity = constant_words(0x7F80);
  const __m256i special = constant_words(d.special == specials::infinity_and_nan    ? E::infinity_code
                                         : d.special == specials::nan_negative_zero ? E::sign_code
                                                                                    : E::magnitude_mask);
  for (std::size_t t = 0; t < n; t += 16) {
    const __m256i code = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + t)));
    const __m256i magnitude = _mm256_and_si256(code, magnitudes);
    __m256i result = _mm256_add_epi16(_mm256_slli_epi16(magnitude, 7 - d.mantissa_bits), bias);
    const __mmask16 subnormal = _mm256_cmplt_epu16_mask(magnitude, least_normal);
    result = _mm256_mask_permutexvar_epi16(result, subnormal, magnitude, table);
    if constexpr (d.special == specials::infinity_and_nan) {
      result = _mm256_mask_mov_epi16(result, _mm256_cmpgt_epu16_mask(magnitude, special), nan);
      result = _mm256_mask_mov_epi16(result, _mm256_cmpeq_epi16_mask(magnitude, special), infinity);
    } else if constexpr (d.special == specials::nan_all_ones) {
      result = _mm256_mask_mov_epi16(result, _mm256_cmpeq_epi16_mask(magnitude, special), nan);
    } else if constexpr (d.special == specials::nan_negative_zero) {
      result = _mm256_mask_mov_epi16(result, _mm256_cmpeq_epi16_mask(code, special), nan);
    }
    if constexpr (d.has_sign) {
      result = _mm256_or_si256(result, _mm256_slli_epi16(_mm256_and_si256(code, signs), 16 - E::bits));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + t), result);
  }
}
