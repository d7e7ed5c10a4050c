// Products of integers under one scale for all of the depth and groups of integers.
#include <utility>

#include "support/block_beside.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;
using narrow_test::by_blocks;
using narrow_test::codes_of;
using narrow_test::exact_sum;
using narrow_test::expect_same;
using narrow_test::generator;
using narrow_test::random_weights;
using narrow_test::real_shape;

affine some_affine(std::size_t kind, std::size_t m) {
  std::vector<float> scales(m);
  std::vector<std::int32_t> zeros(m, 0);
  for (std::size_t i = 0; i < m; ++i) {
    scales[i] = 0.01F + 0.003F * static_cast<float>(i);
    if (kind == 3) zeros[i] = static_cast<std::int32_t>(i % 3) - 1;
  }
  if (kind == 0) return affine(0.0173F);
  if (kind == 1) return affine(0.0173F, -77);
  return affine(per_row, scales, zeros);
}

// Rows of int8 under one scale or each its own, with and without a zero point; beside one that differs from row to row,
// products are of reals.
TEST(GemmBlockBeside, IntegersAndGroups) {
  narrow_test::on_shapes_and_targets([](const real_shape& s) {
    generator random(3);
    const auto y = random_weights(s, random);
    const auto b = quantize<grouped<int4, 32>>(view(y, s.depth, s.n), 0);
    const auto packed = pack<int8>(b);
    std::vector<int8> codes(s.m * s.depth);
    for (auto& code : codes) code = int8(static_cast<int>(random() % 256) - 128);
    for (std::size_t kind = 0; kind < 4; ++kind) {
      const affine scheme = some_affine(kind, s.m);
      const auto place = [&](std::size_t i) { return scheme.count() == 1 ? 0 : i; };
      const quantized_view<int8, 2, affine> a{view(std::as_const(codes), s.m, s.depth), &scheme, scheme.axis()};
      const auto difference = [&](std::size_t i, std::size_t k) {
        return static_cast<float>(static_cast<int>(codes[i * s.depth + k]) - scheme.zero_point(place(i)));
      };
      std::vector<float> want;
      if (kind < 3 || s.m == 1) {
        want = by_blocks(
            s, difference, [&](std::size_t i, std::size_t) { return scheme.scale(place(i)); }, codes_of(b),
            [&](std::size_t block, std::size_t j) { return float(b.scheme().scale(block * s.n + j)); }, exact_sum);
      } else {
        std::vector<float> reals(s.m * s.depth);
        for (std::size_t t = 0; t < reals.size(); ++t) {
          reals[t] = difference(t / s.depth, t % s.depth) * scheme.scale(place(t / s.depth));
        }
        want = narrow_test::chains(reals, narrow_test::decoded(b, 0), s);
      }
      SCOPED_TRACE(kind);
      std::vector<float> c(s.m * s.n);
      gemm(a, b, view(c, s.m, s.n));
      expect_same(c, want);
      gemm(a, packed, view(c, s.m, s.n));
      expect_same(c, want);
      const support::on_target plain(target::portable);
      gemm(a, packed, view(c, s.m, s.n));
      expect_same(c, want);
    }
  });
}

// Weights packed for another left operand are decoded reals: products with them are right, if not the same bits.
template <class Left, class F, class A>
void check_packed_for(const A& x, float wanted) {
  const std::vector<float> w(64 * 20, 0.5F);
  std::vector<float> y(2 * 20);
  narrow::gemm(x, narrow::pack<Left>(narrow::quantize<F>(narrow::view(w, 64, 20), 0)), narrow::view(y, 2, 20));
  for (const float e : y) ASSERT_NEAR(e, wanted, 0.01 * wanted);
}
TEST(GemmBlockBeside, PackedForOthers) {
  const std::vector<narrow::int8> ones(2 * 64, narrow::int8(1));
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    check_packed_for<float, narrow::grouped<narrow::int4, 32>>(narrow::view(ones, 2, 64), 32);
    check_packed_for<narrow::bfloat16, narrow::grouped<narrow::int4, 32>>(narrow::view(ones, 2, 64), 32);
    const std::vector<float> reals(2 * 64, 1.0F);
    const auto x = narrow::quantize<narrow::mxfp8>(narrow::view(reals, 2, 64), 1);
    check_packed_for<float, narrow::mxfp8>(x, 32);
  }
}

}  // namespace
