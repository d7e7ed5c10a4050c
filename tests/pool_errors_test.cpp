// Every documented error of pooling, and that nothing has been written by then.
#include <gtest/gtest.h>

#include <limits>

#include "narrow/formats.hpp"
#include "support/pool_reference.hpp"
#include "support/thrown.hpp"

namespace {

using narrow::affine;
using narrow::pool_geometry;
using narrow::view;
using narrow_test::gapped;
using support::thrown;

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

// x and dx 2 x 4 x 5 x 3, y and dy 2 x 3 x 4 x 3.
class PoolErrors : public testing::Test {
 protected:
  ~PoolErrors() override { EXPECT_TRUE(y.untouched() && dx.untouched()); }

  std::string with(pool_geometry g) {
    if (g.kernel_h == 1) g.kernel_h = 2;
    if (g.kernel_w == 1) g.kernel_w = 2;
    return thrown([&] { narrow::max_pool2d(x.view(), y.view(), g); });
  }

  narrow_test::generator random{1};
  gapped<float> x{{2, 4, 5, 3}, random}, dy{{2, 3, 4, 3}, random}, y{{2, 3, 4, 3}}, dx{{2, 4, 5, 3}};
  const pool_geometry fits{.kernel_h = 2, .kernel_w = 2};
};

TEST_F(PoolErrors, Geometry) {
  EXPECT_EQ(with({.kernel_h = 0}), "max_pool2d: the height of the window is 0; it must be at least 1");
  EXPECT_EQ(with({.kernel_w = 0}), "max_pool2d: the width of the window is 0; it must be at least 1");
  EXPECT_EQ(with({.stride_h = 0}), "max_pool2d: the stride along the height is 0; it must be at least 1");
  EXPECT_EQ(with({.stride_w = 0}), "max_pool2d: the stride along the width is 0; it must be at least 1");
  EXPECT_EQ(with({.dilation_h = 0}), "max_pool2d: the dilation along the height is 0; it must be at least 1");
  EXPECT_EQ(
      with({.kernel_h = 3, .dilation_h = 2}),
      "max_pool2d: the height of the window is 5 with its dilation; it must be at most 4, the padded height of x");
  EXPECT_EQ(with({.pad_left = most}),
            "max_pool2d: the padded width, 5 + 18446744073709551615 + 0, overflows std::size_t");
  EXPECT_EQ(with({.kernel_w = 3, .dilation_w = most}),
            "max_pool2d: the width of the window, 3, overflows std::size_t with its dilation of 18446744073709551615");
  EXPECT_EQ(with({.pad_top = 1}), "max_pool2d: y is 2 x 3 x 4 x 3; it must be 2 x 4 x 4 x 3");
  EXPECT_EQ(with({.layout = narrow::nchw}), "max_pool2d: y is 2 x 3 x 4 x 3; it must be 2 x 4 x 4 x 2");
}

TEST_F(PoolErrors, WindowsOfPadding) {
  const gapped<float> larger({2, 7, 4, 3});
  EXPECT_EQ(thrown([&] { narrow::max_pool2d(x.view(), larger.view(), {.kernel_h = 2, .kernel_w = 2, .pad_top = 4}); }),
            "max_pool2d: window 0 along the height holds nothing but padding; each must hold an element of x");
  EXPECT_TRUE(larger.untouched());
  // Taps on both sides of a signal of one.
  const std::vector<float> one{1};
  std::vector<float> to(1);
  EXPECT_EQ(thrown([&] {
              narrow::average_pool2d(view(one, 1, 1, 1, 1), view(to, 1, 1, 1, 1),
                                     {.kernel_h = 2, .pad_top = 1, .pad_bottom = 1, .dilation_h = 2});
            }),
            "average_pool2d: window 0 along the height holds nothing but padding; each must hold an element of x");
}

TEST_F(PoolErrors, Shapes) {
  EXPECT_EQ(thrown([&] { narrow::max_pool2d_backward(x.view(), x.view(), dx.view(), fits); }),
            "max_pool2d_backward: dy is 2 x 4 x 5 x 3; it must be 2 x 3 x 4 x 3");
  EXPECT_EQ(thrown([&] { narrow::max_pool2d_backward(x.view(), dy.view(), y.view(), fits); }),
            "max_pool2d_backward: dx is 2 x 3 x 4 x 3; it must be 2 x 4 x 5 x 3");
  EXPECT_EQ(thrown([&] { narrow::average_pool2d_backward(x.view(), dx.view(), fits); }),
            "average_pool2d_backward: dy is 2 x 4 x 5 x 3; it must be 2 x 3 x 4 x 3");
}

TEST_F(PoolErrors, Overlap) {
  std::vector<float> memory(40);
  const auto image = view(memory.data(), 1, 4, 4, 1);
  const auto result = view(memory.data() + 15, 1, 3, 3, 1);
  EXPECT_EQ(thrown([&] { narrow::max_pool2d(image, result, fits); }),
            "max_pool2d: y, 1 x 3 x 3 x 1 elements, overlaps x; they must lie apart");
  EXPECT_EQ(thrown([&] { narrow::average_pool2d_backward(result, image, fits); }),
            "average_pool2d_backward: dx, 1 x 4 x 4 x 1 elements, overlaps dy; they must lie apart");
  const narrow::tensor_view<float, 4> folded(memory.data() + 20, {1, 3, 3, 1}, {9, 0, 1, 1});
  EXPECT_EQ(thrown([&] { narrow::max_pool2d(image, folded, fits); }),
            "max_pool2d: y, 1 x 3 x 3 x 1 elements with strides 9, 0, 1, 1, overlaps itself; each element must have a "
            "place of its own");
}

TEST_F(PoolErrors, SchemesAndRoundings) {
  const affine by_row(narrow::per_axis(1), std::vector<float>(4, 1.0F));
  const narrow::quantized_tensor<narrow::int8, 4, affine> codes({2, 4, 5, 3}, by_row);
  EXPECT_EQ(thrown([&] { (void)narrow::max_pool2d(codes, fits); }),
            "max_pool2d: the scheme of x is along axis 1; it must be per tensor, or along the images or the channels");
  EXPECT_EQ(thrown([&] {
              narrow::average_pool2d(x.view(), y.view(), fits, narrow::stochastic_sequence{1, 2, 0, 40});
            }),
            "average_pool2d: the count of stochastic bits is 40; it must be 1 to 32");
}

TEST_F(PoolErrors, ManyElements) {
  // A stride of zero: more elements than there is memory.
  std::int8_t one = 1, to = 5;
  constexpr std::size_t many = (std::size_t{1} << 31) + 1;
  EXPECT_EQ(thrown([&] {
              narrow::average_pool2d(narrow::tensor_view<std::int8_t, 4>(&one, {1, many, 1, 1}, {}),
                                     view(&to, 1, 1, 1, 1), {.kernel_h = many});
            }),
            "average_pool2d: the window has 2147483649 elements; of integers it may have 2^31");
  EXPECT_EQ(to, 5);
}

}  // namespace
