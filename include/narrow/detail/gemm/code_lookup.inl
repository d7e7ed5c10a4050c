// 8-bit floats as bfloat16 by a table of their codes (code_table.hpp); included in a region with VBMI.
//
// A bfloat16's low and high bytes are two tables of 128 entries, of two registers each, and vpermi2b looks up 64 codes
// in one; the sign comes from the code. Formats whose negative codes are not their positive ones with a sign (NaN in
// the place of -0, two's complement) take a second pair of tables.
struct code_lookup {
  __m512i low[4], high[4];
  __mmask64 lookup;  // all ones where negative codes have tables of their own
  explicit code_lookup(const code_table& table) {
    NARROW_UNROLL for (std::size_t i = 0; i < 4; ++i) {
      low[i] = _mm512_loadu_si512(table.low + 64 * i);
      high[i] = _mm512_loadu_si512(table.high + 64 * i);
    }
    lookup = table.is_symmetric ? 0 : ~__mmask64{0};
  }

  struct planes {
    __m512i low, high;
  };
  [[gnu::always_inline]] inline void decode(const __m512i& codes, planes& to) const {
    to.low = _mm512_permutex2var_epi8(low[0], codes, low[1]);
    to.high = _mm512_permutex2var_epi8(high[0], codes, high[1]);
    if (lookup == 0) {
      // high | (codes & 0x80): bit 7 of the table's positive half is clear.
      to.high = _mm512_ternarylogic_epi32(to.high, codes, _mm512_set1_epi8(-128), 0xF8);
    } else {
      const __mmask64 negative = _mm512_movepi8_mask(codes);
      to.low = _mm512_mask_blend_epi8(negative, to.low, _mm512_permutex2var_epi8(low[2], codes, low[3]));
      to.high = _mm512_mask_blend_epi8(negative, to.high, _mm512_permutex2var_epi8(high[2], codes, high[3]));
    }
  }
  // 64 codes in order.
  [[gnu::always_inline]] inline void along(const std::byte* p, __m512i* out) const {
    // Eights of codes in the order that unpacking within 128 bits undoes.
    const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    planes x;
    decode(_mm512_maskz_permutexvar_epi64(0xFF, order, _mm512_loadu_si512(p)), x);
    out[0] = low_bytes(x.low, x.high), out[1] = high_bytes(x.low, x.high);
  }
};

// n codes that lie side by side.
inline void look_up_codes(const code_table& table, const std::byte* codes, std::size_t n, std::uint16_t* to) {
  const code_lookup lookup(table);
  for (; n >= 64; n -= 64, codes += 64, to += 64) {
    __m512i out[2];
    lookup.along(codes, out);
    _mm512_storeu_si512(to, out[0]);
    _mm512_storeu_si512(to + 32, out[1]);
  }
  if (n == 0) return;
  std::byte rest[64] = {};
  __m512i out[2];
  __builtin_memcpy(rest, codes, n);
  lookup.along(rest, out);
  __builtin_memcpy(to, out, n * sizeof *to);
}
