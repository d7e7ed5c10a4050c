// ONNX's number types, and what the tests of its conversions share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <string>
#include <vector>

#include "narrow/formats.hpp"
#include "support/data.hpp"
#include "support/onnx_case.hpp"

namespace support {

// ONNX's name of a number type.
template <class T>
inline constexpr const char* onnx_name = nullptr;
template <>
inline constexpr const char* onnx_name<narrow::float16> = "float16";
template <>
inline constexpr const char* onnx_name<narrow::bfloat16> = "bfloat16";
template <>
inline constexpr const char* onnx_name<narrow::float8_e4m3fn> = "float8e4m3fn";
template <>
inline constexpr const char* onnx_name<narrow::float8_e4m3fnuz> = "float8e4m3fnuz";
template <>
inline constexpr const char* onnx_name<narrow::float8_e5m2> = "float8e5m2";
template <>
inline constexpr const char* onnx_name<narrow::float8_e5m2fnuz> = "float8e5m2fnuz";
template <>
inline constexpr const char* onnx_name<narrow::float8_e8m0fnu> = "float8e8m0";
template <>
inline constexpr const char* onnx_name<narrow::float4_e2m1fn> = "float4e2m1";
template <>
inline constexpr const char* onnx_name<narrow::int2> = "int2";
template <>
inline constexpr const char* onnx_name<narrow::uint2> = "uint2";
template <>
inline constexpr const char* onnx_name<narrow::int4> = "int4";
template <>
inline constexpr const char* onnx_name<narrow::uint4> = "uint4";
template <>
inline constexpr const char* onnx_name<narrow::int8> = "int8";
template <>
inline constexpr const char* onnx_name<narrow::uint8> = "uint8";
template <>
inline constexpr const char* onnx_name<narrow::int16> = "int16";
template <>
inline constexpr const char* onnx_name<narrow::uint16> = "uint16";

// Calls body(T{}) with the one of the types that has this name; false where none has.
template <class... T, class Body>
bool with_type(const std::string& name, const Body& body) {
  return ((name == onnx_name<T> && (body(T{}), true)) || ...);
}

// The numbers stored in a slot: one code each.
template <class T>
std::vector<T> numbers(const onnx_case& one, const std::string& slot) {
  std::vector<T> result;
  for (const auto bits : one.tensor(slot).as<typename T::bits_type>()) result.push_back(T::from_bits(bits));
  return result;
}

enum class zeros { signed_zeros, one_class };

// Bit for bit, but for NaNs, which are a class, as zeros may be.
template <class T>
void expect_same(const std::vector<T>& got, const std::vector<T>& want, zeros how = zeros::signed_zeros) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(double(want[i])) && std::isnan(double(got[i]))) continue;
    if (how == zeros::one_class && double(want[i]) == 0 && double(got[i]) == 0) continue;
    EXPECT_EQ(unsigned{got[i].bits()}, unsigned{want[i].bits()})
        << i << ": " << double(got[i]) << ", not " << double(want[i]);
  }
}

// Runs check(case), which answers why it skipped the case, or nothing.
template <class Check>
void for_each_case(const char* op, std::size_t least, const Check& check) {
  const auto folder = test_data("onnx");
  if (!folder) GTEST_SKIP() << missing_data("onnx");
  std::size_t run = 0, skipped = 0;
  for (const auto& one : onnx_cases(*folder, op)) {
    SCOPED_TRACE(one.name);
    const std::string reason = check(one);
    ++(reason.empty() ? run : skipped);
    if (!reason.empty()) std::cout << "  skipped " << one.name << ": " << reason << '\n';
  }
  std::cout << "  " << op << ": " << run << " cases ran, " << skipped << " skipped\n";
  EXPECT_GE(run, least);
}

}  // namespace support
