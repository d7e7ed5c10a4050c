// Products of small floats as they are and blocks of small floats.
#include "support/block_beside.hpp"

namespace {

using namespace narrow;
using narrow_test::by_blocks;
using narrow_test::expect_same;
using narrow_test::generator;
using narrow_test::random_reals;
using narrow_test::random_weights;
using narrow_test::real_shape;

// Small floats: in the bf16 class.
TEST(GemmBlockBeside, SmallFloats) {
  narrow_test::on_shapes_and_targets([](const real_shape& s) {
    generator random(3);
    const auto x = random_reals(s.m * s.depth, random), y = random_weights(s, random);
    std::vector<float8_e4m3fn> a;
    for (const float value : x) a.emplace_back(value);
    const auto b = quantize<mxfp4>(view(y, s.depth, s.n), 0);
    const auto want = by_blocks(
        s, [&](std::size_t i, std::size_t k) { return float(a[i * s.depth + k]); },
        [](std::size_t, std::size_t) { return 1.0F; },
        [&](std::size_t k, std::size_t j) { return float(float4_e2m1fn(b.codes()(k, j))); },
        [&](std::size_t block, std::size_t j) { return float(b.scheme().scale(block * s.n + j)); },
        [](const auto& u, const auto& v) { return narrow_test::pair_sum(u, v, false); });
    std::vector<float> c(s.m * s.n);
    gemm(view(a, s.m, s.depth), b, view(c, s.m, s.n));
    expect_same(c, want);
  });
}

}  // namespace
