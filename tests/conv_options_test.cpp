// conv2d's options: what happens between the sum and the output, with pixels as rows and output channels as columns.
#include <gtest/gtest.h>

#include "narrow/conv.hpp"
#include "support/conv_reference.hpp"

namespace {

using narrow::affine;
using narrow::view;
using narrow_test::at;
using narrow_test::conv_problem;
using narrow_test::gapped;
using narrow_test::generator;
using narrow_test::same;

const conv_problem problems[] = {
    {2, 5, 4, 4, 6, 3, 2, {.stride_w = 2, .pad_top = 1, .pad_right = 2, .groups = 2}},
    {2, 5, 4, 4, 6, 3, 2, {.stride_w = 2, .pad_top = 1, .pad_right = 2, .groups = 2, .layout = narrow::nchw}}};

class ConvOptions : public testing::TestWithParam<conv_problem> {
 protected:
  const conv_problem p = GetParam();
  const std::size_t pixels = p.pixels(), outputs = p.outputs;
  generator random{3};
  const gapped<float> x{image_extents(p), random}, w{kernel_extents(p), random};
  const gapped<std::int8_t> xi{image_extents(p), random}, wi{kernel_extents(p), random};

  // The elements of a tensor as a dense matrix of pixels by channels.
  template <class T>
  std::vector<T> flat(const narrow::tensor_view<T, 4>& t) const {
    return narrow_test::channels_last(t, p.geometry.layout);
  }
  // conv2d of the reals, and of the integers, with these options, as such a matrix.
  template <class T = float, class... Option>
  std::vector<T> reals(const Option&... option) const {
    const gapped<T> y(output_extents(p));
    narrow::conv2d(x.view(), w.view(), y.view(), p.geometry, option...);
    EXPECT_TRUE(y.canaries_live());
    return flat(y.view());
  }
  template <class T = std::int32_t, class... Option>
  std::vector<T> integers(const Option&... option) const {
    const gapped<T> y(output_extents(p));
    narrow::conv2d(xi.view(), wi.view(), y.view(), p.geometry, option...);
    EXPECT_TRUE(y.canaries_live());
    return flat(y.view());
  }
  std::vector<float> random_bias() {
    std::vector<float> values(outputs);
    for (float& b : values) b = narrow_test::random_element<float>(random);
    return values;
  }
};

TEST_P(ConvOptions, EpiloguesInOrder) {
  const auto b = random_bias();
  const auto plain = reals(), biased = reals(narrow::bias(b)), rectified = reals(narrow::bias(b), narrow::relu);
  const auto before = reals(narrow::relu, narrow::bias(b)), clamped = reals(narrow::clamp(-1.5, 2));
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const float add = b[i % outputs];
    EXPECT_EQ(biased[i], plain[i] + add);
    EXPECT_EQ(rectified[i], std::max(plain[i] + add, 0.0F));
    EXPECT_EQ(before[i], std::max(plain[i], 0.0F) + add);
    EXPECT_EQ(clamped[i], std::clamp(plain[i], -1.5F, 2.0F));
  }
}

TEST_P(ConvOptions, FunctorsSeePixelAndChannel) {
  std::vector<int> seen(pixels * outputs, 0);
  const auto plain = reals();
  const auto marked = reals([&](float v, std::size_t pixel, std::size_t channel) {
    ++seen.at(pixel * outputs + channel);
    return v + static_cast<float>(pixel * 100 + channel);
  });
  EXPECT_EQ(seen, std::vector<int>(pixels * outputs, 1));
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(marked[i], plain[i] + static_cast<float>(i / outputs * 100 + i % outputs));
  }
}

TEST_P(ConvOptions, Residuals) {
  const auto b = random_bias();
  const gapped<float> r(output_extents(p), random);
  const auto plain = reals(narrow::bias(b)), added = flat(r.view());
  const auto with = reals(narrow::bias(b), narrow::residual(r.view(), p.geometry.layout), narrow::relu);
  // In the codes of another layer, by channel: the layout decides along which axis.
  const std::size_t channels = p.geometry.layout == narrow::nchw ? 1 : 3;
  const auto codes = narrow::quantize<narrow::uint8>(
      r.view(), affine::fit(r.view(), narrow::asymmetric, narrow::granularity{channels}));
  auto decoded = narrow::dequantize(codes);
  const auto skipped =
      narrow_test::channels_last(narrow::tensor_view<float, 4>(decoded.data(), r.view().extents()), p.geometry.layout);
  const auto with_codes = reals(narrow::residual(codes, p.geometry.layout)), bare = reals();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(with[i], std::max(plain[i] + added[i], 0.0F));
    EXPECT_EQ(with_codes[i], bare[i] + skipped[i]);
  }
}

TEST_P(ConvOptions, AlphaAndBeta) {
  const auto plain = reals();
  const auto sums = integers();
  const gapped<float> y(output_extents(p), random);
  const auto old = flat(y.view());
  narrow::conv2d(x.view(), w.view(), y.view(), p.geometry, narrow::alpha{0.75}, narrow::beta{-0.5});
  const gapped<std::int32_t> raw(output_extents(p));
  raw.for_each([](std::int32_t& v) { v = 1000; });
  narrow::conv2d(xi.view(), wi.view(), raw.view(), p.geometry, narrow::beta{1});
  for (std::size_t i = 0; i < plain.size(); ++i) {
    volatile const float scaled = 0.75F * plain[i], kept = -0.5F * old[i];
    EXPECT_EQ(flat(y.view())[i], scaled + kept);
    EXPECT_EQ(flat(raw.view())[i], sums[i] + 1000);
  }
}

