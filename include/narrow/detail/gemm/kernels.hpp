// The kernels of each target: the texts of tile.inl, pack.inl and the others, once per instruction set, and the choice
// among them. A target offers
//   kernel<Panel>(), scaled_kernel<Panel>()    the kernel that reads panels of that form, or null where there is none;
//                                              under scales along the depth
//   packing<Panel, Operand>(x, with_scale)     a packer; set_packing<Panel, Operand>(to, x, with_scale)
//   gathering<Panel, Patches>(x)               one of the patches of a convolution, rows only
//   depthwise<Panel>()                         the kernel of depthwise convolutions on such elements; run is null where
//                                              there is none
// A kernel is instantiated where it is asked for: a program carries those of the formats that it multiplies, unless it
// takes all of them from a library (kernel_list.inl).
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "narrow/detail/gemm/code_table.hpp"
#include "narrow/detail/gemm/depthwise.hpp"
#include "narrow/detail/gemm/driver.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/finish_context.hpp"
#include "narrow/detail/gemm/multiplier.hpp"
#include "narrow/detail/gemm/panel.hpp"
#include "narrow/detail/gemm/patches.hpp"
#include "narrow/detail/simd/avx2.hpp"
#include "narrow/detail/simd/avx512.hpp"
#include "narrow/detail/simd/avx512_steps.hpp"
#include "narrow/target.hpp"

namespace narrow::detail {

struct no_kernel {
  static constexpr std::nullptr_t get() { return nullptr; }
};
struct no_depthwise {
  static constexpr depthwise_kernel get() { return {}; }
};

// The best kernel where this CPU has what it takes.
template <bool cpu_features::*Feature, class Best, class Other = no_kernel>
struct either {
  static auto get() { return this_cpu().*Feature ? Best::get() : Other::get(); }
};

}  // namespace narrow::detail

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX512_VNNI
namespace narrow::detail::avx512_vnni {
using avx512::all_words, avx512::load_halves, avx512::native_words, avx512::value_lanes;
using avx512::high_bytes, avx512::high_words, avx512::low_bytes, avx512::low_words, avx512::order_words;
// clang-format off
#include "narrow/detail/gemm/tile.inl"
#include "narrow/detail/gemm/shallow_tile.inl"
#include "narrow/detail/gemm/depthwise_codes.inl"
#include "narrow/detail/gemm/depthwise.inl"
#include "narrow/detail/gemm/code_tile.inl"
#include "narrow/detail/gemm/shallow_codes.inl"
#include "narrow/detail/gemm/scaled_tile.inl"
#include "narrow/detail/gemm/nibble_tile.inl"
#include "narrow/detail/gemm/limb_tile.inl"
// clang-format on
}  // namespace narrow::detail::avx512_vnni
NARROW_END_TARGET

NARROW_BEGIN_AVX512_BF16
namespace narrow::detail::avx512_bf16 {
using avx512::high_bytes, avx512::high_words, avx512::low_bytes, avx512::low_words, avx512::order_words;
using avx512::native_words, avx512::value_lanes;
// clang-format off
#include "narrow/detail/gemm/tile.inl"
#include "narrow/detail/gemm/shallow_tile.inl"
#include "narrow/detail/gemm/depthwise.inl"
#include "narrow/detail/gemm/scaled_tile.inl"
// clang-format on
}  // namespace narrow::detail::avx512_bf16
NARROW_END_TARGET

NARROW_BEGIN_AVX512_BF16_VBMI
namespace narrow::detail::avx512_bf16_vbmi {
using avx512::high_bytes, avx512::low_bytes;
#include "narrow/detail/gemm/code_lookup.inl"
}  // namespace narrow::detail::avx512_bf16_vbmi
NARROW_END_TARGET

