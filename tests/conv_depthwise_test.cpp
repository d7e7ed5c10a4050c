// Depthwise convolutions requantized to 8 bits, which their kernels may do themselves, against sums of codes one by
// one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "narrow/conv.hpp"
#include "support/conv_reference.hpp"
#include "support/targets.hpp"

namespace {

using narrow_test::at;
using narrow_test::conv_problem;
using narrow_test::gapped;
using terms = std::vector<double>;

const conv_problem problems[] = {
    {2, 5, 13, 32, 32, 3, 3, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1, .groups = 32}},
    {1, 6, 4, 77, 77, 3, 5, {.stride_h = 2, .pad_top = 2, .pad_left = 3, .pad_right = 1, .groups = 77}},
};

// Sums of x, less its zero point, times w; a bias for each channel; scaled and rounded, ties to even, into a range of
// codes.
enum class biases { small, extreme };
template <class Code>
void check(const conv_problem& p, bool one_scale, biases kind) {
  narrow_test::generator random(p.channels);
  constexpr std::int32_t least = std::numeric_limits<Code>::min(), most = std::numeric_limits<Code>::max();
  const narrow::affine of_x(0.5F, least + 100), of_w(0.25F);
  const gapped<Code> x(image_extents(p), random);
  const gapped<std::int8_t> w(kernel_extents(p), random);
  narrow::requantize_float last{{}, least + 120, least + 3, most - 5};
  std::vector<std::int32_t> bias;
  for (std::size_t o = 0; o < p.outputs; ++o) {
    if (o == 0 || !one_scale) last.scales.push_back(0.001F + 0.0001F * static_cast<float>(random() % 64));
    const auto small = static_cast<std::int32_t>(random() % 32768) - 16384;
    const std::int32_t limit = o % 2 == 0 ? std::numeric_limits<std::int32_t>::max() - 5 : -(1 << 30);
    bias.push_back(kind == biases::small ? small : limit);
  }
  const narrow::quantized_view<Code, 4, narrow::affine> xq{x.view(), &of_x, of_x.axis()};
  const narrow::quantized_view<std::int8_t, 4, narrow::affine> wq{w.view(), &of_w, of_w.axis()};
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    SCOPED_TRACE(narrow::name_of(t));
    const gapped<Code> y(output_extents(p));
    narrow::conv2d(xq, wq, y.view(), p.geometry, narrow::integer_bias(bias), last);
    EXPECT_TRUE(y.canaries_live());
    for_each_output(
        p,
        [&](auto n, auto h, auto v, auto c) {
          return static_cast<double>(at(x.view(), p.geometry.layout, n, h, v, c) - of_x.zero_point());
        },
        [&](auto o, auto r, auto s, auto c) { return static_cast<double>(w.view()(o, r, s, c)); },
        [&](auto n, auto i, auto j, auto o, const terms& a, const terms& b) {
          const auto sum = static_cast<float>(narrow_test::integer_dot(a, b) + bias[o]);
          const float scaled = std::nearbyintf(sum * last.scales[one_scale ? 0 : o]);
          const auto code = std::clamp(static_cast<std::int32_t>(scaled) + last.zero_point, last.lowest, last.highest);
          ASSERT_EQ(at(y.view(), p.geometry.layout, n, i, j, o), code);
        });
  }
}

TEST(ConvDepthwise, RequantizesAsItSums) {
  for (const conv_problem& p : problems) {
    SCOPED_TRACE(p);
    for (const bool one_scale : {false, true}) {
      check<std::uint8_t>(p, one_scale, biases::small);
      check<std::int8_t>(p, one_scale, biases::small);
    }
  }
}

// Biases that leave no room for the sums: the longer way.
TEST(ConvDepthwise, RequantizesBesideLargeBiases) { check<std::uint8_t>(problems[0], false, biases::extreme); }

}  // namespace
