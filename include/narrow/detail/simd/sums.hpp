// Vectors of reals with a fused step that rounds to odd: what emulated accumulators are made of. One struct for each
// target and width of element, all with the same members:
//
//   element, real, width      float or double, a vector of them, its length
//   chain, step               a vector of as many floats, and its FMA: float32 sums; widen(chain) is a real
//   product_to_odd(a, b, c)   a * b + c, exact and then rounded to odd in the element's precision: where that is
//                             inexact, the neighbour with an odd significand. A sum of opposite zeros is +0.
//   sum_to_odd(x, y)          x + y, likewise
//
// AVX-512 takes the sum rounded down and the same rounded up, both by one instruction with the rounding in it: they
// differ by one unit if and only if the sum is inexact, and then one of them is odd. Nothing is asked of a, b and c.
// AVX2 computes the error of the rounded sum (Knuth's two-sum), for which a * b has to be exact in the element's
// precision and no sum may overflow.
#pragma once

#include <cstddef>
#include <cstdint>

#include "narrow/detail/simd/region.hpp"
#include "narrow/detail/simd/unordered.hpp"

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX2
namespace narrow::detail::avx2 {

#include "narrow/detail/simd/strict.inl"

struct f32x8 {
  using element = float;
  using real = __m256;
  using chain = __m256;
  static constexpr std::size_t width = 8;

