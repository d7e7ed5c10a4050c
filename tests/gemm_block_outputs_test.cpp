// Outputs in block formats: what `quantize` makes of the product as reals, at any number of threads.
#include <gtest/gtest.h>

#include "narrow/block_formats.hpp"
#include "narrow/conv.hpp"
#include "narrow/interop/threads.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;
using narrow_test::generator;
using narrow_test::random_reals;

template <class Tensor>
void expect_same(const Tensor& got, const Tensor& want) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_EQ(got.storage()[i].bits(), want.storage()[i].bits()) << "element " << i;
  }
  for (std::size_t i = 0; i < want.scheme().count(); ++i) {
    ASSERT_EQ(got.scheme().scale(i).bits(), want.scheme().scale(i).bits()) << "block " << i;
  }
  ASSERT_EQ(got.scheme().tensor_scale(), want.scheme().tensor_scale());
}

// 90 columns: two blocks and a part of 26. Blocks of zeros, and one that is not finite.
TEST(GemmBlockOutputs, Products) {
  constexpr std::size_t m = 150, depth = 90, n = 90;
  generator random(3);
  auto x = random_reals(m * depth, random);
  const auto y = random_reals(depth * n, random), b = random_reals(n, random);
  std::fill_n(x.begin(), depth, 0.0F);
  x[depth * 7] = std::numeric_limits<float>::infinity();
  for (const target t : support::supported_targets()) {
    const support::on_target guard(t);
    std::vector<float> plain(m * n), finished(m * n);
    for (const std::size_t threads : {1U, 2U, 3U, 7U}) {
      const thread_pool pool(threads);
      if (threads == 1) gemm(view(x, m, depth), view(y, depth, n), view(plain, m, n), pool);
      auto of_rows = block_tensor<mxfp8>(std::array{m, n}, 1);
      gemm(view(x, m, depth), view(y, depth, n), of_rows, pool);
      expect_same(of_rows, quantize<mxfp8>(view(plain, m, n), 1));
      if (threads == 1) {
        gemm(view(x, m, depth), view(y, depth, n), view(finished, m, n), bias(b), pool, relu, alpha{0.5});
      }
      auto of_columns = block_tensor<nvfp4>(std::array{m, n}, 0);
      gemm(view(x, m, depth), view(y, depth, n), of_columns, bias(b), pool, relu, alpha{0.5});
      expect_same(of_columns, quantize<nvfp4>(view(finished, m, n), 0));
    }
  }
}

// beta reads what c was; random bits are those of the element's index; integers round once, from doubles.
TEST(GemmBlockOutputs, Options) {
  constexpr std::size_t m = 5, depth = 20, n = 40;
  generator random(4);
  const thread_pool pool(1);  // one executor is one product to compile
  const auto x = random_reals(m * depth, random), y = random_reals(depth * n, random);
  const auto old = random_reals(m * n, random);
  auto c = quantize<mxfp8>(view(old, m, n), 1);
  auto sum = dequantize(c);
  gemm(view(x, m, depth), view(y, depth, n), view(sum, m, n), beta{-0.5}, pool);
  const stochastic_sequence sequence{5, 6};
  gemm(view(x, m, depth), view(y, depth, n), c, beta{-0.5}, sequence, pool);
  expect_same(c, quantize<mxfp8>(view(sum, m, n), 1, sequence));

  using fixed = narrow::fixed<4, 12>;
  std::vector<fixed> p(m * depth), q(depth * n);
  for (auto& v : p) v = narrow_test::random_element<fixed>(random);
  for (auto& v : q) v = narrow_test::random_element<fixed>(random);
  std::vector<double> exact(m * n);
  gemm(view(p, m, depth), view(q, depth, n), view(exact, m, n), pool);
  using wide = block_floating_point<16, 16>;
  auto blocks = block_tensor<wide>(std::array{m, n}, 1);
  gemm(view(p, m, depth), view(q, depth, n), blocks, pool);
  expect_same(blocks, quantize<wide>(view(exact, m, n), 1));
}

TEST(GemmBlockOutputs, Batches) {
  generator random(5);
  const thread_pool pool(1);
  const auto x = random_reals(2 * 3 * 8, random), y = random_reals(2 * 8 * 33, random);
  std::vector<float> reals(2 * 3 * 33);
  gemm(view(x, 2, 3, 8), view(y, 2, 8, 33), view(reals, 2, 3, 33), pool);
  auto c = block_tensor<mxfp8>(std::array<std::size_t, 3>{2, 3, 33}, 2);
  gemm(view(x, 2, 3, 8), view(y, 2, 8, 33), c, pool);
  expect_same(c, quantize<mxfp8>(view(reals, 2, 3, 33), 2));
}

// Along the output channels in either layout, from blocks to blocks.
TEST(GemmBlockOutputs, Convolutions) {
  generator random(6);
  const auto values = random_reals(2 * 40 * 5 * 6, random), weights = random_reals(35 * 40 * 3 * 3, random);
  for (const image_layout layout : {nhwc, nchw}) {
    const bool last = layout == nhwc;
    const auto of = [&](std::size_t n, std::size_t h, std::size_t w, std::size_t c) {
      return last ? std::array{n, h, w, c} : std::array{n, c, h, w};
    };
    const std::size_t axis = last ? 3 : 1;
    const auto x = quantize<mxfp8>(tensor_view<const float, 4>(values.data(), of(2, 5, 6, 40)), axis);
    const auto w = quantize<mxfp8>(tensor_view<const float, 4>(weights.data(), of(35, 3, 3, 40)), axis);
    const conv_geometry g{.pad_top = 1, .pad_left = 1, .layout = layout};
    std::vector<float> reals(2 * 4 * 5 * 35);
    const tensor_view<float, 4> to(reals.data(), of(2, 4, 5, 35));
    conv2d(x, w, to, g, relu);
    auto y = block_tensor<mxfp8>(of(2, 4, 5, 35), axis);
    conv2d(x, w, y, g, relu);
    expect_same(y, quantize<mxfp8>(to, axis));
  }
}

}  // namespace
