// The gradients of conv2d against their definition: sums in the order of the contract, over a cross of geometries; a
// reference in double that scatters as the derivative of the forward pass does; finite differences.
#include <gtest/gtest.h>

#include "support/conv_backward_reference.hpp"
#include "support/sweep.hpp"

namespace {

using namespace narrow_test;

// The chain of the contract, bit for bit, within gamma(terms) * sum |a b| of the exact sum.
void check_float32(float got, const terms& a, const terms& b, double exact, double magnitude) {
  const float want = narrow_test::chain_dot<float>(a, b);
  ASSERT_TRUE(same(got, want)) << got << ", not " << want;
  const double n = static_cast<double>(a.size()) * 0x1p-24;
  ASSERT_LE(std::fabs(static_cast<double>(got) - exact), n / (1 - n) * magnitude);
}
void check_pairs(float got, const terms& a, const terms& b, double, double) {
  const float want = narrow_test::pair_dot(a, b);
  ASSERT_TRUE(same(got, want)) << got << ", not " << want;
}

TEST(ConvBackward, Float32) {
  for_each_stride(2 * support::every(5), [](const conv_problem& p) {
    check_data<float, float, float>(p, check_float32);
    check_weights<float, float, float>(p, check_float32);
  });
}
TEST(ConvBackward, Bfloat16) {
  for_each_stride(7, [](const conv_problem& p) {
    check_data<narrow::bfloat16, narrow::bfloat16, float>(p, check_pairs);
    check_weights<narrow::bfloat16, narrow::bfloat16, float>(p, check_pairs);
  });
}

// Sums, rows and columns of more than one of the blocks that the fast paths cut.
const conv_problem blocks[] = {
    {1, 13, 11, 37, 130, 3, 3, {1, 1, 1, 1, 1, 1}},
    {1, 9, 12, 18, 40, 3, 2, {2, 1, 1, 1, 1, 1, 1, 1, 2}},
    {1, 9, 12, 18, 40, 3, 2, {2, 1, 1, 1, 1, 1, 1, 1, 2, narrow::nchw}},
    {9, 13, 11, 37, 13, 3, 3, {1, 1, 1, 1, 1, 1}},
    {17, 13, 11, 9, 20, 3, 3, {1, 1, 1, 1, 1, 1, 1, 1, 1, narrow::nchw}},
    {17, 13, 11, 18, 20, 1, 1, {1, 1, 0, 0, 0, 0, 1, 1, 2}},
};
TEST(ConvBackward, Blocks) {
  for (std::size_t k = 0; k < std::size(blocks); k += support::every(2)) {
    const conv_problem& p = blocks[k];
    SCOPED_TRACE(p);
    if (p.images == 1) {
      check_data<float, float, float>(p, check_float32);
      check_data<narrow::bfloat16, narrow::bfloat16, float>(p, check_pairs);
    } else {
      check_weights<float, float, float>(p, check_float32);
      check_weights<narrow::bfloat16, narrow::bfloat16, float>(p, check_pairs);
    }
  }
}

// ---- finite differences -------------------------------------------------------------------------------------------

// The loss sum m y is linear in x and in w: its central difference is the gradient, but for roundings.
void check_differences(const conv_problem& p) {
  generator random(p.outputs);
  const gapped<double> x(image_extents(p), random), w(kernel_extents(p), random), m(output_extents(p), random);
  const gapped<double> y(output_extents(p)), dx(image_extents(p)), dw(kernel_extents(p));
  const auto loss = [&] {
    narrow::conv2d(x.view(), w.view(), y.view(), p.geometry);
    const reals of_y = factors_of(y.view(), p, of_output(p)), of_m = factors_of(m.view(), p, of_output(p));
    double sum = 0;
    for (std::size_t k = 0; k < of_y.values.size(); ++k) sum += of_y.values[k] * of_m.values[k];
    return sum;
  };
  narrow::conv2d_backward_data(m.view(), w.view(), dx.view(), p.geometry);
  narrow::conv2d_backward_weights(x.view(), m.view(), dw.view(), p.geometry);
  const double scale = std::fabs(loss()) + 1e4;
  const auto check = [&](const gapped<double>& of, const gapped<double>& gradient) {
    for (std::size_t k = 0; k < 12; ++k) {
      const auto pick = [&](std::size_t axis) { return random() % of.view().extent(axis); };
      const std::size_t a = pick(0), b = pick(1), c = pick(2), d = pick(3);
      double& element = of.view()(a, b, c, d);
      const double before = element;
      element = before + 0.5;
      const double above = loss();
      element = before - 0.5;
      const double below = loss();
      element = before;
      EXPECT_NEAR(gradient.view()(a, b, c, d), above - below, 1e-12 * scale);
    }
  };
  check(x, dx);
  check(w, dw);
}
TEST(ConvBackward, FiniteDifferences) { for_each_stride(17, check_differences); }

}  // namespace
