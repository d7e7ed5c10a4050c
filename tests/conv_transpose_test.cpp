// conv_transpose2d: the shape rule, and every product scattered to where the definition puts it.
#include "narrow/conv_transpose.hpp"

#include <gtest/gtest.h>

#include "support/conv_reference.hpp"
#include "support/thrown.hpp"

namespace {

using narrow::conv_transpose_geometry;
using narrow::view;
using narrow_test::at;
using narrow_test::extents4;
using narrow_test::gapped;
using narrow_test::in_layout;

// The example of ONNX's ConvTranspose: each output of the first channels counts the pixels that reach it.
TEST(ConvTranspose, Example) {
  std::vector<float> x{0, 1, 2, 3, 4, 5, 6, 7, 8}, w(18, 1.0F), y(50);
  narrow::conv_transpose2d(view(x, 1, 1, 3, 3), view(w, 1, 2, 3, 3), view(y, 1, 2, 5, 5), {.layout = narrow::nchw});
  std::vector<float> want{0, 1, 3, 3, 2, 3, 8, 15, 12, 7, 9, 21, 36, 27, 15, 9, 20, 33, 24, 13, 6, 13, 21, 15, 8};
  want.insert(want.end(), want.begin(), want.end());
  EXPECT_EQ(y, want);
}

// With strides and output padding: [0, 0, 1, 1, 3, 2, 2, 0] in rows and columns of ones.
TEST(ConvTranspose, OutputPadding) {
  std::vector<float> x{0, 1, 2}, w{1, 1, 1}, y(8, 9.0F), cut(6, 9.0F);
  narrow::conv_transpose2d(view(x, 1, 1, 3, 1), view(w, 1, 1, 3, 1), view(y, 1, 1, 8, 1),
                           {.stride_w = 2, .output_padding_w = 1});
  EXPECT_EQ(y, (std::vector<float>{0, 0, 1, 1, 3, 2, 2, 0}));
  narrow::conv_transpose2d(view(x, 1, 1, 3, 1), view(w, 1, 1, 3, 1), view(cut, 1, 1, 6, 1),
                           {.stride_w = 2, .pad_left = 1, .pad_right = 1, .output_padding_w = 1});
  EXPECT_EQ(cut, (std::vector<float>{0, 1, 1, 3, 2, 2}));
}

struct problem {
  std::size_t channels, outputs, kernel_height, kernel_width;
  conv_transpose_geometry g;
  std::size_t images = 2, height = 4, width = 3;

