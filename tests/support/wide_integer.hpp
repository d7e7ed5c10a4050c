// Integers of many words, schoolbook fashion: exact sums of numbers whose exponents are far apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "support/oracle.hpp"

namespace support {

// A multiple of 2^lowest_exponent in two's complement, of 64 * Words bits.
template <std::size_t Words>
class wide_integer {
 public:
  explicit wide_integer(int lowest_exponent) : lowest_exponent_(lowest_exponent) {}

  // Adds (-1)^negative * magnitude * 2^exponent.
  void add(bool negative, uint128 magnitude, int exponent) {
    const int shift = exponent - lowest_exponent_;
    const auto first = static_cast<std::size_t>(shift / 64);
    if (shift < 0 || first + 3 > Words) throw std::range_error("beyond the wide integer");
    const int rest = shift % 64;
    const uint128 above = magnitude >> (64 - rest);
    const std::uint64_t term[] = {static_cast<std::uint64_t>(magnitude) << rest, static_cast<std::uint64_t>(above),
                                  static_cast<std::uint64_t>(above >> 64)};
    uint128 carry = negative ? 1 : 0;
    for (std::size_t w = 0; w < Words; ++w) {
      const std::uint64_t word = w - first < 3 ? term[w - first] : 0;
      carry += words_[w];
      carry += negative ? ~word : word;
      words_[w] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
  }
  void negate() {
    wide_integer minus(lowest_exponent_);
    uint128 carry = 1;
    for (std::size_t w = 0; w < Words; ++w) {
      carry += ~words_[w];
      minus.words_[w] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    *this = minus;
  }
  // -1, 0 or 1.
  int sign() const {
    if (words_.back() >> 63 != 0) return -1;
    for (const std::uint64_t word : words_) {
      if (word != 0) return 1;
    }
    return 0;
  }

 private:
  int lowest_exponent_;
  std::array<std::uint64_t, Words> words_{};
};

}  // namespace support
