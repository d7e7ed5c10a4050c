#include "gemm/product.hpp"

#include <algorithm>
#include <cmath>

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

const std::vector<format>& all_formats() {
  static const auto formats = [] {
    std::vector<format> result;
    add_real_formats(result);
    add_small_float_formats(result);
    add_byte_formats(result);
    add_requantized_formats(result);
    add_word_formats(result);
    add_bit_formats(result);
    add_block_formats(result);
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