  std::size_t out_height() const {
    return (height - 1) * g.stride_h + g.dilation_h * (kernel_height - 1) + 1 + g.output_padding_h - g.pad_top -
           g.pad_bottom;
  }
  std::size_t out_width() const {
    return (width - 1) * g.stride_w + g.dilation_w * (kernel_width - 1) + 1 + g.output_padding_w - g.pad_left -
           g.pad_right;
  }
};

// Integers, which sum exactly in any order.
void check(const problem& p) {
  const auto& g = p.g;
  narrow_test::generator random(p.channels);
  const std::size_t share = p.outputs / g.groups;
  const gapped<std::int8_t> x(in_layout({p.images, p.height, p.width, p.channels}, g.layout), random);
  const gapped<std::int8_t> w(in_layout({p.channels, p.kernel_height, p.kernel_width, share}, g.layout), random);
  const gapped<std::int32_t> y(in_layout({p.images, p.out_height(), p.out_width(), p.outputs}, g.layout));
  narrow::conv_transpose2d(x.view(), w.view(), y.view(), g);
  EXPECT_TRUE(y.canaries_live());
  const gapped<std::int32_t> want(y.view().extents());
  want.for_each([](std::int32_t& element) { element = 0; });
  for (std::size_t n = 0; n < p.images; ++n) {
    for (std::size_t i = 0; i < p.height; ++i) {
      for (std::size_t j = 0; j < p.width; ++j) {
        for (std::size_t c = 0; c < p.channels; ++c) {
          for (std::size_t r = 0; r < p.kernel_height; ++r) {
            for (std::size_t s = 0; s < p.kernel_width; ++s) {
              const std::size_t h = i * g.stride_h + r * g.dilation_h - g.pad_top;
              const std::size_t v = j * g.stride_w + s * g.dilation_w - g.pad_left;
              if (h >= p.out_height() || v >= p.out_width()) continue;
              for (std::size_t k = 0; k < share; ++k) {
                const std::size_t o = c / (p.channels / g.groups) * share + k;
                at(want.view(), g.layout, n, h, v, o) +=
                    at(x.view(), g.layout, n, i, j, c) * at(w.view(), g.layout, c, r, s, k);
              }
            }
          }
        }
      }
    }
  }
  for (std::size_t k = 0; k < want.view().size(); ++k) {
    const auto& e = want.view().extents();
    const std::size_t d = k % e[3], c = k / e[3] % e[2], b = k / e[3] / e[2] % e[1], a = k / e[3] / e[2] / e[1];
    ASSERT_EQ(y.view()(a, b, c, d), want.view()(a, b, c, d)) << a << ", " << b << ", " << c << ", " << d;
  }
}

TEST(ConvTranspose, Scatters) {
  for (const auto layout : {narrow::nhwc, narrow::nchw}) {
    for (std::size_t stride = 1; stride <= 4; ++stride) {
      for (std::size_t kernel = 1; kernel <= 5; ++kernel) {
        for (std::size_t dilation = 1; dilation <= 2; ++dilation) {
          for (const std::size_t groups : {1U, 2U, 4U}) {
            const std::size_t added = std::max(stride, dilation) - 1, first = kernel / 2;
            const conv_transpose_geometry g{stride, 1, first, 0, first / 2, 1, added, 0, dilation, 1, groups, layout};
            SCOPED_TRACE(testing::Message() << "stride " << stride << ", kernel " << kernel << ", dilation " << dilation
                                            << ", groups " << groups << ", layout " << static_cast<int>(layout));
            check({4, groups * 3, kernel, 2, g});
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

TEST(ConvTranspose, Errors) {
  std::vector<float> x(2 * 3 * 4 * 4), w(4 * 3 * 3 * 2);
  const gapped<float> y({2, 7, 6, 2});
  const auto message = [&](const conv_transpose_geometry& g) {
    return support::thrown([&] { narrow::conv_transpose2d(view(x, 2, 3, 4, 4), view(w, 4, 3, 3, 2), y.view(), g); });
  };
  EXPECT_EQ(message({.stride_h = 0}), "conv_transpose2d: stride_h is 0; it must be at least 1");
  EXPECT_EQ(message({.groups = 3}), "conv_transpose2d: groups is 3; it must divide the 4 channels of x");
  EXPECT_EQ(message({}), "conv_transpose2d: y is 2 x 7 x 6 x 2; it must be 2 x 5 x 6 x 2");
  EXPECT_EQ(message({.groups = 2}), "conv_transpose2d: y is 2 x 7 x 6 x 2; it must be 2 x 5 x 6 x 4");
  EXPECT_EQ(message({.stride_h = 2, .output_padding_h = 2}),
            "conv_transpose2d: the output padding of the height is 2; it must be less than the stride, 2, or the "
            "dilation, 1");
  EXPECT_EQ(message({.pad_left = 3, .pad_right = 3}),
            "conv_transpose2d: the padding cuts 3 and 3 off the width of y; it must leave something of 6");
  EXPECT_EQ(message({.stride_h = std::size_t{1} << 63}),
            "conv_transpose2d: the height of y, (3 - 1) * 9223372036854775808 + (3 - 1) * 1 + 1 + 0 before it is cut, "
            "overflows std::size_t");
  EXPECT_EQ(support::thrown([&] { narrow::conv_transpose2d(view(x, 2, 3, 4, 4), view(w, 3, 4, 3, 2), y.view()); }),
            "conv_transpose2d: w has 3 input channels; it must have 4, as x has");
  EXPECT_EQ(
      support::thrown([&] { narrow::conv_transpose2d(view(x.data(), 2, 0, 4, 4), view(w, 4, 3, 3, 2), y.view()); }),
      "conv_transpose2d: the height of x is 0; it must be at least 1");
  EXPECT_TRUE(y.untouched());
}

}  // namespace
