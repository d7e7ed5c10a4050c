// Every documented error of a convolution, and that nothing has been written by then.
#include <gtest/gtest.h>

#include <limits>

#include "narrow/block_formats.hpp"
#include "narrow/conv.hpp"
#include "narrow/pack_kernels.hpp"
#include "support/conv_reference.hpp"
#include "support/thrown.hpp"

namespace {

using narrow::affine;
using narrow::conv_geometry;
using narrow::view;
using narrow_test::gapped;
using support::thrown;

// x 2 x 4 x 5 x 4, w 6 x 3 x 2 x 4, y 2 x 2 x 4 x 6.
class ConvErrors : public testing::Test {
 protected:
  ~ConvErrors() override { EXPECT_TRUE(y.untouched() && raw.untouched() && codes.untouched()); }

  std::string with(const conv_geometry& g) {
    return thrown([&] { narrow::conv2d(x.view(), w.view(), y.view(), g); });
  }
  // The product of integers into raw accumulators or codes, or of reals into y, with options.
  template <class Y, class... Option>
  std::string with_options(const Y& to, const Option&... option) {
    return thrown([&] {
      if constexpr (std::is_same_v<typename Y::value_type, float>) {
        narrow::conv2d(x.view(), w.view(), to, {}, option...);
      } else {
        narrow::conv2d(xi.view(), wi.view(), to, {}, option...);
      }
    });
  }

