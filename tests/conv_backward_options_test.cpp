// Options of the gradients: what happens between the sum and the output, and which matrix the output is to them.
#include <gtest/gtest.h>

#include "narrow/conv_backward.hpp"
#include "support/conv_reference.hpp"

namespace {

using narrow::affine;
using narrow::view;
using narrow_test::at;
using narrow_test::conv_problem;
using narrow_test::gapped;
using narrow_test::generator;

const conv_problem problems[] = {
    {2, 5, 4, 4, 6, 3, 2, {.stride_w = 2, .pad_top = 1, .pad_right = 2, .groups = 2}},
    {2, 5, 4, 4, 6, 3, 2, {.pad_top = 1, .pad_right = 2}},
    {2, 5, 4, 4, 6, 3, 2, {.stride_h = 2, .stride_w = 2, .pad_top = 2, .pad_right = 2}},
    {2, 5, 4, 4, 6, 3, 2, {.stride_h = 2, .pad_top = 1, .pad_right = 2, .groups = 2, .layout = narrow::nchw}}};

class BackwardOptions : public testing::TestWithParam<conv_problem> {
 protected:
  const conv_problem p = GetParam();
  const std::size_t pixels = p.images * p.height * p.width, channels = p.channels, outputs = p.outputs,
                    columns = p.kernel_height * p.kernel_width * p.group_channels();
  generator random{3};
  const gapped<float> x{image_extents(p), random}, w{kernel_extents(p), random}, dy{output_extents(p), random};
  const gapped<std::int8_t> wi{kernel_extents(p), random}, di{output_extents(p), random};

  // The elements in the order that options see.
  template <class T>
  std::vector<T> flat(const narrow::tensor_view<T, 4>& t) const {
    return narrow_test::channels_last(t, p.geometry.layout);
  }
  template <class T = float, class... Option>
  std::vector<T> data(const Option&... option) const {
    const gapped<T> dx(image_extents(p));
    narrow::conv2d_backward_data(dy.view(), w.view(), dx.view(), p.geometry, option...);
    EXPECT_TRUE(dx.canaries_live());
    return flat(dx.view());
  }
  template <class T = float, class... Option>
  std::vector<T> weights(const Option&... option) const {
    const gapped<T> dw(kernel_extents(p));
    narrow::conv2d_backward_weights(x.view(), dy.view(), dw.view(), p.geometry, option...);
    EXPECT_TRUE(dw.canaries_live());
    return flat(dw.view());
  }
  std::vector<float> randoms(std::size_t count) {
    std::vector<float> values(count);
    for (float& b : values) b = narrow_test::random_element<float>(random);
    return values;
  }
};

TEST_P(BackwardOptions, BiasAndRelu) {
  const auto of_x = randoms(channels), of_w = randoms(columns);
  const auto dx = data(), dw = weights();
  const auto dx_biased = data(narrow::bias(of_x), narrow::relu), dw_biased = weights(narrow::bias(of_w), narrow::relu);
  for (std::size_t i = 0; i < dx.size(); ++i) EXPECT_EQ(dx_biased[i], std::max(dx[i] + of_x[i % channels], 0.0F));
  for (std::size_t i = 0; i < dw.size(); ++i) EXPECT_EQ(dw_biased[i], std::max(dw[i] + of_w[i % columns], 0.0F));
}

TEST_P(BackwardOptions, FunctorsSeeTheMatrix) {
  const auto check = [](std::size_t rows, std::size_t width, const auto& product) {
    std::vector<int> seen(rows * width, 0);
    const auto plain = product([](float v, std::size_t, std::size_t) { return v; });
    const auto marked = product([&](float v, std::size_t i, std::size_t j) {
      ++seen.at(i * width + j);
      return v + static_cast<float>(i * 100 + j);
    });
    EXPECT_EQ(seen, std::vector<int>(rows * width, 1));
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_EQ(marked[i], plain[i] + static_cast<float>(i / width * 100 + i % width));
    }
  };
  check(pixels, channels, [&](const auto& f) { return data(f); });
  check(outputs, columns, [&](const auto& f) { return weights(f); });
}

