// The gradients of conv2d in FP8, and of operands that have to be decoded.
#include <gtest/gtest.h>

#include "support/conv_backward_reference.hpp"
#include "support/sweep.hpp"

namespace {

using namespace narrow_test;
using narrow::affine;

void check_pairs(float got, const terms& a, const terms& b, double, double) {
  const float want = narrow_test::pair_dot(a, b);
  ASSERT_TRUE(same(got, want)) << got << ", not " << want;
}
TEST(ConvBackward, Float8) {
  for_each_stride(13, [](const conv_problem& p) {
    check_data<narrow::float8_e5m2, narrow::float8_e4m3fn, float>(p, check_pairs);
    check_weights<narrow::float8_e4m3fn, narrow::float8_e5m2, float>(p, check_pairs);
  });
}

// Parameters along the channels that dx sums over: decoded, then one chain of floats.
void check_summed_channels(const conv_problem& p) {
  const auto layout = p.geometry.layout;
  const narrow::granularity channels{layout == narrow::nhwc ? 3U : 1U};
  generator random(p.outputs);
  const affine of_dy = random_affine<narrow::uint8>(channels, p.outputs, random);
  const affine of_w = random_affine<narrow::int8>(narrow::per_axis(0), p.outputs, random);
  const auto dy = random_quantized<narrow::uint8>(output_extents(p), of_dy, random);
  const auto w = random_quantized<narrow::int8>(kernel_extents(p), of_w, random);
  const gapped<float> dx(image_extents(p));
  narrow::conv2d_backward_data(dy, w, dx.view(), p.geometry);
  const auto decoded = [](const affine& scheme, auto code, std::size_t o) {
    return double{rounded(static_cast<float>(code.storage() - scheme.zero_point(o)) * scheme.scale(o))};
  };
  for_each_of_dx(p,
                 reals_of(of_output(p), [&](auto n, auto i, auto j,
                                            auto o) { return decoded(of_dy, at(dy.codes(), layout, n, i, j, o), o); }),
                 reals_of(of_kernel(p), [&](auto o, auto r, auto s,
                                            auto c) { return decoded(of_w, at(w.codes(), layout, o, r, s, c), o); }),
                 [&](auto n, auto h, auto v, auto c, const terms& a, const terms& b, double, double) {
                   ASSERT_TRUE(same(at(dx.view(), layout, n, h, v, c), chain_dot<float>(a, b)));
                 });
}
TEST(ConvBackward, ParametersAlongSummedChannels) { for_each_stride(13, check_summed_channels); }

}  // namespace
