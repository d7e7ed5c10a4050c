// What the blocks of one group of 64 elements share: the scalar part of Philox's first two rounds, and the keys.
#pragma once

#include <cstdint>

namespace narrow::detail {

struct philox_start {
  std::uint64_t seed0, seed1;
  std::uint32_t c2_of_round_1, c0_of_round_2, c2_of_round_2, c3_of_round_2;

  // `block` is a multiple of 16.
  constexpr philox_start(std::uint64_t seed, std::uint64_t stream, std::uint64_t block)
      : seed0(static_cast<std::uint32_t>(seed)), seed1(seed >> 32) {
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * low(stream);
    const std::uint32_t c0 = high(product1) ^ high(block) ^ low(seed0);
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * c0;
    c2_of_round_1 = high(stream) ^ low(seed1);
    c0_of_round_2 = low(product1) ^ low(key(0, 1));
    c2_of_round_2 = high(product0) ^ low(key(1, 1));
    c3_of_round_2 = low(product0);
  }

  // Key word `word` of round `round`, counted from 0.
  constexpr std::uint64_t key(int word, int round) const {
    const auto n = static_cast<std::uint64_t>(round);
    return static_cast<std::uint32_t>(word == 0 ? seed0 + n * 0x9E3779B9 : seed1 + n * 0xBB67AE85);
  }
  // That of the last round, in both halves.
  constexpr std::uint64_t last_keys(int word) const { return key(word, 6) << 32 | key(word, 6); }
};

}  // namespace narrow::detail
