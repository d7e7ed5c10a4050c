// The codecs on AVX2 with FMA and F16C.
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

NARROW_BEGIN_AVX2
namespace narrow::detail::codec_avx2 {

inline constexpr int width = 8;
using word = lanes<std::uint32_t, width>;
using real = lanes<float, width>;

[[gnu::always_inline]] inline __m256i raw(const word& x) { return (__m256i)x.v; }
[[gnu::always_inline]] inline __m256 raw(const real& x) { return (__m256)x.v; }
[[gnu::always_inline]] inline word as_word(const __m256i& x) { return word((word::vector)x); }
[[gnu::always_inline]] inline real as_real(const __m256& x) { return real((real::vector)x); }
[[gnu::always_inline]] inline void store_256(std::byte* y, const __m256i& x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), x);
}

// ---- memory -----------------------------------------------------------------------------------------------------
template <int Bytes>
[[gnu::always_inline]] inline void narrow_to(const lanes<std::uint32_t, 4>& x, std::byte* y) {
  const __m128i v = (__m128i)x.v;
  if constexpr (Bytes == 4) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y), v);
  } else if constexpr (Bytes == 2) {
    const __m128i low = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(y), _mm_shuffle_epi8(v, low));
  } else {
    const __m128i low = _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const int bytes = _mm_cvtsi128_si32(_mm_shuffle_epi8(v, low));
    std::memcpy(y, &bytes, sizeof bytes);
  }
}
template <int Bytes>
[[gnu::always_inline]] inline void narrow_to(const word& x, std::byte* y) {
  if constexpr (Bytes == 4) {
    store_256(y, raw(x));
  } else {
    lanes<std::uint32_t, 4> half[2];
    std::memcpy(half, &x, sizeof half);
    narrow_to<Bytes>(half[0], y);
    narrow_to<Bytes>(half[1], y + 4 * Bytes);
  }
}
template <class Storage>
[[gnu::always_inline]] inline void widen_from(const std::byte* y, word& x) {
  if constexpr (sizeof(Storage) == 1) {
    const __m128i v = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(y));
    x = as_word(std::is_signed_v<Storage> ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v));
  } else if constexpr (sizeof(Storage) == 2) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(y));
    x = as_word(std::is_signed_v<Storage> ? _mm256_cvtepi16_epi32(v) : _mm256_cvtepu16_epi32(v));
  } else {
    x = as_word(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(y)));
  }
}
template <class Storage>
[[gnu::always_inline]] inline void widen_from(const std::byte* y, lanes<std::uint32_t, 4>& x) {
  __m128i result;
  if constexpr (sizeof(Storage) == 1) {
    int bytes;
    std::memcpy(&bytes, y, sizeof bytes);
    const __m128i v = _mm_cvtsi32_si128(bytes);
    result = std::is_signed_v<Storage> ? _mm_cvtepi8_epi32(v) : _mm_cvtepu8_epi32(v);
  } else if constexpr (sizeof(Storage) == 2) {
    const __m128i v = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(y));
    result = std::is_signed_v<Storage> ? _mm_cvtepi16_epi32(v) : _mm_cvtepu16_epi32(v);
  } else {
    result = _mm_loadu_si128(reinterpret_cast<const __m128i*>(y));
  }
  x.v = (lanes<std::uint32_t, 4>::vector)result;
}
[[gnu::always_inline]] inline word all_words(std::uint32_t x) {
  return as_word(_mm256_set1_epi32(static_cast<int>(x)));
}
[[gnu::always_inline]] inline real all_reals(float x) { return as_real(_mm256_set1_ps(x)); }
[[gnu::always_inline]] inline real load_real(const float* x) { return as_real(_mm256_loadu_ps(x)); }
[[gnu::always_inline]] inline void load_part_of_block(const float* x, std::size_t n, real (&v)[4]) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  NARROW_UNROLL for (std::size_t k = 0; k < 4; ++k) {
    const std::size_t left = n < 8 * k ? 0 : n - 8 * k;
    const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(left)), lane);
    v[k] = as_real(_mm256_maskload_ps(x + (left == 0 ? 0 : 8 * k), mask));
  }
}
[[gnu::always_inline]] inline word load_word(const std::uint32_t* x) {
  return as_word(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
}

// ---- arithmetic -------------------------------------------------------------------------------------------------
[[gnu::always_inline]] inline word lesser(const word& a, const word& b) {
  return as_word(_mm256_min_epu32(raw(a), raw(b)));
}
[[gnu::always_inline]] inline word greater_of(const word& a, const word& b) {
  return as_word(_mm256_max_epu32(raw(a), raw(b)));
}
[[gnu::always_inline]] inline real lesser(const real& a, const real& b) {
  return as_real(_mm256_min_ps(raw(a), raw(b)));
}
// |v|, or `bound` where that is less.
[[gnu::always_inline]] inline real lesser_magnitude(const real& v, float bound) {
  return from_bits<real>(lesser(to_bits(v) & all_words(0x7FFFFFFFU), all_words(std::bit_cast<std::uint32_t>(bound))));
}
[[gnu::always_inline]] inline real fused(const real& a, const real& b, const real& c) {
  return as_real(_mm256_fmadd_ps(raw(a), raw(b), raw(c)));
}
// For 0 <= a <= b. The sum to nearest is one too large where its error, which is exact (Dekker), is negative.
[[gnu::always_inline]] inline real add_toward_zero(const real& a, const real& b) {
  const __m256 sum = _mm256_add_ps(raw(a), raw(b));
  const __m256 error = _mm256_sub_ps(raw(a), _mm256_sub_ps(sum, raw(b)));
  const __m256i one_less = _mm256_srai_epi32(_mm256_castps_si256(error), 31);
  return as_real(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(sum), one_less)));
}
// x | (a ^ b)
[[gnu::always_inline]] inline word with_differences(const word& x, const word& a, const word& b) { return x | (a ^ b); }
[[gnu::always_inline]] inline bool any(const word& x) { return _mm256_testz_si256(raw(x), raw(x)) == 0; }
[[gnu::always_inline]] inline bool any_reaches(const word& x, std::uint32_t least) {
  const __m256i bound = _mm256_set1_epi32(static_cast<int>(least));
  return _mm256_movemask_epi8(_mm256_cmpeq_epi32(_mm256_max_epu32(raw(x), bound), raw(x))) != 0;
}
// Of each 16 bits.
[[gnu::always_inline]] inline word lesser_halves(const word& a, const word& b) {
  return as_word(_mm256_min_epu16(raw(a), raw(b)));
}
[[gnu::always_inline]] inline word greater_halves(const word& a, const word& b) {
  return as_word(_mm256_max_epu16(raw(a), raw(b)));
}
// Bound: 2^16 less a power of two.
template <std::uint32_t Bound>
[[gnu::always_inline]] inline bool any_lower_half_reaches(const word& x) {
  return any(equal(x | all_words(0xFFFF0000U | (0xFFFFU - Bound)), all_words(0xFFFFFFFFU)));
}
// Bound: a power of two.
template <std::uint32_t Bound>
[[gnu::always_inline]] inline bool any_lower_half_below(const word& x) {
  return any(equal(x & all_words(0x10000 - Bound), all_words(0U)));
}
[[gnu::always_inline]] inline bool any_nan(const real (&v)[4]) {
  const __m256 low = unordered(raw(v[0]), raw(v[1]));
  const __m256 high = unordered(raw(v[2]), raw(v[3]));
  return _mm256_movemask_ps(_mm256_or_ps(low, high)) != 0;
}

