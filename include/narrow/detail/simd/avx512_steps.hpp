// The steps of the matrix kernels that take more than AVX-512 F, BW, DQ and VL: VNNI, BF16 and VPOPCNTDQ, each where
// the CPU has it. Rates and latencies: avx512.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "narrow/detail/simd/avx512.hpp"

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX512_VNNI
namespace narrow::detail::avx512_vnni {

// Four unsigned bytes of a times four signed bytes of b.
struct s8_step : avx512::int32_sums {
  static constexpr std::size_t group = 4;
  [[gnu::always_inline]] static inline operand flips(std::uint8_t flip) {
    return _mm512_set1_epi8(static_cast<char>(flip));
  }
  [[gnu::always_inline]] static inline operand flipped(const operand& x, const operand& flips) {
    return _mm512_xor_si512(x, flips);
  }
  [[gnu::always_inline]] static inline void store_operand(std::byte* p, const operand& x) { _mm512_storeu_si512(p, x); }
  // Columns of four rows of bytes, those of the mask.
  using column_mask = __mmask32;
  [[gnu::always_inline]] static inline column_mask first_columns(std::size_t n) {
    return static_cast<column_mask>(~std::uint32_t{0} >> (32 - n));
  }
  [[gnu::always_inline]] static inline void interleave(const std::byte* p, std::ptrdiff_t stride, column_mask columns,
                                                       const operand& flips, operand (&out)[2]) {
    const auto row = [ p, stride, columns ](int r) __attribute__((always_inline)) {
      return _mm256_maskz_loadu_epi8(columns, p + r * stride);
    };
    const __m256i r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
    const __m256i a = _mm256_unpacklo_epi8(r0, r1), b = _mm256_unpackhi_epi8(r0, r1);
    const __m256i c = _mm256_unpacklo_epi8(r2, r3), d = _mm256_unpackhi_epi8(r2, r3);
    // Columns 0-3 and 16-19, 4-7 and 20-23; 8-11 and 24-27, 12-15 and 28-31.
    const __m512i low =
        _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_unpacklo_epi16(a, c)), _mm256_unpackhi_epi16(a, c), 1);
    const __m512i high =
        _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_unpacklo_epi16(b, d)), _mm256_unpackhi_epi16(b, d), 1);
    out[0] = _mm512_xor_si512(_mm512_shuffle_i64x2(low, high, 0x88), flips);
    out[1] = _mm512_xor_si512(_mm512_shuffle_i64x2(low, high, 0xDD), flips);
  }
  [[gnu::always_inline]] static inline operand ones() { return _mm512_set1_epi8(1); }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm512_dpbusd_epi32(sum, a, b);
  }
};

// The same with sums of 256 bits: 32 rows of bytes side by side fill four of them, where 64 would fill as many of 512.
// Zen 4 runs two of these instructions in the time of one of 512 bits.
struct s8_half_step {
  using operand = __m256i;
  using sums = __m256i;
  using value = std::int32_t;
  static constexpr std::size_t width = 8, unit = 4, group = 4;
  [[gnu::always_inline]] static inline operand load_operand(const std::byte* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static inline operand flips(std::uint8_t flip) {
    return _mm256_set1_epi8(static_cast<char>(flip));
  }
  [[gnu::always_inline]] static inline operand flipped(const operand& x, const operand& flips) {
    return _mm256_xor_si256(x, flips);
  }
  [[gnu::always_inline]] static inline sums load(const value* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static inline void store(value* p, const sums& x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  [[gnu::always_inline]] static inline void store(value* p, const sums& x, std::size_t n) {
    _mm256_mask_storeu_epi32(p, static_cast<__mmask8>((1U << n) - 1), x);
  }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm256_dpbusd_epi32(sum, a, b);
  }
};

// Four signed bytes of a times four unsigned ones of b, which are nibbles: 16 columns of two groups are a vector.
struct nibbles_step : avx512::int32_sums {
  static constexpr std::size_t group = 4;
  [[gnu::always_inline]] static inline void nibbles(const operand& x, operand& low, operand& high) {
    const operand mask = _mm512_set1_epi8(15);
    low = _mm512_and_si512(x, mask);
    high = _mm512_and_si512(_mm512_srli_epi16(x, 4), mask);
  }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm512_dpbusd_epi32(sum, b, a);
  }
};

}  // namespace narrow::detail::avx512_vnni
NARROW_END_TARGET

NARROW_BEGIN_AVX512_BF16
namespace narrow::detail::avx512_bf16 {

// Two bfloat16 of a times two of b, the odd one first (accumulator.hpp).
struct bf16_step : avx512::float_sums {
  static constexpr std::size_t group = 2;
  static constexpr bool joins_flushed = true;
  [[gnu::always_inline]] static inline sums flush(const sums& x) { return avx512::bf16_emulated_step::flush(x); }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
  }
};

}  // namespace narrow::detail::avx512_bf16
NARROW_END_TARGET

NARROW_BEGIN_AVX512_POPCNT
namespace narrow::detail::avx512_popcnt {

struct bit_step : avx512::bit_counts {
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm512_add_epi32(sum, _mm512_popcnt_epi32(_mm512_xor_si512(a, b)));
  }
};

}  // namespace narrow::detail::avx512_popcnt
NARROW_END_TARGET

#endif
