// The rules by which other systems choose affine parameters: FBGEMM's, ONNX's dynamic one, and weight binning.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "narrow/quantize.hpp"
#include "narrow/scheme/affine.hpp"
#include "narrow/scheme/sawb.hpp"
#include "narrow/scheme/shared_exponent.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;
using support::thrown;

// ---- FBGEMM -------------------------------------------------------------------------------------------------------

struct fbgemm_case {
  float low, high;
  symmetry how;
  float scale;
  std::int32_t zero_point;
};

// What FBGEMM's own ChooseQuantizationParams, the version with a least scale, gives when compiled apart.
template <class T>
inline constexpr std::array<fbgemm_case, 0> fbgemm_cases{};
template <>
inline constexpr std::array<fbgemm_case, 18> fbgemm_cases<uint8>{{
    {0, 0, asymmetric, 0x1.99999ap-4F, 0},
    {-0x1p+0F, 0x1p+0F, asymmetric, 0x1.010102p-7F, 127},
    {0, 0x1.8p+1F, asymmetric, 0x1.818182p-7F, 0},
    {-0x1.8p+1F, 0, asymmetric, 0x1.818182p-7F, 255},
    {0x1p+1F, 0x1.4p+2F, asymmetric, 0x1.414142p-6F, 0},
    {-0x1.4p+2F, -0x1p+1F, asymmetric, 0x1.414142p-6F, 255},
    {0, 0x1.5c73p-130F, asymmetric, 0x1.99999ap-4F, 0},
    {-0x1.a36e2ep-14F, 0x1.a36e2ep-13F, asymmetric, 0x1.ffb48p-15F, 85},
    {0, 0x1.4f8b58p-17F, asymmetric, 0x1.ffb48p-15F, 0},
    {-0x1.4f8b58p-17F, 0, asymmetric, 0x1.ffb48p-15F, 255},
    {-0x1.c363ccp+127F, 0x1.c363ccp+127F, asymmetric, 0x1.c528f4p+120F, 128},
    {-0x1p+0F, 0x1p+0F, symmetric, 0x1.020408p-7F, 128},
    {0, 0x1.8p+1F, symmetric, 0x1.818182p-7F, 0},
    {-0x1.a36e2ep-14F, 0x1.a36e2ep-13F, symmetric, 0x1.ffb48p-15F, 128},
    {-0x1.d19726p-9F, 0x1.388f0ap-10F, asymmetric, 0x1.ffb48p-15F, 191},
    {-0x1.46a0a8p-4F, 0x1.8f5184p-3F, symmetric, 0x1.92767p-10F, 128},
    {-0x1.f4d9a2p+1F, 0x1.c0ee5ap+0F, asymmetric, 0x1.6c147cp-6F, 176},
    {-0x1.d284dap+4F, 0x1.726a08p+5F, symmetric, 0x1.7554b2p-2F, 128},
}};
template <>
inline constexpr std::array<fbgemm_case, 18> fbgemm_cases<int8>{{
    {0, 0, asymmetric, 0x1.99999ap-4F, 127},
    {-0x1p+0F, 0x1p+0F, asymmetric, 0x1.010102p-7F, 0},
    {0, 0x1.8p+1F, asymmetric, 0x1.818182p-7F, -128},
    {-0x1.8p+1F, 0, asymmetric, 0x1.818182p-7F, 127},
    {0x1p+1F, 0x1.4p+2F, asymmetric, 0x1.414142p-6F, -128},
    {-0x1.4p+2F, -0x1p+1F, asymmetric, 0x1.414142p-6F, 127},
    {0, 0x1.5c73p-130F, asymmetric, 0x1.99999ap-4F, 127},
    {-0x1.a36e2ep-14F, 0x1.a36e2ep-13F, asymmetric, 0x1.ffb48p-15F, -43},
    {0, 0x1.4f8b58p-17F, asymmetric, 0x1.ffb48p-15F, -128},
    {-0x1.4f8b58p-17F, 0, asymmetric, 0x1.ffb48p-15F, 127},
    {-0x1.c363ccp+127F, 0x1.c363ccp+127F, asymmetric, 0x1.c528f4p+120F, -1},
    {-0x1p+0F, 0x1p+0F, symmetric, 0x1.020408p-7F, 0},
    {0, 0x1.8p+1F, symmetric, 0x1.818182p-7F, -128},
    {-0x1.a36e2ep-14F, 0x1.a36e2ep-13F, symmetric, 0x1.ffb48p-15F, 0},
    {-0x1.3b67b2p-8F, 0x1.f4bb0ap-7F, asymmetric, 0x1.4a81f4p-14F, -67},
    {-0x1.0e3428p-4F, 0x1.13b5bcp-3F, symmetric, 0x1.15e17ep-10F, 0},
    {-0x1.634d16p-2F, 0x1.0092dcp+1F, asymmetric, 0x1.2e2aaap-7F, -90},
    {-0x1.ad6fe8p+4F, 0x1.271f16p+2F, symmetric, 0x1.ad6fe8p-3F, 0},
}};
template <>
inline constexpr std::array<fbgemm_case, 18> fbgemm_cases<int4>{{
    {0, 0, asymmetric, 0x1.99999ap-4F, 7},
    {-0x1p+0F, 0x1p+0F, asymmetric, 0x1.111112p-3F, 0},
    {0, 0x1.8p+1F, asymmetric, 0x1.99999ap-3F, -8},
    {-0x1.8p+1F, 0, asymmetric, 0x1.99999ap-3F, 7},
    {0x1p+1F, 0x1.4p+2F, asymmetric, 0x1.555556p-2F, -8},
    {-0x1.4p+2F, -0x1p+1F, asymmetric, 0x1.555556p-2F, 7},
    {0, 0x1.5c73p-130F, asymmetric, 0x1.99999ap-4F, 7},
    {-0x1.a36e2ep-14F, 0x1.a36e2ep-13F, asymmetric, 0x1.ffb48p-15F, -3},
    {0, 0x1.4f8b58p-17F, asymmetric, 0x1.ffb48p-15F, -8},
    {-0x1.4f8b58p-17F, 0, asymmetric, 0x1.ffb48p-15F, 7},
    {-0x1.c363ccp+127F, 0x1.c363ccp+127F, asymmetric, 0x1.e17b84p+124F, -1},
    {-0x1p+0F, 0x1p+0F, symmetric, 0x1.24924ap-3F, 0},
    {0, 0x1.8p+1F, symmetric, 0x1.99999ap-3F, -8},
    {-0x1.a36e2ep-14F, 0x1.a36e2ep-13F, symmetric, 0x1.ffb48p-15F, 0},
    {-0x1.04ace2p-12F, 0x1.12e1acp-8F, asymmetric, 0x1.3695d8p-12F, -7},
    {-0x1.0e373p-3F, 0x1.ffe132p-4F, symmetric, 0x1.2480aep-6F, 0},
    {-0x1.bcd38cp+1F, 0x1.5bc408p+1F, asymmetric, 0x1.a6b73ep-2F, 0},
    {-0x1.52c786p+4F, 0x1.9b83aep+5F, symmetric, 0x1.d64d5ap+2F, 0},
}};

