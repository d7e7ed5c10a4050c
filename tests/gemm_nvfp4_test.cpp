// NVFP4 in products: elements with the scales of their blocks in them, which bfloat16 holds, multiply in the bf16
// class; the tensors' scales are factored out. On every target, packed before, as vectors, and beside floats.
#include <bit>

#include "support/block_operands.hpp"

namespace {

using namespace narrow;
using narrow_test::real_shape;

// The elements times the scales of their blocks.
template <class Tensor>
std::vector<float> in_tensor(const Tensor& x, std::size_t axis) {
  const std::size_t rows = x.extent(0), columns = x.extent(1);
  std::vector<float> result(rows * columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const std::size_t place = axis == 0 ? i / 16 * columns + j : i * ((columns + 15) / 16) + j / 16;
      result[i * columns + j] = float(x.codes()(i, j)) * float(x.scheme().scale(place));
    }
  }
  return result;
}

template <class Sum>
std::vector<float> products(const std::vector<float>& a, const std::vector<float>& b, const real_shape& s, float scale,
                            const Sum& sum) {
  std::vector<float> c(s.m * s.n), row(s.depth), column(s.depth);
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < s.n; ++j) {
      for (std::size_t k = 0; k < s.depth; ++k) row[k] = a[i * s.depth + k], column[k] = b[k * s.n + j];
      volatile float scaled = sum(row, column, s.m == 1 || s.n == 1) * scale;
      c[i * s.n + j] = scaled;
    }
  }
  return c;
}

TEST(GemmNvfp4, Products) {
  narrow_test::on_shapes_and_targets([](const real_shape& s) {
    narrow_test::generator random(8);
    auto x = narrow_test::random_reals(s.m * s.depth, random), y = narrow_test::random_reals(s.depth * s.n, random);
    if (s.depth > 16) {
      std::fill_n(x.begin(), 16, 0.0F);  // a block of zeros, and one that is NaN
      y[16 * s.n] = std::numeric_limits<float>::infinity();
    }
    const auto a = quantize<nvfp4>(view(x, s.m, s.depth), 1);
    const auto b = quantize<nvfp4>(view(y, s.depth, s.n), 0);
    const float of_a = a.scheme().tensor_scale(), of_b = b.scheme().tensor_scale();
    const auto want = products(in_tensor(a, 1), in_tensor(b, 0), s, static_cast<float>(double{of_a} * double{of_b}),
                               narrow_test::pair_sum);
    std::vector<float> c(s.m * s.n);
    gemm(a, b, view(c, s.m, s.n));
    narrow_test::expect_same(c, want);
    const auto packed = pack(b);
    gemm(a, packed, view(c, s.m, s.n));
    narrow_test::expect_same(c, want);
    // Beside floats: in the f32 class.
    const auto beside = products(x, in_tensor(b, 0), s, of_b, narrow_test::chain_sum<float>);
    gemm(view(x, s.m, s.depth), packed, view(c, s.m, s.n));
    narrow_test::expect_same(c, beside);
  });
}

}  // namespace
