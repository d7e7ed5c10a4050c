// Batches of any pair of formats: each matrix as a product of its own.
#include <gtest/gtest.h>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using narrow::affine;
using narrow::granularity;
using narrow::quantized_matrix;
using narrow::quantized_tensor;
using narrow::view;

constexpr std::size_t batch = 3, m = 2, depth = 5, n = 4;

affine parameters(granularity axis, const std::array<std::size_t, 3>& extents) {
  const std::size_t count = axis.is_per_tensor() ? 1 : extents[axis.axis];
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (std::size_t i = 0; i < count; ++i) {
    scales.push_back(0.25F * static_cast<float>(i + 1));
    zero_points.push_back(static_cast<std::int32_t>(7 * i + 1));
  }
  return affine(axis, scales, zero_points);
}

template <class T>
quantized_tensor<T, 3, affine> random_tensor(const std::array<std::size_t, 3>& extents, granularity axis,
                                             narrow_test::generator& random) {
  quantized_tensor<T, 3, affine> result(extents, parameters(axis, extents));
  const auto codes = result.codes();
  for (std::size_t i = 0; i < result.size(); ++i) codes.data()[i] = narrow_test::random_element<T>(random);
  return result;
}

// Matrix t of a tensor, copied, with its share of the scheme.
template <class T>
quantized_matrix<T, affine> matrix_of(const quantized_tensor<T, 3, affine>& x, std::size_t t) {
  if (x.extent(0) == 1) t = 0;
  const granularity axis = x.scheme().axis();
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (std::size_t i = 0; i < x.scheme().count(); ++i) {
    if (axis == narrow::per_axis(0) && i != t) continue;
    scales.push_back(x.scheme().scale(i));
    zero_points.push_back(x.scheme().zero_point(i));
  }
  const granularity of_matrix =
      axis.is_per_tensor() || axis.axis == 0 ? narrow::per_tensor : narrow::per_axis(axis.axis - 1);
  quantized_matrix<T, affine> result({x.extent(1), x.extent(2)}, affine(of_matrix, scales, zero_points));
  for (std::size_t i = 0; i < x.extent(1); ++i) {
    for (std::size_t j = 0; j < x.extent(2); ++j) result.codes()(i, j) = x.codes()(t, i, j);
  }
  return result;
}

const granularity axes[] = {narrow::per_tensor, narrow::per_axis(0), narrow::per_axis(1), narrow::per_axis(2)};

TEST(GemmBatch, QuantizedTensorsUnderEverySchemeAxis) {
  narrow_test::generator random(1);
  for (const granularity of_a : axes) {
    for (const granularity of_b : axes) {
      for (const granularity of_c : axes) {
        const auto a = random_tensor<narrow::uint8>({batch, m, depth}, of_a, random);
        const auto b = random_tensor<narrow::int8>({of_c.is_per_tensor() ? 1 : batch, depth, n}, of_b, random);
        auto c = random_tensor<narrow::int8>({batch, m, n}, of_c, random);
        std::vector<quantized_matrix<narrow::int8, affine>> want;
        for (std::size_t t = 0; t < batch; ++t) {
          want.push_back(matrix_of(c, t));
          narrow::gemm(matrix_of(a, t), matrix_of(b, t), want[t], narrow::alpha{0.01}, narrow::beta{0.5});
        }
        narrow::gemm(a, b, c, narrow::alpha{0.01}, narrow::beta{0.5});
        for (std::size_t t = 0; t < batch; ++t) {
          for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
              ASSERT_EQ(c.codes()(t, i, j).storage(), want[t].codes()(i, j).storage());
            }
          }
        }
      }
    }
  }
}

TEST(GemmBatch, ViewsBesideQuantizedTensors) {
  narrow_test::generator random(2);
  const auto a = random_tensor<narrow::int8>({batch, m, depth}, narrow::per_axis(0), random);
  std::vector<narrow::float16> b(depth * n);
  for (auto& x : b) x = narrow_test::random_element<narrow::float16>(random);
  std::vector<float> c(batch * m * n), want(m * n);
  std::vector<std::int32_t> sums(batch * m * n), want_sums(m * n);
  const auto integers = random_tensor<narrow::int4>({1, depth, n}, narrow::per_axis(0), random);
  narrow::gemm(a.view(), view(b, 1, depth, n), view(c, batch, m, n));
  narrow::gemm(a, integers, view(sums, batch, m, n));
  for (std::size_t t = 0; t < batch; ++t) {
    narrow::gemm(matrix_of(a, t), view(b, depth, n), view(want, m, n));
    narrow::gemm(matrix_of(a, t), matrix_of(integers, 0), view(want_sums, m, n));
    for (std::size_t i = 0; i < m * n; ++i) {
      EXPECT_EQ(c[t * m * n + i], want[i]);
      EXPECT_EQ(sums[t * m * n + i], want_sums[i]);
    }
  }
}

TEST(GemmBatch, Empty) {
  std::vector<float> none;
  std::vector<float> b(depth * n, 1.0F), c(n * 2, 5.0F);
  narrow::gemm(view(none, 0, m, depth), view(b, 1, depth, n), view(none, 0, m, n));
  narrow::gemm(view(none, 2, 1, 0), view(none, 2, 0, n), view(c, 2, 1, n));
  EXPECT_EQ(c, std::vector<float>(2 * n, 0.0F));
}

TEST(GemmBatch, ErrorsWriteNothing) {
  narrow_test::generator random(3);
  const auto a = random_tensor<narrow::int8>({batch, m, depth}, narrow::per_axis(0), random);
  const std::vector<narrow::int8> b(batch * depth * n);
  std::vector<float> c(batch * m * n, 5.0F);
  const affine two(narrow::per_axis(0), {1.0F, 2.0F});
  const narrow::quantized_view<narrow::int8, 3, affine> short_of_one{view(b, batch, depth, n), &two, two.axis()};
  EXPECT_THROW(narrow::gemm(a, short_of_one, view(c, batch, m, n)), std::invalid_argument);
  EXPECT_THROW(
      narrow::gemm(a, view(b, batch, depth, n), narrow::tensor_view<float, 3>(c.data(), {batch, m, n}, {0, n, 1})),
      std::invalid_argument);
  EXPECT_EQ(c, std::vector<float>(batch * m * n, 5.0F));
}

}  // namespace