template <class T>
class FbgemmRule : public testing::Test {};
using fbgemm_types = testing::Types<uint8, int8, int4>;
TYPED_TEST_SUITE(FbgemmRule, fbgemm_types);

TYPED_TEST(FbgemmRule, GivesItsBits) {
  ASSERT_EQ(fbgemm_cases<TypeParam>.size(), 18U);
  for (const auto& one : fbgemm_cases<TypeParam>) {
    const std::vector<float> x{one.high, one.low, (one.low + one.high) / 2};
    const auto got = affine::fit_for<TypeParam>(view(x, 3), one.how, fbgemm{});
    EXPECT_EQ(got.scale(), one.scale) << one.low << ' ' << one.high;
    EXPECT_EQ(got.zero_point(), one.zero_point) << one.low << ' ' << one.high;
  }
  const std::vector<float> none;
  EXPECT_EQ(affine::fit_for<TypeParam>(view(none, 0), fbgemm{}).scale(), 0.1F);
}

// The last scale whose reciprocal is infinite, and the first whose is not, which only the least scale raises.
TEST(FbgemmRule, TellsScalesWithoutAReciprocal) {
  const std::vector<float> last{0x1p-128F * 255}, first{0x1.00001p-128F * 255};
  EXPECT_EQ(affine::fit_for<uint8>(view(last, 1), fbgemm{}).scale(), 0.1F);
  EXPECT_EQ(affine::fit_for<uint8>(view(first, 1), fbgemm{}).scale(), 6.1e-5F);
}

// quantize divides by the scale: FBGEMM's own codes come from a product with 1 / scale, which here is 128.
TEST(FbgemmRule, ChoosesParametersOnly) {
  const affine scheme(0.00214854861F);
  const auto code = scheme.encode<encoding_of<uint8>, saturate>(0.273939937F, std::size_t{0}, nearest_even{});
  EXPECT_EQ(code, 127U);
  EXPECT_EQ(std::nearbyint(0.273939937F * (1 / 0.00214854861F)), 128.0F);
}

// ---- ONNX (its own vectors: quantize_onnx_test.cpp) ---------------------------------------------------------------

