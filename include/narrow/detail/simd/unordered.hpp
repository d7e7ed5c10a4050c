// Lanes where one of two operands is a NaN. Written as instructions, because under -ffast-math Clang takes a comparison
// by intrinsic for false.
#pragma once

#include "narrow/detail/simd/region.hpp"

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX2
namespace narrow::detail {

[[gnu::always_inline]] inline __m256 unordered(const __m256& a, const __m256& b) {
  __m256 mask;
  asm("vcmpunordps %2, %1, %0" : "=x"(mask) : "x"(a), "x"(b));
  return mask;
}
[[gnu::always_inline]] inline __m256d unordered(const __m256d& a, const __m256d& b) {
  __m256d mask;
  asm("vcmpunordpd %2, %1, %0" : "=x"(mask) : "x"(a), "x"(b));
  return mask;
}

}  // namespace narrow::detail
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail {

[[gnu::always_inline]] inline __mmask16 unordered(const __m512& a, const __m512& b) {
  __mmask16 mask;
  asm("vcmpunordps %2, %1, %0" : "=k"(mask) : "v"(a), "v"(b));
  return mask;
}
[[gnu::always_inline]] inline __mmask8 unordered(const __m512d& a, const __m512d& b) {
  __mmask8 mask;
  asm("vcmpunordpd %2, %1, %0" : "=k"(mask) : "v"(a), "v"(b));
  return mask;
}

}  // namespace narrow::detail
NARROW_END_TARGET

#endif
