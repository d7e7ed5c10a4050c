// The compiler's own 16-bit floats, where it has them: _Float16 (GCC from 12 on, Clang from 15 on, for x86-64), which
// is also C++23's std::float16_t, and std::bfloat16_t. Their bits are those of float16 and bfloat16; where a type is
// missing, so are its functions.
//
//   _Float16 h = narrow::to_native(x);       float16 x = narrow::from_native(h);       // the same bits
//   auto q = narrow::convert<narrow::float8_e4m3fn>(narrow::from_native(h));           // any other number
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>

#include "narrow/number.hpp"

#if defined(__STDCPP_BFLOAT16_T__)
#include <stdfloat>
#endif

namespace narrow {

#if defined(__FLT16_MANT_DIG__)
using native_float16 = _Float16;

template <any_number T>
requires std::same_as<typename T::encoding_type, float16::encoding_type>
constexpr native_float16 to_native(T x) noexcept { return std::bit_cast<native_float16>(x.bits()); }
constexpr float16 from_native(native_float16 x) noexcept { return float16::from_bits(std::bit_cast<std::uint16_t>(x)); }
#endif

#if defined(__STDCPP_BFLOAT16_T__)
using native_bfloat16 = std::bfloat16_t;

template <any_number T>
requires std::same_as<typename T::encoding_type, bfloat16::encoding_type>
constexpr native_bfloat16 to_native(T x) noexcept { return std::bit_cast<native_bfloat16>(x.bits()); }
constexpr bfloat16 from_native(native_bfloat16 x) noexcept {
  return bfloat16::from_bits(std::bit_cast<std::uint16_t>(x));
}
#endif

}  // namespace narrow
