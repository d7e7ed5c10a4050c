// The inner loops of pooling (rows.inl) on each target, picked at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/detail/exact.hpp"
#include "narrow/detail/lanes.hpp"
#include "narrow/detail/simd/region.hpp"
#include "narrow/target.hpp"

namespace narrow::detail::pool_portable {
inline constexpr std::size_t vector_bytes = 16;
#include "narrow/detail/pool/rows.inl"
}  // namespace narrow::detail::pool_portable

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX2
namespace narrow::detail::pool_avx2 {
inline constexpr std::size_t vector_bytes = 32;
#include "narrow/detail/pool/rows.inl"
}  // namespace narrow::detail::pool_avx2
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail::pool_avx512 {
inline constexpr std::size_t vector_bytes = 64;
#include "narrow/detail/pool/rows.inl"
}  // namespace narrow::detail::pool_avx512
NARROW_END_TARGET

#endif

namespace narrow::detail {

// choose(kernels of the target): a pointer to one of them.
template <class Choose>
auto pool_kernel(target where, const Choose& choose) {
#if NARROW_HAS_X86_TARGETS
  if (where == target::avx512) return choose(pool_avx512::kernels{});
  if (where == target::avx2) return choose(pool_avx2::kernels{});
#endif
  (void)where;
  return choose(pool_portable::kernels{});
}

}  // namespace narrow::detail
