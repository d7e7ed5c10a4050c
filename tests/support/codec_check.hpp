// Bulk conversions against the scalar codec, element by element, on every target of this CPU.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/targets.hpp"

namespace support {

inline constexpr narrow::stochastic_sequence draws{12, 5, 1000003};

template <class T>
std::uint32_t code_of(T x) {
  return static_cast<std::uint32_t>(narrow::detail::storage_of(x));
}

// The scalar codec: what element i of a bulk call has to be.
template <class T, class Overflow, class Real, class Scheme, class Rounding>
T scalar_code(Real x, const Scheme& scheme, std::size_t place, const Rounding& rounding, std::size_t i) {
  using E = narrow::encoding_of<T>;
  if constexpr (std::is_same_v<Rounding, narrow::stochastic_sequence>) {
    return narrow::detail::from_storage<T>(
        narrow::detail::to_storage<E>(scheme.template encode<E, Overflow>(x, place, rounding.at(i))));
  } else {
    (void)i;
    return narrow::detail::from_storage<T>(
        narrow::detail::to_storage<E>(scheme.template encode<E, Overflow>(x, place, rounding)));
  }
}

// Floats where codecs differ: all values of E times `scale`, midpoints, their neighbours on both sides of zero, the
// ends of float, NaNs, and bit patterns from everywhere.
template <class E>
std::vector<float> difficult_floats(float scale, std::size_t random) {
  std::vector<float> result;
  const auto add = [&](double x) {
    const float f = static_cast<float>(std::fabs(x) <= double{std::numeric_limits<float>::max()} ? x : 0);
    for (const float sign : {1.0F, -1.0F}) {
      result.push_back(sign * f);
      result.push_back(sign * std::nextafter(f, std::numeric_limits<float>::infinity()));
      result.push_back(sign * std::nextafter(f, -std::numeric_limits<float>::infinity()));
    }
  };
  const std::uint32_t codes = E::bits >= 16 ? 65536 : std::uint32_t{1} << E::bits;
  const std::uint32_t step = codes > 4096 ? 7 : 1;
  for (std::uint32_t code = 0; code + 1 < codes; code += step) {
    const auto value = [](std::uint32_t c) {
      return E::template decode<double>(narrow::detail::widen_code<std::uint64_t>(narrow::detail::to_storage<E>(c)));
    };
    const double low = value(code), high = value(code + 1);
    if (low - low != 0 || high - high != 0) continue;
    add(low * double{scale});
    add((low + high) / 2 * double{scale});
  }
  for (const std::uint32_t bits : {0U, 1U, 0x7FFFFFU, 0x800000U, 0x7F7FFFFFU, 0x7F800000U, 0x7F800001U, 0x7FC00000U,
                                   0x7FFFFFFFU, 0x4B000000U, 0x4F000000U, 0x3F7FFFFFU}) {
    result.push_back(std::bit_cast<float>(bits));
    result.push_back(std::bit_cast<float>(bits | 0x80000000U));
  }
  for (std::size_t i = 0; i < random; ++i) {
    const std::uint32_t bits = narrow::random_bits(17, 4, i);
    result.push_back(std::bit_cast<float>(bits));
    // Of exponents from 2^-24 to 2^24, and next to nothing beyond 16 bits.
    result.push_back(std::bit_cast<float>((bits & 0x807FFFFF) | (103 + bits % 49) << 23));
    result.push_back(
        std::bit_cast<float>((bits & 0xFFFF0000U) | (i % 3 == 0 ? 0x8000U : static_cast<std::uint32_t>(i % 2))));
  }
  return result;
}

template <class T>
testing::AssertionResult same_codes(const std::vector<T>& got, const std::vector<T>& wanted,
                                    const std::vector<float>& x) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (code_of(got[i]) != code_of(wanted[i])) {
      return testing::AssertionFailure() << "element " << i << ", " << std::hexfloat << x[i] << ": code "
                                         << code_of(got[i]) << ", not " << code_of(wanted[i]);
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace support
