// How kernels of products with a vector read the matrix (vector.inl), where no instruction beyond a target's own is
// needed; included in each target's region.

// Elements that the step takes as they are: floats, doubles, bfloat16 where the hardware flushes.
template <class S>
struct plain_source {
  using steps = S;
  using operand = typename S::operand;
  static constexpr std::size_t element = S::unit / S::group, run = 4;
  static constexpr std::size_t along_operands = 16 / S::width, across_operands = S::group, across_fused = 4;
  explicit plain_source(const vector_arguments&) {}

  [[gnu::always_inline]] static inline typename S::sums step(const typename S::sums& sum, const operand& x,
                                                             const operand& m) {
    return S::step(sum, x, m);
  }
  [[gnu::always_inline]] inline void along(const std::byte* p, operand* out) const {
    NARROW_UNROLL for (std::size_t o = 0; o < along_operands; ++o) out[o] = S::load_operand(p + o * S::width * S::unit);
  }
  [[gnu::always_inline]] inline void across(const std::byte* const* lines, std::size_t offset, operand* out) const {
    if constexpr (S::group == 1) {
      out[0] = S::load_operand(lines[0] + offset);
    } else {
      const operand a = S::load_operand(lines[0] + offset), b = S::load_operand(lines[1] + offset);
      out[0] = low_words(a, b), out[1] = high_words(a, b);
    }
  }
};

// bfloat16 for the emulated step, which expects operands without subnormals.
struct flushing_source : plain_source<bf16_emulated_step> {
  using plain = plain_source<bf16_emulated_step>;
  using plain::plain;
  [[gnu::always_inline]] inline void along(const std::byte* p, operand* out) const {
    plain::along(p, out);
    NARROW_UNROLL for (std::size_t o = 0; o < along_operands; ++o) out[o] = flush_bfloat16(out[o]);
  }
  [[gnu::always_inline]] inline void across(const std::byte* const* lines, std::size_t offset, operand* out) const {
    plain::across(lines, offset, out);
    NARROW_UNROLL for (std::size_t o = 0; o < across_operands; ++o) out[o] = flush_bfloat16(out[o]);
  }
};

// binary16 as floats.
struct half_source : plain_source<f32_step> {
  using plain_source<f32_step>::plain_source;
  static constexpr std::size_t element = 2;
  [[gnu::always_inline]] static inline operand floats(const std::byte* p) {
    return (operand)load_halves(reinterpret_cast<const std::uint16_t*>(p));
  }
  [[gnu::always_inline]] inline void along(const std::byte* p, operand* out) const {
    NARROW_UNROLL for (std::size_t o = 0; o < along_operands; ++o) out[o] = floats(p + o * steps::width * 2);
  }
  [[gnu::always_inline]] inline void across(const std::byte* const* lines, std::size_t offset, operand* out) const {
    out[0] = floats(lines[0] + offset);
  }
};

// Bytes as 16-bit integers, against a vector of those: exact without VNNI, zero point of the vector included.
template <panel_sign Sign>
struct words_source {
  using steps = pairs_step;
  using operand = typename steps::operand;
  static constexpr std::size_t element = 1, run = 8;
  static constexpr std::size_t along_operands = 16 / steps::width, across_operands = 2, across_fused = 4;
  explicit words_source(const vector_arguments&) {}

  [[gnu::always_inline]] static inline typename steps::sums step(const typename steps::sums& sum, const operand& x,
                                                                 const operand& m) {
    return steps::step(sum, x, m);
  }
  template <class Half>
  [[gnu::always_inline]] static inline operand words(const Half& x) {
    if constexpr (Sign == panel_sign::is_signed) {
      return signed_words(x);
    } else {
      return unsigned_words(x);
    }
  }
  [[gnu::always_inline]] inline void along(const std::byte* p, operand* out) const {
    NARROW_UNROLL for (std::size_t o = 0; o < along_operands; ++o) out[o] = words(load_half(p + o * steps::width * 2));
  }
  [[gnu::always_inline]] inline void across(const std::byte* const* lines, std::size_t offset, operand* out) const {
    const auto a = load_half(lines[0] + offset), b = load_half(lines[1] + offset);
    out[0] = words(low_bytes(a, b)), out[1] = words(high_bytes(a, b));
  }
};

// ---- what a product with a vector needs beside its kernel -----------------------------------------------------------

// n elements of the matrix along memory, as Panel's.
template <class Panel, class Matrix>
void read_line(const void* operand, std::size_t output, std::size_t term, bool along, std::size_t n, bool with_scale,
               std::byte* to) {
  converter<Panel, Matrix>::run(*static_cast<const Matrix*>(operand), output, term, along ? 1 : 0, with_scale, n,
                                reinterpret_cast<typename Panel::element*>(to));
}

// sum -= zero * x_total, modulo 2^32.
inline void correct_vector(std::int32_t* sums, std::size_t n, const std::int32_t* zeros, bool zeros_vary,
                           std::int32_t x_total) {
  using lane = lanes<std::uint32_t, static_cast<int>(lanes_of_32)>;
  const auto total = static_cast<std::uint32_t>(x_total);
  const std::uint32_t same = static_cast<std::uint32_t>(zeros[0]) * total;
  std::size_t t = 0;
  for (; t + lanes_of_32 <= n; t += lanes_of_32) {
    lane sum, other;
    __builtin_memcpy(&sum.v, sums + t, sizeof sum.v);
    if (zeros_vary) {
      __builtin_memcpy(&other.v, zeros + t, sizeof other.v);
      sum = sum - other * lane(total);
    } else {
      sum = sum - lane(same);
    }
    __builtin_memcpy(sums + t, &sum.v, sizeof sum.v);
  }
  for (; t < n; ++t) {
    const std::uint32_t zero = zeros_vary ? static_cast<std::uint32_t>(zeros[t]) * total : same;
    sums[t] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[t]) - zero);
  }
}
