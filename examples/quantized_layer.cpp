// One layer in 8 bits: uint8 activations, int8 weights with a scale for each output, exact integer sums, float results.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <narrow/narrow.hpp>
#include <vector>

int main() {
  const std::size_t batch = 4, inputs = 256, outputs = 3;
  std::vector<float> x(batch * inputs), w(inputs * outputs), b{0.5F, -0.25F, 0.0F}, y(batch * outputs), exact(y.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 2 + std::sin(static_cast<float>(i));
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.1F * std::cos(3 * static_cast<float>(i));

  const auto xv = narrow::view(x, batch, inputs);
  const auto wv = narrow::view(w, inputs, outputs);
  const auto xq = narrow::quantize<narrow::uint8>(xv, narrow::affine::fit(xv));
  const auto wq = narrow::quantize<narrow::int8>(wv, narrow::affine::fit(wv, narrow::symmetric, narrow::per_column));
  narrow::gemm(xq, wq, narrow::view(y, batch, outputs), narrow::bias(b), narrow::relu);

  narrow::gemm(xv, wv, narrow::view(exact, batch, outputs), narrow::bias(b), narrow::relu);
  float worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) worst = std::max(worst, std::abs(y[i] - exact[i]));
  std::printf("largest difference to float32: %.4f\n", static_cast<double>(worst));
  return worst < 0.1F ? 0 : 1;
}
