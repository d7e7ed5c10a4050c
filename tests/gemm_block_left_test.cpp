// Products of groups of integers and integers with a scale for each column.
#include <utility>

#include "support/block_beside.hpp"

namespace {

using namespace narrow;
using narrow_test::by_blocks;
using narrow_test::codes_of;
using narrow_test::exact_sum;
using narrow_test::expect_same;
using narrow_test::generator;
using narrow_test::random_reals;
using narrow_test::real_shape;

// The blocks on the left, columns under scales of their own on the right; these packed for any integers.
TEST(GemmBlockBeside, GroupsAndIntegers) {
  narrow_test::on_shapes_and_targets([](const real_shape& s) {
    generator random(3);
    const auto x = random_reals(s.m * s.depth, random);
    std::vector<int8> codes(s.depth * s.n);
    for (auto& code : codes) code = int8(static_cast<int>(random() % 256) - 128);
    std::vector<float> scales(s.n);
    for (std::size_t j = 0; j < s.n; ++j) scales[j] = 0.01F + 0.003F * static_cast<float>(j);
    const affine scheme(per_column, scales);
    const auto a = quantize<grouped<int8, 32>>(view(x, s.m, s.depth), 1);
    const quantized_view<int8, 2, affine> b{view(std::as_const(codes), s.depth, s.n), &scheme, scheme.axis()};
    const std::size_t blocks = (s.depth + 31) / 32;
    const auto want = by_blocks(
        s, codes_of(a), [&](std::size_t i, std::size_t block) { return float(a.scheme().scale(i * blocks + block)); },
        [&](std::size_t k, std::size_t j) { return static_cast<float>(codes[k * s.n + j]); },
        [&](std::size_t, std::size_t j) { return scales[j]; }, exact_sum);
    std::vector<float> c(s.m * s.n);
    gemm(a, b, view(c, s.m, s.n));
    expect_same(c, want);
    gemm(a, pack(b), view(c, s.m, s.n));
    expect_same(c, want);
  });
}

}  // namespace
