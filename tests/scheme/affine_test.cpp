// The parameters of affine schemes: what they mean, and what they must be. How they are fitted: affine_fit_test.cpp.
#include "narrow/scheme/affine.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;
using support::thrown;

template <class T, class Real, class... Rest>
std::vector<int> codes(const std::vector<Real>& x, const affine& scheme, const Rest&... rest) {
  std::vector<T> result(x.size());
  quantize_into(view(x, x.size()), view(result, x.size()), scheme, rest...);
  std::vector<int> values;
  for (const T code : result) values.push_back(code.storage());
  return values;
}

TEST(Affine, IsADivisionARoundingAnAdditionAndASaturation) {
  const std::vector<float> x{0, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 126, 1000, -200, -1e30F, 1e30F};
  EXPECT_EQ(codes<int8>(x, affine(1)), (std::vector<int>{0, 0, 2, 2, 0, -2, 126, 127, -128, -128, 127}));
  // Rounded before the (odd) zero point is added: ties stay even.
  EXPECT_EQ(codes<int8>(x, affine(1, 3)), (std::vector<int>{3, 3, 5, 5, 3, 1, 127, 127, -128, -128, 127}));
  EXPECT_EQ(codes<uint8>(x, affine(0.5F, 7)), (std::vector<int>{7, 8, 10, 12, 6, 4, 255, 255, 0, 0, 255}));
  EXPECT_EQ(codes<uint4>(x, affine(1, 15)), (std::vector<int>{15, 15, 15, 15, 15, 13, 15, 15, 0, 0, 15}));
  EXPECT_EQ(codes<int16>(x, affine(1, -32768)),
            (std::vector<int>{-32768, -32768, -32766, -32766, -32768, -32768, -32642, -31768, -32768, -32768, 32767}));
}

TEST(Affine, DividesTruly) {
  // A multiplication by the reciprocal would give 128.
  for (const std::size_t length : {1UL, 16UL}) {
    const std::vector<float> x(length, 0.273939937F);
    EXPECT_EQ(codes<uint8>(x, affine(0.00214854861F)), std::vector<int>(length, 127));
  }
}

TEST(Affine, NotANumberIsZeroAndInfinitiesSaturate) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x{std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, -0.0F};
  EXPECT_EQ(codes<uint8>(x, affine(0.1F, 9)), (std::vector<int>{9, 255, 0, 9}));
  EXPECT_EQ(codes<int4>(x, affine(1e30F, -8)), (std::vector<int>{-8, 7, -8, -8}));
}

TEST(Affine, OtherOverflows) {
  const std::vector<double> x{-1000, -131, -130, -129, -128, 0, 124, 125, 126, 1000};
  conversion_counts counts;
  EXPECT_EQ(codes<int8>(x, affine(1), nearest_even{}, &counts, saturate_symmetric{}),
            (std::vector<int>{-127, -127, -127, -127, -127, 0, 124, 125, 126, 127}));
  EXPECT_EQ(counts.overflow, 6U);
  EXPECT_EQ(codes<int8>(x, affine(1, 3), nearest_even{}, nullptr, saturate_symmetric{}),
            (std::vector<int>{-127, -127, -127, -126, -125, 3, 127, 127, 127, 127}));
  EXPECT_EQ(codes<uint8>(x, affine(1, 3), nearest_even{}, nullptr, saturate_symmetric{}),
            (std::vector<int>{0, 0, 0, 0, 0, 3, 127, 128, 129, 255}));
  EXPECT_EQ(codes<int8>(x, affine(1, 3), nearest_even{}, nullptr, wrap{}),
            (std::vector<int>{27, -128, -127, -126, -125, 3, 127, -128, -127, -21}));
}

// Scaled FP8: the codes of x / scale.
TEST(Affine, FloatCodes) {
  const std::vector<float> x{0, 0.25F, -3, 448, 1000, 1e-9F};
  const auto scaled = quantize<float8_e4m3fn>(view(x, 6), affine(0.25F));
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(scaled.storage()[i].bits(), convert<float8_e4m3fn>(x[i] * 4).bits()) << i;
  }
  EXPECT_EQ(dequantize(scaled), (std::vector<float>{0, 0.25F, -3, 112, 112, 0}));
}

