// 8-bit floats as bfloat16 by a table of their codes (code_table.hpp); included in a region with VBMI and BF16.
//
// A bfloat16's low and high bytes are two tables of 128 entries, of two registers each, and vpermi2b looks up 64 codes
// in one; the sign comes from the code. Formats whose negative codes are not their positive ones with a sign (NaN in
// the place of -0) take a second pair of tables.
struct codes_source {
  using steps = avx512_bf16::bf16_step;
  using operand = steps::operand;
  static constexpr std::size_t element = 1, run = 4, along_operands = 2, across_operands = 4, across_fused = 2;

  operand low[4], high[4];
  __mmask64 lookup;  // all ones where negative codes have tables of their own
  explicit codes_source(const vector_arguments& t) {
    const code_table& table = *static_cast<const code_table*>(t.source);
    NARROW_UNROLL for (std::size_t i = 0; i < 4; ++i) {
      low[i] = _mm512_loadu_si512(table.low + 64 * i);
      high[i] = _mm512_loadu_si512(table.high + 64 * i);
    }
    lookup = table.is_symmetric ? 0 : ~__mmask64{0};
  }

  [[gnu::always_inline]] static inline steps::sums step(const steps::sums& sum, const operand& x, const operand& m) {
    return steps::step(sum, x, m);
  }
  struct planes {
    operand low, high;
  };
  [[gnu::always_inline]] inline void decode(const operand& codes, planes& to) const {
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
  [[gnu::always_inline]] inline void along(const std::byte* p, operand* out) const {
    // Eights of codes in the order that unpacking within 128 bits undoes.
    const operand order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    planes x;
    decode(_mm512_maskz_permutexvar_epi64(0xFF, order, _mm512_loadu_si512(p)), x);
    out[0] = low_bytes(x.low, x.high), out[1] = high_bytes(x.low, x.high);
  }
  [[gnu::always_inline]] inline void across(const std::byte* const* lines, std::size_t offset, operand* out) const {
    planes a, b;
    decode(_mm512_loadu_si512(lines[0] + offset), a);
    decode(_mm512_loadu_si512(lines[1] + offset), b);
    const operand a_low = low_bytes(a.low, a.high), a_high = high_bytes(a.low, a.high);
    const operand b_low = low_bytes(b.low, b.high), b_high = high_bytes(b.low, b.high);
    out[0] = low_words(a_low, b_low), out[1] = high_words(a_low, b_low);
    out[2] = low_words(a_high, b_high), out[3] = high_words(a_high, b_high);
  }
};
