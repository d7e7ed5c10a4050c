// What this machine's instructions could do at most: the rate of each instruction that bounds a compute class, over
// independent chains in registers. The loops are compiled for their instruction set as the library's kernels are, and
// run where the CPU has it.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "narrow/detail/simd/region.hpp"
#include "narrow/target.hpp"
#include "support/stopwatch.hpp"

namespace bench {

// Operations count 2 for a multiply-add; of bits, for an exclusive or and its count.
enum class instruction { fma_f32_zmm, fma_f32_ymm, vpdpbusd_zmm, vdpbf16ps_zmm, vpmaddwd_vpaddd_ymm, xor_popcount_zmm };
inline constexpr std::array<const char*, 6> instruction_names{
    "fma f32 zmm", "fma f32 ymm", "vpdpbusd zmm", "vdpbf16ps zmm", "vpmaddwd + vpaddd ymm", "vpxorq + vpopcntq zmm"};

namespace detail {

using chains = void (*)(std::size_t rounds);
inline constexpr std::size_t chain_count = 12;

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX2
namespace avx2 {
#include "support/ceilings.inl"
struct fma_f32 {
  using vector = __m256;
  [[gnu::always_inline]] static void run(vector& c, const vector& a, const vector& b) {
    asm volatile("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
  }
};
struct vpmaddwd_vpaddd {
  using vector = __m256i;
  [[gnu::always_inline]] static void run(vector& c, const vector& a, const vector& b) {
    vector product;
    asm volatile("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(c), "=&x"(product) : "x"(a), "x"(b));
  }
};
inline constexpr chains run_fma_f32 = &run_chains<fma_f32>, run_vpmaddwd_vpaddd = &run_chains<vpmaddwd_vpaddd>;
}  // namespace avx2
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace avx512 {
#include "support/ceilings.inl"
struct fma_f32 {
  using vector = __m512;
  [[gnu::always_inline]] static void run(vector& c, const vector& a, const vector& b) {
    asm volatile("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  }
};
inline constexpr chains run_fma_f32 = &run_chains<fma_f32>;
}  // namespace avx512
NARROW_END_TARGET

NARROW_BEGIN_AVX512_VNNI
namespace avx512_vnni {
#include "support/ceilings.inl"
struct vpdpbusd {
  using vector = __m512i;
  [[gnu::always_inline]] static void run(vector& c, const vector& a, const vector& b) {
    asm volatile("vpdpbusd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  }
};
inline constexpr chains run_vpdpbusd = &run_chains<vpdpbusd>;
}  // namespace avx512_vnni
NARROW_END_TARGET

NARROW_BEGIN_AVX512_BF16
namespace avx512_bf16 {
#include "support/ceilings.inl"
struct vdpbf16ps {
  using vector = __m512;
  [[gnu::always_inline]] static void run(vector& c, const vector& a, const vector& b) {
    asm volatile("vdpbf16ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  }
};
inline constexpr chains run_vdpbf16ps = &run_chains<vdpbf16ps>;
}  // namespace avx512_bf16
NARROW_END_TARGET

NARROW_BEGIN_AVX512_POPCNT
namespace avx512_popcnt {
#include "support/ceilings.inl"
struct xor_popcount {
  using vector = __m512i;
  [[gnu::always_inline]] static void run(vector& c, const vector& a, const vector& b) {
    vector bits;
    asm volatile("vpxorq %3, %2, %1\n\tvpopcntq %1, %1\n\tvpaddq %1, %0, %0" : "+v"(c), "=&v"(bits) : "v"(a), "v"(b));
  }
};
inline constexpr chains run_xor_popcount = &run_chains<xor_popcount>;
}  // namespace avx512_popcnt
NARROW_END_TARGET

#endif

// The loop of an instruction and the operations of one step; null where the CPU lacks it.
struct ceiling_loop {
  chains run = nullptr;
  double operations = 0;
};
inline ceiling_loop loop_of([[maybe_unused]] instruction which) {
#if NARROW_HAS_X86_TARGETS
  const narrow::detail::cpu_features& cpu = narrow::detail::this_cpu();
  switch (which) {
    case instruction::fma_f32_zmm:
      return {cpu.avx512 ? avx512::run_fma_f32 : nullptr, 32};
    case instruction::fma_f32_ymm:
      return {cpu.avx2 ? avx2::run_fma_f32 : nullptr, 16};
    case instruction::vpdpbusd_zmm:
      return {cpu.vnni ? avx512_vnni::run_vpdpbusd : nullptr, 128};
    case instruction::vdpbf16ps_zmm:
      return {cpu.bf16 ? avx512_bf16::run_vdpbf16ps : nullptr, 64};
    case instruction::vpmaddwd_vpaddd_ymm:
      return {cpu.avx2 ? avx2::run_vpmaddwd_vpaddd : nullptr, 32};
    case instruction::xor_popcount_zmm:
      return {cpu.vpopcntdq ? avx512_popcnt::run_xor_popcount : nullptr, 1024};
  }
#endif
  return {};
}

// The best of the repetitions, for a limit is what nothing disturbed; all instructions in turn.
inline std::array<double, instruction_names.size()> measured_rates() {
  constexpr std::size_t rounds = 20000;
  std::array<double, instruction_names.size()> rates{};
  std::vector<std::function<void()>> runs;
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const ceiling_loop loop = loop_of(static_cast<instruction>(i));
    if (loop.run == nullptr) continue;
    which.push_back(i);
    runs.push_back([loop] { loop.run(rounds); });
  }
  const auto seconds = interleaved_seconds(runs, {.repetitions = 40, .seconds = 0.01});
  for (std::size_t i = 0; i < which.size(); ++i) {
    const double operations = loop_of(static_cast<instruction>(which[i])).operations * chain_count * rounds;
    rates[which[i]] = operations / *std::ranges::min_element(seconds[i]) * 1e-9;
  }
  return rates;
}

}  // namespace detail

// GOP/s (GFLOP/s) of one thread, measured at the first call for all instructions; 0 where the CPU lacks one.
inline double ceiling(instruction which) {
  static const auto rates = detail::measured_rates();
  return rates[static_cast<std::size_t>(which)];
}

}  // namespace bench
