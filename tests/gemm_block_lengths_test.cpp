// Products of blocks of lengths of which none divides the other: as reals.
#include "support/block_operands.hpp"

namespace {

TEST(GemmBlockLengths, AsReals) {
  using narrow_test::chains, narrow_test::decoded;
  narrow_test::on_shapes_and_targets([](const narrow_test::real_shape& s) {
    narrow_test::generator random(7);
    const auto x = narrow_test::random_reals(s.m * s.depth, random),
               y = narrow_test::random_reals(s.depth * s.n, random);
    const auto a = narrow::quantize<narrow::grouped<narrow::int8, 24>>(narrow::view(x, s.m, s.depth), 1);
    const auto b = narrow::quantize<narrow::mxint8>(narrow::view(y, s.depth, s.n), 0);
    std::vector<float> c(s.m * s.n);
    narrow::gemm(a, b, narrow::view(c, s.m, s.n));
    narrow_test::expect_same(c, chains(decoded(a, 1), decoded(b, 0), s));
  });
}

}  // namespace
