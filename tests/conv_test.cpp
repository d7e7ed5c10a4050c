// conv2d against its definition: every format's sums in the order of the contract, over a cross of geometries.
#include "narrow/conv.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/conv_reference.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::affine;
using narrow::granularity;
using narrow::quantized_tensor;
using narrow_test::at;
using narrow_test::conv_problem;
using narrow_test::extents4;
using narrow_test::gapped;
using narrow_test::generator;
using narrow_test::same;
using terms = std::vector<double>;

template <class T>
auto values_of(const narrow::tensor_view<T, 4>& x, const conv_problem& p) {
  return [&x, &p](std::size_t n, std::size_t h, std::size_t w, std::size_t c) {
    return narrow_test::factor_of(std::remove_cv_t<T>(at(x, p.geometry.layout, n, h, w, c)));
  };
}

// y = conv2d(x, w) for views of A, B and Y; check(y, terms of x, terms of w) for each element.
template <class A, class B, class Y, class Check>
void check_views(const conv_problem& p, const Check& check) {
  generator random(p.kernel_height * 100 + p.channels);
  const gapped<A> x(image_extents(p), random);
  const gapped<B> w(kernel_extents(p), random);
  const gapped<Y> y(output_extents(p));
  narrow::conv2d(x.view(), w.view(), y.view(), p.geometry);
  EXPECT_TRUE(y.canaries_live());
  for_each_output(p, values_of(x.view(), p), values_of(w.view(), p),
                  [&](std::size_t n, std::size_t i, std::size_t j, std::size_t o, const terms& a, const terms& b) {
                    SCOPED_TRACE(testing::Message() << n << ", " << i << ", " << j << ", " << o);
                    check(at(y.view(), p.geometry.layout, n, i, j, o), a, b);
                  });
}

// One chain in the order of the contract, bit for bit; and within gamma(depth) * sum |a b| of the exact sum, the bound
// for any order of FMAs.
void check_float32(float got, const terms& a, const terms& b) {
  const float want = narrow_test::chain_dot<float>(a, b);
  ASSERT_TRUE(same(got, want)) << got << ", not " << want;
  double exact = 0, magnitude = 0;
  for (std::size_t k = 0; k < a.size(); ++k) exact += a[k] * b[k], magnitude += std::fabs(a[k] * b[k]);
  const double n = static_cast<double>(a.size()) * 0x1p-24;
  ASSERT_LE(std::fabs(static_cast<double>(got) - exact), n / (1 - n) * magnitude);
}
TEST(Conv, Float32) {
  narrow_test::for_each_problem(support::every(5),
                                [](const conv_problem& p) { check_views<float, float, float>(p, check_float32); });
}

void check_float64(double got, const terms& a, const terms& b) {
  ASSERT_TRUE(same(got, narrow_test::chain_dot<double>(a, b)));
}
void check_float_chain(float got, const terms& a, const terms& b) {
  ASSERT_TRUE(same(got, narrow_test::chain_dot<float>(a, b)));
}
void check_pairs(float got, const terms& a, const terms& b) { ASSERT_TRUE(same(got, narrow_test::pair_dot(a, b))); }

TEST(Conv, Float64) {
  narrow_test::for_each_problem(11,
                                [](const conv_problem& p) { check_views<double, float, double>(p, check_float64); });
}
TEST(Conv, Float16) {
  narrow_test::for_each_problem(
      7, [](const conv_problem& p) { check_views<narrow::float16, narrow::float16, float>(p, check_float_chain); });
}
TEST(Conv, Bfloat16) {
  narrow_test::for_each_problem(
      5, [](const conv_problem& p) { check_views<narrow::bfloat16, narrow::bfloat16, float>(p, check_pairs); });
}
TEST(Conv, MixedFloats) {
  narrow_test::for_each_problem(13, [](const conv_problem& p) {
    check_views<narrow::float8_e4m3fn, narrow::bfloat16, float>(p, check_pairs);
    check_views<narrow::bfloat16, narrow::float16, float>(p, check_float_chain);
    check_views<float, std::int8_t, float>(p, check_float_chain);
  });
}

