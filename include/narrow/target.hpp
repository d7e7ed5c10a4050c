// Which instruction set the kernels use. The choice is made at run time: a program built with plain `-O2` runs AVX-512
// code where the CPU has it. Results do not depend on it: integers are exact everywhere, and float sums have one order
// (accumulator.hpp).
//
//   NARROW_TARGET=avx2 ./program          caps the target (portable, avx2, avx512), clamped to what the CPU has
//   narrow::set_target(narrow::target::portable);      the same from inside
#pragma once

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "narrow/detail/check.hpp"
#include "narrow/detail/simd/cpu.hpp"

namespace narrow {

enum class target {
  portable,  // the plain loops: the specification
  avx2,      // AVX2, FMA, F16C
  avx512     // AVX-512 F, BW, DQ, VL; VNNI, BF16 and VPOPCNTDQ where the CPU has them
};

constexpr const char* name_of(target t) noexcept {
  return t == target::avx512 ? "avx512" : t == target::avx2 ? "avx2" : "portable";
}

// The best target of this CPU.
inline target best_target() noexcept {
  const detail::cpu_features& cpu = detail::this_cpu();
  return cpu.avx512 ? target::avx512 : cpu.avx2 ? target::avx2 : target::portable;
}

namespace detail {

inline target lesser(target a, target b) noexcept { return a < b ? a : b; }

// What the environment asks for. Errors: a NARROW_TARGET that names no target.
inline target initial_target() {
  const char* const text = std::getenv("NARROW_TARGET");
  if (text == nullptr || *text == '\0') return best_target();
  const std::string_view wanted = text;
  for (const target t : {target::portable, target::avx2, target::avx512}) {
    if (wanted == name_of(t)) return lesser(t, best_target());
  }
  fail("NARROW_TARGET is '", text, "'; it must be portable, avx2 or avx512");
}

inline std::atomic<target>& target_in_use() {
  static std::atomic<target> value{initial_target()};
  return value;
}

}  // namespace detail

inline target current_target() { return detail::target_in_use().load(std::memory_order_relaxed); }

// Caps the target for the whole process, clamped to what the CPU has; returns what was in use. Products that are
// running keep theirs.
inline target set_target(target wanted) {
  return detail::target_in_use().exchange(detail::lesser(wanted, best_target()), std::memory_order_relaxed);
}

}  // namespace narrow