// ---- packing of four vectors ------------------------------------------------------------------------------------
// The packs of AVX2 keep to 128-bit halves; these put two vectors of them, or four, in order.
[[gnu::always_inline]] inline __m256i in_order(const __m256i& words) {
  return _mm256_permute4x64_epi64(words, _MM_SHUFFLE(3, 1, 2, 0));
}
[[gnu::always_inline]] inline __m256i bytes_in_order(const __m256i& bytes) {
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
[[gnu::always_inline]] inline void store_high_halves(const word (&c)[4], std::byte* y) {
  NARROW_UNROLL for (int k = 0; k < 2; ++k) {
    store_256(y + 32 * k, in_order(_mm256_packus_epi32(raw(c[2 * k] >> 16), raw(c[2 * k + 1] >> 16))));
  }
}
// The upper halves of v rounded to nearest even: up iff lower half + odd + 0x7FFF carries.
[[gnu::always_inline]] inline void store_high_halves_to_nearest(const real (&v)[4], std::byte* y) {
  word sum[4];
  NARROW_UNROLL for (int k = 0; k < 4; ++k) {
    const word x = to_bits(v[k]);
    sum[k] = x + ((x >> 16) & all_words(1U)) + all_words(0x7FFFU);
  }
  store_high_halves(sum, y);
}
// Magnitude codes plus `offset`, in the low or the high halves, with the signs of v, as codes of Bits bits.
template <int Bits, bool MinusZero, int Half>
[[gnu::always_inline]] inline void store_signed_magnitudes(const word (&c)[4], const real (&v)[4], std::uint32_t offset,
                                                           std::byte* y) {
  word codes[4];
  NARROW_UNROLL for (int k = 0; k < 4; ++k) {
    const word magnitude = (c[k] - all_words(offset << (16 * Half))) >> (16 * Half);
    word sign = (to_bits(v[k]) >> (32 - Bits)) & all_words(1U << (Bits - 1));
    if constexpr (!MinusZero) sign = sign & ~equal(magnitude, all_words(0U));
    codes[k] = magnitude | sign;
  }
  const __m256i a = _mm256_packus_epi32(raw(codes[0]), raw(codes[1]));
  const __m256i b = _mm256_packus_epi32(raw(codes[2]), raw(codes[3]));
  if constexpr (Bits > 8) {
    store_256(y, in_order(a));
    store_256(y + 32, in_order(b));
  } else {
    store_256(y, bytes_in_order(_mm256_packus_epi16(a, b)));
  }
}
// 32-bit integers, less `offset`, limited to [lowest, highest] and stored as Storage of 8 or 16 bits. Full: these are
// the limits of Storage.
template <class Storage, bool Full>
[[gnu::always_inline]] inline void store_limited(const word (&c)[4], std::int32_t offset, std::int32_t lowest,
                                                 std::int32_t highest, std::byte* y) {
  __m256i v[4];
  NARROW_UNROLL for (int k = 0; k < 4; ++k) {
    v[k] = _mm256_sub_epi32(raw(c[k]), _mm256_set1_epi32(offset));
    if constexpr (!Full) {
      v[k] = _mm256_max_epi32(v[k], _mm256_set1_epi32(lowest));
      v[k] = _mm256_min_epi32(v[k], _mm256_set1_epi32(highest));
    }
  }
  if constexpr (sizeof(Storage) == 1) {
    const __m256i a = _mm256_packs_epi32(v[0], v[1]), b = _mm256_packs_epi32(v[2], v[3]);
    store_256(y, bytes_in_order(std::is_signed_v<Storage> ? _mm256_packs_epi16(a, b) : _mm256_packus_epi16(a, b)));
  } else {
    NARROW_UNROLL for (int k = 0; k < 2; ++k) {
      const __m256i words = std::is_signed_v<Storage> ? _mm256_packs_epi32(v[2 * k], v[2 * k + 1])
                                                      : _mm256_packus_epi32(v[2 * k], v[2 * k + 1]);
      store_256(y + 32 * k, in_order(words));
    }
  }
}
// The same of 16-bit integers that the low halves hold.
template <class Storage, bool Full>
[[gnu::always_inline]] inline void store_limited_halves(const word (&c)[4], std::int32_t offset, std::int32_t lowest,
                                                        std::int32_t highest, std::byte* y) {
  word low[4];
  NARROW_UNROLL for (int k = 0; k < 4; ++k) low[k] = c[k] & all_words(0xFFFFU);
  store_limited<Storage, Full>(low, offset, lowest, highest, y);
}

// The 16-bit integers of the high halves, limited and stored as bytes.
template <class Storage, bool Full>
[[gnu::always_inline]] inline void store_limited_high_halves(const word (&c)[4], std::int32_t lowest,
                                                             std::int32_t highest, std::byte* y) {
  word high[4];
  NARROW_UNROLL for (int k = 0; k < 4; ++k) high[k] = as_word(_mm256_srai_epi32(raw(c[k]), 16));
  store_limited<Storage, Full>(high, 0, lowest, highest, y);
}

// ---- instructions for one format --------------------------------------------------------------------------------
[[gnu::always_inline]] inline void store_binary16(const real& v, std::byte* y) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm256_cvtps_ph(raw(v), _MM_FROUND_TO_NEAREST_INT));
}
// NaNs, which the instruction leaves their payloads, become their sign and 0x7FC0'0000.
[[gnu::always_inline]] inline real load_binary16(const std::byte* x) {
  const __m256 v = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
  const __m256 nan = unordered(v, v), sign = _mm256_set1_ps(-0.0F);
  const __m256 quiet = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000));
  return as_real(_mm256_blendv_ps(v, _mm256_or_ps(_mm256_and_ps(v, sign), quiet), nan));
}
[[gnu::always_inline]] inline __m256i all_halves(std::uint32_t x) { return _mm256_set1_epi16(static_cast<short>(x)); }
// The halves of the same fields as the codes of E, infinities and NaNs those of binary16.
template <class E>
[[gnu::always_inline]] inline void load_through_binary16(const std::byte* x, real (&v)[4]) {
  constexpr specials special = E::descriptor.special;
  constexpr int up = 10 - E::descriptor.mantissa_bits;
  NARROW_UNROLL for (int k = 0; k < 2; ++k) {
    const __m256i codes = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + 16 * k)));
    const __m256i sign = _mm256_and_si256(_mm256_slli_epi16(codes, 16 - E::bits), all_halves(0x8000));
    __m256i halves = _mm256_and_si256(_mm256_slli_epi16(codes, up), all_halves(E::magnitude_mask << up));
    if constexpr (special == specials::nan_negative_zero) {
      halves = _mm256_blendv_epi8(halves, all_halves(0x7E00), _mm256_cmpeq_epi16(codes, all_halves(E::sign_code)));
    } else if constexpr (special != specials::none) {
      constexpr std::uint32_t last = special == specials::nan_all_ones ? E::max_code : E::infinity_code;
      const __m256i nan = _mm256_cmpgt_epi16(halves, all_halves(last << up));
      if constexpr (special == specials::infinity_and_nan && E::descriptor.exponent_bits < 5) {
        const __m256i infinite = _mm256_cmpeq_epi16(halves, all_halves(E::infinity_code << up));
        halves = _mm256_blendv_epi8(halves, all_halves(0x7C00), infinite);
      }
      halves = _mm256_blendv_epi8(halves, all_halves(0x7E00), nan);
    }
    halves = _mm256_or_si256(halves, sign);
    v[2 * k] = as_real(_mm256_cvtph_ps(_mm256_castsi256_si128(halves)));
    v[2 * k + 1] = as_real(_mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1)));
  }
}

