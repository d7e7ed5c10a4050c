// The kernels of products with a vector, of each target: the texts of vector.inl and vector_sources.inl once per
// instruction set. Beside what kernels.hpp says, a target offers
//   f32() f16() f64() bf16()      kernels by the matrix's elements
//   words(sign)                   bytes against 16-bit integers
//   bytes(sign)                   bytes taken as of that sign against bytes of the other, or null
//   codes()                       8-bit floats through a table, or null
//   panel_row<Panel>()            rows of a by packed panels, of reals
#pragma once

#include "narrow/detail/gemm/code_table.hpp"
#include "narrow/detail/gemm/kernels.hpp"
#include "narrow/detail/gemm/vector.hpp"

namespace narrow::detail {

// Of the source of vector_bytes: what is exclusive-or'd to every byte.
struct byte_flip {
  std::uint8_t value = 0;
};

}  // namespace narrow::detail

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX512_VNNI
namespace narrow::detail::avx512_vnni {
using avx512::high_bytes, avx512::high_words, avx512::lanes_of_32, avx512::low_bytes, avx512::low_words;
#include "narrow/detail/gemm/vector.inl"

// Bytes of one sign against a vector of the other's. A matrix whose codes have the wrong sign is flipped on the way: an
// exclusive-or with 128 moves codes and zero points by 128.
template <panel_sign Sign>
struct bytes_source {
  using steps = s8_step;
  using operand = steps::operand;
  static constexpr std::size_t element = 1, run = 4, along_operands = 1, across_operands = 4, across_fused = 4;
  static constexpr bool takes_more = true;
  operand flip;
  explicit bytes_source(const vector_arguments& t)
      : flip(_mm512_set1_epi8(static_cast<char>(static_cast<const byte_flip*>(t.source)->value))) {}

  [[gnu::always_inline]] static inline steps::sums step(const steps::sums& sum, const operand& x, const operand& m) {
    if constexpr (Sign == panel_sign::is_unsigned) {
      return steps::step(sum, m, x);
    } else {
      return steps::step(sum, x, m);
    }
  }
  [[gnu::always_inline]] inline operand load(const std::byte* p) const {
    return _mm512_xor_si512(_mm512_loadu_si512(p), flip);
  }
  [[gnu::always_inline]] inline void along(const std::byte* p, operand* out) const { out[0] = load(p); }
  [[gnu::always_inline]] inline void across(const std::byte* const* lines, std::size_t offset, operand* out) const {
    const operand a = load(lines[0] + offset), b = load(lines[1] + offset);
    const operand c = load(lines[2] + offset), d = load(lines[3] + offset);
    const operand ab_low = low_bytes(a, b), ab_high = high_bytes(a, b);
    const operand cd_low = low_bytes(c, d), cd_high = high_bytes(c, d);
    out[0] = low_words(ab_low, cd_low), out[1] = high_words(ab_low, cd_low);
    out[2] = low_words(ab_high, cd_high), out[3] = high_words(ab_high, cd_high);
  }
};
}  // namespace narrow::detail::avx512_vnni
NARROW_END_TARGET

NARROW_BEGIN_AVX512_BF16
namespace narrow::detail::avx512_bf16 {
using avx512::high_words, avx512::lanes_of_32, avx512::low_words;
#include "narrow/detail/gemm/vector.inl"
// clang-format off
#include "narrow/detail/gemm/panel_row.inl"
// clang-format on
struct bf16_source {
  using steps = bf16_step;
  using operand = steps::operand;
  static constexpr std::size_t element = 2, run = 4, along_operands = 1, across_operands = 2, across_fused = 4;
  explicit bf16_source(const vector_arguments&) {}
  [[gnu::always_inline]] static inline steps::sums step(const steps::sums& sum, const operand& x, const operand& m) {
    return steps::step(sum, x, m);
  }
  [[gnu::always_inline]] inline void along(const std::byte* p, operand* out) const { out[0] = steps::load_operand(p); }
  [[gnu::always_inline]] inline void across(const std::byte* const* lines, std::size_t offset, operand* out) const {
    const operand a = steps::load_operand(lines[0] + offset), b = steps::load_operand(lines[1] + offset);
    out[0] = low_words(a, b), out[1] = high_words(a, b);
  }
};
}  // namespace narrow::detail::avx512_bf16
NARROW_END_TARGET

NARROW_BEGIN_AVX512_BF16_VBMI
namespace narrow::detail::avx512_bf16_vbmi {
using avx512::high_bytes, avx512::high_words, avx512::lanes_of_32, avx512::low_bytes, avx512::low_words;
#include "narrow/detail/gemm/vector.inl"
#include "narrow/detail/gemm/vector_codes.inl"
}  // namespace narrow::detail::avx512_bf16_vbmi
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail::avx512 {
#include "narrow/detail/gemm/vector.inl"
#include "narrow/detail/gemm/vector_sources.inl"
// clang-format off
#include "narrow/detail/gemm/panel_row.inl"
// clang-format on
template <class Panel>
struct panel_row_for : panel_rows<std::conditional_t<std::is_same_v<Panel, real_panel<float>>, f32_step, f64_step>> {};
template <>
struct panel_row_for<bf16_panel>
    : either<&cpu_features::bf16, avx512_bf16::panel_rows<avx512_bf16::bf16_step>, panel_rows<bf16_emulated_step>> {};

using bf16_kernel = either<&cpu_features::bf16, avx512_bf16::vector_kernel_of<avx512_bf16::bf16_source>,
                           vector_kernel_of<flushing_source>>;
template <panel_sign S>
using byte_kernel = either<&cpu_features::vnni, avx512_vnni::vector_kernel_of<avx512_vnni::bytes_source<S>>>;
using code_kernel =
    either<&cpu_features::bf16,
           either<&cpu_features::vbmi, avx512_bf16_vbmi::vector_kernel_of<avx512_bf16_vbmi::codes_source>>>;
#include "narrow/detail/gemm/vector_target.inl"
}  // namespace narrow::detail::avx512
NARROW_END_TARGET

NARROW_BEGIN_AVX2
namespace narrow::detail::avx2 {
#include "narrow/detail/gemm/vector.inl"
#include "narrow/detail/gemm/vector_sources.inl"
// clang-format off
#include "narrow/detail/gemm/panel_row.inl"
// clang-format on
template <class Panel>
struct panel_row_for : panel_rows<std::conditional_t<std::is_same_v<Panel, real_panel<float>>, f32_step, f64_step>> {};
template <>
struct panel_row_for<bf16_panel> : panel_rows<bf16_emulated_step> {};

using bf16_kernel = vector_kernel_of<flushing_source>;
template <panel_sign>
using byte_kernel = no_kernel;
using code_kernel = no_kernel;
#include "narrow/detail/gemm/vector_target.inl"
}  // namespace narrow::detail::avx2
NARROW_END_TARGET

#if defined(NARROW_KERNELS)
namespace narrow::detail {
#include "narrow/detail/gemm/vector_kernel_list.inl"
}  // namespace narrow::detail
#endif

#endif
