// The float codecs against gfloat, ml_dtypes, Eigen and SoftFloat: the vectors of shared data.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <type_traits>

#include "support/csv.hpp"
#include "support/data.hpp"
#include "support/float_codec.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::saturate;
using narrow::to_infinity;
using namespace support;

std::uint32_t hex(const std::string& text) {
  return static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 16));
}

bool is_nan(const float_codec& codec, std::uint32_t code) { return std::isnan(codec.decode<double>(code)); }

// NaN is compared as a class: the sources differ in its sign and payload.
bool same(const float_codec& codec, std::uint32_t a, std::uint32_t b) {
  return a == b || (is_nan(codec, a) && is_nan(codec, b));
}

class FloatVectors : public testing::TestWithParam<float_codec> {
 protected:
  const float_codec& codec = GetParam();

  std::string file(const char* suffix) const { return std::string("formats/") + codec.name + suffix; }

  // Without NaN and infinity gfloat leaves overflow undefined, and the rest does not depend on the policy.
  template <class Rounding>
  std::uint32_t overflowing_encode(float x, const Rounding& rounding) const {
    return codec.has_nan ? codec.encode<to_infinity>(x, rounding) : codec.encode<saturate>(x, rounding);
  }

  // E8M0 has no zero: what lies below 2^-127 gives the smallest number here and NaN in gfloat.
  bool differs_by_policy(float x, std::uint32_t expected) const {
    return !codec.descriptor.has_zero && x >= 0 && x < 0x1p-127F && is_nan(codec, expected);
  }

  template <class Overflow, class Rounding>
  std::size_t check_column(const csv& table, const std::string& column, const Rounding& rounding) const {
    const auto& inputs = table["f32"];
    const auto& outputs = table[column];
    std::size_t checked = 0;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      if (outputs[i] == "-") continue;
      const auto x = std::bit_cast<float>(hex(inputs[i]));
      const std::uint32_t expected = hex(outputs[i]);
      if (differs_by_policy(x, expected)) continue;
      // gfloat's to-odd overflows to infinity, SoftFloat's and this library's to the largest finite number.
      const bool special = !std::isfinite(codec.decode<double>(expected));
      if (std::is_same_v<Rounding, narrow::to_odd> && special && std::isfinite(x)) {
        if (x >= 0 || codec.descriptor.has_sign) continue;
      }
      const std::uint32_t got = codec.encode<Overflow>(x, rounding);
      EXPECT_TRUE(same(codec, got, expected)) << column << ' ' << inputs[i] << ": " << got << ", not " << outputs[i];
      const double wide = x;
      EXPECT_EQ(codec.encode<Overflow>(wide, rounding), got) << column << ' ' << inputs[i] << " as double";
      ++checked;
    }
    return checked;
  }
};
INSTANTIATE_TEST_SUITE_P(Formats, FloatVectors, testing::ValuesIn(float_codecs_with_vectors()), codec_name{});

TEST_P(FloatVectors, DecodesAsTheTable) {
  const auto path = test_data(file(".csv"));
  if (!path) GTEST_SKIP() << missing_data(file(".csv"));
  const csv table(*path);
  const auto& codes = table["bits"];
  const auto& values = table["value"];
  ASSERT_GE(table.rows(), std::size_t{1} << std::min(codec.bits, 8));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double expected = std::strtod(values[i].c_str(), nullptr);
    const double wide = codec.decode<double>(hex(codes[i]));
    const float single = codec.decode<float>(hex(codes[i]));
    EXPECT_TRUE(wide == expected || (std::isnan(wide) && std::isnan(expected))) << codes[i] << ": " << wide;
    EXPECT_TRUE(single == wide || (std::isnan(single) && std::isnan(wide))) << codes[i] << ": " << single;
    if (!std::isnan(expected)) {
      EXPECT_EQ(std::signbit(wide), std::signbit(expected)) << codes[i];
    }
  }
}

TEST_P(FloatVectors, RoundsAsGfloatInEveryMode) {
  const auto path = test_data(file(".round.csv"));
  if (!path) GTEST_SKIP() << missing_data(file(".round.csv"));
  const csv table(*path);
  const auto check = [&](const std::string& column, auto mode) {
    const std::size_t checked =
        codec.has_nan ? check_column<to_infinity>(table, column, mode) : check_column<saturate>(table, column, mode);
    EXPECT_GT(checked, table.rows() / 4);
    EXPECT_GT(check_column<saturate>(table, column + "_sat", mode), table.rows() / 4);
  };
  check("rne", narrow::nearest_even{});
  check("rtz", narrow::toward_zero{});
  check("rup", narrow::toward_positive{});
  check("rdn", narrow::toward_negative{});
  check("rna", narrow::nearest_away{});
  check("rto", narrow::to_odd{});
}