  narrow_test::generator random{1};
  gapped<float> x{{2, 4, 5, 4}, random}, w{{6, 3, 2, 4}, random}, y{{2, 2, 4, 6}};
  gapped<std::int8_t> xi{{2, 4, 5, 4}, random}, wi{{6, 3, 2, 4}, random};
  gapped<std::int32_t> raw{{2, 2, 4, 6}};
  gapped<narrow::int8> codes{{2, 2, 4, 6}};
};

TEST_F(ConvErrors, Geometry) {
  EXPECT_EQ(with({.stride_h = 0}), "conv2d: stride_h is 0; it must be at least 1");
  EXPECT_EQ(with({.stride_w = 0}), "conv2d: stride_w is 0; it must be at least 1");
  EXPECT_EQ(with({.dilation_h = 0}), "conv2d: dilation_h is 0; it must be at least 1");
  EXPECT_EQ(with({.dilation_w = 0}), "conv2d: dilation_w is 0; it must be at least 1");
  EXPECT_EQ(with({.groups = 0}), "conv2d: groups is 0; it must be at least 1");
  EXPECT_EQ(with({.groups = 3}), "conv2d: groups is 3; it must divide the 4 channels of x");
  EXPECT_EQ(with({.groups = 4}), "conv2d: groups is 4; it must divide the 6 output channels of w");
  EXPECT_EQ(with({.groups = 2}), "conv2d: w has 4 channels; it must have 2, the channels of x over groups");
  EXPECT_EQ(with({.dilation_h = 2}),
            "conv2d: the height of w is 5 with its dilation; it must be at most 4, the padded height of x");
  EXPECT_EQ(with({.pad_left = 2, .dilation_w = 7}),
            "conv2d: the width of w is 8 with its dilation; it must be at most 7, the padded width of x");
  EXPECT_EQ(with({.pad_top = 1}), "conv2d: y is 2 x 2 x 4 x 6; it must be 2 x 3 x 4 x 6");
  EXPECT_EQ(with({.layout = narrow::nchw}), "conv2d: w has 3 channels; it must have 4, the channels of x over groups");
}

TEST_F(ConvErrors, Shapes) {
  // As nchw: x has 4 channels of 5 x 4.
  const gapped<float> kernel({6, 4, 2, 1}, random), empty({6, 0, 1, 4});
  EXPECT_EQ(thrown([&] { narrow::conv2d(x.view(), kernel.view(), y.view(), {.layout = narrow::nchw}); }),
            "conv2d: y is 2 x 2 x 4 x 6; it must be 2 x 6 x 4 x 4");
  EXPECT_EQ(thrown([&] { narrow::conv2d(x.view(), empty.view(), y.view()); }),
            "conv2d: the height of w is 0; it must be at least 1");
}

TEST_F(ConvErrors, KernelsPackedForOtherGroups) {
  const gapped<float> kernel({6, 3, 2, 2}, random);
  const auto packed = narrow::pack_kernels(kernel.view(), {.groups = 3});
  EXPECT_EQ(thrown([&] { narrow::conv2d(x.view(), packed, y.view(), {.groups = 2}); }),
            "conv2d: w was packed for 3 groups; it must have been for 2");
}

TEST_F(ConvErrors, Overlap) {
  std::vector<float> memory(64, 1.0F);
  const auto image = view(memory.data(), 1, 4, 4, 1), after = view(memory.data() + 15, 1, 4, 4, 1);
  const auto kernel = view(memory.data() + 40, 1, 1, 1, 1), result = view(memory.data() + 25, 1, 4, 4, 1);
  EXPECT_EQ(thrown([&] { narrow::conv2d(image, kernel, after); }),
            "conv2d: y overlaps x; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] { narrow::conv2d(image, kernel, image); }),
            "conv2d: y overlaps x; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] { narrow::conv2d(image, kernel, result); }),
            "conv2d: y overlaps w; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] {
              narrow::conv2d(image, kernel, view(memory.data() + 42, 1, 4, 4, 1), {},
                             narrow::bias(view(memory.data() + 57, 1)));
            }),
            "conv2d: y overlaps the 1 values of an epilogue; they must lie apart");
  const narrow::tensor_view<float, 4> one_row(memory.data() + 42, {1, 4, 4, 1}, {16, 0, 1, 1});
  EXPECT_EQ(thrown([&] { narrow::conv2d(image, kernel, one_row); }),
            "conv2d: y, with strides 16, 0, 1 and 1 for image, row, column and channel, overlaps itself; each element "
            "must have a place of its own");
  EXPECT_EQ(memory, std::vector<float>(64, 1.0F));
  // Channels of one buffer of 4 x 2 pixels and 8 channels.
  const auto channels = [&](std::size_t first) {
    return narrow::tensor_view<float, 4>(memory.data() + first, {1, 4, 2, 4}, {64, 16, 8, 1});
  };
  const std::vector<float> square(16, 1.0F);
  EXPECT_EQ(thrown([&] { narrow::conv2d(channels(0), view(square, 4, 1, 1, 4), channels(4)); }), "");
  EXPECT_EQ(memory[4], 4.0F);
}

TEST_F(ConvErrors, Sizes) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(with({.pad_left = most}), "conv2d: the padded width, 5 + 18446744073709551615 + 0, overflows std::size_t");
  EXPECT_EQ(with({.pad_top = most - 4, .pad_bottom = 1}),
            "conv2d: the padded height, 4 + 18446744073709551611 + 1, overflows std::size_t");
  EXPECT_EQ(with({.dilation_h = most}),
            "conv2d: the dilated height of w, (3 - 1) * 18446744073709551615 + 1, overflows std::size_t");
  // Strides of zero: small views, whose patches have more elements than there are.
  float one = 1, other = 1, output = 5;
  const std::size_t many = std::size_t{1} << 40, some = std::size_t{1} << 10, taps = std::size_t{1} << 20;
  using image = narrow::tensor_view<float, 4>;
  EXPECT_EQ(thrown([&] {
              narrow::conv2d(image(&one, {1, 1, many, some}, {}), image(&other, {1, 1, taps, some}, {}),
                             image(&output, {1, 1, many - taps + 1, 1}, {}));
            }),
            "conv2d: 1099510579201 x 1073741824 elements overflow std::size_t");
  EXPECT_EQ(output, 5);
}

