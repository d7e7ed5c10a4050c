// Every documented error of the gradients of a convolution, and that nothing has been written by then.
#include <gtest/gtest.h>

#include <limits>

#include "narrow/conv_backward.hpp"
#include "support/conv_reference.hpp"
#include "support/thrown.hpp"

namespace {

using narrow::affine;
using narrow::conv_geometry;
using narrow::view;
using narrow_test::gapped;
using support::thrown;

// x 2 x 4 x 5 x 4, w 6 x 3 x 2 x 4, y 2 x 2 x 4 x 6.
class BackwardErrors : public testing::Test {
 protected:
  ~BackwardErrors() override {
    EXPECT_TRUE(dx.untouched() && dw.untouched() && raw_x.untouched() && raw_w.untouched());
  }

  template <class... Option>
  std::string data(const conv_geometry& g, const Option&... option) {
    return thrown([&] { narrow::conv2d_backward_data(dy.view(), w.view(), dx.view(), g, option...); });
  }
  template <class... Option>
  std::string weights(const conv_geometry& g, const Option&... option) {
    return thrown([&] { narrow::conv2d_backward_weights(x.view(), dy.view(), dw.view(), g, option...); });
  }

  narrow_test::generator random{1};
  gapped<float> x{{2, 4, 5, 4}, random}, w{{6, 3, 2, 4}, random}, dy{{2, 2, 4, 6}, random};
  gapped<float> dx{{2, 4, 5, 4}}, dw{{6, 3, 2, 4}};
  gapped<std::int8_t> xi{{2, 4, 5, 4}, random}, wi{{6, 3, 2, 4}, random}, di{{2, 2, 4, 6}, random};
  gapped<std::int32_t> raw_x{{2, 4, 5, 4}}, raw_w{{6, 3, 2, 4}};
};

TEST_F(BackwardErrors, Geometry) {
  EXPECT_EQ(data({.stride_h = 0}), "conv2d_backward_data: stride_h is 0; it must be at least 1");
  EXPECT_EQ(weights({.dilation_w = 0}), "conv2d_backward_weights: dilation_w is 0; it must be at least 1");
  EXPECT_EQ(data({.groups = 3}), "conv2d_backward_data: groups is 3; it must divide the 4 channels of dx");
  EXPECT_EQ(weights({.groups = 4}), "conv2d_backward_weights: groups is 4; it must divide the 6 output channels of dw");
  EXPECT_EQ(data({.groups = 2}),
            "conv2d_backward_data: w has 4 channels; it must have 2, the channels of dx over groups");
  EXPECT_EQ(data({.dilation_h = 2}),
            "conv2d_backward_data: the height of w is 5 with its dilation; it must be at most 4, the padded height of "
            "dx");
  EXPECT_EQ(data({.pad_top = 1}), "conv2d_backward_data: dy is 2 x 2 x 4 x 6; it must be 2 x 3 x 4 x 6");
  EXPECT_EQ(weights({.stride_w = 2}), "conv2d_backward_weights: dy is 2 x 2 x 4 x 6; it must be 2 x 2 x 2 x 6");
  EXPECT_EQ(weights({.pad_left = std::numeric_limits<std::size_t>::max()}),
            "conv2d_backward_weights: the padded width, 5 + 18446744073709551615 + 0, overflows std::size_t");
}

TEST_F(BackwardErrors, Overlap) {
  std::vector<float> memory(64, 1.0F);
  const auto image = view(memory.data(), 1, 4, 4, 1), kernel = view(memory.data() + 40, 1, 1, 1, 1);
  const auto beside = view(memory.data() + 15, 1, 4, 4, 1), around = view(memory.data() + 25, 1, 4, 4, 1);
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_data(image, kernel, beside); }),
            "conv2d_backward_data: dx overlaps dy; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_data(image, kernel, around); }),
            "conv2d_backward_data: dx overlaps w; it must lie apart from both operands");
  const auto after = view(memory.data() + 48, 1, 4, 4, 1), in_image = view(memory.data() + 3, 1, 1, 1, 1);
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_weights(image, after, in_image); }),
            "conv2d_backward_weights: dw overlaps x; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_weights(after, image, in_image); }),
            "conv2d_backward_weights: dw overlaps dy; it must lie apart from both operands");
  const narrow::tensor_view<float, 4> one_place(memory.data() + 32, {2, 1, 1, 1}, {0, 1, 1, 1});
  const auto two = view(memory.data(), 1, 4, 2, 2);
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_weights(view(memory.data() + 56, 1, 4, 2, 1), two, one_place); }),
            "conv2d_backward_weights: dw, with strides 0, 1, 1 and 1 for output channel, row, column and channel, "
            "overlaps itself; each element must have a place of its own");
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_bias(image, view(memory.data() + 5, 1)); }),
            "conv2d_backward_bias: db overlaps dy; it must lie apart from both operands");
  EXPECT_EQ(memory, std::vector<float>(64, 1.0F));
}

