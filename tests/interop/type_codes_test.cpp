#include "narrow/interop/type_codes.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include "support/onnx_types.hpp"

namespace {

using namespace narrow;

// Rounding and overflow do not count, nor whether an integer is a number.
static_assert(type_codes_of<float>.name == "float" && type_codes_of<double>.name == "double");
static_assert(type_codes_of<float16>.ggml == 1 && type_codes_of<bfloat16>.nccl == 9);
static_assert(type_codes_of<number<float16::encoding_type, toward_zero>>.safetensors == "F16");
static_assert(type_codes_of<std::int8_t>.name == "int8" && type_codes_of<int8>.safetensors == "I8");
static_assert(type_codes_of<std::int32_t>.onnx == 6 && type_codes_of<std::uint32_t>.dlpack == dlpack_type{1, 32});
static_assert(type_codes_of<float8_e5m2>.nccl == 11 && type_codes_of<float4_e2m1fn>.safetensors == "F4");
static_assert(type_codes_of<float6_e3m2fn>.dlpack == dlpack_type{16, 6} && !type_codes_of<float6_e3m2fn>.onnx);
static_assert(!has_type_codes<fixed<4, 12>> && !has_type_codes<posit<8>> && !has_type_codes<binary>);

template <class... T>
std::set<std::string> rows_of() {
  std::set<std::string> names;
  const auto add = [&]<class Row>(Row) {
    if constexpr (coded_element<Row>) {
      EXPECT_EQ(type_codes_of<Row>.dlpack.bits, encoding_of<Row>::bits);
    }
    names.insert(std::string(type_codes_of<Row>.name));
  };
  (add(T{}), ...);
  return names;
}

TEST(TypeCodes, HaveARowForEachTypeWithItsBits) {
  const auto names =
      rows_of<float, double, float16, bfloat16, float8_e3m4, float8_e4m3, float8_e4m3b11fnuz, float8_e4m3fn,
              float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu, float6_e2m3fn, float6_e3m2fn,
              float4_e2m1fn, int2, uint2, int4, uint4, int8, uint8, int16, uint16, std::int32_t, std::uint32_t>();
  EXPECT_EQ(names.size(), type_code_table.size());
}

TEST(TypeCodes, AreDistinct) {
  std::set<std::pair<int, int>> dlpack;
  std::set<int> onnx, nccl, ggml;
  std::set<std::string_view> names, safetensors;
  for (const auto& row : type_code_table) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(dlpack.insert({row.dlpack.code, row.dlpack.bits}).second) << row.name;
    EXPECT_TRUE(!row.onnx || onnx.insert(*row.onnx).second) << row.name;
    EXPECT_TRUE(!row.nccl || nccl.insert(*row.nccl).second) << row.name;
    EXPECT_TRUE(!row.ggml || ggml.insert(*row.ggml).second) << row.name;
    EXPECT_TRUE(row.safetensors.empty() || safetensors.insert(row.safetensors).second) << row.name;
  }
}

// ONNX's own cases of Cast name the type and its code.
TEST(TypeCodes, OfOnnxAreThoseOfItsCases) {
  support::for_each_case("Cast", 31, [](const support::onnx_case& one) -> std::string {
    const auto to = static_cast<int>(one.integer("to", 0));
    const std::string type = one.type("out0");
    if (type == "float32" || type == "float64") {
      EXPECT_EQ((type == "float32" ? type_codes_of<float> : type_codes_of<double>).onnx, to);
      return "";
    }
    const bool known =
        support::with_type<float16, bfloat16, float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz,
                           float8_e8m0fnu, float4_e2m1fn, int2, uint2, int4, uint4, int8, uint8>(
            type, [&](auto number) { EXPECT_EQ(type_codes_of<decltype(number)>.onnx, to) << type; });
    return known ? "" : "a type that this test does not know, " + type;
  });
}

}  // namespace