TEST_P(BackwardOptions, AlphaAndBeta) {
  const auto plain_x = data(), plain_w = weights();
  const gapped<float> dx(image_extents(p), random), dw(kernel_extents(p), random);
  const auto old_x = flat(dx.view()), old_w = flat(dw.view());
  narrow::conv2d_backward_data(dy.view(), w.view(), dx.view(), p.geometry, narrow::alpha{0.75}, narrow::beta{-0.5});
  narrow::conv2d_backward_weights(x.view(), dy.view(), dw.view(), p.geometry, narrow::beta{1});
  const auto new_x = flat(dx.view()), new_w = flat(dw.view());
  for (std::size_t i = 0; i < plain_x.size(); ++i) {
    volatile const float scaled = 0.75F * plain_x[i], kept = -0.5F * old_x[i];
    EXPECT_EQ(new_x[i], scaled + kept);
  }
  for (std::size_t i = 0; i < plain_w.size(); ++i) EXPECT_EQ(new_w[i], plain_w[i] + old_w[i]);
}

TEST_P(BackwardOptions, StochasticBitsOfTheIndex) {
  const narrow::stochastic_sequence sequence{7, 3};
  const auto check = [&](const std::vector<float>& plain, const auto& codes) {
    std::vector<narrow::float8_e4m3fn> want(plain.size());
    narrow::quantize_into(view(plain, plain.size(), 1), view(want, plain.size(), 1), narrow::unscaled, sequence);
    for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(codes[i].bits(), want[i].bits()) << i;
  };
  check(data(), data<narrow::float8_e4m3fn>(sequence));
  check(weights(), weights<narrow::float8_e4m3fn>(sequence));
}

TEST_P(BackwardOptions, Requantizes) {
  const gapped<std::int32_t> sums(image_extents(p));
  const gapped<narrow::int8> codes(image_extents(p));
  narrow::requantize last;
  for (std::size_t c = 0; c < channels; ++c) {
    last.multipliers.push_back(narrow::fixed_multiplier::from_real(0.0007 * static_cast<double>(c + 1)));
  }
  narrow::conv2d_backward_data(di.view(), wi.view(), sums.view(), p.geometry);
  narrow::conv2d_backward_data(di.view(), wi.view(), codes.view(), p.geometry, last);
  const auto raw = flat(sums.view());
  const auto got = flat(codes.view());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const int want = narrow::multiply_by_quantized_multiplier(raw[i], last.multipliers[i % channels],
                                                              narrow::multiplier_rounding::tflite_double);
    EXPECT_EQ(got[i].storage(), std::clamp(want, -128, 127));
  }
}

// dw with parameters for each channel and for each output channel.
TEST_P(BackwardOptions, QuantizedOutputs) {
  const auto plain = weights();
  const std::size_t channel_axis = p.geometry.layout == narrow::nhwc ? 3 : 1, share = p.group_channels();
  for (const bool along_outputs : {false, true}) {
    std::vector<float> scales;
    for (std::size_t k = 0; k < (along_outputs ? outputs : share); ++k) scales.push_back(0.5F + static_cast<float>(k));
    narrow::quantized_tensor<narrow::int8, 4, affine> dw(kernel_extents(p),
                                                         affine({along_outputs ? 0 : channel_axis}, scales));
    narrow::conv2d_backward_weights(x.view(), dy.view(), dw, p.geometry);
    const auto codes = flat(dw.codes());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      volatile const float quotient = plain[i] / scales[along_outputs ? i / columns : i % share];
      EXPECT_EQ(codes[i].storage(), static_cast<int>(std::clamp(std::nearbyint(quotient), -128.0F, 127.0F))) << i;
    }
  }
}

