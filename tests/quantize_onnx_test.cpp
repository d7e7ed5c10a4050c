// ONNX's cases of QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear. Each test tells what it skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/onnx_types.hpp"

namespace {

using namespace narrow;
using namespace support;

// The tensor as before x axis x after, so that every axis is axis 1 of rank 3.
std::array<std::size_t, 3> around_axis(const onnx_case& one, const std::vector<std::size_t>& shape) {
  const auto axis = static_cast<std::size_t>(one.integer("axis", 1));
  std::array<std::size_t, 3> result{1, 1, 1};
  for (std::size_t k = 0; k < shape.size(); ++k) result[k < axis ? 0 : k == axis ? 1 : 2] *= shape[k];
  return result;
}

// The scales and zero points of slots 1 and 2. Zero points of float types are 0.
affine scheme_of(const onnx_case& one) {
  const auto scales = one.tensor("in1").as<float>();
  std::vector<std::int32_t> zero_points;
  if (one.has("in2") && one.type("in2").find("float") == std::string::npos) {
    for (const double zero : one.tensor("in2").reals()) zero_points.push_back(static_cast<std::int32_t>(zero));
  }
  return affine(scales.size() == 1 ? per_tensor : per_axis(1), scales, zero_points);
}

// Among the types that the cases use: the codecs are long.
template <class... T, class Body>
std::string with_codes(const std::string& name, const Body& body) {
  return with_type<T...>(name, body) ? "" : "a type that this test does not know, " + name;
}

std::string why_not(const onnx_case& one) {
  if (one.integer("block_size", 0) != 0) return "blocks along an axis are no scheme yet";
  if (one.type("in1") != "float32") return "a scale is a float, here " + one.type("in1");
  return "";
}

TEST(Onnx, QuantizeLinear) {
  for_each_case("QuantizeLinear", 10, [](const onnx_case& one) {
    if (!why_not(one).empty()) return why_not(one);
    const auto in = one.tensor("in0");
    const auto x = in.as<float>();
    const auto extents = around_axis(one, in.shape);
    return with_codes<int2, uint4, int8, uint8, int16, uint16, float8_e4m3fn, float4_e2m1fn>(
        one.type("out0"), [&](auto type) {
          using T = decltype(type);
          const tensor_view<const float, 3> from(x.data(), extents);
          const auto got = quantize<T>(from, scheme_of(one), nearest_even{}, nullptr, onnx{});
          // ONNX adds the zero point to floats too, which turns -0 into +0; here a float code keeps the sign of x.
          expect_same(got.storage(), numbers<T>(one, "out0"), zeros::one_class);
        });
  });
}

TEST(Onnx, DequantizeLinear) {
  for_each_case("DequantizeLinear", 11, [](const onnx_case& one) {
    if (!why_not(one).empty()) return why_not(one);
    const auto want = one.tensor("out0").as<float>();
    return with_codes<int2, uint2, int8, uint8, int16, uint16, float8_e4m3fn, float4_e2m1fn>(
        one.type("in0"), [&](auto type) {
          using T = decltype(type);
          const auto codes = numbers<T>(one, "in0");
          const affine scheme = scheme_of(one);
          const tensor_view<const T, 3> view(codes.data(), around_axis(one, one.tensor("in0").shape));
          std::vector<float> got(codes.size());
          dequantize_into(quantized_view<T, 3, affine>{view, &scheme, scheme.axis()},
                          tensor_view<float, 3>(got.data(), view.extents()));
          ASSERT_EQ(got.size(), want.size());
          for (std::size_t i = 0; i < got.size(); ++i) {
            EXPECT_TRUE(got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i]))) << i << ": " << got[i];
          }
        });
  });
}

TEST(Onnx, DynamicQuantizeLinear) {
  for_each_case("DynamicQuantizeLinear", 8, [](const onnx_case& one) {
    const auto x = one.tensor("in0").as<float>();
    const float scale = one.tensor("out1").as<float>()[0];
    const int zero = one.tensor("out2").as<std::uint8_t>()[0];
    const auto want = numbers<uint8>(one, "out0");
    const auto fitted = affine::fit_for<uint8>(view(x, x.size()), onnx_dynamic{});
    EXPECT_EQ(fitted.scale(), scale);
    EXPECT_EQ(fitted.zero_point(), zero);
    expect_same(quantize<uint8>(view(x, x.size()), fitted).storage(), want);
    return std::string();
  });
}

}  // namespace