void check_float16_output(narrow::float16 got, const terms& a, const terms& b) {
  ASSERT_EQ(got.bits(), narrow::float16(narrow_test::chain_dot<float>(a, b)).bits());
}
TEST(Conv, RoundsNarrowOutputsOnce) {
  narrow_test::for_each_problem(17, [](const conv_problem& p) {
    check_views<narrow::float16, narrow::float16, narrow::float16>(p, check_float16_output);
  });
}

// Exact: in int32, in a double, and in 64 bits with saturation of the raw accumulators.
void check_int32(std::int32_t got, const terms& a, const terms& b) {
  constexpr std::int64_t low = std::numeric_limits<std::int32_t>::min(),
                         high = std::numeric_limits<std::int32_t>::max();
  ASSERT_EQ(got, std::clamp(narrow_test::integer_dot(a, b), low, high));
}
void check_fixed(double got, const terms& a, const terms& b) {
  ASSERT_EQ(got, std::ldexp(static_cast<double>(narrow_test::integer_dot(a, b)), -24));
}
TEST(Conv, Integers) {
  narrow_test::for_each_problem(7, [](const conv_problem& p) {
    check_views<std::uint8_t, std::int8_t, std::int32_t>(p, check_int32);
    check_views<std::int16_t, std::int16_t, std::int32_t>(p, check_int32);
  });
}
TEST(Conv, FixedPoint) {
  using fixed = narrow::fixed<4, 12>;
  narrow_test::for_each_problem(7, [](const conv_problem& p) { check_views<fixed, fixed, double>(p, check_fixed); });
}

// ---- schemes ------------------------------------------------------------------------------------------------------

template <class T, class Scheme>
quantized_tensor<T, 4, Scheme> random_quantized(const extents4& extents, const Scheme& scheme, generator& random) {
  quantized_tensor<T, 4, Scheme> result(extents, scheme);
  const auto codes = result.codes();
  for (std::size_t i = 0; i < codes.size(); ++i) codes.data()[i] = narrow_test::random_element<T>(random);
  return result;
}
template <class T>
affine random_affine(granularity axis, std::size_t count, generator& random) {
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (std::size_t i = 0; i < count; ++i) {
    scales.push_back(std::uniform_real_distribution<float>(0.001F, 0.3F)(random));
    zero_points.push_back(static_cast<std::int32_t>(narrow_test::code_of(narrow_test::random_element<T>(random))));
  }
  return affine(axis, scales, zero_points);
}
float rounded(float x) {
  volatile float result = x;  // neither wider nor contracted
  return result;
}

// uint8 images and int8 kernels, a zero point and a scale for each output channel: int32 accumulators and reals.
void check_affine(const conv_problem& p) {
  const auto layout = p.geometry.layout;
  generator random(p.kernel_width * 100 + p.outputs);
  const affine of_x = random_affine<narrow::uint8>(narrow::per_tensor, 1, random);
  const affine of_w = random_affine<narrow::int8>(narrow::per_axis(0), p.outputs, random);
  const auto x = random_quantized<narrow::uint8>(image_extents(p), of_x, random);
  const auto w = random_quantized<narrow::int8>(kernel_extents(p), of_w, random);
  const gapped<std::int32_t> sums(output_extents(p));
  const gapped<float> reals(output_extents(p));
  narrow::conv2d(x, w, sums.view(), p.geometry);
  narrow::conv2d(x.view(), w.view(), reals.view(), p.geometry);
  EXPECT_TRUE(sums.canaries_live() && reals.canaries_live());
  const auto codes_x = x.codes();
  const auto codes_w = w.codes();
  for_each_output(
      p,
      [&](auto n, auto h, auto v, auto c) {
        return static_cast<double>(at(codes_x, layout, n, h, v, c).storage() - of_x.zero_point());
      },
      [&](auto o, auto r, auto s, auto c) {
        return static_cast<double>(at(codes_w, layout, o, r, s, c).storage() - of_w.zero_point(o));
      },
      [&](auto n, auto i, auto j, auto o, const terms& a, const terms& b) {
        const std::int64_t sum = narrow_test::integer_dot(a, b);
        ASSERT_EQ(at(sums.view(), layout, n, i, j, o), sum);
        const auto scale = static_cast<float>(static_cast<double>(of_x.scale()) * static_cast<double>(of_w.scale(o)));
        ASSERT_TRUE(same(at(reals.view(), layout, n, i, j, o), rounded(static_cast<float>(sum) * scale)));
      });
}
TEST(Conv, Affine) { narrow_test::for_each_problem(support::every(5), check_affine); }

