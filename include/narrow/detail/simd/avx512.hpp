// AVX-512: the steps of the matrix kernels. Zen 4 and later, Skylake-X and later.
//
//   vfmadd231ps/pd zmm   1 a cycle on Zen 4 (two passes of 256 bits), 2 on Skylake-X     latency 4
//   vpdpbusd, vdpbf16ps  1 a cycle                                                      latency 4, 6
//   vpmaddwd + vpaddd    1 pair a cycle                                                 latency 3 + 1
// 24 independent sums hide every one of these latencies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "narrow/detail/simd/region.hpp"

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX512
namespace narrow::detail::avx512 {

inline constexpr std::size_t lanes_of_32 = 16;
// GCC 12 warns of its own unmasked conversions, whose pass-through operand is uninitialized; the code is the same.
inline constexpr __mmask16 every_lane = 0xFFFF;

// 16 binary16 codes as floats, whatever MXCSR says of subnormals.
[[gnu::always_inline]] inline __m512 load_halves(const std::uint16_t* p) {
  return _mm512_maskz_cvtph_ps(every_lane, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

// What the steps on 16 sums of 32 bits share.
struct units_of_32 {
  using operand = __m512i;
  static constexpr std::size_t width = 16, unit = 4;
  [[gnu::always_inline]] static inline __mmask16 first(std::size_t n) { return static_cast<__mmask16>((1U << n) - 1); }
  [[gnu::always_inline]] static inline operand load_operand(const std::byte* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static inline operand broadcast(const std::byte* p) {
    std::int32_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return _mm512_set1_epi32(x);
  }
};

// lanes_of_32 codes extended to 32 bits, and back by their low bits.
using native_words = __m512i;
[[gnu::always_inline]] inline __m512i load_words(const std::int8_t* p) {
  return _mm512_maskz_cvtepi8_epi32(every_lane, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline __m512i load_words(const std::uint8_t* p) {
  return _mm512_maskz_cvtepu8_epi32(every_lane, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline __m512i load_words(const std::int16_t* p) {
  return _mm512_maskz_cvtepi16_epi32(every_lane, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
[[gnu::always_inline]] inline __m512i load_words(const std::uint16_t* p) {
  return _mm512_maskz_cvtepu16_epi32(every_lane, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
[[gnu::always_inline]] inline __m512i load_words(const std::int32_t* p) { return _mm512_loadu_si512(p); }
[[gnu::always_inline]] inline __m512i load_words(const std::uint32_t* p) { return _mm512_loadu_si512(p); }
template <class Storage>
requires(sizeof(Storage) == 1) [[gnu::always_inline]] inline void store_words(Storage* p, const __m512i& x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_maskz_cvtepi32_epi8(every_lane, x));
}
template <class Storage>
requires(sizeof(Storage) == 2) [[gnu::always_inline]] inline void store_words(Storage* p, const __m512i& x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_maskz_cvtepi32_epi16(every_lane, x));
}
template <class Storage>
requires(sizeof(Storage) == 4) [[gnu::always_inline]] inline void store_words(Storage* p, const __m512i& x) {
  _mm512_storeu_si512(p, x);
}

// Rows of bytes or of 16-bit elements side by side, within each 128 bits.
[[gnu::always_inline]] inline __m512i low_bytes(const __m512i& a, const __m512i& b) {
  return _mm512_unpacklo_epi8(a, b);
}
[[gnu::always_inline]] inline __m512i high_bytes(const __m512i& a, const __m512i& b) {
  return _mm512_unpackhi_epi8(a, b);
}
[[gnu::always_inline]] inline __m512i low_words(const __m512i& a, const __m512i& b) {
  return _mm512_unpacklo_epi16(a, b);
}
[[gnu::always_inline]] inline __m512i high_words(const __m512i& a, const __m512i& b) {
  return _mm512_unpackhi_epi16(a, b);
}
// Half a vector of bytes, and those as 16-bit elements.
[[gnu::always_inline]] inline __m256i load_half(const std::byte* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
[[gnu::always_inline]] inline __m256i low_bytes(const __m256i& a, const __m256i& b) {
  return _mm256_unpacklo_epi8(a, b);
}
[[gnu::always_inline]] inline __m256i high_bytes(const __m256i& a, const __m256i& b) {
  return _mm256_unpackhi_epi8(a, b);
}
[[gnu::always_inline]] inline __m256i low_words(const __m256i& a, const __m256i& b) {
  return _mm256_unpacklo_epi16(a, b);
}
[[gnu::always_inline]] inline __m256i high_words(const __m256i& a, const __m256i& b) {
  return _mm256_unpackhi_epi16(a, b);
}
[[gnu::always_inline]] inline __m512i signed_words(const __m256i& x) { return _mm512_cvtepi8_epi16(x); }
[[gnu::always_inline]] inline __m512i unsigned_words(const __m256i& x) { return _mm512_cvtepu8_epi16(x); }
// Words of two rows that went side by side, the low and the high ones, in the order of the rows; of four rows likewise.
template <class Vector>
[[gnu::always_inline]] inline void order_words(Vector (&x)[2]) {
  const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const __m512i second = _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const __m512i low = (__m512i)x[0], high = (__m512i)x[1];
  x[0] = (Vector)_mm512_permutex2var_epi32(low, first, high);
  x[1] = (Vector)_mm512_permutex2var_epi32(low, second, high);
}
[[gnu::always_inline]] inline void order_words(__m256i (&x)[4]) {
  const __m256i a = x[0], b = x[1], c = x[2], d = x[3];
  x[0] = _mm256_permute2x128_si256(a, b, 0x20), x[1] = _mm256_permute2x128_si256(c, d, 0x20);
  x[2] = _mm256_permute2x128_si256(a, b, 0x31), x[3] = _mm256_permute2x128_si256(c, d, 0x31);
}
// bfloat16 with its subnormals as zeros.
[[gnu::always_inline]] inline __m512i flush_bfloat16(const __m512i& x) {
  const __mmask32 tiny = _mm512_testn_epi16_mask(x, _mm512_set1_epi16(0x7F80));
  return _mm512_mask_mov_epi16(x, tiny, _mm512_and_si512(x, _mm512_set1_epi16(-32768)));
}

struct float_sums : units_of_32 {
  using sums = __m512;
  using value = float;
  static constexpr bool joins_flushed = false;
  [[gnu::always_inline]] static inline sums add(const sums& a, const sums& b) { return _mm512_add_ps(a, b); }
  // As store. A half that is read back is a register of its own to GCC, which otherwise keeps all of x in memory.
  [[gnu::always_inline]] static inline void store_halves(float* p, const sums& x) {
    _mm256_storeu_ps(p, _mm512_castps512_ps256(x));
    _mm256_storeu_ps(p + 8, _mm512_extractf32x8_ps(x, 1));
  }
  [[gnu::always_inline]] static inline sums zero() { return _mm512_setzero_ps(); }
  [[gnu::always_inline]] static inline sums load(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static inline sums load(const float* p, std::size_t n) {
    return _mm512_maskz_loadu_ps(first(n), p);
  }
  [[gnu::always_inline]] static inline void store(float* p, const sums& x) { _mm512_storeu_ps(p, x); }
  [[gnu::always_inline]] static inline void store(float* p, const sums& x, std::size_t n) {
    _mm512_mask_storeu_ps(p, first(n), x);
  }
};

struct int32_sums : units_of_32 {
  using sums = __m512i;
  using value = std::int32_t;
  static constexpr bool joins_flushed = false;
  [[gnu::always_inline]] static inline sums add(const sums& a, const sums& b) { return _mm512_add_epi32(a, b); }
  [[gnu::always_inline]] static inline void store_halves(std::int32_t* p, const sums& x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_castsi512_si256(x));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), _mm512_extracti32x8_epi32(x, 1));
  }
  [[gnu::always_inline]] static inline sums zero() { return _mm512_setzero_si512(); }
  [[gnu::always_inline]] static inline sums load(const value* p) { return _mm512_loadu_si512(p); }
  [[gnu::always_inline]] static inline sums load(const value* p, std::size_t n) {
    return _mm512_maskz_loadu_epi32(first(n), p);
  }
  [[gnu::always_inline]] static inline void store(value* p, const sums& x) { _mm512_storeu_si512(p, x); }
  [[gnu::always_inline]] static inline void store(value* p, const sums& x, std::size_t n) {
    _mm512_mask_storeu_epi32(p, first(n), x);
  }
  [[gnu::always_inline]] static inline sums offsets(std::int32_t row, const std::int32_t* columns) {
    return _mm512_add_epi32(_mm512_set1_epi32(row), load(columns));
  }
  [[gnu::always_inline]] static inline sums times(std::int32_t row, const std::int32_t* columns) {
    return _mm512_mullo_epi32(_mm512_set1_epi32(row), load(columns));
  }
};

[[gnu::always_inline]] inline __m512i all_words(std::int32_t x) { return _mm512_set1_epi32(x); }
[[gnu::always_inline]] inline __m512i sum_of_words(const __m512i& a, const __m512i& b) {
  return _mm512_add_epi32(a, b);
}
[[gnu::always_inline]] inline __m512i clamped_words(const __m512i& x, const __m512i& low, const __m512i& high) {
  return _mm512_maskz_min_epi32(every_lane, _mm512_maskz_max_epi32(every_lane, x, low), high);
}
[[gnu::always_inline]] inline __m512i saturating_sum(const __m512i& a, const __m512i& b) {
  const __m512i sum = _mm512_add_epi32(a, b);
  const __m512i over = _mm512_and_si512(_mm512_xor_si512(a, sum), _mm512_xor_si512(b, sum));
  const __m512i limit = _mm512_xor_si512(_mm512_srai_epi32(a, 31), _mm512_set1_epi32(0x7FFF'FFFF));
  return _mm512_mask_mov_epi32(sum, _mm512_movepi32_mask(over), limit);
}

// A product that the compiler may not fuse with a sum that follows. (GCC 12 takes __builtin_assoc_barrier of a vector
// apart, element by element.)
template <class Vector>
[[gnu::always_inline]] inline Vector uncontracted(const Vector& x) {
  Vector result = x;
  __asm__("" : "+v"(result));
  return result;
}

// Values on their way from sums to the output: a vector of them, and what epilogues do. Products are never contracted.
template <class Value>
struct value_lanes;
template <>
struct value_lanes<float> {
  using vector = __m512;
  static constexpr std::size_t width = 16;
  [[gnu::always_inline]] static inline vector from(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static inline vector from(const std::int32_t* p) {
    const __m512i x = _mm512_loadu_si512(p);
    return _mm512_maskz_cvtepi32_ps(every_lane, x);
  }
  [[gnu::always_inline]] static inline vector from_words(const __m512i& x) {
    return _mm512_maskz_cvtepi32_ps(every_lane, x);
  }
  // To the nearest integer, whatever MXCSR says.
  [[gnu::always_inline]] static inline __m512i rounded(const vector& x) {
    return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  [[gnu::always_inline]] static inline vector all(float x) { return _mm512_set1_ps(x); }
  [[gnu::always_inline]] static inline vector sum(const vector& a, const vector& b) { return _mm512_add_ps(a, b); }
  [[gnu::always_inline]] static inline vector product(const vector& a, const vector& b) {
    return uncontracted(_mm512_mul_ps(a, b));
  }
  [[gnu::always_inline]] static inline vector fused(const vector& a, const vector& b, const vector& c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  // b where one is NaN, or both are equal.
  [[gnu::always_inline]] static inline vector larger(const vector& a, const vector& b) {
    return _mm512_maskz_max_ps(every_lane, a, b);
  }
  [[gnu::always_inline]] static inline vector smaller(const vector& a, const vector& b) {
    return _mm512_maskz_min_ps(every_lane, a, b);
  }
  [[gnu::always_inline]] static inline void store(float* p, const vector& x) { _mm512_storeu_ps(p, x); }
};
template <>
struct value_lanes<double> {
  using vector = __m512d;
  static constexpr std::size_t width = 8;
  [[gnu::always_inline]] static inline vector from(const double* p) { return _mm512_loadu_pd(p); }
  [[gnu::always_inline]] static inline vector from(const float* p) {
    return _mm512_maskz_cvtps_pd(0xFF, _mm256_loadu_ps(p));
  }
  [[gnu::always_inline]] static inline vector from(const std::int32_t* p) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_maskz_cvtepi32_pd(0xFF, x);
  }
  [[gnu::always_inline]] static inline vector from(const std::int64_t* p) {
    return _mm512_maskz_cvtepi64_pd(0xFF, _mm512_loadu_si512(p));
  }
  [[gnu::always_inline]] static inline vector all(double x) { return _mm512_set1_pd(x); }
  [[gnu::always_inline]] static inline vector sum(const vector& a, const vector& b) { return _mm512_add_pd(a, b); }
  [[gnu::always_inline]] static inline vector product(const vector& a, const vector& b) {
    return uncontracted(_mm512_mul_pd(a, b));
  }
  [[gnu::always_inline]] static inline vector larger(const vector& a, const vector& b) {
    return _mm512_maskz_max_pd(0xFF, a, b);
  }
  [[gnu::always_inline]] static inline vector smaller(const vector& a, const vector& b) {
    return _mm512_maskz_min_pd(0xFF, a, b);
  }
  [[gnu::always_inline]] static inline void store(double* p, const vector& x) { _mm512_storeu_pd(p, x); }
  [[gnu::always_inline]] static inline void store(float* p, const vector& x) {
    _mm256_storeu_ps(p, _mm512_maskz_cvtpd_ps(0xFF, x));
  }
};

struct f32_step : float_sums {
  static constexpr std::size_t group = 1;
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum);
  }
};

struct f64_step {
  using operand = __m512d;
  using sums = __m512d;
  using value = double;
  static constexpr std::size_t width = 8, unit = 8, group = 1;
  static constexpr bool joins_flushed = false;
  [[gnu::always_inline]] static inline sums add(const sums& a, const sums& b) { return _mm512_add_pd(a, b); }
  [[gnu::always_inline]] static inline __mmask8 first(std::size_t n) { return static_cast<__mmask8>((1U << n) - 1); }
  [[gnu::always_inline]] static inline operand load_operand(const std::byte* p) { return _mm512_loadu_pd(p); }
  [[gnu::always_inline]] static inline operand broadcast(const std::byte* p) {
    double x;
    __builtin_memcpy(&x, p, sizeof x);
    return _mm512_set1_pd(x);
  }
  [[gnu::always_inline]] static inline sums zero() { return _mm512_setzero_pd(); }
  [[gnu::always_inline]] static inline sums load(const double* p) { return _mm512_loadu_pd(p); }
  [[gnu::always_inline]] static inline sums load(const double* p, std::size_t n) {
    return _mm512_maskz_loadu_pd(first(n), p);
  }
  [[gnu::always_inline]] static inline void store(double* p, const sums& x) { _mm512_storeu_pd(p, x); }
  [[gnu::always_inline]] static inline void store(double* p, const sums& x, std::size_t n) {
    _mm512_mask_storeu_pd(p, first(n), x);
  }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm512_fmadd_pd(a, b, sum);
  }
};

// Two 16-bit integers of a times two of b: the fall-back where there is no VNNI. vpmaddubsw would saturate.
struct pairs_step : int32_sums {
  static constexpr std::size_t group = 2;
  [[gnu::always_inline]] static inline operand ones() { return _mm512_set1_epi16(1); }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
};

// What vdpbf16ps computes (accumulator.hpp), for CPUs without it: the odd term first, each step flushed.
struct bf16_emulated_step : float_sums {
  static constexpr std::size_t group = 2;
  static constexpr bool joins_flushed = true;
  [[gnu::always_inline]] static inline sums flush(const sums& x) {
    const __mmask16 tiny = _mm512_cmp_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(0x1p-126F), _CMP_LT_OQ);
    return _mm512_mask_and_ps(x, tiny, x, _mm512_set1_ps(-0.0F));
  }
  [[gnu::always_inline]] static inline sums odd(const operand& x) {
    return _mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32(-65536)));
  }
  [[gnu::always_inline]] static inline sums even(const operand& x) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16));
  }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    const sums first = flush(_mm512_fmadd_ps(odd(a), odd(b), sum));
    return flush(_mm512_fmadd_ps(even(a), even(b), first));
  }
};

// 32 bits of a against 32 of b: counts the positions that differ.
struct bit_counts : int32_sums {
  static constexpr std::size_t group = 32;
  // Of binary numbers: the terms that are 1 less those that are -1.
  [[gnu::always_inline]] static inline sums from_counts(const sums& differing, std::int32_t depth) {
    return _mm512_sub_epi32(_mm512_set1_epi32(depth), _mm512_add_epi32(differing, differing));
  }
};

// vpshufb counts nibbles.
struct bit_nibbles_step : bit_counts {
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    const __m512i counts = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m512i nibble = _mm512_set1_epi8(15), x = _mm512_xor_si512(a, b);
    const __m512i low = _mm512_shuffle_epi8(counts, _mm512_and_si512(x, nibble));
    const __m512i high = _mm512_shuffle_epi8(counts, _mm512_and_si512(_mm512_srli_epi16(x, 4), nibble));
    const __m512i pairs = _mm512_maddubs_epi16(_mm512_add_epi8(low, high), _mm512_set1_epi8(1));
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  }
};

}  // namespace narrow::detail::avx512
NARROW_END_TARGET

#endif
