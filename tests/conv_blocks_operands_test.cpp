// Block formats whose blocks are not summed by themselves: NVFP4, whose scales go into the elements that multiply, and
// blocks that are decoded, beside floats or because groups of channels cut them.
#include "support/conv_blocks.hpp"

namespace {

using namespace narrow;
using narrow_test::conv_problem;
using narrow_test::generator;

// One chain for each output, of terms scaled before; `scale` is the tensors'.
template <class X, class W, class Sum>
std::vector<float> chains(const conv_problem& p, const X& x, const W& w, float scale, const Sum& sum) {
  std::vector<float> y;
  for_each_output_of_indices(p, [&](auto, auto, auto, auto, const auto& of_x, const auto& of_w) {
    std::vector<float> a, b;
    for (std::size_t k = 0; k < of_x.size(); ++k) {
      const auto at = static_cast<std::size_t>(of_x[k]), of = static_cast<std::size_t>(of_w[k]);
      a.push_back(at == 0 ? 0.0F : x.elements[at - 1] * x.scales[at - 1]);
      b.push_back(w.elements[of - 1] * w.scales[of - 1]);
    }
    volatile float scaled = sum(a, b, false) * scale;
    y.push_back(float{scaled});
  });
  return y;
}

narrow_test::extents4 image_of(const conv_problem& p) { return {p.images, p.height, p.width, p.channels}; }
narrow_test::extents4 kernel_of(const conv_problem& p) {
  return {p.outputs, p.kernel_height, p.kernel_width, p.group_channels()};
}

TEST(ConvBlocksOperands, ScalesWithinElements) {
  generator random(8);
  std::vector<conv_problem> problems = narrow_test::block_problems();
  problems.push_back({2, 6, 7, 18, 18, 3, 3, {.pad_top = 1, .pad_left = 1, .groups = 18}});
  problems.push_back({1, 6, 7, 5, 5, 3, 2, {.stride_w = 2, .pad_left = 1, .groups = 5, .layout = nchw}});
  for (const conv_problem& p : problems) {
    SCOPED_TRACE(p);
    auto x = narrow_test::blocks_of<nvfp4>(image_of(p), p.geometry.layout, random);
    auto w = narrow_test::blocks_of<nvfp4>(kernel_of(p), p.geometry.layout, random);
    const float of_x = x.tensor.scheme().tensor_scale(), of_w = w.tensor.scheme().tensor_scale();
    const auto of_blocks = [&](auto& terms, const narrow_test::extents4& e) {
      std::size_t index = 0;
      narrow_test::for_each_channel(e, [&](auto n, auto h, auto v, auto c) {
        const std::size_t place = narrow_test::block_at(e, p.geometry.layout, 16, n, h, v, c);
        terms.scales[index++] = float(terms.tensor.scheme().scale(place));
      });
    };
    of_blocks(x, image_of(p)), of_blocks(w, kernel_of(p));
    const auto scale = static_cast<float>(double{of_x} * double{of_w});
    check_conv_of_blocks(p, x, w, chains(p, x, w, scale, narrow_test::pair_sum));
  }
}

// As reals: blocks beside floats, and blocks that groups of channels cut.
TEST(ConvBlocksOperands, Decoded) {
  generator random(9);
  const conv_problem beside{2, 4, 5, 40, 7, 3, 2, {.pad_top = 1, .pad_left = 2}},
      cut{1, 4, 5, 80, 4, 2, 3, {.stride_w = 2, .pad_left = 1, .groups = 2, .layout = nchw}};
  auto w = narrow_test::blocks_of<mxfp4>(kernel_of(beside), nhwc, random);
  const auto values = narrow_test::random_reals(2 * 4 * 5 * 40, random);
  struct {
    tensor_view<const float, 4> tensor;
    std::vector<float> elements, scales;
  } const x{{values.data(), image_of(beside)}, values, std::vector<float>(values.size(), 1.0F)};
  const std::vector<float> want = chains(beside, x, w, 1, narrow_test::chain_sum<float>);
  const auto of_cut = narrow_test::blocks_of<mxfp4>(image_of(cut), nchw, random),
             kernels = narrow_test::blocks_of<mxfp4>(kernel_of(cut), nchw, random);
  const std::vector<float> want_cut = chains(cut, of_cut, kernels, 1, narrow_test::chain_sum<float>);
  for (const target t : support::supported_targets()) {
    const support::on_target guard(t);
    std::vector<float> y(want.size()), packed(want.size()), of_groups(want_cut.size());
    const tensor_view<float, 4> to(y.data(), output_extents(beside));
    conv2d(x.tensor, w.tensor, to, beside.geometry);
    ASSERT_EQ(y, want);
    conv2d(x.tensor, pack_kernels(w.tensor, beside.geometry),
           tensor_view<float, 4>(packed.data(), output_extents(beside)), beside.geometry);
    ASSERT_EQ(packed, want);
    const tensor_view<float, 4> result(of_groups.data(), output_extents(cut));
    conv2d(of_cut.tensor, kernels.tensor, result, cut.geometry);
    ASSERT_EQ(narrow_test::channels_last(result, nchw), want_cut);
  }
}

// No pixels, or no channels: sums of nothing but padding.
TEST(ConvBlocksOperands, Empty) {
  for (const std::array<std::size_t, 4>& extents :
       {std::array<std::size_t, 4>{1, 3, 3, 0}, std::array<std::size_t, 4>{1, 0, 3, 4},
        std::array<std::size_t, 4>{1, 3, 0, 4}}) {
    const std::vector<float> none(1), kernels(2 * 4, 1.0F);
    const auto x = quantize<mxfp8>(tensor_view<const float, 4>(none.data(), extents, {0, 0, 0, 0}), 3);
    const auto w = quantize<mxfp8>(tensor_view<const float, 4>(kernels.data(), {2, 1, 1, extents[3]}), 3);
    const conv_geometry g{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
    for (const target t : support::supported_targets()) {
      const support::on_target guard(t);
      std::vector<float> y((extents[1] + 2) * (extents[2] + 2) * 2, 7.0F);
      conv2d(x, w, view(y, 1, extents[1] + 2, extents[2] + 2, 2), g);
      EXPECT_EQ(y, std::vector<float>(y.size(), 0.0F)) << name_of(t);
    }
  }
}

}  // namespace
