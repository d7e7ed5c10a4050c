// Weights and activations of two bits through the kernels of integers.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "narrow/gemm.hpp"
#include "narrow/random.hpp"
#include "narrow/scheme/half_wave.hpp"

namespace {

using namespace narrow;

// Codes 0, 1, ..., choices - 1 plus `lowest`, any of them.
template <class T, class Scheme>
quantized_matrix<T, Scheme> random_codes(std::size_t rows, std::size_t columns, int lowest, unsigned choices,
                                         const Scheme& scheme, std::uint64_t stream) {
  quantized_matrix<T, Scheme> result({rows, columns}, scheme);
  const auto codes = result.codes();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes(i / columns, i % columns) = T(lowest + static_cast<int>(random_bits(21, stream, i) % choices));
  }
  return result;
}

// The sum of the codes' products, an integer, is scaled once. These sums are exact as floats.
TEST(GemmLowBit, TernaryWeightsAndHalfWaves) {
  struct shape {
    std::size_t m, depth, n;
  };
  for (const auto& [m, depth, n] : {shape{1, 70, 33}, {7, 129, 18}, {30, 64, 1}}) {
    std::vector<float> scales;
    for (std::size_t j = 0; j < n; ++j) scales.push_back(0.3F + 0.1F * static_cast<float>(j));
    const auto x = random_codes<uint2>(m, depth, 0, 4, half_wave(0.7F), 1);
    const auto w = random_codes<ternary>(depth, n, -1, 3, affine(per_column, scales), 2);
    std::vector<float> y(m * n);
    gemm(x, w, view(y, m, n));
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        int sum = 0;
        for (std::size_t k = 0; k < depth; ++k) sum += int(x.codes()(i, k)) * int(w.codes()(k, j));
        const auto scale = static_cast<float>(double{0.7F} * double{scales[j]});
        ASSERT_EQ(y[i * n + j], static_cast<float>(sum) * scale) << i << ' ' << j;
      }
    }
  }
}

}  // namespace
