// What both files of the program compute: `library_results` has a copy in each file; the library's inline functions
// have one in the program.
#pragma once

#include <all_headers.hpp>
#include <bit>
#include <cstdint>
#include <vector>

#include "odr/results.hpp"

static inline results library_results() {
  results all;
  for (std::uint64_t index = 0; index < 1000; ++index) all.push_back(narrow::random_bits(7, 1, index));
  // Reals of many magnitudes through conversions, and products with an epilogue whose scale and bias a compiler with
  // FMA would like to contract.
  std::vector<float> x(37 * 29), w(29 * 23), b(23), y(37 * 23);
  const auto fill = [&](std::vector<float>& v, std::uint64_t stream) {
    for (std::size_t i = 0; i < v.size(); ++i) {
      v[i] = static_cast<float>(narrow::random_bits(3, stream, i)) * 0x1p-31F - 1.0F;
    }
  };
  fill(x, 1), fill(w, 2), fill(b, 3);
  const auto xv = narrow::view(x, 37, 29), wv = narrow::view(w, 29, 23);
  const auto keep = [&] {
    for (const float v : y) all.push_back(std::bit_cast<std::uint32_t>(v));
  };
  const auto yv = narrow::view(y, 37, 23);
  const auto half = narrow::quantize<narrow::float16>(xv, narrow::unscaled, narrow::stochastic_sequence{1, 2});
  for (const auto h : half.storage()) all.push_back(h.bits());
  const auto xq = narrow::quantize<narrow::uint8>(xv, narrow::affine::fit(xv));
  const auto wq = narrow::quantize<narrow::int8>(wv, narrow::affine::fit(wv, narrow::symmetric, narrow::per_column));
  narrow::gemm(xq, wq, yv, narrow::bias(b), narrow::relu, narrow::alpha{0.3});
  keep();
  narrow::gemm(xv, wv, yv, narrow::bias(b), narrow::alpha{0.7}, narrow::beta{0.1});
  keep();
  narrow::gemm(half, narrow::quantize<narrow::bfloat16>(wv), yv);
  keep();
  narrow::fixed<4, 12> f{1.3F};
  for (int i = 0; i < 50; ++i) f = f * narrow::fixed<4, 12>{0.9} + narrow::fixed<4, 12>{0.1}, all.push_back(f.bits());
  return all;
}
