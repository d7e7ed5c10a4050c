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

template <class E>
[[gnu::always_inline]] inline __m256i bfloat16_of_codes(const std::uint8_t* codes) {
  constexpr auto d = E::descriptor;
  constexpr auto all = [](std::uint32_t x) { return static_cast<short>(x); };
  alignas(32) static constexpr auto small = [] {
    struct {
      std::uint16_t value[16];
    } table{};
    for (std::uint32_t code = 0; code < std::uint32_t{1} << d.mantissa_bits; ++code) {
      table.value[code] = bfloat16_of(E::template decode<float>(code));
    }
    return table;
  }();
  const __m256i code = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
  const __m256i magnitude = _mm256_and_si256(code, _mm256_set1_epi16(all(E::magnitude_mask)));
  const __m256i bias = _mm256_set1_epi16(all(static_cast<std::uint32_t>(127 - d.bias) << 7));
  __m256i result = _mm256_add_epi16(_mm256_slli_epi16(magnitude, 7 - d.mantissa_bits), bias);
  const __mmask16 subnormal = _mm256_cmplt_epu16_mask(magnitude, _mm256_set1_epi16(1 << d.mantissa_bits));
  const __m256i table = _mm256_load_si256(reinterpret_cast<const __m256i*>(small.value));
  result = _mm256_mask_permutexvar_epi16(result, subnormal, magnitude, table);
  const __m256i nan = _mm256_set1_epi16(0x7FC0);
  if constexpr (d.special == specials::infinity_and_nan) {
    const __m256i infinity = _mm256_set1_epi16(all(E::infinity_code));
    result = _mm256_mask_mov_epi16(result, _mm256_cmpgt_epu16_mask(magnitude, infinity), nan);
    result = _mm256_mask_mov_epi16(result, _mm256_cmpeq_epi16_mask(magnitude, infinity), _mm256_set1_epi16(0x7F80));
  } else if constexpr (d.special == specials::nan_all_ones) {
    const __m256i ones = _mm256_set1_epi16(all(E::magnitude_mask));
    result = _mm256_mask_mov_epi16(result, _mm256_cmpeq_epi16_mask(magnitude, ones), nan);
  } else if constexpr (d.special == specials::nan_negative_zero) {
    const __m256i minus_zero = _mm256_set1_epi16(all(E::sign_code));
    result = _mm256_mask_mov_epi16(result, _mm256_cmpeq_epi16_mask(code, minus_zero), nan);
  }
  if constexpr (d.has_sign) {
    const __m256i sign = _mm256_and_si256(code, _mm256_set1_epi16(all(E::sign_code)));
    result = _mm256_or_si256(result, _mm256_slli_epi16(sign, 16 - E::bits));
  }
  return result;
}
