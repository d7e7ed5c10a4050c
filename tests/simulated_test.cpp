// Simulated instructions, against the CPU's own where it has them, else against sums in wider integers.
#include "narrow/simulated.hpp"

#include <gtest/gtest.h>

#include <array>

#include "narrow/random.hpp"

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

namespace {

using narrow::simulated::vp4dpwssd;
using narrow::simulated::vp4dpwssds;
using narrow::simulated::vpmaddubsw;

static_assert(vpmaddubsw({255, 255}, {127, 127}) == 32767);
static_assert(vpmaddubsw({255, 255}, {-128, -128}) == -32768);
static_assert(vpmaddubsw({255, 255}, {127, -128}) == -255);

#if defined(__x86_64__)
[[gnu::target("ssse3")]] std::int16_t on_cpu(std::array<std::uint8_t, 2> a, std::array<std::int8_t, 2> b) {
  const __m128i pairs = _mm_maddubs_epi16(_mm_set1_epi16(static_cast<std::int16_t>(a[0] | a[1] << 8)),
                                          _mm_set1_epi16(static_cast<std::int16_t>((b[0] & 255) | (b[1] & 255) << 8)));
  return static_cast<std::int16_t>(_mm_extract_epi16(pairs, 0));
}

// Every product beside those at the ends.
TEST(Vpmaddubsw, IsTheInstruction) {
  if (!__builtin_cpu_supports("ssse3")) GTEST_SKIP() << "this CPU has no SSSE3";
  for (int other = 0; other < 256; ++other) {
    for (int a = 0; a < 256; a += 1 + other % 3) {
      for (const int b : {-128, -127, -65, -64, -63, -2, -1, 0, 1, 2, 62, 63, 64, 65, 126, 127}) {
        const std::array<std::uint8_t, 2> unsigned_bytes{static_cast<std::uint8_t>(a), 255};
        const std::array<std::int8_t, 2> signed_bytes{static_cast<std::int8_t>(b), static_cast<std::int8_t>(other)};
        ASSERT_EQ(vpmaddubsw(unsigned_bytes, signed_bytes), on_cpu(unsigned_bytes, signed_bytes)) << a << ' ' << b;
      }
    }
  }
}
#endif

TEST(Vpmaddubsw, IsExactForWeightsOfSevenBits) {
  for (int a = 0; a < 256; ++a) {
    for (int b = -64; b < 64; ++b) {
      for (const int other : {-64, 63}) {
        const auto got = vpmaddubsw({static_cast<std::uint8_t>(a), 255},
                                    {static_cast<std::int8_t>(b), static_cast<std::int8_t>(other)});
        ASSERT_EQ(got, a * b + 255 * other);
      }
    }
  }
}

using eight = std::array<std::int16_t, 8>;
constexpr eight all(int x) {
  eight result{};
  for (auto& r : result) r = static_cast<std::int16_t>(x);
  return result;
}
// Two products of -2^15 reach 2^31: each step wraps to the other end, and saturates.
static_assert(vp4dpwssd(0, all(-32768), all(-32768)) == 0);
static_assert(vp4dpwssd(5, {-32768, -32768}, {-32768, -32768}) == INT32_MIN + 5);
static_assert(vp4dpwssds(0, all(-32768), all(-32768)) == INT32_MAX);
static_assert(vp4dpwssds(INT32_MIN, {-32768, -32768}, {-32768, -32768}) == 0);
// The order of the steps shows: up to the end and back, or back first; within a step it does not.
static_assert(vp4dpwssds(INT32_MAX, {1, 0, -1, 0}, {1, 0, 1, 0}) == INT32_MAX - 1);
static_assert(vp4dpwssds(INT32_MAX, {-1, 0, 1, 0}, {1, 0, 1, 0}) == INT32_MAX);
static_assert(vp4dpwssds(INT32_MAX, {1, -1}, {1, 1}) == INT32_MAX);

// The definition, on whole sums: wrapped once at the end, or clamped by hand after each pair.
TEST(Vp4dpwssd, IsItsDefinition) {
  std::size_t saturated = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    eight a, b;
    for (std::uint64_t k = 0; k < 8; ++k) {
      const std::uint32_t bits = narrow::random_bits(1, 2, i * 8 + k);
      a[k] = static_cast<std::int16_t>(i % 3 == 0 ? bits | 0x4000 : bits);
      b[k] = static_cast<std::int16_t>(bits >> 16);
    }
    const auto start = static_cast<std::int32_t>(narrow::random_bits(1, 3, i));
    long long sum = start, bounded = start;
    for (std::size_t k = 0; k < 8; ++k) {
      sum += static_cast<long long>(a[k]) * b[k];
      bounded += static_cast<long long>(a[k]) * b[k];
      if (k % 2 == 0) continue;
      if (bounded > 2147483647LL) bounded = 2147483647LL, ++saturated;
      if (bounded < -2147483648LL) bounded = -2147483648LL, ++saturated;
    }
    const long long wrapped = ((sum + 2147483648LL) % 4294967296LL + 4294967296LL) % 4294967296LL - 2147483648LL;
    ASSERT_EQ(vp4dpwssd(start, a, b), wrapped);
    ASSERT_EQ(vp4dpwssds(start, a, b), bounded);
  }
  EXPECT_GT(saturated, 1000U);
}

}  // namespace
