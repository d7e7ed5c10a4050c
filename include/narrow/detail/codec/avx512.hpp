// The codecs on AVX-512: F, BW, DQ, VL.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "narrow/detail/codec/philox_start.hpp"
#include "narrow/detail/codec/properties.hpp"
#include "narrow/detail/simd/region.hpp"
#include "narrow/detail/simd/unordered.hpp"

#if NARROW_HAS_X86_TARGETS

// GCC 12 takes the undefined operands of its own intrinsics for variables that someone forgot, and at -O0, where they
// are macros, warns of their conversions.
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif

NARROW_BEGIN_AVX512
namespace narrow::detail::codec_avx512 {

inline constexpr int width = 16;
using word = lanes<std::uint32_t, width>;
using real = lanes<float, width>;

[[gnu::always_inline]] inline __m512i raw(const word& x) { return (__m512i)x.v; }
[[gnu::always_inline]] inline __m512 raw(const real& x) { return (__m512)x.v; }
[[gnu::always_inline]] inline word as_word(const __m512i& x) { return word((word::vector)x); }
[[gnu::always_inline]] inline real as_real(const __m512& x) { return real((real::vector)x); }

// ---- memory -----------------------------------------------------------------------------------------------------
template <int Bytes>
[[gnu::always_inline]] inline void narrow_to(const word& x, std::byte* y) {
  if constexpr (Bytes == 1) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm512_cvtepi32_epi8(raw(x)));
  } else if constexpr (Bytes == 2) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), _mm512_cvtepi32_epi16(raw(x)));
  } else {
    _mm512_storeu_si512(y, raw(x));
  }
}
template <int Bytes>
[[gnu::always_inline]] inline void narrow_to(const lanes<std::uint32_t, 8>& x, std::byte* y) {
  const __m256i v = (__m256i)x.v;
  if constexpr (Bytes == 1) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(y), _mm256_cvtepi32_epi8(v));
  } else if constexpr (Bytes == 2) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm256_cvtepi32_epi16(v));
  } else {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), v);
  }
}
template <class Storage>
[[gnu::always_inline]] inline void widen_from(const std::byte* y, word& x) {
  if constexpr (sizeof(Storage) == 1) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(y));
    x = as_word(std::is_signed_v<Storage> ? _mm512_cvtepi8_epi32(v) : _mm512_cvtepu8_epi32(v));
  } else if constexpr (sizeof(Storage) == 2) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y));
    x = as_word(std::is_signed_v<Storage> ? _mm512_cvtepi16_epi32(v) : _mm512_cvtepu16_epi32(v));
  } else {
    x = as_word(_mm512_loadu_si512(y));
  }
}
template <class Storage>
[[gnu::always_inline]] inline void widen_from(const std::byte* y, lanes<std::uint32_t, 8>& x) {
  __m256i result;
  if constexpr (sizeof(Storage) == 1) {
    const __m128i v = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(y));
    result = std::is_signed_v<Storage> ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v);
  } else if constexpr (sizeof(Storage) == 2) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(y));
    result = std::is_signed_v<Storage> ? _mm256_cvtepi16_epi32(v) : _mm256_cvtepu16_epi32(v);
  } else {
    result = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y));
  }
  x.v = (lanes<std::uint32_t, 8>::vector)result;
}
[[gnu::always_inline]] inline word all_words(std::uint32_t x) {
  return as_word(_mm512_set1_epi32(static_cast<int>(x)));
}
[[gnu::always_inline]] inline real all_reals(float x) { return as_real(_mm512_set1_ps(x)); }
// A value that is used twice is loaded once: GCC would make it an operand from memory of both uses.
[[gnu::always_inline]] inline real load_real(const float* x) {
  __m512 v = _mm512_loadu_ps(x);
  __asm__("" : "+v"(v));
  return as_real(v);
}
[[gnu::always_inline]] inline void load_part_of_block(const float* x, std::size_t n, real (&v)[4]) {
  NARROW_UNROLL for (std::size_t k = 0; k < 4; ++k) {
    const std::size_t left = n < 16 * k ? 0 : n - 16 * k;
    const __mmask16 mask = static_cast<__mmask16>(left >= 16 ? 0xFFFFU : (1U << left) - 1);
    v[k] = as_real(_mm512_maskz_loadu_ps(mask, x + (left == 0 ? 0 : 16 * k)));
  }
}
[[gnu::always_inline]] inline word load_word(const std::uint32_t* x) { return as_word(_mm512_loadu_si512(x)); }