TEST(Affine, CodesMeanScaleTimesTheDistanceToTheZeroPoint) {
  std::vector<int8> all(256);
  for (int i = 0; i < 256; ++i) all[static_cast<std::size_t>(i)] = int8(i - 128);
  for (const int zero : {-128, -1, 0, 5, 127}) {
    const affine scheme(0.1F, zero);
    std::vector<float> floats(256);
    std::vector<double> doubles(256);
    const quantized_view<int8, 1, affine> x{view(all.data(), 256), &scheme, per_tensor};
    dequantize_into(x, view(floats, 256));
    dequantize_into(x, view(doubles, 256));
    for (int i = 0; i < 256; ++i) {
      const auto at = static_cast<std::size_t>(i);
      ASSERT_EQ(floats[at], 0.1F * static_cast<float>(i - 128 - zero));
      ASSERT_EQ(doubles[at], double{0.1F} * (i - 128 - zero));
    }
  }
}

TEST(Affine, KeepsItsParameters) {
  const affine one(0.5F, -3);
  EXPECT_TRUE(one.axis().is_per_tensor());
  EXPECT_EQ(one.count(), 1U);
  EXPECT_EQ(one.scale(), 0.5F);
  EXPECT_EQ(one.zero_point(), -3);
  const affine three(per_axis(2), {1, 2, 3});
  EXPECT_EQ(three.axis(), per_axis(2));
  EXPECT_EQ(three.count(), 3U);
  EXPECT_EQ(three.scale(2), 3.0F);
  EXPECT_EQ(three.zero_point(2), 0);
}

TEST(AffineErrors, Scales) {
  using limits = std::numeric_limits<float>;
  EXPECT_EQ(thrown([] { affine(0); }), "affine: scale[0] is 0; it must be a positive normal number");
  EXPECT_EQ(thrown([] { affine(-0.5F); }), "affine: scale[0] is -0.5; it must be a positive normal number");
  EXPECT_EQ(thrown([] { affine{limits::infinity()}; }), "affine: scale[0] is inf; it must be a positive normal number");
  EXPECT_EQ(thrown([] { affine{limits::quiet_NaN()}; }),
            "affine: scale[0] is nan; it must be a positive normal number");
  EXPECT_NE(thrown([] { affine{limits::denorm_min()}; }).find("scale[0] is 1.4"), std::string::npos);
  EXPECT_EQ(thrown([] { affine(per_row, {1, 2, -3}); }), "affine: scale[2] is -3; it must be a positive normal number");
  EXPECT_EQ(thrown([] { affine(per_tensor, {1, 2}); }), "affine: 2 scales; per tensor there must be 1");
  EXPECT_EQ(thrown([] {
              affine(per_row, {1, 2}, {1, 2, 3});
            }),
            "affine: 3 zero points for 2 scales; there must be as many");
  EXPECT_EQ(thrown([] { affine{limits::min()}, affine{limits::max()}; }), "");
}

TEST(AffineErrors, ZeroPoints) {
  const std::vector<float> x(6);
  const auto plain = view(x, 2, 3);
  EXPECT_EQ(thrown([] { affine(1, 65537); }), "affine: zero_point[0] is 65537; it must be a code of the format");
  EXPECT_EQ(thrown([&] { quantize<uint8>(plain, affine(1, 256)); }),
            "affine: zero_point[0] is 256; it must be a code, 0 to 255");
  EXPECT_EQ(thrown([&] { quantize<int4>(plain, affine(1, -9)); }),
            "affine: zero_point[0] is -9; it must be a code, -8 to 7");
  EXPECT_EQ(thrown([&] {
              quantize<uint4>(plain, affine(per_row, {1, 1}, {15, 16}));
            }),
            "affine: zero_point[1] is 16; it must be a code, 0 to 15");
  EXPECT_EQ(thrown([&] { quantize<float8_e4m3fn>(plain, affine(1, 1)); }),
            "affine: zero_point[0] is 1; it must be 0 for a float format");
}

TEST(AffineErrors, Axes) {
  const std::vector<float> x(6);
  const auto plain = view(x, 2, 3);
  EXPECT_EQ(thrown([&] { quantize<int8>(plain, affine(per_axis(2), {1})); }),
            "scheme: axis is 2; the tensor has 2 axes");
  EXPECT_EQ(thrown([&] {
              quantize<int8>(plain, affine(per_column, {1, 2}));
            }),
            "scheme: 2 sets of parameters along axis 1, whose extent is 3");
  EXPECT_EQ(thrown([&] {
              quantize<int8>(plain, affine(per_row, {1, 2, 3}));
            }),
            "scheme: 3 sets of parameters along axis 0, whose extent is 2");
}

}  // namespace
