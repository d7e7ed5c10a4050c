// ONNX's cases of Cast, between every pair of types that they name.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "narrow/element.hpp"
#include "support/onnx_types.hpp"

namespace {

using namespace narrow;
using namespace support;

// Calls body(vector of elements) with in0 in its own type, which is float, double or a number; false where it has none.
template <class Body>
bool with_source(const onnx_case& one, const Body& body) {
  const std::string type = one.type("in0");
  if (type == "float32") return body(one.tensor("in0").as<float>()), true;
  if (type == "float64") return body(one.tensor("in0").as<double>()), true;
  return with_type<float16, bfloat16, float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu,
                   float4_e2m1fn, int2, uint2, int4, uint4, int8, uint8, int16, uint16>(
      type, [&](auto number) { body(numbers<decltype(number)>(one, "in0")); });
}

// Integers wrap after truncation. Floats follow the preset, or IEEE 754 where saturate is 0.
template <class T, class From>
T cast(From x, bool saturating) {
  if constexpr (fixed_point_encoding<typename T::encoding_type>) {
    return convert<T>(x, toward_zero{}, wrap{});
  } else {
    return saturating ? convert<T>(x, nearest_even{}, onnx{}) : convert<T>(x, nearest_even{}, ieee{});
  }
}

template <class Real, class From>
void expect_values(const onnx_case& one, const std::vector<From>& x) {
  const auto want = one.tensor("out0").as<Real>();
  ASSERT_EQ(x.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const Real got = static_cast<Real>(x[i]);
    EXPECT_TRUE(got == want[i] || (std::isnan(got) && std::isnan(want[i]))) << i << ": " << got << ", not " << want[i];
  }
}

TEST(Onnx, Cast) {
  for_each_case("Cast", 31, [](const onnx_case& one) -> std::string {
    const std::string from = one.type("in0"), to = one.type("out0");
    const auto is_real = [](const std::string& type) { return type == "float32" || type == "float64"; };
    if (is_real(from) && is_real(to)) return "neither " + from + " nor " + to + " is a narrow format";
    bool to_known = true;
    const bool from_known = with_source(one, [&](const auto& x) {
      using From = typename std::decay_t<decltype(x)>::value_type;
      if (to == "float32") return expect_values<float>(one, x);
      if (to == "float64") return expect_values<double>(one, x);
      const auto check = [&](auto number) {
        using To = decltype(number);
        std::vector<To> got;
        for (const From v : x) got.push_back(cast<To>(v, one.integer("saturate", 1) != 0));
        expect_same(got, numbers<To>(one, "out0"));
      };
      // Every type is a source of float16 and int8. To the others only reals and float16 are cast: fewer to compile.
      if constexpr (std::is_same_v<From, double>) {
        to_known = with_type<float16>(to, check);
      } else if constexpr (std::is_same_v<From, float> || std::is_same_v<From, float16>) {
        to_known = with_type<float16, float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float4_e2m1fn, int2,
                             uint2, int4, uint4, int8>(to, check);
      } else {
        to_known = with_type<float16, int8>(to, check);
      }
    });
    return from_known && to_known ? "" : "this test does not know " + from + " to " + to;
  });
}

}  // namespace
