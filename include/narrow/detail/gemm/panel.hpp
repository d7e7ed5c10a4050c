// Panels: the forms in which kernels read operands, and one element's way into each. A panel P has
//   P::element            what an operand's element becomes
//   P::sum                the kernels' sums
//   P::group, P::planes   terms of a group; 4-byte planes that a group of one row or column fills
//   P::of(x, i, j, with_scale)      element (i, j) of operand x
// The plain definition of a panel is this file; pack.inl fills them by vectors.
#pragma once

#include <bit>
#include <cstdint>

#include "narrow/detail/gemm/operand.hpp"

namespace narrow::detail {

template <class Real>
struct real_panel {
  using element = Real;
  using sum = Real;
  static constexpr std::size_t group = 1, planes = sizeof(Real) / 4;
  template <class Operand>
  static element of(const Operand& x, std::size_t i, std::size_t j, bool with_scale) {
    return x.template value<Real>(i, j, with_scale);
  }
};

// The bfloat16 code of a float that it holds; its own subnormals are zero to the bf16 class.
constexpr std::uint16_t bfloat16_of(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t kept = (bits & 0x7F80'0000) != 0 ? bits : bits & 0x8000'0000;
  return static_cast<std::uint16_t>(kept >> 16);
}
struct bf16_panel {
  using element = std::uint16_t;
  using sum = float;
  static constexpr std::size_t group = 2, planes = 1;
  template <class Operand>
  static element of(const Operand& x, std::size_t i, std::size_t j, bool with_scale) {
    return bfloat16_of(x.template value<float>(i, j, with_scale));
  }
};

// What has to be added to an operand's codes: a panel of unsigned integers lies `half` above those of a signed format,
// a panel of signed integers as far below those of an unsigned one. Zero points move along.
enum class panel_sign { is_unsigned, is_signed };
template <class Operand, panel_sign S, int Bits>
inline constexpr std::int32_t panel_offset = S == panel_sign::is_unsigned
                                                 ? (Operand::E::is_signed ? 1 << (Bits - 1) : 0)
                                                 : (Operand::E::is_signed ? 0 : -(1 << (Bits - 1)));

// Bytes for vpdpbusd: a unsigned, b signed.
template <panel_sign S>
struct byte_panel {
  using element = std::uint8_t;
  using sum = std::int32_t;
  static constexpr std::size_t group = 4, planes = 1;
  template <class Operand>
  static constexpr std::int32_t offset = panel_offset<Operand, S, 8>;
  template <class Operand>
  static element of(const Operand& x, std::size_t i, std::size_t j, bool) {
    return static_cast<element>(static_cast<std::int32_t>(x.integer(i, j)) + offset<Operand>);
  }
};

// Bytes of b packed two in one, of integers of up to 4 bits: see nibble_panel.hpp.
struct nibble_panel {
  using element = std::uint8_t;
  using sum = std::int32_t;
  static constexpr std::size_t group = 4, planes = 1;
};

// 16-bit integers for vpmaddwd, which takes codes of up to 8 bits as they are.
struct pair_panel {
  using element = std::int16_t;
  using sum = std::int32_t;
  static constexpr std::size_t group = 2, planes = 1;
  template <class Operand>
  static constexpr std::int32_t offset = 0;
  template <class Operand>
  static element of(const Operand& x, std::size_t i, std::size_t j, bool) {
    return static_cast<element>(x.integer(i, j));
  }
};

// 16-bit integers as two bytes, the low ones in one plane and the high ones in another (limb_tile.inl).
template <panel_sign S>
struct limb_panel {
  using element = std::uint16_t;
  using sum = std::int64_t;
  static constexpr std::size_t group = 4, planes = 2;
  // b = 256 * high + low - 128 + 128: the low byte of b is made signed too.
  template <class Operand>
  static constexpr std::int32_t offset = panel_offset<Operand, S, 16> + (S == panel_sign::is_signed ? -128 : 0);
  static constexpr std::uint16_t low_flip = S == panel_sign::is_signed ? 0x80 : 0;
  template <class Operand>
  static element of(const Operand& x, std::size_t i, std::size_t j, bool) {
    return static_cast<element>(
        static_cast<std::uint32_t>(static_cast<std::int32_t>(x.integer(i, j)) + panel_offset<Operand, S, 16>) ^
        low_flip);
  }
};

// Bits of binary numbers, for exclusive or and popcount: term t of a group is bit t of its unit. What pads the depth
// has equal bits on both sides, which count as nothing.
struct bit_panel {
  using element = std::uint8_t;  // of `of`: the bit
  using sum = std::int32_t;
  static constexpr std::size_t group = 32, planes = 1;
  template <class Operand>
  static element of(const Operand& x, std::size_t i, std::size_t j, bool) {
    return x.code(i, j) & 1;
  }
};

}  // namespace narrow::detail
