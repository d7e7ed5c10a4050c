// The codecs in plain C++, over vectors of 128 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "narrow/detail/codec/properties.hpp"
#include "narrow/random.hpp"

namespace narrow::detail::codec_portable {

inline constexpr int width = 4;

template <int Bytes, int N>
[[gnu::always_inline]] inline void narrow_to(const lanes<std::uint32_t, N>& x, std::byte* y) {
  using code =
      std::conditional_t<Bytes == 1, std::uint8_t, std::conditional_t<Bytes == 2, std::uint16_t, std::uint32_t>>;
  code codes[std::size_t{N}];
  for (int k = 0; k < N; ++k) codes[k] = static_cast<code>(x.v[k]);
  std::memcpy(y, codes, sizeof codes);
}
template <class Storage, int N>
[[gnu::always_inline]] inline void widen_from(const std::byte* y, lanes<std::uint32_t, N>& x) {
  Storage codes[std::size_t{N}];
  std::memcpy(codes, y, sizeof codes);
  for (int k = 0; k < N; ++k) x.v[k] = widen_code<std::uint32_t>(codes[k]);
}

// The words of elements 64 * group to 64 * (group + groups) - 1 (random.hpp).
inline void random_groups(std::uint64_t seed, std::uint64_t stream, std::uint64_t group, std::size_t groups,
                          std::uint32_t* words) {
  for (std::size_t g = 0; g < groups; ++g, words += 64) {
    for (std::size_t lane = 0; lane < 16; ++lane) {
      const auto block = random_block(seed, stream, (((group + g) << 6) >> 2) + lane);
      for (std::size_t w = 0; w < 4; ++w) words[16 * w + lane] = block[w];
    }
  }
}

template <class E, class Overflow, class Scheme, class Rounding>
std::size_t quick_encode(const float*, std::byte*, std::size_t, const Scheme&, const std::size_t&, const Rounding&) {
  return 0;
}
template <class E, class Scheme>
std::size_t quick_decode(const std::byte*, float*, std::size_t, const Scheme&, const std::size_t&) {
  return 0;
}

#include "narrow/detail/codec/codec.inl"

}  // namespace narrow::detail::codec_portable