TEST_F(ConvErrors, Schemes) {
  const auto by_image = narrow_test::scaled_along({2, 4, 5, 4}, 0, 2),
             by_row = narrow_test::scaled_along({6, 3, 2, 4}, 1, 3);
  auto by_column = narrow_test::scaled_along({2, 2, 4, 6}, 2, 4);
  EXPECT_EQ(thrown([&] { narrow::conv2d(by_image, wi.view(), y.view()); }),
            "conv2d: the scheme of x is along axis 0; it must be per tensor or along the channels");
  EXPECT_EQ(thrown([&] { narrow::conv2d(xi.view(), by_row, y.view()); }),
            "conv2d: the scheme of w is along axis 1; it must be per tensor or along the channels");
  EXPECT_EQ(thrown([&] { narrow::conv2d(x.view(), w.view(), by_column); }),
            "conv2d: the scheme of y is along axis 2; it must be per tensor or along the channels");
  const affine five(narrow::per_axis(0), std::vector<float>(5, 1.0F));
  const narrow::quantized_view<std::int8_t, 4, affine> short_of_one{wi.view(), &five, narrow::per_axis(0)};
  EXPECT_EQ(thrown([&] { narrow::conv2d(xi.view(), short_of_one, y.view()); }),
            "conv2d: the scheme of w has 5 sets of parameters; it must have 6, the extent of axis 0");
}

// Blocks of x and w, 32 of which would be 1 a pixel.
TEST_F(ConvErrors, Blocks) {
  using scheme = narrow::mxint8::scheme_type;
  using element = narrow::mxint8::element_type;
  using quantized = narrow::quantized_view<element, 4, scheme>;
  const gapped<element> codes_x{{2, 4, 5, 4}, random}, codes_w{{6, 3, 2, 4}, random};
  const auto scales = [](std::size_t count) { return std::vector(count, narrow::float8_e8m0fnu(1.0F)); };
  const scheme of_rows(x.view().extents(), 1, scales(2 * 5 * 4)), of_x(x.view().extents(), 3, scales(2 * 4 * 5)),
      of_taps(w.view().extents(), 2, scales(6 * 3 * 4)), of_w(w.view().extents(), 3, scales(6 * 3 * 2));
  const auto error = [&](const scheme* x_scheme, const scheme* w_scheme, narrow::granularity axis = {3}) {
    return thrown([&] {
      narrow::conv2d(quantized{codes_x.view(), x_scheme, x_scheme == nullptr ? axis : x_scheme->axis()},
                     quantized{codes_w.view(), w_scheme, w_scheme->axis()}, y.view());
    });
  };
  EXPECT_EQ(error(&of_rows, &of_w),
            "conv2d: the blocks of x are along axis 1; they must be along the channels, axis 3");
  EXPECT_EQ(error(&of_x, &of_taps),
            "conv2d: the blocks of w are along axis 2; they must be along the channels, axis 3");
  EXPECT_EQ(error(nullptr, &of_w), "conv2d: the scheme of x is null; it must be given");
  EXPECT_EQ(error(&of_w, &of_w), "scheme: 36 blocks; the tensor has 40");
  EXPECT_EQ(thrown([&] {
              narrow::conv2d(quantized{codes_x.view(), &of_x, of_x.axis()}, quantized{codes_w.view(), &of_w, {3}},
                             raw.view());
            }),
            "conv2d: y or an epilogue takes integer accumulators, but the sum is real: blocks have scales");
}

// An output of blocks, which are made last.
TEST_F(ConvErrors, BlockOutputs) {
  auto blocks = narrow::block_tensor<narrow::mxint8>(std::array<std::size_t, 4>{2, 4, 4, 4}, 3);
  const gapped<float> tap({4, 1, 1, 4}, random), other({2, 4, 4, 4}, random);
  EXPECT_EQ(thrown([&] { narrow::conv2d(blocks, tap.view(), blocks); }),
            "conv2d: y overlaps x; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] { narrow::conv2d(other.view(), tap.view(), blocks, {.stride_h = 2}); }),
            "conv2d: y is 2 x 4 x 4 x 4; it must be 2 x 2 x 4 x 4");
  EXPECT_EQ(thrown([&] {
              narrow::conv2d(other.view(), tap.view(), blocks, {}, narrow::stochastic_sequence{1, 2, 0, 40});
            }),
            "conv2d: the count of stochastic bits is 40; it must be 1 to 32");
  for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(blocks.storage()[i].bits(), 0);
}

