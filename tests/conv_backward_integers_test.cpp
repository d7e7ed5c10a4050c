// The gradients of conv2d of integers, alone and under affine schemes: exact sums.
#include <gtest/gtest.h>

#include "support/conv_backward_reference.hpp"
#include "support/sweep.hpp"

namespace {

using namespace narrow_test;
using narrow::affine;

void check_exactly(std::int32_t got, const terms&, const terms&, double exact, double) { ASSERT_EQ(got, exact); }

TEST(ConvBackward, Integers) {
  for_each_stride(7, [](const conv_problem& p) {
    check_data<std::int8_t, std::uint8_t, std::int32_t>(p, check_exactly);
    check_weights<std::uint8_t, std::int8_t, std::int32_t>(p, check_exactly);
  });
}

float scaled(double sum, float a, float b) {
  return rounded(static_cast<float>(sum) * static_cast<float>(static_cast<double>(a) * static_cast<double>(b)));
}

// Parameters along the channels that are not summed, zero points included: of w for dx, of both for dw.
void check_affine(const conv_problem& p) {
  const auto layout = p.geometry.layout;
  const narrow::granularity channels{layout == narrow::nhwc ? 3U : 1U};
  generator random(p.kernel_width * 100 + p.outputs);
  const affine one = random_affine<narrow::uint8>(narrow::per_tensor, 1, random);
  const affine of_w = random_affine<narrow::int8>(channels, p.group_channels(), random);
  const affine of_x = random_affine<narrow::uint8>(channels, p.channels, random);
  const affine of_dy = random_affine<narrow::int8>(channels, p.outputs, random);
  const auto w = random_quantized<narrow::int8>(kernel_extents(p), of_w, random);
  const auto x = random_quantized<narrow::uint8>(image_extents(p), of_x, random);
  const auto dy = random_quantized<narrow::int8>(output_extents(p), of_dy, random);
  const auto plain_dy = random_quantized<narrow::uint8>(output_extents(p), one, random);
  const gapped<std::int32_t> sums_x(image_extents(p)), sums_w(kernel_extents(p));
  const gapped<float> dx(image_extents(p)), dw(kernel_extents(p));
  narrow::conv2d_backward_data(plain_dy, w, sums_x.view(), p.geometry);
  narrow::conv2d_backward_data(plain_dy.view(), w.view(), dx.view(), p.geometry);
  narrow::conv2d_backward_weights(x, dy, sums_w.view(), p.geometry);
  narrow::conv2d_backward_weights(x.view(), dy.view(), dw.view(), p.geometry);
  EXPECT_TRUE(sums_x.canaries_live() && dx.canaries_live() && sums_w.canaries_live() && dw.canaries_live());
  const auto centred = [&](const auto& tensor, const affine& scheme, const extents4& extents) {
    return reals_of(extents, [&](auto n, auto h, auto v, auto c) {
      return double(at(tensor.codes(), layout, n, h, v, c).storage() - scheme.zero_point(scheme.count() == 1 ? 0 : c));
    });
  };
  for_each_of_dx(p, centred(plain_dy, one, of_output(p)), centred(w, of_w, of_kernel(p)),
                 [&](auto n, auto h, auto v, auto c, const terms&, const terms&, double exact, double) {
                   ASSERT_EQ(at(sums_x.view(), layout, n, h, v, c), exact);
                   const float want = scaled(exact, one.scale(), of_w.scale(c % p.group_channels()));
                   ASSERT_TRUE(same(at(dx.view(), layout, n, h, v, c), want));
                 });
  for_each_of_dw(p, centred(x, of_x, of_image(p)), centred(dy, of_dy, of_output(p)),
                 [&](auto o, auto r, auto s, auto c, const terms&, const terms&, double exact, double) {
                   ASSERT_EQ(at(sums_w.view(), layout, o, r, s, c), exact);
                   const float want = scaled(exact, of_dy.scale(o), of_x.scale(channel(p, o, c)));
                   ASSERT_TRUE(same(at(dw.view(), layout, o, r, s, c), want));
                 });
}
TEST(ConvBackward, Affine) { for_each_stride(7, check_affine); }

}  // namespace