TEST_P(ConvOptions, IntegerBiasAndRequantize) {
  const auto sums = integers();
  std::vector<std::int32_t> b(outputs);
  narrow::requantize last;
  for (std::size_t o = 0; o < outputs; ++o) {
    b[o] = static_cast<std::int32_t>(random() % 2000) - 1000;
    last.multipliers.push_back(narrow::fixed_multiplier::from_real(0.0007 * static_cast<double>(o + 1)));
  }
  last.zero_point = 5;
  const auto raw = integers(narrow::integer_bias(b));
  const auto codes = integers<narrow::int8>(narrow::integer_bias(b), last);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t o = i % outputs;
    EXPECT_EQ(raw[i], sums[i] + b[o]);
    const int code = narrow::multiply_by_quantized_multiplier(sums[i] + b[o], last.multipliers[o],
                                                              narrow::multiplier_rounding::tflite_double);
    EXPECT_EQ(codes[i].storage(), std::clamp(code + 5, -128, 127));
  }
}

TEST_P(ConvOptions, AccumulatesInDouble) {
  const auto wide = reals<double>(narrow::accumulate_in<double>{});
  std::size_t index = 0;
  for_each_output(
      p, [&](auto n, auto h, auto v, auto c) { return double{at(x.view(), p.geometry.layout, n, h, v, c)}; },
      [&](auto o, auto r, auto s, auto c) { return double{at(w.view(), p.geometry.layout, o, r, s, c)}; },
      [&](auto, auto, auto, auto, const auto& a, const auto& b) {
        EXPECT_EQ(wide[index++], narrow_test::chain_dot<double>(a, b));
      });
  EXPECT_EQ(index, wide.size());
}

// A rounding by option, and the bits of element pixel * channels + channel in either layout.
TEST_P(ConvOptions, RoundingByOption) {
  const auto plain = reals();
  const narrow::stochastic_sequence sequence{7, 3};
  const auto codes = reals<narrow::float8_e4m3fn>(sequence), down = reals<narrow::float8_e4m3fn>(narrow::toward_zero{});
  std::vector<narrow::float8_e4m3fn> want(plain.size()), want_down(plain.size());
  narrow::quantize_into(view(plain, pixels, outputs), view(want, pixels, outputs), narrow::unscaled, sequence);
  narrow::quantize_into(view(plain, pixels, outputs), view(want_down, pixels, outputs), narrow::unscaled,
                        narrow::toward_zero{});
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(codes[i].bits(), want[i].bits()) << i;
    EXPECT_EQ(down[i].bits(), want_down[i].bits()) << i;
  }
}

// Quantized outputs, with one scheme or one set of parameters for each output channel; beta reads them back.
TEST_P(ConvOptions, QuantizedOutputs) {
  const auto plain = reals();
  const std::size_t channel_axis = p.geometry.layout == narrow::nhwc ? 3 : 1;
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (std::size_t o = 0; o < outputs; ++o) {
    scales.push_back(0.5F + 0.25F * static_cast<float>(o));
    zero_points.push_back(static_cast<std::int32_t>(100 + 9 * o));
  }
  narrow::quantized_tensor<narrow::uint8, 4, affine> one(output_extents(p), affine(0.75F, 99));
  narrow::quantized_tensor<narrow::uint8, 4, affine> each(output_extents(p),
                                                          affine({channel_axis}, scales, zero_points));
  narrow::conv2d(x.view(), w.view(), one, p.geometry);
  narrow::conv2d(x.view(), w.view(), each, p.geometry);
  const auto codes = flat(one.codes()), codes_each = flat(each.codes());
  narrow::conv2d(x.view(), w.view(), each, p.geometry, narrow::beta{1});
  const auto accumulated = flat(each.codes());
  const auto code = [](float v, float scale, std::int32_t zero) {
    volatile const float quotient = v / scale;
    return static_cast<int>(std::clamp(std::nearbyint(quotient) + static_cast<float>(zero), 0.0F, 255.0F));
  };
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const std::size_t o = i % outputs;
    EXPECT_EQ(codes[i].storage(), code(plain[i], 0.75F, 99)) << i;
    EXPECT_EQ(codes_each[i].storage(), code(plain[i], scales[o], zero_points[o])) << i;
    const float old = static_cast<float>(codes_each[i].storage() - zero_points[o]) * scales[o];
    EXPECT_EQ(accumulated[i].storage(), code(plain[i] + old, scales[o], zero_points[o])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, ConvOptions, testing::ValuesIn(problems));

TEST(ConvEmpty, NothingToSumOrToWrite) {
  std::vector<float> none, b{1, 2}, y(8, 5.0F);
  narrow::conv2d(view(none, 0, 3, 3, 1), view(b, 2, 1, 1, 1), view(none, 0, 3, 3, 2));
  // No channels: sums of no terms.
  narrow::conv2d(view(none, 1, 2, 2, 0), view(none, 2, 1, 1, 0), view(y, 1, 2, 2, 2), {}, narrow::bias(b));
  EXPECT_EQ(y, (std::vector<float>{1, 2, 1, 2, 1, 2, 1, 2}));
  // Nothing but padding.
  narrow::conv2d(view(none, 1, 0, 2, 1), view(b, 2, 1, 1, 1), view(y, 1, 2, 2, 2), {.pad_top = 2});
  EXPECT_EQ(y, std::vector<float>(8, 0.0F));
}

}  // namespace