TEST_F(ConvErrors, SchemesMadeByHand) {
  using quantized = narrow::quantized_view<std::int8_t, 4, affine>;
  const affine far(1.0F, 200);
  EXPECT_EQ(thrown([&] {
              narrow::conv2d(quantized{xi.view(), nullptr, {}}, wi.view(), y.view());
            }),
            "conv2d: the scheme of x is null; it must be given");
  EXPECT_EQ(thrown([&] {
              narrow::conv2d(xi.view(), quantized{wi.view(), &far, {}}, y.view());
            }),
            "affine: zero_point[0] is 200; it must be a code, -128 to 127");
}

TEST_F(ConvErrors, Epilogues) {
  const std::vector<float> five(5);
  const std::vector<std::int32_t> integers(4);
  EXPECT_EQ(with_options(y.view(), narrow::bias(five)),
            "bias: it has 5 elements; it must have 6, one for each of the output channels");
  EXPECT_EQ(with_options(raw.view(), narrow::integer_bias(integers)),
            "bias: it has 4 elements; it must have 6, one for each of the output channels");
  EXPECT_EQ(with_options(codes.view(), narrow::requantize{{{1 << 30, 0}, {1 << 30, 0}}}),
            "requantize: it has 2 multipliers; it must have 1, or one for each of the 6 output channels");
  const gapped<float> turned({2, 4, 2, 6});
  EXPECT_EQ(
      with_options(y.view(), narrow::residual(turned.view(), narrow::nhwc)),
      "residual: its images are 2 x 4 x 2 x 6 with the channels last; they must be 2 x 2 x 4 x 6, as the output's");
  EXPECT_EQ(with_options(y.view(), narrow::residual(view(five, 1, 5))),
            "residual: it has 1 x 5 elements; it must have 16 x 6, one for each of the output's");
}

TEST_F(ConvErrors, AlphaAndBeta) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(with_options(y.view(), narrow::alpha{infinity}), "conv2d: alpha is inf; it must be finite");
  EXPECT_EQ(
      with_options(y.view(), narrow::alpha{1e300}),
      "conv2d: alpha is 1e+300; its magnitude must be at most 3.40282e+38, since the elements of this product are "
      "scaled as floats");
  EXPECT_EQ(with_options(raw.view(), narrow::beta{0.5}),
            "conv2d: beta is 0.5; an output of integer accumulators takes 0 or 1");
  EXPECT_EQ(with_options(codes.view(), narrow::alpha{2}, narrow::requantize{{{1 << 30, 0}}}),
            "conv2d: alpha is 2; requantize takes only 1");
}

TEST_F(ConvErrors, StochasticBits) {
  for (const int count : {0, -1, 40}) {
    EXPECT_EQ(with_options(codes.view(), narrow::stochastic_sequence{1, 2, 0, count}),
              "conv2d: the count of stochastic bits is " + std::to_string(count) + "; it must be 1 to 32");
  }
}

TEST_F(ConvErrors, IntegerOutputsOfRealSums) {
  const std::string want =
      "conv2d: y or an epilogue takes integer accumulators, but the sum is real: a scale varies along the input "
      "channels, or accumulate_in was given";
  EXPECT_EQ(with_options(raw.view(), narrow::accumulate_in<double>{}), want);
  const narrow::quantized_tensor<narrow::int8, 4, affine> by_channel(
      {2, 4, 5, 4}, affine(narrow::per_axis(3), std::vector<float>(4, 0.5F)));
  EXPECT_EQ(thrown([&] { narrow::conv2d(by_channel, wi.view(), raw.view()); }), want);
}

}  // namespace
