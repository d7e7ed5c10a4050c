// 8-bit floats as bfloat16 by a table of their codes (code_lookup.inl); included in a region with VBMI and BF16.
struct codes_source : code_lookup {
  using steps = avx512_bf16::bf16_step;
  using operand = steps::operand;
  static constexpr std::size_t element = 1, run = 4, along_operands = 2, across_operands = 4, across_fused = 2;

  explicit codes_source(const vector_arguments& t) : code_lookup(*static_cast<const code_table*>(t.source)) {}

  [[gnu::always_inline]] static inline steps::sums step(const steps::sums& sum, const operand& x, const operand& m) {
    return steps::step(sum, x, m);
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
