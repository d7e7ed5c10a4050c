// Products of block formats as reals: beside floats, across the depth, and in batches.
#include <array>
#include <utility>

#include "support/block_operands.hpp"

namespace {

using namespace narrow;
using narrow_test::chains;
using narrow_test::decoded;
using narrow_test::expect_same;
using narrow_test::generator;
using narrow_test::on_shapes_and_targets;
using narrow_test::random_reals;

TEST(GemmBlockOperands, BesideFloats) { narrow_test::check_beside_floats<mxfp4>(); }

// Blocks across the depth: every term has scales of its own.
TEST(GemmBlockOperands, AcrossTheDepth) {
  on_shapes_and_targets([](const narrow_test::real_shape& s) {
    generator random(5);
    const auto x = random_reals(s.m * s.depth, random), y = random_reals(s.depth * s.n, random);
    const auto a = quantize<mxfp4>(view(x, s.m, s.depth), 0);
    const auto b = quantize<mxfp4>(view(y, s.depth, s.n), 1);
    std::vector<float> c(s.m * s.n);
    gemm(a, b, view(c, s.m, s.n));
    expect_same(c, chains(decoded(a, 0), decoded(b, 1), s));
  });
}

// Batches: blocks along rows and columns of each matrix, never across matrices.
TEST(GemmBlockOperands, Batches) {
  generator random(6);
  const narrow_test::real_shape s{3, 37, 4};
  const auto x = random_reals(2 * s.m * s.depth, random), y = random_reals(2 * s.depth * s.n, random);
  const auto a = quantize<mxfp4>(view(x, 2, s.m, s.depth), 2);
  const auto b = quantize<mxfp4>(view(y, 2, s.depth, s.n), 1);
  std::vector<float> c(2 * s.m * s.n), one(s.m * s.n);
  gemm(a, b, view(c, 2, s.m, s.n));
  for (std::size_t t = 0; t < 2; ++t) {
    const auto of_a = quantize<mxfp4>(view(x.data() + t * s.m * s.depth, s.m, s.depth), 1);
    const auto of_b = quantize<mxfp4>(view(y.data() + t * s.depth * s.n, s.depth, s.n), 0);
    gemm(of_a, of_b, view(one, s.m, s.n));
    const auto first = c.begin() + static_cast<std::ptrdiff_t>(t * one.size());
    expect_same({first, first + static_cast<std::ptrdiff_t>(one.size())}, one);
  }
  const auto across = quantize<mxfp4>(view(x, 2, s.m, s.depth), 0);
  EXPECT_THROW(gemm(across, b, view(c, 2, s.m, s.n)), std::invalid_argument);
}

// Under a scale of the tensor, packed elements are rounded where others are: after their block's scale.
TEST(GemmBlockOperands, PackedUnderAScaleOfTheTensor) {
  using scheme = block_scaled<bfloat16, 32, scale_ratio>;
  constexpr std::size_t depth = 64, n = 40;
  generator random(7);
  std::vector<float8_e4m3fn> codes(depth * n);
  for (auto& code : codes) code = float8_e4m3fn(static_cast<float>(static_cast<int>(random() % 15) - 7) * 0.25F);
  std::vector<bfloat16> scales(depth / 32 * n);
  for (auto& scale : scales) scale = bfloat16(1 + static_cast<float>(random() % 128) / 128);
  const std::array<std::size_t, 2> extents{depth, n};
  const scheme blocks(extents, 0, scales, 1 + 65 * 0x1p-23F);
  const quantized_view<float8_e4m3fn, 2, scheme> b{view(std::as_const(codes), depth, n), &blocks, blocks.axis()};
  for (const target t : support::supported_targets()) {
    const support::on_target guard(t);
    const auto packed = pack(b);
    for (const std::size_t m : {std::size_t{1}, std::size_t{3}}) {
      const auto x = random_reals(m * depth, random);
      std::vector<float> c(m * n), of_packed(m * n);
      gemm(view(x, m, depth), b, view(c, m, n));
      gemm(view(x, m, depth), packed, view(of_packed, m, n));
      expect_same(of_packed, c);
    }
  }
}

}  // namespace
