// 32-bit integers times the fixed-point multipliers of requantize.hpp, a vector at a time, with the bits of
// multiply_by_multiplier. A vector is a multiplier for each lane, and product(x) their products with x.
//
// 32 by 32 bits give 64: the even lanes first, then the odd ones, shifted down before and into place after.
//
// tflite_double   (p + 2^30) >> 31 is what saturating_rounding_doubling_high_mul does, for p < 0 too:
//                   trunc((p + 1 - 2^30) / 2^31) = ceil((p + 1 - 2^30) / 2^31) = floor((p + 2^30) / 2^31)
//                 Its overflow takes a multiplier of -2^31, which requantize refuses.
// tflite_single   right = 31 - shift, between 1 and 62; no sum of 64 bits overflows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "narrow/detail/simd/avx2.hpp"
#include "narrow/detail/simd/region.hpp"
#include "narrow/requantize.hpp"

#if NARROW_HAS_X86_TARGETS

namespace narrow::detail {

// `width` multipliers apart from their shifts, to be loaded as vectors. Left shifts are in [0, 30], right ones in
// [0, 31] (of the double variant) or [1, 62] (of the single one).
template <std::size_t width>
struct split_multipliers {
  std::int32_t multiplier[width] = {}, left[width] = {}, right[width] = {}, right_of_all[width] = {};

  void set(std::size_t lane, fixed_multiplier m) {
    multiplier[lane] = m.multiplier;
    left[lane] = m.shift > 0 ? m.shift : 0;
    right[lane] = m.shift > 0 ? 0 : -m.shift;
    right_of_all[lane] = 31 - m.shift;
  }
};

}  // namespace narrow::detail

NARROW_BEGIN_AVX2
namespace narrow::detail::avx2 {

struct twice_rounded {
  __m256i multiplier, odd_multiplier, left, right, mask, half;

  [[gnu::always_inline]] inline void set(const split_multipliers<8>& m) {
    multiplier = load_words(m.multiplier);
    odd_multiplier = _mm256_srli_epi64(multiplier, 32);
    left = load_words(m.left);
    right = load_words(m.right);
    mask = _mm256_andnot_si256(_mm256_sllv_epi32(_mm256_set1_epi32(-1), right), _mm256_set1_epi32(-1));
    half = _mm256_srli_epi32(mask, 1);
  }
  [[gnu::always_inline]] inline __m256i product(const __m256i& x) const {
    const __m256i shifted = _mm256_sllv_epi32(x, left), nudge = _mm256_set1_epi64x(1 << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(shifted, multiplier), nudge);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(shifted, 32), odd_multiplier), nudge);
    const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
    const __m256i rest = _mm256_and_si256(high, mask);
    const __m256i threshold = _mm256_sub_epi32(half, _mm256_srai_epi32(high, 31));
    return _mm256_sub_epi32(_mm256_srav_epi32(high, right), _mm256_cmpgt_epi32(rest, threshold));
  }
};

struct once_rounded {
  __m256i multiplier, odd_multiplier, right, odd_right;