NARROW_BEGIN_AVX512_POPCNT
namespace narrow::detail::avx512_popcnt {
#include "narrow/detail/gemm/tile.inl"
}  // namespace narrow::detail::avx512_popcnt
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail::avx512 {
#include "narrow/detail/gemm/correct.inl"
#include "narrow/detail/gemm/finish.inl"
#include "narrow/detail/gemm/interleave.inl"
#include "narrow/detail/gemm/interleave_bits.inl"
// clang-format off
#include "narrow/detail/gemm/short_floats.inl"
#include "narrow/detail/gemm/converter.inl"
#include "narrow/detail/gemm/pack.inl"
#include "narrow/detail/gemm/gathered.inl"
#include "narrow/detail/gemm/patches.inl"
#include "narrow/detail/gemm/segments.inl"
#include "narrow/detail/gemm/planes.inl"
#include "narrow/detail/gemm/tile.inl"
#include "narrow/detail/gemm/shallow_tile.inl"
#include "narrow/detail/gemm/depthwise.inl"
#include "narrow/detail/gemm/scaled_tile.inl"
// clang-format on
template <class Panel>
struct kernel_for : no_kernel {};
template <>
struct kernel_for<real_panel<float>> : tiles<f32_step, 12> {};
template <>
struct kernel_for<real_panel<double>> : tiles<f64_step, 12> {};
template <>
struct kernel_for<bf16_panel>
    : either<&cpu_features::bf16, avx512_bf16::tiles<avx512_bf16::bf16_step, 12>, tiles<bf16_emulated_step, 12>> {};
template <>
struct kernel_for<pair_panel> : tiles<pairs_step, 12> {};
template <panel_sign S>
struct kernel_for<byte_panel<S>> : either<&cpu_features::vnni, avx512_vnni::tiles<avx512_vnni::s8_step, 12>> {};
template <panel_sign S>
struct kernel_for<limb_panel<S>> : either<&cpu_features::vnni, avx512_vnni::limb_tiles<avx512_vnni::limb_step>> {};
template <>
struct kernel_for<bit_panel>
    : either<&cpu_features::vpopcntdq, avx512_popcnt::tiles<avx512_popcnt::bit_step, 12>, tiles<bit_nibbles_step, 12>> {
};

// Under scales.
template <class Panel>
struct scaled_kernel_for : no_kernel {};
template <>
struct scaled_kernel_for<real_panel<float>> : scaled_tiles<f32_step, 6> {};
template <>
struct scaled_kernel_for<bf16_panel> : either<&cpu_features::bf16, avx512_bf16::scaled_tiles<avx512_bf16::bf16_step, 6>,
                                              scaled_tiles<bf16_emulated_step, 6>> {};
template <>
struct scaled_kernel_for<pair_panel> : scaled_tiles<pairs_step, 6> {};
template <panel_sign S>
struct scaled_kernel_for<byte_panel<S>>
    : either<&cpu_features::vnni, avx512_vnni::scaled_tiles<avx512_vnni::s8_step, 6>> {};
template <>
struct scaled_kernel_for<nibble_panel>
    : either<&cpu_features::vnni, avx512_vnni::nibble_tiles<avx512_vnni::nibbles_step, 6>> {};

// Of depthwise convolutions.
template <class Panel>
struct depthwise_for : no_depthwise {};
template <>
struct depthwise_for<real_panel<float>> : depthwise_of<f32_step, 4> {};
template <>
struct depthwise_for<bf16_panel> : either<&cpu_features::bf16, avx512_bf16::depthwise_of<avx512_bf16::bf16_step, 4>,
                                          depthwise_of<bf16_emulated_step, 4>> {};
template <>
struct depthwise_for<pair_panel> : depthwise_of<pairs_step, 4> {};
template <>
struct depthwise_for<byte_panel<panel_sign::is_unsigned>>
    : either<&cpu_features::vnni, avx512_vnni::depthwise_of<avx512_vnni::s8_half_step, 3>, no_depthwise> {};

template <class Panel>
const code_kernel* code_tiles_for() {
  return &avx512_vnni::codes_kernel<avx512_vnni::s8_step>;
}
inline auto code_lookup_of_cpu() {
  return this_cpu().bf16 && this_cpu().vbmi ? &avx512_bf16_vbmi::look_up_codes : nullptr;
}
inline bool bf16_steps_flush() { return this_cpu().bf16; }
#include "narrow/detail/gemm/target.inl"
}  // namespace narrow::detail::avx512
NARROW_END_TARGET