  [[gnu::always_inline]] static inline real set(float x) { return _mm256_set1_ps(x); }
  [[gnu::always_inline]] static inline real load(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static inline real load_terms(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static inline void store(float* p, const real& x) { _mm256_storeu_ps(p, x); }
  [[gnu::always_inline]] static inline chain set_chain(float x) { return _mm256_set1_ps(x); }
  [[gnu::always_inline]] static inline chain load_chain(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static inline chain step(const chain& sum, const chain& a, const chain& b) {
    return _mm256_fmadd_ps(a, b, sum);
  }
  [[gnu::always_inline]] static inline real widen(const chain& x) { return x; }

  [[gnu::always_inline]] static inline real minimum(const real& a, const real& b) { return _mm256_min_ps(a, b); }
  [[gnu::always_inline]] static inline real maximum(const real& a, const real& b) { return _mm256_max_ps(a, b); }
  [[gnu::always_inline]] static inline real fused(const real& a, const real& b, const real& c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  // c - a * b
  [[gnu::always_inline]] static inline real fused_difference(const real& c, const real& a, const real& b) {
    return _mm256_fnmadd_ps(a, b, c);
  }
  // Clears what is not in the mask of bits; sets what is in it.
  [[gnu::always_inline]] static inline real masked(const real& x, const real& bits) { return _mm256_and_ps(x, bits); }
  [[gnu::always_inline]] static inline real with_sign(const real& x, const real& sign_of, const real& sign_bit) {
    return _mm256_or_ps(x, _mm256_and_ps(sign_of, sign_bit));
  }
  // otherwise, but infinity with x's sign where |x| >= limit
  [[gnu::always_inline]] static inline real infinite_beyond(const real& x, const real& limit, const real& otherwise) {
    const real sign = _mm256_set1_ps(-0.0F);
    const real beyond = _mm256_cmp_ps(_mm256_andnot_ps(sign, x), limit, _CMP_GE_OQ);
    const real infinity = _mm256_or_ps(_mm256_and_ps(sign, x), _mm256_set1_ps(__builtin_inff()));
    return _mm256_blendv_ps(otherwise, infinity, beyond);
  }
  [[gnu::always_inline]] static inline real zero_where_nan(const real& x, const real& otherwise) {
    return _mm256_andnot_ps(unordered(x, x), otherwise);
  }
  // To binary16, nearest even, and back.
  [[gnu::always_inline]] static inline real through_float16(const real& x) {
    return _mm256_cvtph_ps(_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }

  [[gnu::always_inline]] static inline real sum_to_odd(const real& x, const real& y) {
    const real s = sum(x, y), y_part = difference(s, x);
    const real error = sum(difference(x, difference(s, y_part)), difference(y, y_part));
    // Below s if the error's sign is another: one of s and its neighbour on that side is odd.
    const __m256i bits = _mm256_castps_si256(s);
    const __m256i below = _mm256_srai_epi32(_mm256_xor_si256(bits, _mm256_castps_si256(error)), 31);
    const __m256i odd = _mm256_or_si256(_mm256_add_epi32(bits, below), _mm256_set1_epi32(1));
    const real inexact = _mm256_cmp_ps(error, _mm256_setzero_ps(), _CMP_NEQ_OQ);
    return _mm256_blendv_ps(s, _mm256_castsi256_ps(odd), inexact);
  }
  [[gnu::always_inline]] static inline real product_to_odd(const real& a, const real& b, const real& c) {
    return sum_to_odd(product(a, b), c);
  }
};

struct f64x4 {
  using element = double;
  using real = __m256d;
  using chain = __m128;
  using words = __m256i;
  static constexpr std::size_t width = 4;

  [[gnu::always_inline]] static inline real set(double x) { return _mm256_set1_pd(x); }
  [[gnu::always_inline]] static inline real load(const double* p) { return _mm256_loadu_pd(p); }
  [[gnu::always_inline]] static inline real load_terms(const float* p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
  [[gnu::always_inline]] static inline void store(double* p, const real& x) { _mm256_storeu_pd(p, x); }
  [[gnu::always_inline]] static inline chain set_chain(float x) { return _mm_set1_ps(x); }
  [[gnu::always_inline]] static inline chain load_chain(const float* p) { return _mm_loadu_ps(p); }
  [[gnu::always_inline]] static inline chain step(const chain& sum, const chain& a, const chain& b) {
    return _mm_fmadd_ps(a, b, sum);
  }
  [[gnu::always_inline]] static inline real widen(const chain& x) { return _mm256_cvtps_pd(x); }

  [[gnu::always_inline]] static inline real minimum(const real& a, const real& b) { return _mm256_min_pd(a, b); }
  [[gnu::always_inline]] static inline real maximum(const real& a, const real& b) { return _mm256_max_pd(a, b); }
  [[gnu::always_inline]] static inline real fused(const real& a, const real& b, const real& c) {
    return _mm256_fmadd_pd(a, b, c);
  }
  [[gnu::always_inline]] static inline real fused_difference(const real& c, const real& a, const real& b) {
    return _mm256_fnmadd_pd(a, b, c);
  }
  [[gnu::always_inline]] static inline real masked(const real& x, const real& bits) { return _mm256_and_pd(x, bits); }
  [[gnu::always_inline]] static inline real with_sign(const real& x, const real& sign_of, const real& sign_bit) {
    return _mm256_or_pd(x, _mm256_and_pd(sign_of, sign_bit));
  }
  [[gnu::always_inline]] static inline real infinite_beyond(const real& x, const real& limit, const real& otherwise) {
    const real sign = _mm256_set1_pd(-0.0);
    const real beyond = _mm256_cmp_pd(_mm256_andnot_pd(sign, x), limit, _CMP_GE_OQ);
    const real infinity = _mm256_or_pd(_mm256_and_pd(sign, x), _mm256_set1_pd(__builtin_inf()));
    return _mm256_blendv_pd(otherwise, infinity, beyond);
  }
  [[gnu::always_inline]] static inline real zero_where_nan(const real& x, const real& otherwise) {
    return _mm256_andnot_pd(unordered(x, x), otherwise);
  }
  // The products of the low 32 bits of each 64.
  [[gnu::always_inline]] static inline words multiply_low(const words& a, const words& b) {
    return _mm256_mul_epu32(a, b);
  }
  [[gnu::always_inline]] static inline words set_words(std::uint64_t x) {
    return _mm256_set1_epi64x(static_cast<long long>(x));
  }
  [[gnu::always_inline]] static inline words load_words(const std::uint32_t* p) {
    return _mm256_cvtepu32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }

  [[gnu::always_inline]] static inline real sum_to_odd(const real& x, const real& y) {
    const real s = sum(x, y), y_part = difference(s, x);
    const real error = sum(difference(x, difference(s, y_part)), difference(y, y_part));
    const __m256i bits = _mm256_castpd_si256(s);
    const __m256i below =
        _mm256_cmpgt_epi64(_mm256_setzero_si256(), _mm256_xor_si256(bits, _mm256_castpd_si256(error)));
    const __m256i odd = _mm256_or_si256(_mm256_add_epi64(bits, below), _mm256_set1_epi64x(1));
    const real inexact = _mm256_cmp_pd(error, _mm256_setzero_pd(), _CMP_NEQ_OQ);
    return _mm256_blendv_pd(s, _mm256_castsi256_pd(odd), inexact);
  }
  [[gnu::always_inline]] static inline real product_to_odd(const real& a, const real& b, const real& c) {
    return sum_to_odd(product(a, b), c);
  }
};

}  // namespace narrow::detail::avx2
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail::avx512 {

#include "narrow/detail/simd/strict.inl"

struct f32x16 {
  using element = float;
  using real = __m512;
  // Where the plain intrinsic starts from an undefined vector, of which GCC 12 warns, this one does not.
  static constexpr __mmask16 all = 0xFFFF;
  using chain = __m512;
  static constexpr std::size_t width = 16;

  [[gnu::always_inline]] static inline real set(float x) { return _mm512_set1_ps(x); }
  [[gnu::always_inline]] static inline real load(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static inline real load_terms(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static inline void store(float* p, const real& x) { _mm512_storeu_ps(p, x); }
  [[gnu::always_inline]] static inline chain set_chain(float x) { return _mm512_set1_ps(x); }
  [[gnu::always_inline]] static inline chain load_chain(const float* p) { return _mm512_loadu_ps(p); }
  [[gnu::always_inline]] static inline chain step(const chain& sum, const chain& a, const chain& b) {
    return _mm512_fmadd_ps(a, b, sum);
  }
  [[gnu::always_inline]] static inline real widen(const chain& x) { return x; }

  [[gnu::always_inline]] static inline real minimum(const real& a, const real& b) {
    return _mm512_maskz_min_ps(all, a, b);
  }
  [[gnu::always_inline]] static inline real maximum(const real& a, const real& b) {
    return _mm512_maskz_max_ps(all, a, b);
  }
  [[gnu::always_inline]] static inline real fused(const real& a, const real& b, const real& c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  [[gnu::always_inline]] static inline real fused_difference(const real& c, const real& a, const real& b) {
    return _mm512_fnmadd_ps(a, b, c);
  }
  [[gnu::always_inline]] static inline real masked(const real& x, const real& bits) { return _mm512_and_ps(x, bits); }
  [[gnu::always_inline]] static inline real with_sign(const real& x, const real& sign_of, const real& sign_bit) {
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(x), _mm512_castps_si512(sign_of),
                                                         _mm512_castps_si512(sign_bit), 0b1111'1000));
  }
  [[gnu::always_inline]] static inline real infinite_beyond(const real& x, const real& limit, const real& otherwise) {
    const real infinity = _mm512_set1_ps(__builtin_inff());
    return _mm512_mask_mul_ps(otherwise, _mm512_cmp_ps_mask(_mm512_abs_ps(x), limit, _CMP_GE_OQ), x, infinity);
  }
  [[gnu::always_inline]] static inline real zero_where_nan(const real& x, const real& otherwise) {
    return _mm512_mask_mov_ps(otherwise, unordered(x, x), _mm512_setzero_ps());
  }
  [[gnu::always_inline]] static inline real through_float16(const real& x) {
    return _mm512_maskz_cvtph_ps(all, _mm512_maskz_cvtps_ph(all, x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }

  [[gnu::always_inline]] static inline real the_odd_one(const real& down, const real& up) {
    return _mm512_mask_blend_ps(_mm512_test_epi32_mask(_mm512_castps_si512(down), _mm512_set1_epi32(1)), up, down);
  }
  [[gnu::always_inline]] static inline real sum_to_odd(const real& x, const real& y) {
    return product_to_odd(x, set(1.0F), y);
  }
  [[gnu::always_inline]] static inline real product_to_odd(const real& a, const real& b, const real& c) {
    return the_odd_one(_mm512_fmadd_round_ps(a, b, c, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC),
                       _mm512_fmadd_round_ps(a, b, c, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC));
  }
};

struct f64x8 {
  using element = double;
  using real = __m512d;
  static constexpr __mmask8 all = 0xFF;
  using chain = __m256;
  using words = __m512i;
  static constexpr std::size_t width = 8;

  [[gnu::always_inline]] static inline real set(double x) { return _mm512_set1_pd(x); }
  [[gnu::always_inline]] static inline real load(const double* p) { return _mm512_loadu_pd(p); }
  [[gnu::always_inline]] static inline real load_terms(const float* p) {
    return _mm512_maskz_cvtps_pd(all, _mm256_loadu_ps(p));
  }
  [[gnu::always_inline]] static inline void store(double* p, const real& x) { _mm512_storeu_pd(p, x); }
  [[gnu::always_inline]] static inline chain set_chain(float x) { return _mm256_set1_ps(x); }
  [[gnu::always_inline]] static inline chain load_chain(const float* p) { return _mm256_loadu_ps(p); }
  [[gnu::always_inline]] static inline chain step(const chain& sum, const chain& a, const chain& b) {
    return _mm256_fmadd_ps(a, b, sum);
  }
  [[gnu::always_inline]] static inline real widen(const chain& x) { return _mm512_maskz_cvtps_pd(all, x); }

  [[gnu::always_inline]] static inline real minimum(const real& a, const real& b) {
    return _mm512_maskz_min_pd(all, a, b);
  }
  [[gnu::always_inline]] static inline real maximum(const real& a, const real& b) {
    return _mm512_maskz_max_pd(all, a, b);
  }
  [[gnu::always_inline]] static inline real fused(const real& a, const real& b, const real& c) {
    return _mm512_fmadd_pd(a, b, c);
  }
  [[gnu::always_inline]] static inline real fused_difference(const real& c, const real& a, const real& b) {
    return _mm512_fnmadd_pd(a, b, c);
  }
  [[gnu::always_inline]] static inline real masked(const real& x, const real& bits) { return _mm512_and_pd(x, bits); }
  [[gnu::always_inline]] static inline real with_sign(const real& x, const real& sign_of, const real& sign_bit) {
    return _mm512_castsi512_pd(_mm512_ternarylogic_epi64(_mm512_castpd_si512(x), _mm512_castpd_si512(sign_of),
                                                         _mm512_castpd_si512(sign_bit), 0b1111'1000));
  }
  [[gnu::always_inline]] static inline real infinite_beyond(const real& x, const real& limit, const real& otherwise) {
    const real infinity = _mm512_set1_pd(__builtin_inf());
    return _mm512_mask_mul_pd(otherwise, _mm512_cmp_pd_mask(_mm512_abs_pd(x), limit, _CMP_GE_OQ), x, infinity);
  }
  [[gnu::always_inline]] static inline real zero_where_nan(const real& x, const real& otherwise) {
    return _mm512_mask_mov_pd(otherwise, unordered(x, x), _mm512_setzero_pd());
  }
  [[gnu::always_inline]] static inline words multiply_low(const words& a, const words& b) {
    return _mm512_maskz_mul_epu32(all, a, b);
  }
  [[gnu::always_inline]] static inline words set_words(std::uint64_t x) {
    return _mm512_set1_epi64(static_cast<long long>(x));
  }
  [[gnu::always_inline]] static inline words load_words(const std::uint32_t* p) {
    return _mm512_maskz_cvtepu32_epi64(all, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }

  [[gnu::always_inline]] static inline real the_odd_one(const real& down, const real& up) {
    return _mm512_mask_blend_pd(_mm512_test_epi64_mask(_mm512_castpd_si512(down), _mm512_set1_epi64(1)), up, down);
  }
  [[gnu::always_inline]] static inline real sum_to_odd(const real& x, const real& y) {
    return product_to_odd(x, set(1.0), y);
  }
  // Masked, since at -O0 GCC's macro for the plain form converts -1 to an unsigned mask and warns.
  [[gnu::always_inline]] static inline real product_to_odd(const real& a, const real& b, const real& c) {
    return the_odd_one(_mm512_mask_fmadd_round_pd(a, all, b, c, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC),
                       _mm512_mask_fmadd_round_pd(a, all, b, c, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC));
  }
};

}  // namespace narrow::detail::avx512
NARROW_END_TARGET

#endif
