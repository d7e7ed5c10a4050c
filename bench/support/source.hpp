// Reals that are a function of their place, so that a reference needs no memory: uniform in [lowest, 1).
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

struct source {
  std::uint64_t seed = 0;
  float lowest = -1;

  float operator()(std::size_t index) const {
    std::uint64_t x = (index + (seed << 40)) * 0x9E37'79B9'7F4A'7C15;
    x = (x ^ (x >> 32)) * 0xD6E8'FEB8'6659'FD93;
    x ^= x >> 32;
    return lowest + (1 - lowest) * (static_cast<float>(x >> 40) * 0x1p-24F);
  }
};

}  // namespace bench