NARROW_BEGIN_AVX2
namespace narrow::detail::avx2 {
template <class E>
inline constexpr bool is_short_float = false;  // no vpermw
template <class E>
void bfloat16_of_codes(const std::uint8_t* codes, std::size_t n, std::uint16_t* to);
#include "narrow/detail/gemm/converter.inl"
#include "narrow/detail/gemm/correct.inl"
#include "narrow/detail/gemm/finish.inl"
#include "narrow/detail/gemm/interleave.inl"
#include "narrow/detail/gemm/interleave_bits.inl"
// clang-format off
#include "narrow/detail/gemm/pack.inl"
#include "narrow/detail/gemm/gathered.inl"
#include "narrow/detail/gemm/patches.inl"
#include "narrow/detail/gemm/segments.inl"
#include "narrow/detail/gemm/planes.inl"
#include "narrow/detail/gemm/tile.inl"
#include "narrow/detail/gemm/depthwise.inl"
#include "narrow/detail/gemm/scaled_tile.inl"
#include "narrow/detail/gemm/nibble_tile.inl"
// clang-format on
template <class Panel>
struct kernel_for : no_kernel {};
template <>
struct kernel_for<real_panel<float>> : tiles<f32_step, 6> {};
template <>
struct kernel_for<real_panel<double>> : tiles<f64_step, 6> {};
template <>
struct kernel_for<bf16_panel> : tiles<bf16_emulated_step, 4> {};
template <>
struct kernel_for<pair_panel> : tiles<pairs_step, 6> {};
template <>
struct kernel_for<bit_panel> : tiles<bit_nibbles_step, 4> {};

// Under scales.
template <class Panel>
struct scaled_kernel_for : no_kernel {};
template <>
struct scaled_kernel_for<real_panel<float>> : scaled_tiles<f32_step, 6> {};
template <>
struct scaled_kernel_for<bf16_panel> : scaled_tiles<bf16_emulated_step, 4> {};
template <>
struct scaled_kernel_for<pair_panel> : scaled_tiles<pairs_step, 6> {};
template <>
struct scaled_kernel_for<nibble_panel> : nibble_tiles<nibbles_step, 4> {};

// Of depthwise convolutions.
template <class Panel>
struct depthwise_for : no_depthwise {};
template <>
struct depthwise_for<real_panel<float>> : depthwise_of<f32_step, 4> {};
template <>
struct depthwise_for<bf16_panel> : depthwise_of<bf16_emulated_step, 4> {};
template <>
struct depthwise_for<pair_panel> : depthwise_of<pairs_step, 4> {};

template <class Panel>
constexpr std::nullptr_t code_tiles_for() {
  return nullptr;
}
constexpr std::nullptr_t code_lookup_of_cpu() { return nullptr; }
inline bool bf16_steps_flush() { return false; }
#include "narrow/detail/gemm/target.inl"
}  // namespace narrow::detail::avx2
NARROW_END_TARGET

#if defined(NARROW_KERNELS)
namespace narrow::detail {
#include "narrow/detail/gemm/kernel_list.inl"
}  // namespace narrow::detail
#endif

#endif

namespace narrow::detail {

// Calls body(target) with the target in use; false where that is the plain loops.
template <class Body>
[[gnu::always_inline]] inline bool on_target([[maybe_unused]] const Body& body) {
#if NARROW_HAS_X86_TARGETS
  switch (current_target()) {
    case target::avx512:
      return body(avx512::gemm_target{});
    case target::avx2:
      return body(avx2::gemm_target{});
    case target::portable:
      break;
  }
#endif
  return false;
}

}  // namespace narrow::detail
