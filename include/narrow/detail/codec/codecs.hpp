// Bulk conversion of one stretch of elements on a target: strides, random bits and large outputs are dealt with here,
// so that the codecs (codec.inl) see contiguous memory only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "narrow/detail/codec/avx2.hpp"
#include "narrow/detail/codec/avx512.hpp"
#include "narrow/detail/codec/environment.hpp"
#include "narrow/detail/codec/portable.hpp"
#include "narrow/target.hpp"

namespace narrow::detail {

template <class Rounding>
inline constexpr bool is_sequence = std::is_same_v<Rounding, stochastic_sequence>;

// Elements that are gathered, drawn for or scattered at a time: their buffers stay in the first-level cache.
inline constexpr std::size_t codec_chunk = 1024;

// An output as large as this does not fit a cache: writing it past the caches saves reading it first.
inline constexpr std::size_t streamed_bytes = std::size_t{16} << 20;

template <class E, class Overflow, class Real, class Scheme, class Place, class Rounding>
void encode_on(target where, const Real* x, std::byte* y, std::size_t n, const Scheme& scheme, const Place& place,
               const Rounding& rounding) {
#if NARROW_HAS_X86_TARGETS
  if (where == target::avx512) return codec_avx512::encode<E, Overflow>(x, y, n, scheme, place, rounding);
  if (where == target::avx2) return codec_avx2::encode<E, Overflow>(x, y, n, scheme, place, rounding);
#endif
  (void)where;
  codec_portable::encode<E, Overflow>(x, y, n, scheme, place, rounding);
}

template <class E, class Real, class Scheme, class Place>
void decode_on(target where, const std::byte* x, Real* y, std::size_t n, const Scheme& scheme, const Place& place) {
#if NARROW_HAS_X86_TARGETS
  if (where == target::avx512) return codec_avx512::decode<E>(x, y, n, scheme, place);
  if (where == target::avx2) return codec_avx2::decode<E>(x, y, n, scheme, place);
#endif
  (void)where;
  codec_portable::decode<E>(x, y, n, scheme, place);
}

// The words of whole groups of 64 elements, from 64 * group on.
inline void random_groups_on(target where, std::uint64_t seed, std::uint64_t stream, std::uint64_t group,
                             std::size_t groups, std::uint32_t* words) {
#if NARROW_HAS_X86_TARGETS
  if (where == target::avx512) return codec_avx512::random_groups(seed, stream, group, groups, words);
  if (where == target::avx2) return codec_avx2::random_groups(seed, stream, group, groups, words);
#endif
  (void)where;
  codec_portable::random_groups(seed, stream, group, groups, words);
}

// The random words of one chunk, wherever it begins; a vector may be read beyond the last one.
class chunk_words {
 public:
  random_words draw(target where, const stochastic_sequence& rounding, std::uint64_t first, std::size_t n) {
    const std::uint64_t index = rounding.first + first;
    const std::size_t skipped = index % 64;
    random_groups_on(where, rounding.seed, rounding.stream, index / 64, (skipped + n + 63) / 64, words_);
    return {words_ + skipped, rounding.count, rounding.pre_round};
  }

 private:
  alignas(64) std::uint32_t words_[codec_chunk + 128];
};
template <class Rounding>
struct chunk_rounding {
  const Rounding& draw(target, const Rounding& rounding, std::uint64_t, std::size_t) { return rounding; }
};
template <>
struct chunk_rounding<stochastic_sequence> : chunk_words {};

// Writes past the caches. `to` is aligned to 16 bytes.
inline void copy_streamed(std::byte* to, const std::byte* from, std::size_t n) {
  std::size_t i = 0;
#if NARROW_HAS_X86_TARGETS
  for (; i + 16 <= n; i += 16) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
  }
#endif
  std::memcpy(to + i, from + i, n - i);
}
inline bool may_stream(const void* to, std::size_t bytes) {
  return NARROW_HAS_X86_TARGETS && bytes >= streamed_bytes && reinterpret_cast<std::uintptr_t>(to) % 16 == 0;
}
inline void end_streaming() {
#if NARROW_HAS_X86_TARGETS
  _mm_sfence();
#endif
}

// Calls body(first, length) for consecutive chunks of n elements. The first ends where `to` is at a cache line.
template <class Body>
void for_each_chunk(std::size_t n, const void* to, std::size_t bytes, const Body& body) {
  const std::size_t beyond = reinterpret_cast<std::uintptr_t>(to) % 64 / bytes;
  for (std::size_t first = 0, length = 0; first < n; first += length) {
    length = std::min(n - first, codec_chunk - (first == 0 ? beyond : 0));
    body(first, length);
  }
}