// ---- random bits ------------------------------------------------------------------------------------------------
struct pairs {
  static constexpr int lanes = 4;
  __m256i v;
};
[[gnu::always_inline]] inline pairs spread(const std::uint64_t& x) {
  return {_mm256_set1_epi64x(static_cast<long long>(x))};
}
[[gnu::always_inline]] inline pairs even_blocks() { return {_mm256_setr_epi64x(0, 2, 4, 6)}; }
[[gnu::always_inline]] inline pairs odd_blocks() { return {_mm256_setr_epi64x(1, 3, 5, 7)}; }
[[gnu::always_inline]] inline pairs multiply(const pairs& a, const pairs& b) { return {_mm256_mul_epu32(a.v, b.v)}; }
[[gnu::always_inline]] inline pairs add(const pairs& a, const pairs& b) { return {_mm256_add_epi64(a.v, b.v)}; }
[[gnu::always_inline]] inline pairs upper(const pairs& a) { return {_mm256_srli_epi64(a.v, 32)}; }
[[gnu::always_inline]] inline pairs exclusive_or(const pairs& a, const pairs& b) {
  return {_mm256_xor_si256(a.v, b.v)};
}
[[gnu::always_inline]] inline pairs exclusive_or(const pairs& a, const pairs& b, const pairs& c) {
  return {_mm256_xor_si256(_mm256_xor_si256(a.v, b.v), c.v)};
}
[[gnu::always_inline]] inline pairs interleave_low(const pairs& a, const pairs& b) {
  return {_mm256_blend_epi32(a.v, _mm256_slli_epi64(b.v, 32), 0xAA)};
}
[[gnu::always_inline]] inline pairs interleave_high(const pairs& a, const pairs& b) {
  return {_mm256_blend_epi32(_mm256_srli_epi64(a.v, 32), b.v, 0xAA)};
}
[[gnu::always_inline]] inline void store(std::uint32_t* y, const pairs& x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), x.v);
}

// Integers of 32 bits, to nearest even; INT32_MIN for what is beyond them.
[[gnu::always_inline]] inline word to_words(const real& v) { return as_word(_mm256_cvtps_epi32(raw(v))); }
[[gnu::always_inline]] inline real limited(const real& v, float bound) {
  return as_real(_mm256_min_ps(_mm256_set1_ps(bound), _mm256_max_ps(_mm256_set1_ps(-bound), raw(v))));
}
// Integers of 32 bits.
[[gnu::always_inline]] inline word floor_to_words(const real& v) {
  return as_word(_mm256_cvttps_epi32(_mm256_floor_ps(raw(v))));
}
template <int N>
[[gnu::always_inline]] inline word shifted_down(const word& x) {
  return as_word(_mm256_srai_epi32(raw(x), N));
}

#include "narrow/detail/codec/codec.inl"
#include "narrow/detail/codec/linear_rules.inl"
#include "narrow/detail/codec/random.inl"
#include "narrow/detail/codec/shortcuts.inl"

}  // namespace narrow::detail::codec_avx2
NARROW_END_TARGET

#endif