TEST(OnnxDynamicRule, IsInFloatArithmetic) {
  const auto fitted = [](float low, float high) {
    const std::vector<float> x{high, low};
    return affine::fit_for<uint8>(view(x, 2), onnx_dynamic{});
  };
  EXPECT_EQ(fitted(-1, 1).scale(), 2.0F / 255);
  EXPECT_EQ(fitted(-1, 1).zero_point(), 127);  // 2 / 255 was rounded up
  // Ties, to even.
  EXPECT_EQ(fitted(-127.5F, 127.5F).zero_point(), 128);
  EXPECT_EQ(fitted(-0.5F, 254.5F).zero_point(), 0);
  EXPECT_EQ(fitted(-1.5F, 253.5F).zero_point(), 2);
  EXPECT_EQ(fitted(-3, -1).scale(), 3.0F / 255);
  EXPECT_EQ(fitted(-3, -1).zero_point(), 255);
  EXPECT_EQ(fitted(1, 3).zero_point(), 0);
  const std::vector<float> zeros(3);
  EXPECT_EQ(affine::fit_for<uint8>(view(zeros, 3), onnx_dynamic{}).scale(), 1.0F / 255);
  EXPECT_EQ(affine::fit_for<uint8>(view(zeros, 3), onnx_dynamic{}).zero_point(), 0);
}

// ---- weight binning -----------------------------------------------------------------------------------------------

// Magnitudes of a distribution and how likely each is.
struct density {
  std::vector<double> x, weight;
  double mean(double power) const {
    double sum = 0, total = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(x[i], power) * weight[i], total += weight[i];
    return sum / total;
  }
};
template <class Log>
density on_a_grid(const Log& log_density) {
  density result;
  for (double x = 0.001; x < 20; x += 0.002) {
    result.x.push_back(x);
    result.weight.push_back(std::exp(log_density(x)));
  }
  return result;
}

// The square error of 2^bits even levels from -alpha to alpha.
double binning_error(const density& d, double alpha, int bits) {
  const double step = 2 * alpha / (std::pow(2.0, bits) - 1);
  double error = 0;
  for (std::size_t i = 0; i < d.x.size(); ++i) {
    const double level = std::min((std::floor(d.x[i] / step) + 0.5) * step, alpha);
    error += (level - d.x[i]) * (level - d.x[i]) * d.weight[i];
  }
  return error;
}

// By trying alphas 0.5 % apart.
double best_alpha(const density& d, int bits) {
  double best = 0, least = 1e300;
  for (double alpha = 1; alpha < 12; alpha *= 1.005) {
    const double error = binning_error(d, alpha, bits);
    if (error < least) least = error, best = alpha;
  }
  return best;
}

// Values in the proportions of the distribution, both signs.
std::vector<float> values_of(const density& d) {
  std::vector<float> result;
  for (std::size_t i = 0; i < d.x.size(); i += 10) {
    for (int k = 0; k < std::lround(400 * d.weight[i]); ++k) {
      result.push_back(static_cast<float>(k % 2 == 0 ? d.x[i] : -d.x[i]));
    }
  }
  return result;
}

TEST(Sawb, IsNearTheBestOfGaussianWeights) {
  const density gaussian = on_a_grid([](double x) { return -x * x / 2; });
  const auto weights = values_of(gaussian);
  for (int bits = 2; bits <= 8; ++bits) {
    const double best = best_alpha(gaussian, bits);
    EXPECT_NEAR(sawb_limit(view(weights, weights.size()), bits) / best, 1, bits == 8 ? 0.035 : 0.025) << bits;
  }
}

// The constants computed here: on Laplacian weights too, by the moments themselves, whose tails reach further.
TEST(Sawb, OfSixAndSevenBitsIsNearTheBestOfLaplacianWeights) {
  const density laplacian = on_a_grid([](double x) { return -x; });
  for (const int bits : {6, 7}) {
    const auto [c1, c2] = detail::sawb_by_bits[static_cast<std::size_t>(bits - 2)];
    const double alpha = c1 * std::sqrt(laplacian.mean(2)) + c2 * laplacian.mean(1);
    EXPECT_NEAR(alpha / best_alpha(laplacian, bits), 1, 0.01) << bits;
  }
}

TEST(Sawb, IsTheLargestMagnitudeWhereTheFormulaIsNotPositive) {
  const std::vector<float> one_magnitude{0.5F, -0.5F, 0.5F}, none, zeros(4);
  EXPECT_NEAR(sawb_limit(view(one_magnitude, 3), 2), 0.5 * (3.12 - 2.064), 1e-12);
  for (const int bits : {4, 5, 6, 7, 8}) EXPECT_EQ(sawb_limit(view(one_magnitude, 3), bits), 0.5) << bits;
  EXPECT_EQ(sawb_limit(view(none, 0), 2), 0);
  EXPECT_EQ(sawb_limit(view(zeros, 4), 2), 0);
}