TEST_F(BackwardErrors, Schemes) {
  const auto by_image = narrow_test::scaled_along({2, 2, 4, 6}, 0, 2),
             by_row = narrow_test::scaled_along({6, 3, 2, 4}, 1, 3);
  auto of_dw = narrow_test::scaled_along({6, 3, 2, 4}, 2, 2);
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_data(by_image, w.view(), dx.view()); }),
            "conv2d_backward_data: the scheme of dy is along axis 0; it must be per tensor or along the channels");
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_data(dy.view(), by_row, dx.view()); }),
            "conv2d_backward_data: the scheme of w is along axis 1; it must be per tensor or along the channels");
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_weights(x.view(), dy.view(), of_dw); }),
            "conv2d_backward_weights: the scheme of dw is along axis 2; it must be per tensor or along the channels");
  // Along the channels that are summed there is no integer sum.
  const auto by_channel = narrow_test::scaled_along({2, 2, 4, 6}, 3, 6);
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_data(by_channel, wi.view(), raw_x.view()); }),
            "conv2d_backward_data: dx or an epilogue takes integer accumulators, but the sum is real: a scale varies "
            "along the channels that are summed, or accumulate_in was given");
  EXPECT_EQ(thrown([&] {
              narrow::conv2d_backward_weights(xi.view(), di.view(), raw_w.view(), {}, narrow::accumulate_in<double>{});
            }),
            "conv2d_backward_weights: dw or an epilogue takes integer accumulators, but the sum is real: "
            "accumulate_in was given, or a scheme has no factor");
}

TEST_F(BackwardErrors, Options) {
  const std::vector<float> five(5);
  EXPECT_EQ(data({}, narrow::bias(five)), "bias: it has 5 elements; it must have 4, one for each of the channels");
  EXPECT_EQ(weights({}, narrow::bias(five)),
            "bias: it has 5 elements; it must have 24, one for each of the taps and channels");
  EXPECT_EQ(data({}, narrow::alpha{std::numeric_limits<double>::infinity()}),
            "conv2d_backward_data: alpha is inf; it must be finite");
  EXPECT_EQ(weights({}, narrow::beta{1e300}),
            "conv2d_backward_weights: beta is 1e+300; its magnitude must be at most 3.40282e+38, since the elements of "
            "this product are scaled as floats");
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_data(di.view(), wi.view(), raw_x.view(), {}, narrow::beta{0.5}); }),
            "conv2d_backward_data: beta is 0.5; an output of integer accumulators takes 0 or 1");
  std::vector<float> db(5, 7.0F);
  EXPECT_EQ(thrown([&] { narrow::conv2d_backward_bias(dy.view(), view(db, 5)); }),
            "conv2d_backward_bias: db has 5 elements; it must have 6, as many as dy has channels");
  EXPECT_EQ(db, std::vector<float>(5, 7.0F));
}

}  // namespace