// One element at a time, for schemes that do not say that they take vectors.
template <class E, class Overflow, class Real, class Scheme, class Place, class Rounding>
void encode_elements(const Real* x, std::ptrdiff_t x_stride, std::byte* y, std::ptrdiff_t y_stride, std::size_t n,
                     std::uint64_t first, const Scheme& scheme, const Place& place, const Rounding& rounding) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    const auto rule = [&] {
      if constexpr (is_sequence<Rounding>) {
        return rounding.at(first + i);
      } else {
        return rounding;
      }
    }();
    const auto code =
        to_storage<E>(scheme.template encode<E, Overflow>(x[at * x_stride], element_place(place, i), rule));
    std::memcpy(y + at * y_stride * static_cast<std::ptrdiff_t>(sizeof code), &code, sizeof code);
  }
}
template <class E, class Real, class Scheme, class Place>
void decode_elements(const std::byte* x, std::ptrdiff_t x_stride, Real* y, std::ptrdiff_t y_stride, std::size_t n,
                     const Scheme& scheme, const Place& place) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    typename E::storage_type code;
    std::memcpy(&code, x + at * x_stride * static_cast<std::ptrdiff_t>(sizeof code), sizeof code);
    y[at * y_stride] = scheme.template decode<E, Real>(widen_code<bits_of<Real>>(code), element_place(place, i));
  }
}

// n reals, `x_stride` elements apart, to codes of E at y, `y_stride` elements apart. Element i has index first + i in a
// stochastic sequence and place `place`, or places{k}: k + i.
template <class E, class Overflow, class Real, class Scheme, class Place, class Rounding>
void encode_stretch(target where, const Real* x, std::ptrdiff_t x_stride, std::byte* y, std::ptrdiff_t y_stride,
                    std::size_t n, std::uint64_t first, const Scheme& scheme, const Place& place,
                    const Rounding& rounding) {
  if constexpr (!takes_vectors<Scheme>) {
    encode_elements<E, Overflow>(x, x_stride, y, y_stride, n, first, scheme, place, rounding);
  } else {
    constexpr std::size_t bytes = sizeof(typename E::storage_type);
    const bool packed = y_stride == 1, streamed = packed && may_stream(y, n * bytes);
    if constexpr (!is_sequence<Rounding>) {
      if (x_stride == 1 && packed && !streamed) return encode_on<E, Overflow>(where, x, y, n, scheme, place, rounding);
    }
    alignas(64) std::byte codes[codec_chunk * bytes];
    Real reals[codec_chunk];
    chunk_rounding<Rounding> source;
    for_each_chunk(n, y, bytes, [&](std::size_t begin, std::size_t length) {
      const Real* from = x + begin;
      if (x_stride != 1) {
        for (std::size_t i = 0; i < length; ++i) reals[i] = x[static_cast<std::ptrdiff_t>(begin + i) * x_stride];
        from = reals;
      }
      std::byte* const to = packed && !streamed ? y + begin * bytes : codes;
      encode_on<E, Overflow>(where, from, to, length, scheme, place_at(place, begin),
                             source.draw(where, rounding, first + begin, length));
      if (streamed) {
        copy_streamed(y + begin * bytes, codes, length * bytes);
      } else if (!packed) {
        for (std::size_t i = 0; i < length; ++i) {
          const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(begin + i) * y_stride;
          std::memcpy(y + offset * static_cast<std::ptrdiff_t>(bytes), codes + i * bytes, bytes);
        }
      }
    });
    if (streamed) end_streaming();
  }
}

// The reverse.
template <class E, class Real, class Scheme, class Place>
void decode_stretch(target where, const std::byte* x, std::ptrdiff_t x_stride, Real* y, std::ptrdiff_t y_stride,
                    std::size_t n, const Scheme& scheme, const Place& place) {
  if constexpr (!takes_vectors<Scheme>) {
    decode_elements<E>(x, x_stride, y, y_stride, n, scheme, place);
  } else {
    constexpr std::size_t bytes = sizeof(typename E::storage_type);
    const bool packed = y_stride == 1, streamed = packed && may_stream(y, n * sizeof(Real));
    if (x_stride == 1 && packed && !streamed) return decode_on<E>(where, x, y, n, scheme, place);
    std::byte codes[codec_chunk * bytes];
    alignas(64) Real reals[codec_chunk];
    for_each_chunk(n, y, sizeof(Real), [&](std::size_t begin, std::size_t length) {
      const std::byte* from = x + begin * bytes;
      if (x_stride != 1) {
        for (std::size_t i = 0; i < length; ++i) {
          const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(begin + i) * x_stride;
          std::memcpy(codes + i * bytes, x + offset * static_cast<std::ptrdiff_t>(bytes), bytes);
        }
        from = codes;
      }
      Real* const to = packed && !streamed ? y + begin : reals;
      decode_on<E>(where, from, to, length, scheme, place_at(place, begin));
      if (streamed) {
        copy_streamed(reinterpret_cast<std::byte*>(y + begin), reinterpret_cast<const std::byte*>(reals),
                      length * sizeof(Real));
      } else if (!packed) {
        for (std::size_t i = 0; i < length; ++i) y[static_cast<std::ptrdiff_t>(begin + i) * y_stride] = reals[i];
      }
    });
    if (streamed) end_streaming();
  }
}

}  // namespace narrow::detail