TEST(Sawb, IsTheRangeOfTheCodes) {
  const std::vector<float> x{-1, -0.25F, 0.125F, 0.5F, 0.25F, 2};
  const auto rows = affine::fit_for<int4>(view(x, 2, 3), symmetric, sawb{}, per_row);
  EXPECT_EQ(rows.scale(0), static_cast<float>(sawb_limit(view(x.data(), 3), 4) / 7));
  EXPECT_EQ(rows.scale(1), static_cast<float>(sawb_limit(view(x.data() + 3, 3), 4) / 7));
  EXPECT_EQ(rows.zero_point(0), 0);
  const auto whole = affine::fit_for<uint8>(view(x, 6), sawb{});
  EXPECT_EQ(whole.scale(), static_cast<float>(2 * sawb_limit(view(x, 6), 8) / 255));
  EXPECT_NEAR(whole.zero_point(), 127.5, 0.5);
}

// Odd integers have the levels that the limit is meant for: their error is that of the best alpha, and less than that
// of integers of as many bits.
TEST(Sawb, OfOddIntegersHasLevelsWithoutZero) {
  const density gaussian = on_a_grid([](double x) { return -x * x / 2; });
  const auto weights = values_of(gaussian);
  const auto x = view(weights, weights.size());
  const auto check = [&]<int Bits>(std::integral_constant<int, Bits>) {
    using odd = number<odd_integer<Bits>>;
    const auto fitted = quantize<odd>(x, affine::fit(x, sawb{}));
    EXPECT_EQ(fitted.scheme().scale(), static_cast<float>(sawb_limit(x, Bits) / ((1 << Bits) - 1)));
    EXPECT_EQ(fitted.scheme().zero_point(), 0);
    const auto error = [&](const auto& q) {
      const auto values = dequantize(q);
      double total = 0;
      for (std::size_t i = 0; i < values.size(); ++i) total += std::pow(weights[i] - double{values[i]}, 2);
      return total;
    };
    const double best = best_alpha(gaussian, Bits) / ((1 << Bits) - 1);
    const double least = error(quantize<odd>(x, affine(static_cast<float>(best))));
    EXPECT_LE(error(fitted), least * 1.005) << Bits;
    EXPECT_LT(error(fitted), error(quantize<number<signed_integer<Bits>>>(x, affine::fit(x, symmetric, sawb{}))));
    // So does the search of affine::fit.
    EXPECT_LE(error(quantize<odd>(x, affine::fit(x, least_squares{}))), least * 1.005) << Bits;
  };
  check(std::integral_constant<int, 2>{});
  check(std::integral_constant<int, 4>{});
  // Otherwise the range is all of the data.
  const std::vector<float> few{-3, 1, 2.5F};
  const auto wide = quantize<number<odd_integer<2>>>(view(few, 3), affine::fit(view(few, 3)));
  EXPECT_EQ(dequantize(wide), (std::vector<float>{-3, 1, 3}));
}

// ---- errors -------------------------------------------------------------------------------------------------------

TEST(AffineRules, Errors) {
  const std::vector<float> x(6, 1.0F);
  EXPECT_EQ(thrown([&] { affine::fit_for<int16>(view(x, 6), sawb{}); }),
            "sawb: the format has 16 bits; it must have 2 to 8");
  EXPECT_EQ(thrown([&] { sawb_limit(view(x, 6), 1); }), "sawb: the format has 1 bits; it must have 2 to 8");
  EXPECT_EQ(thrown([&] { affine::fit(view(x, 6), symmetric, onnx_dynamic{}); }),
            "fit: symmetry is symmetric; with onnx_dynamic it must be asymmetric");
  EXPECT_EQ(thrown([&] { affine::fit_for<number<odd_integer<4>>>(view(x, 6), fbgemm{}); }),
            "fit: fbgemm and onnx_dynamic choose a zero point; odd integers have none");
  const std::vector<double> vast{-1, 1e39};
  EXPECT_EQ(thrown([&] { affine::fit_for<int8>(view(vast, 2), fbgemm{}); }),
            "fit: the data reach from -1 to 1e+39; fbgemm is for floats");
  EXPECT_NE(thrown([&] { affine::fit_for<int8>(view(vast, 2), onnx_dynamic{}); }), "");
  EXPECT_NE(thrown([&] { shared_exponent::fit_for<int8>(view(x, 6), sawb{}); }), "");
  EXPECT_NE(thrown([&] { shared_exponent::fit_for<int8>(view(x, 6), fbgemm{}); }), "");
}

}  // namespace
