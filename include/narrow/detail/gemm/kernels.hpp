// The kernels of each target: the texts of tile.inl, pack.inl and the others, once per instruction set, and the choice
// among them. A target offers
//   f32() f64() bf16() pairs() bytes() bits()      kernels, or null where the CPU lacks one
//   packing<Panel, Operand>(x, with_scale)         a packer
#pragma once

#include <type_traits>
#include <utility>

#include "narrow/detail/gemm/driver.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/panel.hpp"
#include "narrow/detail/simd/avx2.hpp"
#include "narrow/detail/simd/avx512.hpp"
#include "narrow/target.hpp"

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX512_VNNI
namespace narrow::detail::avx512_vnni {
// clang-format off
#include "narrow/detail/gemm/tile.inl"
#include "narrow/detail/gemm/limb_tile.inl"
// clang-format on
inline constexpr tile_kernel bytes_kernel = kernel_of<s8_step, 12, 2>(), limbs_kernel = limb_kernel();
}  // namespace narrow::detail::avx512_vnni
NARROW_END_TARGET

NARROW_BEGIN_AVX512_BF16
namespace narrow::detail::avx512_bf16 {
#include "narrow/detail/gemm/tile.inl"
inline constexpr tile_kernel bf16_kernel = kernel_of<bf16_step, 12, 2>();
}  // namespace narrow::detail::avx512_bf16
NARROW_END_TARGET

NARROW_BEGIN_AVX512_POPCNT
namespace narrow::detail::avx512_popcnt {
#include "narrow/detail/gemm/tile.inl"
inline constexpr tile_kernel bits_kernel = kernel_of<bit_step, 12, 2>();
}  // namespace narrow::detail::avx512_popcnt
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail::avx512 {
#include "narrow/detail/gemm/correct.inl"
#include "narrow/detail/gemm/finish.inl"
#include "narrow/detail/gemm/interleave.inl"
#include "narrow/detail/gemm/interleave_bits.inl"
#include "narrow/detail/gemm/pack.inl"
#include "narrow/detail/gemm/tile.inl"
inline constexpr tile_kernel f32_kernel = kernel_of<f32_step, 12, 2>(), f64_kernel = kernel_of<f64_step, 12, 2>(),
                             bf16_kernel = kernel_of<bf16_emulated_step, 12, 2>(),
                             pairs_kernel = kernel_of<pairs_step, 12, 2>(),
                             bits_kernel = kernel_of<bit_nibbles_step, 12, 2>();

struct gemm_target {
  static const tile_kernel* f32() { return &avx512::f32_kernel; }
  static const tile_kernel* f64() { return &avx512::f64_kernel; }
  static const tile_kernel* bf16() { return this_cpu().bf16 ? &avx512_bf16::bf16_kernel : &avx512::bf16_kernel; }
  static const tile_kernel* pairs() { return &avx512::pairs_kernel; }
  static const tile_kernel* bytes() { return this_cpu().vnni ? &avx512_vnni::bytes_kernel : nullptr; }
  static const tile_kernel* limbs() { return this_cpu().vnni ? &avx512_vnni::limbs_kernel : nullptr; }
  static const tile_kernel* bits() { return this_cpu().vpopcntdq ? &avx512_popcnt::bits_kernel : &avx512::bits_kernel; }
  static bool flushes_by_itself() { return this_cpu().bf16; }
  template <class Panel, class Operand>
  static packer packing(const Operand& x, bool with_scale) {
    return {&x, with_scale, &pack_rows<Panel, Operand>, &pack_panels<Panel, Operand>};
  }
  template <class Sum>
  static constexpr auto correct = &avx512::correct<Sum>;
  template <class Context, class Sum>
  static constexpr auto finish = &avx512::finish_tile<Context, Sum>;
};
}  // namespace narrow::detail::avx512
NARROW_END_TARGET

NARROW_BEGIN_AVX2
namespace narrow::detail::avx2 {
#include "narrow/detail/gemm/correct.inl"
#include "narrow/detail/gemm/finish.inl"
#include "narrow/detail/gemm/interleave.inl"
#include "narrow/detail/gemm/interleave_bits.inl"
#include "narrow/detail/gemm/pack.inl"
#include "narrow/detail/gemm/tile.inl"
inline constexpr tile_kernel f32_kernel = kernel_of<f32_step, 6, 2>(), f64_kernel = kernel_of<f64_step, 6, 2>(),
                             bf16_kernel = kernel_of<bf16_emulated_step, 4, 2>(),
                             pairs_kernel = kernel_of<pairs_step, 6, 2>(),
                             bits_kernel = kernel_of<bit_nibbles_step, 4, 2>();

struct gemm_target {
  static const tile_kernel* f32() { return &avx2::f32_kernel; }
  static const tile_kernel* f64() { return &avx2::f64_kernel; }
  static const tile_kernel* bf16() { return &avx2::bf16_kernel; }
  static const tile_kernel* pairs() { return &avx2::pairs_kernel; }
  static const tile_kernel* bytes() { return nullptr; }
  static const tile_kernel* limbs() { return nullptr; }
  static const tile_kernel* bits() { return &avx2::bits_kernel; }
  static bool flushes_by_itself() { return false; }
  template <class Panel, class Operand>
  static packer packing(const Operand& x, bool with_scale) {
    return {&x, with_scale, &pack_rows<Panel, Operand>, &pack_panels<Panel, Operand>};
  }
  template <class Sum>
  static constexpr auto correct = &avx2::correct<Sum>;
  template <class Context, class Sum>
  static constexpr auto finish = &avx2::finish_tile<Context, Sum>;
};
}  // namespace narrow::detail::avx2
NARROW_END_TARGET

#endif

namespace narrow::detail {

// Calls body(target) with the target in use; false where that is the plain loops.
template <class Body>
bool on_target([[maybe_unused]] const Body& body) {
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