// ---- arithmetic -------------------------------------------------------------------------------------------------
[[gnu::always_inline]] inline word lesser(const word& a, const word& b) {
  return as_word(_mm512_min_epu32(raw(a), raw(b)));
}
[[gnu::always_inline]] inline word greater_of(const word& a, const word& b) {
  return as_word(_mm512_max_epu32(raw(a), raw(b)));
}
[[gnu::always_inline]] inline real lesser(const real& a, const real& b) {
  return as_real(_mm512_min_ps(raw(a), raw(b)));
}
// |v|, or `bound` where that is less.
[[gnu::always_inline]] inline real lesser_magnitude(const real& v, float bound) {
  return as_real(_mm512_range_ps(raw(v), _mm512_set1_ps(bound), 0b10'10));
}
[[gnu::always_inline]] inline real fused(const real& a, const real& b, const real& c) {
  return as_real(_mm512_fmadd_ps(raw(a), raw(b), raw(c)));
}
[[gnu::always_inline]] inline real add_toward_zero(const real& a, const real& b) {
  return as_real(_mm512_add_round_ps(raw(a), raw(b), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
}
// x | (a ^ b)
[[gnu::always_inline]] inline word with_differences(const word& x, const word& a, const word& b) {
  return as_word(_mm512_ternarylogic_epi32(raw(x), raw(a), raw(b), 0xF6));
}
[[gnu::always_inline]] inline bool any(const word& x) { return _mm512_test_epi32_mask(raw(x), raw(x)) != 0; }
[[gnu::always_inline]] inline bool any_reaches(const word& x, std::uint32_t least) {
  return _mm512_cmpge_epu32_mask(raw(x), _mm512_set1_epi32(static_cast<int>(least))) != 0;
}
// Of each 16 bits.
[[gnu::always_inline]] inline word lesser_halves(const word& a, const word& b) {
  return as_word(_mm512_min_epu16(raw(a), raw(b)));
}
[[gnu::always_inline]] inline word greater_halves(const word& a, const word& b) {
  return as_word(_mm512_max_epu16(raw(a), raw(b)));
}
// Bound: 2^16 less a power of two.
template <std::uint32_t Bound>
[[gnu::always_inline]] inline bool any_lower_half_reaches(const word& x) {
  return _mm512_mask_cmpge_epu16_mask(0x55555555, raw(x), _mm512_set1_epi16(static_cast<short>(Bound))) != 0;
}
// Bound: a power of two.
template <std::uint32_t Bound>
[[gnu::always_inline]] inline bool any_lower_half_below(const word& x) {
  return _mm512_testn_epi32_mask(raw(x), _mm512_set1_epi32(static_cast<int>(0x10000 - Bound))) != 0;
}
[[gnu::always_inline]] inline bool any_nan(const real (&v)[4]) {
  const __mmask16 low = unordered(raw(v[0]), raw(v[1]));
  const __mmask16 high = unordered(raw(v[2]), raw(v[3]));
  return _kortestz_mask16_u8(low, high) == 0;
}

// ---- packing of four vectors ------------------------------------------------------------------------------------
// The low (Half = 0) or high 16 bits of the lanes of a, then of b.
template <int Half>
[[gnu::always_inline]] inline __m512i halves(const word& a, const word& b) {
  const __m512i even = _mm512_set_epi16(62, 60, 58, 56, 54, 52, 50, 48, 46, 44, 42, 40, 38, 36, 34, 32, 30, 28, 26, 24,
                                        22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i index = Half == 0 ? even : _mm512_add_epi16(even, _mm512_set1_epi16(1));
  return _mm512_permutex2var_epi16(raw(a), index, raw(b));
}
// Two vectors of 16-bit lanes that fit a byte, as bytes in order.
template <bool Signed>
[[gnu::always_inline]] inline void store_packed(const __m512i& a, const __m512i& b, std::byte* y) {
  const __m512i bytes = Signed ? _mm512_packs_epi16(a, b) : _mm512_packus_epi16(a, b);
  _mm512_storeu_si512(y, _mm512_permutexvar_epi64(_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), bytes));
}
[[gnu::always_inline]] inline void store_high_halves(const word (&c)[4], std::byte* y) {
  _mm512_storeu_si512(y, halves<1>(c[0], c[1]));
  _mm512_storeu_si512(y + 64, halves<1>(c[2], c[3]));
}
// The upper halves of v rounded to nearest even, in 16-bit lanes: up iff lower half + odd > 0x8000.
[[gnu::always_inline]] inline void store_high_halves_to_nearest(const real (&v)[4], std::byte* y) {
  NARROW_UNROLL for (int k = 0; k < 2; ++k) {
    const word a = to_bits(v[2 * k]), b = to_bits(v[2 * k + 1]);
    const __m512i high = halves<1>(a, b), odd = _mm512_and_si512(high, _mm512_set1_epi16(1));
    const __m512i low = _mm512_adds_epu16(halves<0>(a, b), odd);
    const __mmask32 up = _mm512_cmpgt_epu16_mask(low, _mm512_set1_epi16(INT16_MIN));
    _mm512_storeu_si512(y + 64 * k, _mm512_mask_add_epi16(high, up, high, _mm512_set1_epi16(1)));
  }
}
// Magnitude codes plus `offset`, in the low or the high halves, with the signs of v, as codes of Bits bits.
template <int Bits, bool MinusZero, int Half>
[[gnu::always_inline]] inline void store_signed_magnitudes(const word (&c)[4], const real (&v)[4], std::uint32_t offset,
                                                           std::byte* y) {
  const __m512i shift = _mm512_set1_epi16(static_cast<short>(offset));
  const __m512i sign = _mm512_set1_epi16(static_cast<short>(1U << (Bits - 1)));
  __m512i words[2];
  NARROW_UNROLL for (int k = 0; k < 2; ++k) {
    const __m512i magnitude = _mm512_sub_epi16(halves<Half>(c[2 * k], c[2 * k + 1]), shift);
    __m512i signs = halves<1>(to_bits(v[2 * k]), to_bits(v[2 * k + 1]));
    if constexpr (Bits < 16) signs = _mm512_srli_epi16(signs, 16 - Bits);
    if constexpr (!MinusZero) signs = _mm512_maskz_mov_epi16(_mm512_test_epi16_mask(magnitude, magnitude), signs);
    words[k] = _mm512_ternarylogic_epi32(magnitude, signs, sign, 0xF8);  // magnitude | (signs & sign)
  }
  if constexpr (Bits > 8) {
    _mm512_storeu_si512(y, words[0]);
    _mm512_storeu_si512(y + 64, words[1]);
  } else {
    store_packed<false>(words[0], words[1], y);
  }
}
[[gnu::always_inline]] inline __m512i limited_halves(const __m512i& x, std::int32_t lowest, std::int32_t highest) {
  const __m512i above = _mm512_max_epi16(x, _mm512_set1_epi16(static_cast<short>(lowest)));
  return _mm512_min_epi16(above, _mm512_set1_epi16(static_cast<short>(highest)));
}
// 16-bit integers that the low halves hold, less `offset`, limited to [lowest, highest] and stored as Storage. Full:
// these are the limits of Storage.
template <class Storage, bool Full>
[[gnu::always_inline]] inline void store_limited_halves(const word (&c)[4], std::int32_t offset, std::int32_t lowest,
                                                        std::int32_t highest, std::byte* y) {
  __m512i words[2];
  NARROW_UNROLL for (int k = 0; k < 2; ++k) {
    words[k] = _mm512_sub_epi16(halves<0>(c[2 * k], c[2 * k + 1]), _mm512_set1_epi16(static_cast<short>(offset)));
    if constexpr (!Full) words[k] = limited_halves(words[k], lowest, highest);
  }
  store_packed<std::is_signed_v<Storage>>(words[0], words[1], y);
}
// The 16-bit integers of the high halves, limited and stored as bytes.
template <class Storage, bool Full>
[[gnu::always_inline]] inline void store_limited_high_halves(const word (&c)[4], std::int32_t lowest,
                                                             std::int32_t highest, std::byte* y) {
  __m512i words[2];
  NARROW_UNROLL for (int k = 0; k < 2; ++k) {
    words[k] = halves<1>(c[2 * k], c[2 * k + 1]);
    if constexpr (!Full) words[k] = limited_halves(words[k], lowest, highest);
  }
  store_packed<std::is_signed_v<Storage>>(words[0], words[1], y);
}
// 32-bit integers, less `offset`, limited and stored as Storage of 8 or 16 bits.
template <class Storage, bool Full>
[[gnu::always_inline]] inline void store_limited(const word (&c)[4], std::int32_t offset, std::int32_t lowest,
                                                 std::int32_t highest, std::byte* y) {
  __m512i v[4];
  NARROW_UNROLL for (int k = 0; k < 4; ++k) {
    v[k] = _mm512_sub_epi32(raw(c[k]), _mm512_set1_epi32(offset));
    if constexpr (!Full) {
      v[k] = _mm512_max_epi32(v[k], _mm512_set1_epi32(lowest));
      v[k] = _mm512_min_epi32(v[k], _mm512_set1_epi32(highest));
    }
  }
  if constexpr (sizeof(Storage) == 1) {
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i a = _mm512_packs_epi32(v[0], v[1]), b = _mm512_packs_epi32(v[2], v[3]);
    const __m512i bytes = std::is_signed_v<Storage> ? _mm512_packs_epi16(a, b) : _mm512_packus_epi16(a, b);
    _mm512_storeu_si512(y, _mm512_permutexvar_epi32(order, bytes));
  } else {
    const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    NARROW_UNROLL for (int k = 0; k < 2; ++k) {
      const __m512i words = std::is_signed_v<Storage> ? _mm512_packs_epi32(v[2 * k], v[2 * k + 1])
                                                      : _mm512_packus_epi32(v[2 * k], v[2 * k + 1]);
      _mm512_storeu_si512(y + 64 * k, _mm512_permutexvar_epi64(order, words));
    }
  }
}

// ---- instructions for one format --------------------------------------------------------------------------------
[[gnu::always_inline]] inline void store_binary16(const real& v, std::byte* y) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), _mm512_cvtps_ph(raw(v), _MM_FROUND_TO_NEAREST_INT));
}
// NaNs, which the instruction leaves their payloads, are found among the halves, in vectors of half the size, and
// become their sign and 0x7FC0'0000.
[[gnu::always_inline]] inline real load_binary16(const std::byte* x) {
  const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  const __m256i twice_infinity = _mm256_set1_epi16(static_cast<short>(2 * 0x7C00));
  const __mmask16 nan = _mm256_cmpgt_epu16_mask(_mm256_add_epi16(codes, codes), twice_infinity);
  const __m512i bits = _mm512_castps_si512(_mm512_cvtph_ps(codes));
  return as_real(_mm512_castsi512_ps(
      _mm512_mask_ternarylogic_epi32(bits, nan, _mm512_set1_epi32(INT32_MIN), _mm512_set1_epi32(0x7FC00000), 0xEA)));
}
[[gnu::always_inline]] inline __m512i all_halves(std::uint32_t x) { return _mm512_set1_epi16(static_cast<short>(x)); }
// The halves of the same fields as the codes of E, infinities and NaNs those of binary16.
template <class E>
[[gnu::always_inline]] inline void load_through_binary16(const std::byte* x, real (&v)[4]) {
  constexpr specials special = E::descriptor.special;
  constexpr int up = 10 - E::descriptor.mantissa_bits;
  NARROW_UNROLL for (int k = 0; k < 2; ++k) {
    const __m512i codes = _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + 32 * k)));
    const __m512i sign = _mm512_and_si512(_mm512_slli_epi16(codes, 16 - E::bits), all_halves(0x8000));
    __m512i halves = _mm512_and_si512(_mm512_slli_epi16(codes, up), all_halves(E::magnitude_mask << up));
    if constexpr (special == specials::nan_negative_zero) {
      halves =
          _mm512_mask_mov_epi16(halves, _mm512_cmpeq_epi16_mask(codes, all_halves(E::sign_code)), all_halves(0x7E00));
    } else if constexpr (special != specials::none) {
      constexpr std::uint32_t last = special == specials::nan_all_ones ? E::max_code : E::infinity_code;
      const __mmask32 nan = _mm512_cmpgt_epi16_mask(halves, all_halves(last << up));
      if constexpr (special == specials::infinity_and_nan && E::descriptor.exponent_bits < 5) {
        const __mmask32 infinite = _mm512_cmpeq_epi16_mask(halves, all_halves(E::infinity_code << up));
        halves = _mm512_mask_mov_epi16(halves, infinite, all_halves(0x7C00));
      }
      halves = _mm512_mask_mov_epi16(halves, nan, all_halves(0x7E00));
    }
    halves = _mm512_or_si512(halves, sign);
    v[2 * k] = as_real(_mm512_cvtph_ps(_mm512_castsi512_si256(halves)));
    v[2 * k + 1] = as_real(_mm512_cvtph_ps(_mm512_extracti64x4_epi64(halves, 1)));
  }
}

