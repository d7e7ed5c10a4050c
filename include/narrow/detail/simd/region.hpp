// Function-target regions: code between a begin and an end is compiled for an instruction set that the rest of the
// program need not have, so that a plain `g++ -O2` build carries all of it and picks at run time (target.hpp).
//
//   NARROW_BEGIN_AVX512
//   namespace narrow::detail::avx512 {
//   #include "narrow/detail/gemm/tile.inl"
//   }
//   NARROW_END_TARGET
//
// Rules that GCC 12 and Clang 14 impose, each found by breaking it:
//   - a template that touches intrinsics lies lexically inside the region, hence the .inl files;
//   - lane code outside is always_inline and takes const references (lanes.hpp);
//   - no standard header and no lambda over vector types inside a region;
//   - a region names only what its code may use anywhere: the compiler is free to use all of it by itself, so that
//     VNNI, BF16 and VPOPCNTDQ have regions of their own.
//
// Contraction is off in a region whatever the user's flags: a product that is to be fused is written as fma.
#pragma once

// NARROW_PORTABLE, defined by the user, leaves the regions out, as other machines do: in every source file of a program
// or in none.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(NARROW_PORTABLE)
#define NARROW_HAS_X86_TARGETS 1
#include <immintrin.h>
#else
#define NARROW_HAS_X86_TARGETS 0
#endif

#define NARROW_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define NARROW_BEGIN_TARGET(features) \
  NARROW_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define NARROW_END_TARGET NARROW_PRAGMA(clang attribute pop)
#else
// GCC 12 warns of the undefined pass-through operands of its own unmasked intrinsics, wherever they are inlined.
#define NARROW_BEGIN_TARGET(features)                     \
  NARROW_PRAGMA(GCC push_options)                         \
  NARROW_PRAGMA(GCC target(features))                     \
  NARROW_PRAGMA(GCC diagnostic push)                      \
  NARROW_PRAGMA(GCC diagnostic ignored "-Wuninitialized") \
  NARROW_PRAGMA(GCC diagnostic ignored "-Wmaybe-uninitialized")
#define NARROW_END_TARGET NARROW_PRAGMA(GCC diagnostic pop) NARROW_PRAGMA(GCC pop_options)
#endif

#define NARROW_BEGIN_AVX2 NARROW_BEGIN_TARGET("avx2,fma,f16c")
#define NARROW_BEGIN_AVX512 NARROW_BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")
#define NARROW_BEGIN_AVX512_VNNI NARROW_BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#define NARROW_BEGIN_AVX512_BF16 NARROW_BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")
#define NARROW_BEGIN_AVX512_BF16_VBMI \
  NARROW_BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vbmi")
#define NARROW_BEGIN_AVX512_POPCNT \
  NARROW_BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")

// Complete unrolling of a loop with a constant count, without which a tile's sums would live in memory.
#if defined(__clang__)
#define NARROW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NARROW_UNROLL _Pragma("GCC unroll 16")
#endif
