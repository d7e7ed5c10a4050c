// One lane of x86 instructions whose sums may saturate or wrap, simulated for study: what an integer product loses on
// hardware, or in libraries, that use them. The library's own kernels use none of them: their sums are exact.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, and the Instruction Set Extensions
// Programming Reference (AVX512_4VNNIW, Knights Mill).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace narrow::simulated {

// VPMADDUBSW: the sum of two products of unsigned and signed bytes, saturated to 16 bits. 255 * 127 * 2
// becomes 32767; where the signed bytes have 7 bits, in [-64, 63], nothing saturates.
constexpr std::int16_t vpmaddubsw(const std::array<std::uint8_t, 2>& a, const std::array<std::int8_t, 2>& b) {
  const int sum = a[0] * b[0] + a[1] * b[1];
  return static_cast<std::int16_t>(std::clamp(sum, -32768, 32767));
}

// VP4DPWSSD: four steps, each of which adds the sum of two products of 16 bits to the accumulator, modulo 2^32.
constexpr std::int32_t vp4dpwssd(std::int32_t accumulator, const std::array<std::int16_t, 8>& a,
                                 const std::array<std::int16_t, 8>& b) {
  auto sum = static_cast<std::uint32_t>(accumulator);
  for (std::size_t k = 0; k < 8; ++k) sum += static_cast<std::uint32_t>(a[k] * b[k]);
  return static_cast<std::int32_t>(sum);
}

// VP4DPWSSDS: the same, but after each step of two products, whose own sum is exact, the accumulator saturates.
constexpr std::int32_t vp4dpwssds(std::int32_t accumulator, const std::array<std::int16_t, 8>& a,
                                  const std::array<std::int16_t, 8>& b) {
  using limits = std::numeric_limits<std::int32_t>;
  std::int64_t sum = accumulator;
  for (std::size_t k = 0; k < 8; k += 2) {
    sum += std::int64_t{a[k]} * b[k] + std::int64_t{a[k + 1]} * b[k + 1];
    sum = std::clamp(sum, std::int64_t{limits::min()}, std::int64_t{limits::max()});
  }
  return static_cast<std::int32_t>(sum);
}

}  // namespace narrow::simulated
