#include "gemm/product.hpp"

#include "support/sampled_error.hpp"

namespace bench {

double sampled_error(product& p) {
  p.run();
  const auto [m, n, k] = p.extents;
  return largest_sampled_error([&, m = m, n = n, k = k](std::size_t s) {
    const std::size_t i = s * 7919 % m, j = s * 104729 % n;
    double sum = 0;
    for (std::size_t t = 0; t < k; ++t) {
      sum += static_cast<double>(p.a(i * k + t)) * static_cast<double>(p.b(t * n + j));
    }
    return std::pair(p.representable(sum), p.result(i, j));
  });
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