// ml_dtypes (Eigen for the 16-bit formats) where it agrees with gfloat: no policy is left to differ in.
TEST_P(FloatVectors, RoundsAsTheIndependentSourcesAgree) {
  const auto path = test_data(file(".round.csv"));
  if (!path) GTEST_SKIP() << missing_data(file(".round.csv"));
  const csv table(*path);
  const std::string source = table.has("eigen_rne") ? "eigen_" : "ml_";
  const auto check = [&](int bit, const std::string& column, auto encode) {
    if (!table.has(source + column)) return;
    std::size_t checked = 0;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      if (((hex(table["agree"][i]) >> bit) & 1) == 0) continue;
      const auto x = std::bit_cast<float>(hex(table["f32"][i]));
      const std::uint32_t expected = hex(table[source + column][i]);
      if (differs_by_policy(x, expected)) continue;
      EXPECT_TRUE(same(codec, encode(x), expected)) << column << ' ' << table["f32"][i] << ": " << encode(x);
      ++checked;
    }
    EXPECT_GT(checked, table.rows() / 4) << column;
  };
  check(0, "rne", [&](float x) { return overflowing_encode(x, narrow::nearest_even{}); });
  check(1, "rne_sat", [&](float x) { return codec.encode<saturate>(x, narrow::nearest_even{}); });
  check(2, "rtz", [&](float x) { return overflowing_encode(x, narrow::toward_zero{}); });
  check(3, "rtz_sat", [&](float x) { return codec.encode<saturate>(x, narrow::toward_zero{}); });
}

TEST_P(FloatVectors, RoundsStochasticallyAsGfloat) {
  const auto path = test_data(file(".sr.csv"));
  if (!path) GTEST_SKIP() << missing_data(file(".sr.csv"));
  const csv table(*path);
  std::size_t checked = 0;
  for (const bool pre_round : {false, true}) {
    const auto& outputs = table[pre_round ? "sr_rne" : "sr_add"];
    for (std::size_t i = 0; i < table.rows(); ++i) {
      if (outputs[i] == "-") continue;
      const auto x = std::bit_cast<float>(hex(table["f32"][i]));
      const std::uint32_t expected = hex(outputs[i]);
      if (differs_by_policy(x, expected)) continue;
      const narrow::stochastic rounding{hex(table["srbits"][i]), std::atoi(table["nbits"][i].c_str()), pre_round};
      const std::uint32_t got = codec.encode<saturate>(x, rounding);
      EXPECT_TRUE(same(codec, got, expected)) << "row " << i << ": " << got << ", not " << outputs[i];
      ++checked;
    }
  }
  EXPECT_GT(checked, table.rows());
}

// ---- Berkeley TestFloat -----------------------------------------------------------------------------------------
template <class Rounding>
std::string testfloat_name(const std::string& function, const Rounding&) {
  const char* const mode = std::is_same_v<Rounding, narrow::nearest_even>      ? "near_even"
                           : std::is_same_v<Rounding, narrow::nearest_away>    ? "near_maxMag"
                           : std::is_same_v<Rounding, narrow::toward_zero>     ? "minMag"
                           : std::is_same_v<Rounding, narrow::toward_positive> ? "max"
                                                                               : "min";
  return "testfloat/" + function + "." + mode + ".txt";
}

// Calls check(operand, result) for every line; the number of lines, or none where the file is absent.
template <class Check>
std::size_t for_each_line(const std::string& relative, const Check& check) {
  const auto path = test_data(relative);
  if (!path) return 0;
  std::ifstream file(*path);
  std::size_t lines = 0;
  for (std::string operand, result, flags; file >> operand >> result >> flags; ++lines)
    check(hex(operand), hex(result));
  return lines;
}

void check_narrowing(const float_codec& codec, const std::string& function) {
  if (!test_data("testfloat")) GTEST_SKIP() << missing_data("testfloat");
  for_each_mode([&](auto mode, const char*) {
    if constexpr (!std::is_same_v<decltype(mode), narrow::to_odd>) {
      const std::string name = testfloat_name(function, mode);
      const std::size_t lines = for_each_line(name, [&](std::uint32_t operand, std::uint32_t result) {
        const auto x = std::bit_cast<float>(operand);
        const std::uint32_t got = codec.encode<to_infinity>(x, mode);
        EXPECT_TRUE(same(codec, got, result)) << name << ' ' << std::hex << operand << ": " << got;
        const double wide = x;
        EXPECT_EQ((codec.encode<to_infinity>(wide, mode)), got) << name << ' ' << std::hex << operand;
      });
      EXPECT_GT(lines, 1000U) << name;
    }
  });
}

void check_widening(const float_codec& codec, const std::string& function) {
  const std::string name = testfloat_name(function, narrow::nearest_even{});
  if (!test_data(name)) GTEST_SKIP() << missing_data(name);
  const std::size_t lines = for_each_line(name, [&](std::uint32_t operand, std::uint32_t result) {
    const float got = codec.decode<float>(operand);
    const auto expected = std::bit_cast<float>(result);
    const bool both_nan = std::isnan(got) && std::isnan(expected);
    EXPECT_TRUE(both_nan || std::bit_cast<std::uint32_t>(got) == result) << std::hex << operand;
  });
  EXPECT_GT(lines, 1000U);
}

TEST(TestFloat, Float32ToFloat16) { check_narrowing(float_codec_named("float16"), "f32_to_f16"); }
TEST(TestFloat, Float32ToBfloat16) { check_narrowing(float_codec_named("bfloat16"), "f32_to_bf16"); }
TEST(TestFloat, Float16ToFloat32) { check_widening(float_codec_named("float16"), "f16_to_f32"); }
TEST(TestFloat, Bfloat16ToFloat32) { check_widening(float_codec_named("bfloat16"), "bf16_to_f32"); }

}  // namespace