TEST_P(BackwardOptions, BiasGradient) {
  std::vector<double> want(outputs);
  const auto elements = flat(dy.view());
  for (std::size_t i = 0; i < elements.size(); ++i) want[i % outputs] += double{elements[i]};
  std::vector<float> db(outputs), more(outputs, 2.0F);
  std::vector<narrow::bfloat16> rounded(outputs);
  narrow::conv2d_backward_bias(dy.view(), view(db, outputs), p.geometry.layout);
  narrow::conv2d_backward_bias(dy.view(), view(more, outputs), p.geometry.layout, narrow::alpha{0.5}, narrow::beta{1});
  narrow::conv2d_backward_bias(dy.view(), view(rounded, outputs), p.geometry.layout);
  for (std::size_t o = 0; o < outputs; ++o) {
    EXPECT_EQ(db[o], static_cast<float>(want[o]));
    EXPECT_EQ(more[o], static_cast<float>(want[o] / 2 + 2));
    EXPECT_EQ(rounded[o].bits(), narrow::bfloat16(want[o]).bits());
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, BackwardOptions, testing::ValuesIn(problems));

// Pieces, the last one first.
struct backward_executor {
  static std::size_t concurrency() { return 3; }
  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    while (n-- > 0) f(n);
  }
};
TEST(BackwardExecutor, SameBits) {
  const conv_problem p{3, 20, 18, 24, 40, 3, 3, {2, 1, 1, 1, 1, 1}};
  generator random(5);
  const gapped<float> x(image_extents(p), random), w(kernel_extents(p), random), dy(output_extents(p), random);
  std::vector<float> dx[2], dw[2];
  const auto image = image_extents(p), kernel = kernel_extents(p);
  for (auto& values : dx) values.resize(image[0] * image[1] * image[2] * image[3]);
  for (auto& values : dw) values.resize(kernel[0] * kernel[1] * kernel[2] * kernel[3]);
  const auto dx_view = [&](int t) { return view(dx[t], image[0], image[1], image[2], image[3]); };
  const auto dw_view = [&](int t) { return view(dw[t], kernel[0], kernel[1], kernel[2], kernel[3]); };
  narrow::conv2d_backward_data(dy.view(), w.view(), dx_view(0), p.geometry);
  narrow::conv2d_backward_data(dy.view(), w.view(), dx_view(1), p.geometry, backward_executor{});
  narrow::conv2d_backward_weights(x.view(), dy.view(), dw_view(0), p.geometry);
  narrow::conv2d_backward_weights(x.view(), dy.view(), dw_view(1), p.geometry, backward_executor{});
  EXPECT_EQ(dx[0], dx[1]);
  EXPECT_EQ(dw[0], dw[1]);
}

TEST(BackwardEmpty, NothingToSumOrToWrite) {
  std::vector<float> none, ones(4, 1.0F), dx(8, 5.0F), dw(2, 5.0F), db(2, 5.0F);
  narrow::conv2d_backward_data(view(none, 0, 3, 3, 2), view(ones, 2, 1, 1, 2), view(none, 0, 3, 3, 2));
  // No output channels.
  narrow::conv2d_backward_data(view(none, 1, 2, 2, 0), view(none, 0, 1, 1, 2), view(dx, 1, 2, 2, 2));
  EXPECT_EQ(dx, std::vector<float>(8, 0.0F));
  // No images.
  narrow::conv2d_backward_weights(view(none, 0, 2, 2, 1), view(none, 0, 2, 2, 2), view(dw, 2, 1, 1, 1), {},
                                  narrow::beta{1});
  EXPECT_EQ(dw, std::vector<float>(2, 5.0F));
  narrow::conv2d_backward_bias(view(none, 0, 2, 2, 2), view(db, 2));
  EXPECT_EQ(db, std::vector<float>(2, 0.0F));
  // Nothing but padding.
  narrow::conv2d_backward_weights(view(none, 1, 0, 2, 1), view(dx, 1, 2, 2, 2), view(dw, 2, 1, 1, 1), {.pad_top = 2});
  EXPECT_EQ(dw, std::vector<float>(2, 0.0F));
  narrow::conv2d_backward_data(view(ones, 1, 2, 1, 2), view(ones, 2, 1, 1, 2), view(none, 1, 0, 1, 2), {.pad_top = 2});
}

// The padding multiplies: beside what is not finite it makes NaN, as conv2d's does.
TEST(BackwardPadding, IsAnOperandOfZero) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{1, 2}, w{infinity, 1}, dy{1, infinity, 1}, dx(2), dw(2), gradient{1, 1, 1};
  const narrow::conv_geometry g{.pad_left = 1, .pad_right = 1};
  narrow::conv2d_backward_data(view(gradient, 1, 1, 3, 1), view(w, 1, 1, 2, 1), view(dx, 1, 1, 2, 1), g);
  EXPECT_EQ(dx, (std::vector<float>{infinity, infinity}));
  narrow::conv2d_backward_weights(view(x, 1, 1, 2, 1), view(dy, 1, 1, 3, 1), view(dw, 1, 1, 2, 1), g);
  EXPECT_EQ(dw, (std::vector<float>{infinity, infinity}));
  std::vector<float> edge(1), one{1};
  narrow::conv2d_backward_data(view(one, 1, 1, 1, 1), view(w, 1, 1, 2, 1), view(edge = {0, 0}, 1, 1, 2, 1));
  EXPECT_TRUE(edge[0] == infinity && std::isnan(edge[1]));
  dy = {infinity, 1, 1};
  narrow::conv2d_backward_weights(view(x, 1, 1, 2, 1), view(dy, 1, 1, 3, 1), view(dw, 1, 1, 2, 1), g);
  EXPECT_TRUE(std::isnan(dw[0]) && dw[1] == infinity);
}

}  // namespace