// ---- random bits ------------------------------------------------------------------------------------------------
struct pairs {
  static constexpr int lanes = 8;
  __m512i v;
};
[[gnu::always_inline]] inline pairs spread(const std::uint64_t& x) {
  return {_mm512_set1_epi64(static_cast<long long>(x))};
}
[[gnu::always_inline]] inline pairs even_blocks() { return {_mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0)}; }
[[gnu::always_inline]] inline pairs odd_blocks() { return {_mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1)}; }
[[gnu::always_inline]] inline pairs multiply(const pairs& a, const pairs& b) { return {_mm512_mul_epu32(a.v, b.v)}; }
[[gnu::always_inline]] inline pairs add(const pairs& a, const pairs& b) { return {_mm512_add_epi64(a.v, b.v)}; }
[[gnu::always_inline]] inline pairs upper(const pairs& a) { return {_mm512_srli_epi64(a.v, 32)}; }
[[gnu::always_inline]] inline pairs exclusive_or(const pairs& a, const pairs& b) {
  return {_mm512_xor_si512(a.v, b.v)};
}
[[gnu::always_inline]] inline pairs exclusive_or(const pairs& a, const pairs& b, const pairs& c) {
  return {_mm512_ternarylogic_epi64(a.v, b.v, c.v, 0x96)};
}
[[gnu::always_inline]] inline pairs interleave_low(const pairs& a, const pairs& b) {
  return {_mm512_mask_shuffle_epi32(a.v, 0xAAAA, b.v, _MM_PERM_CCAA)};
}
[[gnu::always_inline]] inline pairs interleave_high(const pairs& a, const pairs& b) {
  return {_mm512_mask_shuffle_epi32(b.v, 0x5555, a.v, _MM_PERM_DDBB)};
}
[[gnu::always_inline]] inline void store(std::uint32_t* y, const pairs& x) { _mm512_storeu_si512(y, x.v); }

// Integers of 32 bits, to nearest even; INT32_MIN for what is beyond them.
[[gnu::always_inline]] inline word to_words(const real& v) { return as_word(_mm512_cvtps_epi32(raw(v))); }
[[gnu::always_inline]] inline real limited(const real& v, float bound) {
  return as_real(_mm512_min_ps(_mm512_set1_ps(bound), _mm512_max_ps(_mm512_set1_ps(-bound), raw(v))));
}
// Integers of 32 bits.
[[gnu::always_inline]] inline word floor_to_words(const real& v) {
  return as_word(_mm512_cvt_roundps_epi32(raw(v), _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
}
template <int N>
[[gnu::always_inline]] inline word shifted_down(const word& x) {
  return as_word(_mm512_srai_epi32(raw(x), N));
}

#include "narrow/detail/codec/codec.inl"
#include "narrow/detail/codec/linear_rules.inl"
#include "narrow/detail/codec/random.inl"
#include "narrow/detail/codec/shortcuts.inl"

}  // namespace narrow::detail::codec_avx512
NARROW_END_TARGET

#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif
