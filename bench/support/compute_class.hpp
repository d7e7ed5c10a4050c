// The kernels that multiply a pair of formats, and with that the instruction that bounds it.
#pragma once

#include "narrow/target.hpp"
#include "support/ceilings.hpp"

namespace bench {

enum class compute_class { f32, bf16, s8, s16, bit };

namespace detail {

// On AVX2 bfloat16 pairs are two multiply-adds of floats, bytes are widened to words, and 16-bit integers are doubles.
struct bound {
  instruction which;
  double share;
  const char* name;
};
inline bound bound_of(compute_class c, narrow::target t) {
  using enum instruction;
  const bool zmm = t == narrow::target::avx512;
  const auto& cpu = narrow::detail::this_cpu();
  const bound fma = zmm ? bound{fma_f32_zmm, 1, "fma f32 zmm"} : bound{fma_f32_ymm, 1, "fma f32 ymm"};
  switch (c) {
    case compute_class::f32:
      break;
    case compute_class::bf16:
      if (zmm && cpu.bf16) return {vdpbf16ps_zmm, 1, "vdpbf16ps zmm"};
      break;
    case compute_class::s8:
      if (zmm && cpu.vnni) return {vpdpbusd_zmm, 1, "vpdpbusd zmm"};
      return {vpmaddwd_vpaddd_ymm, 1, "vpmaddwd + vpaddd ymm"};
    case compute_class::s16:
      if (zmm && cpu.vnni) return {vpdpbusd_zmm, 0.25, "vpdpbusd zmm / 4"};
      return {fma.which, 0.5, "fma f64"};
    case compute_class::bit:
      if (zmm && cpu.vpopcntdq) return {xor_popcount_zmm, 1, "vpxorq + vpopcntq zmm"};
      return {xor_popcount_zmm, 0, "none"};
  }
  return fma;
}

}  // namespace detail

// The ceiling of a class on a target, GOP/s; 0 where there is none: the portable loops, or a CPU without it.
inline double ceiling_of(compute_class c, narrow::target t) {
  if (t == narrow::target::portable) return 0;
  const detail::bound b = detail::bound_of(c, t);
  return ceiling(b.which) * b.share;
}
inline const char* ceiling_name_of(compute_class c, narrow::target t) {
  return t == narrow::target::portable ? "none" : detail::bound_of(c, t).name;
}

}  // namespace bench
