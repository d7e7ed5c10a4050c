// AVX2 with FMA and F16C: the steps of the matrix kernels. Haswell and later, Zen and later.
//
//   vfmadd231ps ymm      2 a cycle, latency 4 to 5: 12 sums hide it
//   vpmaddwd + vpaddd    1 pair a cycle or more
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "narrow/detail/simd/region.hpp"

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX2
namespace narrow::detail::avx2 {

inline constexpr std::size_t lanes_of_32 = 8;

// 8 binary16 codes as floats, whatever MXCSR says of subnormals.
[[gnu::always_inline]] inline __m256 load_halves(const std::uint16_t* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

struct units_of_32 {
  using operand = __m256i;
  static constexpr std::size_t width = 8, unit = 4;
  // All ones in the first n lanes.
  [[gnu::always_inline]] static inline __m256i first(std::size_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
  }
  [[gnu::always_inline]] static inline operand load_operand(const std::byte* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static inline operand broadcast(const std::byte* p) {
    std::int32_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return _mm256_set1_epi32(x);
  }
};

// lanes_of_32 codes extended to 32 bits, and back by their low bits.
using native_words = __m256i;
[[gnu::always_inline]] inline __m256i load_words(const std::int8_t* p) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline __m256i load_words(const std::uint8_t* p) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline __m256i load_words(const std::int16_t* p) {
  return _mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline __m256i load_words(const std::uint16_t* p) {
  return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
[[gnu::always_inline]] inline __m256i load_words(const std::int32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
[[gnu::always_inline]] inline __m256i load_words(const std::uint32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
template <class Storage>
requires(sizeof(Storage) == 1) [[gnu::always_inline]] inline void store_words(Storage* p, const __m256i& x) {
  const __m256i low = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,  //
                                       -1, -1, -1, -1, 0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1);
  const __m256i bytes = _mm256_shuffle_epi8(x, low);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p),
                   _mm_or_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
}
template <class Storage>
requires(sizeof(Storage) == 2) [[gnu::always_inline]] inline void store_words(Storage* p, const __m256i& x) {
  const __m256i low = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1,  //
                                       0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
  const __m256i words = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(x, low), 0b1000);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(words));
}
template <class Storage>
requires(sizeof(Storage) == 4) [[gnu::always_inline]] inline void store_words(Storage* p, const __m256i& x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
}

// Rows of bytes or of 16-bit elements side by side, within each 128 bits.
[[gnu::always_inline]] inline __m256i low_words(const __m256i& a, const __m256i& b) {
  return _mm256_unpacklo_epi16(a, b);
}
[[gnu::always_inline]] inline __m256i high_words(const __m256i& a, const __m256i& b) {
  return _mm256_unpackhi_epi16(a, b);
}
// Half a vector of bytes, and those as 16-bit elements.
[[gnu::always_inline]] inline __m128i load_half(const std::byte* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
[[gnu::always_inline]] inline __m128i low_bytes(const __m128i& a, const __m128i& b) { return _mm_unpacklo_epi8(a, b); }
[[gnu::always_inline]] inline __m128i high_bytes(const __m128i& a, const __m128i& b) { return _mm_unpackhi_epi8(a, b); }
[[gnu::always_inline]] inline __m256i signed_words(const __m128i& x) { return _mm256_cvtepi8_epi16(x); }
[[gnu::always_inline]] inline __m256i unsigned_words(const __m128i& x) { return _mm256_cvtepu8_epi16(x); }
// Words of two rows that went side by side, the low and the high ones, in the order of the rows.
template <class Vector>
[[gnu::always_inline]] inline void order_words(Vector (&x)[2]) {
  const __m256i low = (__m256i)x[0], high = (__m256i)x[1];
  x[0] = (Vector)_mm256_permute2x128_si256(low, high, 0x20);
  x[1] = (Vector)_mm256_permute2x128_si256(low, high, 0x31);
}
// bfloat16 with its subnormals as zeros.
[[gnu::always_inline]] inline __m256i flush_bfloat16(const __m256i& x) {
  const __m256i exponent = _mm256_and_si256(x, _mm256_set1_epi16(0x7F80));
  const __m256i tiny = _mm256_cmpeq_epi16(exponent, _mm256_setzero_si256());
  return _mm256_andnot_si256(_mm256_and_si256(tiny, _mm256_set1_epi16(0x7FFF)), x);
}

struct float_sums : units_of_32 {
  using sums = __m256;
  using value = float;
  static constexpr bool joins_flushed = false;
  [[gnu::always_inline]] static inline sums add(const sums& a, const sums& b) { return _mm256_add_ps(a, b); }
  [[gnu::always_inline]] static inline sums zero() { return _mm256_setzero_ps(); }
  [[gnu::always_inline]] static inline sums load(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static inline sums load(const float* p, std::size_t n) {
    return _mm256_maskload_ps(p, first(n));
  }
  [[gnu::always_inline]] static inline void store(float* p, const sums& x) { _mm256_storeu_ps(p, x); }
  [[gnu::always_inline]] static inline void store(float* p, const sums& x, std::size_t n) {
    _mm256_maskstore_ps(p, first(n), x);
  }
};

struct int32_sums : units_of_32 {
  using sums = __m256i;
  using value = std::int32_t;
  static constexpr bool joins_flushed = false;
  [[gnu::always_inline]] static inline sums add(const sums& a, const sums& b) { return _mm256_add_epi32(a, b); }
  [[gnu::always_inline]] static inline sums zero() { return _mm256_setzero_si256(); }
  [[gnu::always_inline]] static inline sums load(const value* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  [[gnu::always_inline]] static inline sums load(const value* p, std::size_t n) {
    return _mm256_maskload_epi32(p, first(n));
  }
  [[gnu::always_inline]] static inline void store(value* p, const sums& x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  [[gnu::always_inline]] static inline void store(value* p, const sums& x, std::size_t n) {
    _mm256_maskstore_epi32(p, first(n), x);
  }
  [[gnu::always_inline]] static inline sums offsets(std::int32_t row, const std::int32_t* columns) {
    return _mm256_add_epi32(_mm256_set1_epi32(row), load(columns));
  }
  [[gnu::always_inline]] static inline sums times(std::int32_t row, const std::int32_t* columns) {
    return _mm256_mullo_epi32(_mm256_set1_epi32(row), load(columns));
  }
};

[[gnu::always_inline]] inline __m256i all_words(std::int32_t x) { return _mm256_set1_epi32(x); }
[[gnu::always_inline]] inline __m256i sum_of_words(const __m256i& a, const __m256i& b) {
  return _mm256_add_epi32(a, b);
}
[[gnu::always_inline]] inline __m256i clamped_words(const __m256i& x, const __m256i& low, const __m256i& high) {
  return _mm256_min_epi32(_mm256_max_epi32(x, low), high);
}
[[gnu::always_inline]] inline __m256i saturating_sum(const __m256i& a, const __m256i& b) {
  const __m256i sum = _mm256_add_epi32(a, b);
  const __m256i over = _mm256_and_si256(_mm256_xor_si256(a, sum), _mm256_xor_si256(b, sum));
  const __m256i limit = _mm256_xor_si256(_mm256_srai_epi32(a, 31), _mm256_set1_epi32(0x7FFF'FFFF));
  return _mm256_blendv_epi8(sum, limit, _mm256_srai_epi32(over, 31));
}

// A product that the compiler may not fuse with a sum that follows. (GCC 12 takes __builtin_assoc_barrier of a vector
// apart, element by element.)
template <class Vector>
[[gnu::always_inline]] inline Vector uncontracted(const Vector& x) {
  Vector result = x;
  __asm__("" : "+x"(result));
  return result;
}

// Values on their way from sums to the output: a vector of them, and what epilogues do. Products are never contracted.
template <class Value>
struct value_lanes;
template <>
struct value_lanes<float> {
  using vector = __m256;
  static constexpr std::size_t width = 8;
  [[gnu::always_inline]] static inline vector from(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static inline vector from(const std::int32_t* p) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm256_cvtepi32_ps(x);
  }
  [[gnu::always_inline]] static inline vector from_words(const __m256i& x) { return _mm256_cvtepi32_ps(x); }
  // To the nearest integer, whatever MXCSR says.
  [[gnu::always_inline]] static inline __m256i rounded(const vector& x) {
    return _mm256_cvttps_epi32(_mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
  [[gnu::always_inline]] static inline vector all(float x) { return _mm256_set1_ps(x); }
  [[gnu::always_inline]] static inline vector sum(const vector& a, const vector& b) { return _mm256_add_ps(a, b); }
  [[gnu::always_inline]] static inline vector product(const vector& a, const vector& b) {
    return uncontracted(_mm256_mul_ps(a, b));
  }
  [[gnu::always_inline]] static inline vector fused(const vector& a, const vector& b, const vector& c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  // b where one is NaN, or both are equal.
  [[gnu::always_inline]] static inline vector larger(const vector& a, const vector& b) { return _mm256_max_ps(a, b); }
  [[gnu::always_inline]] static inline vector smaller(const vector& a, const vector& b) { return _mm256_min_ps(a, b); }
  [[gnu::always_inline]] static inline void store(float* p, const vector& x) { _mm256_storeu_ps(p, x); }
};
template <>
struct value_lanes<double> {
  using vector = __m256d;
  static constexpr std::size_t width = 4;
  [[gnu::always_inline]] static inline vector from(const double* p) { return _mm256_loadu_pd(p); }
  [[gnu::always_inline]] static inline vector from(const float* p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
  [[gnu::always_inline]] static inline vector from(const std::int32_t* p) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_cvtepi32_pd(x);
  }
  [[gnu::always_inline]] static inline vector from(const std::int64_t* p) {
    // No instruction: as two halves, each exact in a double; their sum is too below 2^53, and rounded once beyond.
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const __m256i low = _mm256_or_si256(_mm256_and_si256(x, _mm256_set1_epi64x(0xFFFF'FFFF)),
                                        _mm256_castpd_si256(_mm256_set1_pd(0x1p52)));
    const __m256i high =
        _mm256_xor_si256(_mm256_srli_epi64(x, 32), _mm256_castpd_si256(_mm256_set1_pd(0x1p84 + 0x1p63)));
    const __m256d upper = _mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(0x1p84 + 0x1p63 + 0x1p52));
    return _mm256_add_pd(upper, _mm256_castsi256_pd(low));
  }
  [[gnu::always_inline]] static inline vector all(double x) { return _mm256_set1_pd(x); }
  [[gnu::always_inline]] static inline vector sum(const vector& a, const vector& b) { return _mm256_add_pd(a, b); }
  [[gnu::always_inline]] static inline vector product(const vector& a, const vector& b) {
    return uncontracted(_mm256_mul_pd(a, b));
  }
  [[gnu::always_inline]] static inline vector larger(const vector& a, const vector& b) { return _mm256_max_pd(a, b); }
  [[gnu::always_inline]] static inline vector smaller(const vector& a, const vector& b) { return _mm256_min_pd(a, b); }
  [[gnu::always_inline]] static inline void store(double* p, const vector& x) { _mm256_storeu_pd(p, x); }
  [[gnu::always_inline]] static inline void store(float* p, const vector& x) { _mm_storeu_ps(p, _mm256_cvtpd_ps(x)); }
};

struct f32_step : float_sums {
  static constexpr std::size_t group = 1;
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm256_fmadd_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), sum);
  }
};

struct f64_step {
  using operand = __m256d;
  using sums = __m256d;
  using value = double;
  static constexpr std::size_t width = 4, unit = 8, group = 1;
  static constexpr bool joins_flushed = false;
  [[gnu::always_inline]] static inline sums add(const sums& a, const sums& b) { return _mm256_add_pd(a, b); }
  [[gnu::always_inline]] static inline __m256i first(std::size_t n) {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(static_cast<long long>(n)), lane);
  }
  [[gnu::always_inline]] static inline operand load_operand(const std::byte* p) {
    return _mm256_loadu_pd(reinterpret_cast<const double*>(p));
  }
  [[gnu::always_inline]] static inline operand broadcast(const std::byte* p) {
    double x;
    __builtin_memcpy(&x, p, sizeof x);
    return _mm256_set1_pd(x);
  }
  [[gnu::always_inline]] static inline sums zero() { return _mm256_setzero_pd(); }
  [[gnu::always_inline]] static inline sums load(const double* p) { return _mm256_loadu_pd(p); }
  [[gnu::always_inline]] static inline sums load(const double* p, std::size_t n) {
    return _mm256_maskload_pd(p, first(n));
  }
  [[gnu::always_inline]] static inline void store(double* p, const sums& x) { _mm256_storeu_pd(p, x); }
  [[gnu::always_inline]] static inline void store(double* p, const sums& x, std::size_t n) {
    _mm256_maskstore_pd(p, first(n), x);
  }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm256_fmadd_pd(a, b, sum);
  }
};

// Two 16-bit integers of a times two of b, exact: vpmaddubsw on bytes would saturate.
struct pairs_step : int32_sums {
  static constexpr std::size_t group = 2;
  [[gnu::always_inline]] static inline operand ones() { return _mm256_set1_epi16(1); }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
};

// Four signed bytes of a times four nibbles of b: two products of those do not saturate vpmaddubsw.
struct nibbles_step : int32_sums {
  static constexpr std::size_t group = 4;
  [[gnu::always_inline]] static inline void nibbles(const operand& x, operand& low, operand& high) {
    const operand mask = _mm256_set1_epi8(15);
    low = _mm256_and_si256(x, mask);
    high = _mm256_and_si256(_mm256_srli_epi16(x, 4), mask);
  }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(b, a), _mm256_set1_epi16(1)));
  }
};

// What vdpbf16ps computes (accumulator.hpp): the odd term first, each step flushed.
struct bf16_emulated_step : float_sums {
  static constexpr std::size_t group = 2;
  static constexpr bool joins_flushed = true;
  [[gnu::always_inline]] static inline sums flush(const sums& x) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    const __m256 tiny = _mm256_cmp_ps(_mm256_andnot_ps(sign, x), _mm256_set1_ps(0x1p-126F), _CMP_LT_OQ);
    return _mm256_andnot_ps(_mm256_andnot_ps(sign, tiny), x);
  }
  [[gnu::always_inline]] static inline sums odd(const operand& x) {
    return _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32(-65536)));
  }
  [[gnu::always_inline]] static inline sums even(const operand& x) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16));
  }
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    const sums first = flush(_mm256_fmadd_ps(odd(a), odd(b), sum));
    return flush(_mm256_fmadd_ps(even(a), even(b), first));
  }
};

// 32 bits of a against 32 of b: counts the positions that differ.
struct bit_counts : int32_sums {
  static constexpr std::size_t group = 32;
  // Of binary numbers: the terms that are 1 less those that are -1.
  [[gnu::always_inline]] static inline sums from_counts(const sums& differing, std::int32_t depth) {
    return _mm256_sub_epi32(_mm256_set1_epi32(depth), _mm256_add_epi32(differing, differing));
  }
};

// vpshufb counts nibbles.
struct bit_nibbles_step : bit_counts {
  [[gnu::always_inline]] static inline sums step(const sums& sum, const operand& a, const operand& b) {
    const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                            0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15), x = _mm256_xor_si256(a, b);
    const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(x, nibble));
    const __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_add_epi8(low, high), _mm256_set1_epi8(1));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

}  // namespace narrow::detail::avx2
NARROW_END_TARGET

#endif
