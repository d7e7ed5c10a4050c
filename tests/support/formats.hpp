// The float formats that the typed tests run over, by the industry's names.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "narrow/encoding/float_format.hpp"

namespace support {

using narrow::float_descriptor;
using narrow::float_format;
using narrow::specials;

struct float16 : float_format<float_descriptor{5, 10, 15}> {
  static constexpr const char* name = "float16";
};
struct bfloat16 : float_format<float_descriptor{8, 7, 127}> {
  static constexpr const char* name = "bfloat16";
};
struct float8_e4m3fn : float_format<float_descriptor{4, 3, 7, specials::nan_all_ones}> {
  static constexpr const char* name = "float8_e4m3fn";
};
struct float8_e5m2 : float_format<float_descriptor{5, 2, 15}> {
  static constexpr const char* name = "float8_e5m2";
};
struct float8_e4m3fnuz : float_format<float_descriptor{4, 3, 8, specials::nan_negative_zero}> {
  static constexpr const char* name = "float8_e4m3fnuz";
};
struct float8_e5m2fnuz : float_format<float_descriptor{5, 2, 16, specials::nan_negative_zero}> {
  static constexpr const char* name = "float8_e5m2fnuz";
};
struct float8_e4m3b11fnuz : float_format<float_descriptor{4, 3, 11, specials::nan_negative_zero}> {
  static constexpr const char* name = "float8_e4m3b11fnuz";
};
struct float8_e4m3 : float_format<float_descriptor{4, 3, 7}> {
  static constexpr const char* name = "float8_e4m3";
};
struct float8_e3m4 : float_format<float_descriptor{3, 4, 3}> {
  static constexpr const char* name = "float8_e3m4";
};
struct float8_e8m0fnu : float_format<float_descriptor{8, 0, 127, specials::nan_all_ones, false, false}> {
  static constexpr const char* name = "float8_e8m0fnu";
};
struct float6_e2m3fn : float_format<float_descriptor{2, 3, 1, specials::none}> {
  static constexpr const char* name = "float6_e2m3fn";
};
struct float6_e3m2fn : float_format<float_descriptor{3, 2, 3, specials::none}> {
  static constexpr const char* name = "float6_e3m2fn";
};
struct float4_e2m1fn : float_format<float_descriptor{2, 1, 1, specials::none}> {
  static constexpr const char* name = "float4_e2m1fn";
};
// IBM's accumulator (Wang et al. 2018).
struct ibm_1_6_9 : float_format<float_descriptor{6, 9, 31}> {
  static constexpr const char* name = "ibm_1_6_9";
};
// Corners of the descriptor that no industry format takes.
struct float8_e4m3b4 : float_format<float_descriptor{4, 3, 4}> {
  static constexpr const char* name = "float8_e4m3b4";
};
struct unsigned_e5m3 : float_format<float_descriptor{5, 3, 15, specials::none, false}> {
  static constexpr const char* name = "unsigned_e5m3";
};
struct unsigned_e3m2_without_zero : float_format<float_descriptor{3, 2, 3, specials::nan_all_ones, false, false}> {
  static constexpr const char* name = "unsigned_e3m2_without_zero";
};
struct powers_of_two_with_zero : float_format<float_descriptor{4, 0, 7, specials::none}> {
  static constexpr const char* name = "powers_of_two_with_zero";
};
// Beyond the range of float on both sides, so that real_type is double.
struct wide_e9m4 : float_format<float_descriptor{9, 4, 255}> {
  static constexpr const char* name = "wide_e9m4";
};
// Beyond the range of float above only: float's infinity is no number of it.
struct high_e8m3 : float_format<float_descriptor{8, 3, 100}> {
  static constexpr const char* name = "high_e8m3";
};

// The formats that shared data covers, then the others.
using formats_with_vectors =
    testing::Types<float16, bfloat16, float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz, float8_e4m3b11fnuz,
                   float8_e4m3, float8_e3m4, float8_e8m0fnu, float6_e2m3fn, float6_e3m2fn, float4_e2m1fn>;
using all_formats = testing::Types<float16, bfloat16, float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz,
                                   float8_e4m3b11fnuz, float8_e4m3, float8_e3m4, float8_e8m0fnu, float6_e2m3fn,
                                   float6_e3m2fn, float4_e2m1fn, ibm_1_6_9, float8_e4m3b4, unsigned_e5m3,
                                   unsigned_e3m2_without_zero, powers_of_two_with_zero, wide_e9m4, high_e8m3>;

struct format_name {
  template <class Format>
  static std::string GetName(int) {
    return Format::name;
  }
};

}  // namespace support
