// What this CPU can do, read from cpuid once: __builtin_cpu_supports does not know every name in Clang 14.
#pragma once

#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NARROW_PORTABLE)
#include <cpuid.h>
#endif

namespace narrow::detail {

struct cpu_features {
  bool avx2 = false;    // with FMA and F16C, and registers that the system saves
  bool avx512 = false;  // F, BW, DQ, VL, likewise
  bool vnni = false, bf16 = false, vpopcntdq = false, vbmi = false;  // of AVX-512
};

inline cpu_features read_cpu() noexcept {
  cpu_features result;
#if defined(__x86_64__) && defined(__GNUC__) && !defined(NARROW_PORTABLE)
  const auto bit = [](unsigned word, int n) { return (word >> n & 1) != 0; };
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return result;
  const bool fma = bit(c, 12), osxsave = bit(c, 27), avx = bit(c, 28), f16c = bit(c, 29);
  if (!osxsave || !avx) return result;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr unsigned ymm = 0b110, zmm = 0b1110'0110;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return result;
  result.avx2 = fma && f16c && bit(b, 5) && (low & ymm) == ymm;
  result.avx512 = result.avx2 && bit(b, 16) && bit(b, 17) && bit(b, 30) && bit(b, 31) && (low & zmm) == zmm;
  if (!result.avx512) return result;
  result.vbmi = bit(c, 1);
  result.vnni = bit(c, 11);
  result.vpopcntdq = bit(c, 14);
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) result.bf16 = bit(a, 5);
#endif
  return result;
}

inline const cpu_features& this_cpu() noexcept {
  static const cpu_features features = read_cpu();
  return features;
}

}  // namespace narrow::detail