  [[gnu::always_inline]] inline void set(const split_multipliers<8>& m) {
    multiplier = load_words(m.multiplier);
    odd_multiplier = _mm256_srli_epi64(multiplier, 32);
    const __m256i all = load_words(m.right_of_all);
    right = _mm256_and_si256(all, _mm256_set1_epi64x(0xFFFF'FFFF));
    odd_right = _mm256_srli_epi64(all, 32);
  }
  // (x + 2^(right - 1)) >> right to 32 bits. No 64-bit arithmetic shift: an unsigned one of x + 2^63.
  [[gnu::always_inline]] static inline __m256i rounded(const __m256i& x, const __m256i& right) {
    const __m256i one = _mm256_set1_epi64x(1), sign = _mm256_slli_epi64(one, 63);
    const __m256i sum = _mm256_add_epi64(x, _mm256_sllv_epi64(one, _mm256_sub_epi64(right, one)));
    const __m256i quotient =
        _mm256_sub_epi64(_mm256_srlv_epi64(_mm256_xor_si256(sum, sign), right), _mm256_srlv_epi64(sign, right));
    const __m256i high = _mm256_set1_epi64x(0x7FFF'FFFF), low = _mm256_set1_epi64x(-0x8000'0000LL);
    const __m256i below = _mm256_blendv_epi8(quotient, high, _mm256_cmpgt_epi64(quotient, high));
    return _mm256_blendv_epi8(below, low, _mm256_cmpgt_epi64(low, below));
  }
  [[gnu::always_inline]] inline __m256i product(const __m256i& x) const {
    const __m256i even = rounded(_mm256_mul_epi32(x, multiplier), right);
    const __m256i odd = rounded(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), odd_multiplier), odd_right);
    return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  }
};

}  // namespace narrow::detail::avx2
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail::avx512 {

struct twice_rounded {
  __m512i multiplier, odd_multiplier, left, right, mask, half;

  [[gnu::always_inline]] inline void set(const split_multipliers<16>& m) {
    multiplier = _mm512_loadu_si512(m.multiplier);
    odd_multiplier = _mm512_srli_epi64(multiplier, 32);
    left = _mm512_loadu_si512(m.left);
    right = _mm512_loadu_si512(m.right);
    mask = _mm512_andnot_si512(_mm512_sllv_epi32(_mm512_set1_epi32(-1), right), _mm512_set1_epi32(-1));
    half = _mm512_srli_epi32(mask, 1);
  }
  [[gnu::always_inline]] inline __m512i product(const __m512i& x) const {
    const __m512i shifted = _mm512_sllv_epi32(x, left), nudge = _mm512_set1_epi64(1 << 30);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(shifted, multiplier), nudge);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(shifted, 32), odd_multiplier), nudge);
    const __m512i high = _mm512_mask_mov_epi32(_mm512_srli_epi64(even, 31), 0xAAAA, _mm512_slli_epi64(odd, 1));
    const __m512i threshold = _mm512_sub_epi32(half, _mm512_srai_epi32(high, 31));
    const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(high, mask), threshold);
    const __m512i down = _mm512_srav_epi32(high, right);
    return _mm512_mask_sub_epi32(down, up, down, _mm512_set1_epi32(-1));
  }
};

struct once_rounded {
  __m512i multiplier, odd_multiplier, right, odd_right;

  [[gnu::always_inline]] inline void set(const split_multipliers<16>& m) {
    multiplier = _mm512_loadu_si512(m.multiplier);
    odd_multiplier = _mm512_srli_epi64(multiplier, 32);
    const __m512i all = _mm512_loadu_si512(m.right_of_all);
    right = _mm512_and_si512(all, _mm512_set1_epi64(0xFFFF'FFFF));
    odd_right = _mm512_srli_epi64(all, 32);
  }
  // (x + 2^(right - 1)) >> right to 32 bits.
  [[gnu::always_inline]] static inline __m512i rounded(const __m512i& x, const __m512i& right) {
    const __m512i one = _mm512_set1_epi64(1);
    const __m512i sum = _mm512_add_epi64(x, _mm512_sllv_epi64(one, _mm512_sub_epi64(right, one)));
    const __m512i quotient = _mm512_srav_epi64(sum, right);
    return _mm512_max_epi64(_mm512_min_epi64(quotient, _mm512_set1_epi64(0x7FFF'FFFF)),
                            _mm512_set1_epi64(-0x8000'0000LL));
  }
  [[gnu::always_inline]] inline __m512i product(const __m512i& x) const {
    const __m512i even = rounded(_mm512_mul_epi32(x, multiplier), right);
    const __m512i odd = rounded(_mm512_mul_epi32(_mm512_srli_epi64(x, 32), odd_multiplier), odd_right);
    return _mm512_mask_mov_epi32(even, 0xAAAA, _mm512_slli_epi64(odd, 32));
  }
};

}  // namespace narrow::detail::avx512
NARROW_END_TARGET

#endif
