#include "gemm/product.hpp"

#include <algorithm>
#include <cmath>

#include "support/ceilings.hpp"

namespace bench {

double sampled_error(product& p) {
  p.run();
  const auto [m, n, k] = p.extents;
  constexpr std::size_t samples = 64;
  double largest = 0, error = 0;
  for (std::size_t s = 0; s < samples; ++s) {
    const std::size_t i = s * 7919 % m, j = s * 104729 % n;
    double sum = 0;
    for (std::size_t t = 0; t < k; ++t) {
      sum += static_cast<double>(p.a(i * k + t)) * static_cast<double>(p.b(t * n + j));
    }
    const double wanted = p.representable(sum);
    largest = std::max(largest, std::abs(wanted));
    error = std::max(error, std::abs(p.result(i, j) - wanted));
  }
  return largest > 0 ? error / largest : error;
}

namespace {

// On AVX2 bfloat16 pairs are two multiply-adds of floats, bytes are widened to words, and 16-bit integers are doubles.
struct bound {
  instruction which;
  double share;
  const char* name;
};
bound bound_of(compute_class c, narrow::target t) {
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

}  // namespace

double ceiling_of(compute_class c, narrow::target t) {
  if (t == narrow::target::portable) return 0;
  const bound b = bound_of(c, t);
  return ceiling(b.which) * b.share;
}

const char* ceiling_name_of(compute_class c, narrow::target t) {
  return t == narrow::target::portable ? "none" : bound_of(c, t).name;
}

const std::vector<format>& all_formats() {
  static const auto formats = [] {
    std::vector<format> result;
    add_real_formats(result);
    add_small_float_formats(result);
    add_byte_formats(result);
    add_requantized_formats(result);
    add_word_formats(result);
    add_bit_formats(result);
    return result;
  }();
  return formats;
}

const std::vector<peer>& all_peers() {
  static const auto peers = [] {
    std::vector<peer> result;
#if defined(NARROW_WITH_OPENBLAS)
    add_openblas(result);
#endif
#if defined(NARROW_WITH_ONEDNN)
    add_onednn(result);
#endif
    return result;
  }();
  return peers;
}

}  // namespace bench
