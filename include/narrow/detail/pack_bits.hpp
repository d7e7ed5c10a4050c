// Codes of 1 to 7 bits, one a byte, into bytes without gaps, and back, at the speed of memory.
//
// Eight codes make as many bytes as a code has bits: a group. A group is closed up, as is a zip, by joining neighbours
// three times, one to two to four to eight codes:
//
//   ......aa ......bb ......cc ......dd      codes of 2 bits, the first to the right; little-endian
//   ....aabb          ....ccdd
//   aabbccdd
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "narrow/detail/simd/region.hpp"
#include "narrow/target.hpp"

namespace narrow::detail {

// Without overflow.
template <int Bits>
constexpr std::size_t packed_bytes_of(std::size_t n) {
  return n / 8 * Bits + (n % 8 * Bits + 7) / 8;
}

// ---- one group, in a word ---------------------------------------------------------------------------------------

// `count` ones at the low end of each `lane` bits.
constexpr std::uint64_t ones_of_lanes(int lane, int count) {
  std::uint64_t result = 0;
  for (int i = 0; i < 64; i += lane) result |= ((std::uint64_t{1} << count) - 1) << i;
  return result;
}

// Two lanes, of which the low Bits count, to the low end of one of twice the width; and back.
template <int Lane, int Bits>
constexpr std::uint64_t join_lanes(std::uint64_t x) {
  constexpr std::uint64_t low = ones_of_lanes(2 * Lane, Bits);
  return (x & low) | ((x >> (Lane - Bits)) & (low << Bits));
}
template <int Lane, int Bits>
constexpr std::uint64_t split_lanes(std::uint64_t x) {
  constexpr std::uint64_t low = ones_of_lanes(2 * Lane, Bits);
  return (x & low) | ((x & (low << Bits)) << (Lane - Bits));
}

template <int Bits>
constexpr std::uint64_t pack_group(std::uint64_t codes) {
  return join_lanes<32, 4 * Bits>(join_lanes<16, 2 * Bits>(join_lanes<8, Bits>(codes)));
}
template <int Bits, bool Signed>
constexpr std::uint64_t unpack_group(std::uint64_t packed) {
  std::uint64_t codes = split_lanes<8, Bits>(split_lanes<16, 2 * Bits>(split_lanes<32, 4 * Bits>(packed)));
  if constexpr (Signed) {
    // The sign times 2^(9 - Bits) - 2 is ones in the bits above it, which no carry leaves.
    const std::uint64_t signs = codes & (ones_of_lanes(8, 1) << (Bits - 1));
    codes |= signs * ((1U << (9 - Bits)) - 2);
  }
  return codes;
}

// The first n bytes, up to 8, as a little-endian word.
inline std::uint64_t load_little(const void* from, std::size_t n) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, n);
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}
inline void store_little(std::uint64_t word, void* to, std::size_t n) {
  const std::uint64_t little = std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
  std::memcpy(to, &little, n);
}

}  // namespace narrow::detail

#if NARROW_HAS_X86_TARGETS
NARROW_BEGIN_AVX2
namespace narrow::detail::pack_bits_avx2 {

// In each half of a vector, two groups of 8 bytes to and from the low end. -128 gives a zero.
struct byte_order {
  signed char of[32];
};
template <int Bits>
constexpr byte_order together() {
  byte_order result{};
  for (int i = 0; i < 32; ++i) {
    const int k = i % 16;
    result.of[i] = static_cast<signed char>(k < Bits ? k : k < 2 * Bits ? k - Bits + 8 : -128);
  }
  return result;
}
template <int Bits>
constexpr byte_order apart() {
  byte_order result{};
  for (int i = 0; i < 32; ++i) {
    const int k = i % 8;
    result.of[i] = static_cast<signed char>(k >= Bits ? -128 : i % 16 < 8 ? k : k + Bits);
  }
  return result;
}
[[gnu::always_inline]] inline __m256i load_order(const byte_order& order) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(order.of));
}

