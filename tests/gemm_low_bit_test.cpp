// Weights and activations of one and two bits, fitted by name, through the kernels of integers.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "narrow/gemm.hpp"
#include "narrow/quantize.hpp"
#include "narrow/random.hpp"

namespace {

using namespace narrow;

std::vector<float> samples(std::uint64_t stream, std::size_t count) {
  std::vector<float> result;
  for (std::uint64_t i = 0; i < count; ++i) {
    result.push_back(static_cast<float>(random_bits(21, stream, i) / 0x1p31 - 1));
  }
  return result;
}

// The product of x, m x k with one scale, and w, k x n with one for each column: the sum of the codes' products, which
// are integers, scaled once. These sums are exact as floats.
template <class X, class W>
void check(const X& x, const W& w) {
  const std::size_t m = x.extent(0), depth = x.extent(1), n = w.extent(1);
  std::vector<float> y(m * n);
  gemm(x, w, view(y, m, n));
  bool any = false;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      int sum = 0;
      for (std::size_t k = 0; k < depth; ++k) sum += int(x.codes()(i, k)) * int(w.codes()(k, j));
      const double scale = x.scheme().template factor<encoding_of<typename X::value_type>>(0) *
                           w.scheme().template factor<encoding_of<typename W::value_type>>(j);
      ASSERT_EQ(y[i * n + j], static_cast<float>(sum) * static_cast<float>(scale)) << i << ' ' << j;
      any = any || sum != 0;
    }
  }
  EXPECT_TRUE(any);
}

struct shape {
  std::size_t m, depth, n;
};
constexpr shape shapes[] = {{1, 70, 33}, {7, 129, 18}, {30, 64, 1}};

TEST(GemmLowBit, TernaryWeights) {
  for (const auto& [m, depth, n] : shapes) {
    const auto x = samples(1, m * depth), w = samples(2, depth * n);
    const auto wv = view(w, depth, n);
    const auto bytes = quantize<int8>(view(x, m, depth), affine::fit(view(x, m, depth), symmetric));
    check(bytes, quantize<ternary>(wv, ternary_fit(wv, per_column)));
    check(bytes, quantize<ternary>(wv, ternary_fit(wv, mean_threshold{}, per_column)));
  }
}

}  // namespace
