#include "narrow/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>

namespace {

using narrow::philox4x32;
using narrow::random_bits;
using block = std::array<std::uint32_t, 4>;

// kat_vectors of Random123: zeros, and digits of pi.
static_assert(philox4x32<7>({0, 0, 0, 0}, {0, 0}) == block{0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48});
static_assert(philox4x32<10>({0, 0, 0, 0}, {0, 0}) == block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox4x32<10>({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
              block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

TEST(Random, KnownAnswersAtRunTime) {
  volatile std::uint32_t zero = 0;
  const std::uint32_t z = zero;
  EXPECT_EQ((philox4x32<7>({z, z, z, z}, {z, z})), (block{0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48}));
  EXPECT_EQ((philox4x32<10>({z, z, z, z}, {z, z})), (block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(Random, SevenRoundsUnlessToldOtherwise) {
  EXPECT_EQ(philox4x32({1, 2, 3, 4}, {5, 6}), (philox4x32<7>({1, 2, 3, 4}, {5, 6})));
}

// Word w of block b belongs to element (b / 16) * 64 + w * 16 + b % 16; the counter is (block, stream), the key the
// seed, low halves first.
TEST(Random, ElementsTakeTheWordsOfTheBlocksAsDocumented) {
  const std::uint64_t seed = 0x0123456789abcdef;
  const std::uint64_t stream = 0xfedcba9876543210;
  const std::uint64_t around_32_bits = (std::uint64_t{1} << 32) - 40;
  for (const std::uint64_t first : {std::uint64_t{0}, around_32_bits, std::uint64_t{1} << 40}) {
    for (std::uint64_t b = first; b < first + 80; ++b) {
      const block words =
          philox4x32({static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32), 0x76543210, 0xfedcba98},
                     {0x89abcdef, 0x01234567});
      for (std::uint64_t w = 0; w < 4; ++w) {
        EXPECT_EQ(random_bits(seed, stream, (b / 16) * 64 + w * 16 + b % 16), words[w]) << "block " << b;
      }
    }
  }
}

TEST(Random, EveryBitOfTheArgumentsCounts) {
  std::set<std::uint32_t> seen{random_bits(0, 0, 0)};
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t value = std::uint64_t{1} << bit;
    seen.insert(random_bits(value, 0, 0));
    seen.insert(random_bits(0, value, 0));
    seen.insert(random_bits(0, 0, value));
  }
  // 193 draws of 32 bits: two agree by chance with a probability of 193^2 / 2^33 = 4e-6, and the draws are fixed.
  EXPECT_EQ(seen.size(), 193U);
}

// The elements of one stream are words of one keyed permutation of 128 bits; of 2^16 of them about half a pair agree.
TEST(Random, ElementsAreDistinct) {
  std::set<std::uint32_t> seen;
  for (std::uint64_t index = 0; index < 65536; ++index) seen.insert(random_bits(1, 2, index));
  EXPECT_GE(seen.size(), 65536U - 8U);
}

// Pearson's statistic of 256 cells follows a chi-square law of k = 255 degrees. Laurent and Massart (2000, lemma 1):
// P(X > k + 2 sqrt(k t) + 2 t) <= exp(-t) and P(X < k - 2 sqrt(k t)) <= exp(-t); t = 20 makes that 2e-9.
void expect_uniform(const std::array<std::size_t, 256>& counts, std::size_t draws) {
  const double expected = static_cast<double>(draws) / 256;
  double statistic = 0;
  for (const std::size_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    statistic += difference * difference / expected;
  }
  const double k = 255;
  const double t = 20;
  EXPECT_LT(statistic, k + 2 * std::sqrt(k * t) + 2 * t);
  EXPECT_GT(statistic, k - 2 * std::sqrt(k * t));
}

TEST(Random, EachByteIsUniform) {
  const std::size_t draws = 1 << 18;
  for (int byte = 0; byte < 4; ++byte) {
    SCOPED_TRACE(byte);
    std::array<std::size_t, 256> along_index{};
    std::array<std::size_t, 256> along_stream{};
    std::array<std::size_t, 256> along_seed{};
    for (std::size_t i = 0; i < draws; ++i) {
      ++along_index[(random_bits(11, 3, i) >> (8 * byte)) & 255];
      ++along_stream[(random_bits(11, i, 3) >> (8 * byte)) & 255];
      ++along_seed[(random_bits(i, 11, 3) >> (8 * byte)) & 255];
    }
    expect_uniform(along_index, draws);
    expect_uniform(along_stream, draws);
    expect_uniform(along_seed, draws);
  }
}

// Neighbours in index, stream and seed are independent: their exclusive or is uniform too.
TEST(Random, NeighboursAreIndependent) {
  const std::size_t draws = 1 << 18;
  std::array<std::size_t, 256> indices{};
  std::array<std::size_t, 256> streams{};
  std::array<std::size_t, 256> seeds{};
  for (std::size_t i = 0; i < draws; ++i) {
    const std::uint32_t bits = random_bits(5, 8, i);
    ++indices[(bits ^ random_bits(5, 8, i + 1)) & 255];
    ++streams[(bits ^ random_bits(5, 9, i)) & 255];
    ++seeds[(bits ^ random_bits(6, 8, i)) & 255];
  }
  expect_uniform(indices, draws);
  expect_uniform(streams, draws);
  expect_uniform(seeds, draws);
}

}  // namespace