// Four groups at a time, from the first on, as long as 16 bytes fit beyond the first two: they are more than two groups
// (2 * Bits <= 14), so that the codes do not end before them. Returns how many codes that were.
template <int Bits>
[[gnu::noinline]] std::size_t pack(const std::uint8_t* codes, std::size_t n, std::byte* bytes) {
  constexpr int ones = (1 << Bits) - 1, rest = 32 - 4 * Bits;
  static constexpr byte_order order = together<Bits>();
  const std::size_t size = packed_bytes_of<Bits>(n);
  std::size_t i = 0;
  for (std::size_t at = 0; at + 2 * Bits + 16 <= size; i += 32, at += 4 * Bits) {
    const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + i));
    const __m256i code = _mm256_and_si256(all, _mm256_set1_epi8(ones));
    // Twice joined by sums of products with 1 and a power of two; the third time by a shift of the lower one up and
    // of both down.
    const __m256i two = _mm256_maddubs_epi16(_mm256_set1_epi16(static_cast<short>(256 << Bits | 1)), code);
    const __m256i four = _mm256_madd_epi16(two, _mm256_set1_epi32(65536 << (2 * Bits) | 1));
    const __m256i eight = _mm256_srli_epi64(_mm256_sllv_epi32(four, _mm256_set1_epi64x(rest)), rest);
    const __m256i packed = _mm256_shuffle_epi8(eight, load_order(order));
    // What the first store writes beyond its groups, the second and the next ones overwrite.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes + at), _mm256_castsi256_si128(packed));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes + at + 2 * Bits), _mm256_extracti128_si256(packed, 1));
  }
  return i;
}

template <int Bits, bool Signed>
[[gnu::noinline]] std::size_t unpack(const std::byte* bytes, std::size_t n, std::uint8_t* codes) {
  constexpr int ones = (1 << Bits) - 1;
  static constexpr byte_order order = apart<Bits>();
  const std::size_t size = packed_bytes_of<Bits>(n);
  std::size_t i = 0;
  for (std::size_t at = 0; at + 2 * Bits + 16 <= size; i += 32, at += 4 * Bits) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at + 2 * Bits));
    const __m256i packed = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    const __m256i eight = _mm256_shuffle_epi8(packed, load_order(order));
    // The upper half of each lane moves up. What is left above a code is cut off at the end.
    const __m256i four = _mm256_blend_epi32(eight, _mm256_slli_epi64(eight, 32 - 4 * Bits), 0b10101010);
    const __m256i two = _mm256_blend_epi16(four, _mm256_slli_epi32(four, 16 - 2 * Bits), 0b10101010);
    const __m256i even = _mm256_and_si256(two, _mm256_set1_epi16(ones));
    const __m256i odd = _mm256_and_si256(_mm256_slli_epi16(two, 8 - Bits), _mm256_set1_epi16(ones << 8));
    __m256i code = _mm256_or_si256(even, odd);
    if constexpr (Signed) {
      const __m256i sign = _mm256_set1_epi8(1 << (Bits - 1));
      code = _mm256_sub_epi8(_mm256_xor_si256(code, sign), sign);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i), code);
  }
  return i;
}

}  // namespace narrow::detail::pack_bits_avx2
NARROW_END_TARGET
#endif

namespace narrow::detail {

// n codes, of which the low Bits count, to packed_bytes_of<Bits>(n) bytes, the first code in the lowest bits; bits that
// are left over in the last byte are 0.
template <int Bits>
void pack_codes(const std::uint8_t* codes, std::size_t n, std::byte* bytes) {
  std::size_t i = 0;
#if NARROW_HAS_X86_TARGETS
  if (current_target() >= target::avx2) i = pack_bits_avx2::pack<Bits>(codes, n, bytes);
#endif
  for (; i + 8 <= n; i += 8) store_little(pack_group<Bits>(load_little(codes + i, 8)), bytes + i / 8 * Bits, Bits);
  if (i == n) return;
  const std::uint64_t last = pack_group<Bits>(load_little(codes + i, n - i));
  store_little(last, bytes + i / 8 * Bits, packed_bytes_of<Bits>(n - i));
}

// The reverse: codes with zeros above them, or copies of their sign.
template <int Bits, bool Signed>
void unpack_codes(const std::byte* bytes, std::size_t n, std::uint8_t* codes) {
  std::size_t i = 0;
#if NARROW_HAS_X86_TARGETS
  if (current_target() >= target::avx2) i = pack_bits_avx2::unpack<Bits, Signed>(bytes, n, codes);
#endif
  const std::size_t size = packed_bytes_of<Bits>(n);
  for (; i + 8 <= n; i += 8) {
    // A whole word where there is one: what it holds beyond the group is cut off.
    const std::size_t at = i / 8 * Bits;
    const std::uint64_t packed = at + 8 <= size ? load_little(bytes + at, 8) : load_little(bytes + at, Bits);
    store_little(unpack_group<Bits, Signed>(packed), codes + i, 8);
  }
  if (i == n) return;
  const std::uint64_t last = load_little(bytes + i / 8 * Bits, packed_bytes_of<Bits>(n - i));
  store_little(unpack_group<Bits, Signed>(last), codes + i, n - i);
}

}  // namespace narrow::detail