// Dynamic fixed point: an exponent for the images, one for each output channel.
void check_dynamic(const conv_problem& p) {
  const auto layout = p.geometry.layout;
  generator random(p.kernel_width * 10 + p.outputs);
  std::vector<int> exponents;
  for (std::size_t o = 0; o < p.outputs; ++o) exponents.push_back(static_cast<int>(random() % 9) - 6);
  const narrow::shared_exponent of_x(-3), of_w(narrow::per_axis(0), exponents);
  const auto x = random_quantized<std::int16_t>(image_extents(p), of_x, random);
  const auto w = random_quantized<narrow::int8>(kernel_extents(p), of_w, random);
  const gapped<double> y(output_extents(p));
  narrow::conv2d(x, w, y.view(), p.geometry);
  EXPECT_TRUE(y.canaries_live());
  const auto codes_x = x.codes();
  const auto codes_w = w.codes();
  for_each_output(p, values_of(codes_x, p), values_of(codes_w, p),
                  [&](auto n, auto i, auto j, auto o, const terms& a, const terms& b) {
                    const auto sum = static_cast<double>(narrow_test::integer_dot(a, b));
                    ASSERT_EQ(at(y.view(), layout, n, i, j, o), std::ldexp(sum, exponents[o] - 3));
                  });
}
TEST(Conv, SharedExponent) { narrow_test::for_each_problem(5, check_dynamic); }

// Parameters along the input channels: decoded, then one chain of floats. The zero point pads there too.
void check_input_channels(const conv_problem& p) {
  const auto layout = p.geometry.layout;
  const granularity channels{layout == narrow::nhwc ? 3U : 1U};
  generator random(p.outputs);
  const affine of_x = random_affine<narrow::uint8>(channels, p.channels, random);
  const affine of_w = random_affine<narrow::int8>(channels, p.group_channels(), random);
  const auto x = random_quantized<narrow::uint8>(image_extents(p), of_x, random);
  const auto w = random_quantized<narrow::int8>(kernel_extents(p), of_w, random);
  const gapped<float> y(output_extents(p));
  narrow::conv2d(x, w, y.view(), p.geometry);
  const auto codes_x = x.codes();
  const auto codes_w = w.codes();
  const auto decoded = [&](const affine& scheme, std::int64_t code, std::size_t c) {
    return static_cast<double>(rounded(static_cast<float>(code - scheme.zero_point(c)) * scheme.scale(c)));
  };
  for_each_output(
      p, [&](auto n, auto h, auto v, auto c) { return decoded(of_x, at(codes_x, layout, n, h, v, c).storage(), c); },
      [&](auto o, auto r, auto s, auto c) { return decoded(of_w, at(codes_w, layout, o, r, s, c).storage(), c); },
      [&](auto n, auto i, auto j, auto o, const terms& a, const terms& b) {
        ASSERT_TRUE(same(at(y.view(), layout, n, i, j, o), narrow_test::chain_dot<float>(a, b)));
      });
}
TEST(Conv, ParametersAlongInputChannels) { narrow_test::for_each_problem(11, check_input_channels); }

}  // namespace
