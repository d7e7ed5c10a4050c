// Posits against Universal and SoftPosit: the vectors of shared data. The two sources agree on every row.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "narrow/number.hpp"
#include "support/csv.hpp"
#include "support/data.hpp"
#include "support/posit_codec.hpp"

namespace {

using namespace support;

std::uint32_t hex(const std::string& text) {
  return static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 16));
}

class PositVectors : public testing::TestWithParam<posit_codec> {
 protected:
  const posit_codec& codec = GetParam();
  std::string file(const char* suffix) const { return std::string("formats/") + codec.name + suffix; }
  // A code without the bits above it.
  std::uint32_t cut(std::int64_t code) const {
    return static_cast<std::uint32_t>(code) & static_cast<std::uint32_t>(2 * codec.oracle.largest() + 1);
  }
};
INSTANTIATE_TEST_SUITE_P(Formats, PositVectors, testing::ValuesIn(posit_codecs_with_vectors()), codec_name{});

TEST_P(PositVectors, DecodesAsTheTable) {
  const auto path = test_data(file(".csv"));
  if (!path) GTEST_SKIP() << missing_data(file(".csv"));
  const csv table(*path);
  ASSERT_EQ(table.rows(), 2 * codec.oracle.largest() + 2);
  const auto &codes = table["bits"], &values = table["value"];
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const std::uint32_t code = hex(codes[i]);
    const double got = codec.decode<double>(code);
    if (values[i] == "nar") {
      EXPECT_TRUE(std::isnan(got) && code == codec.oracle.largest() + 1) << codes[i];
    } else {
      ASSERT_EQ(got, std::strtod(values[i].c_str(), nullptr)) << codes[i];
      ASSERT_EQ(got, codec.oracle.real(code)) << codes[i] << ": the tests' own definition";
      ASSERT_EQ(static_cast<double>(codec.decode<float>(code)), got) << codes[i];
    }
  }
}

TEST_P(PositVectors, RoundsAsTheSources) {
  const auto path = test_data(file(".round.csv"));
  if (!path) GTEST_SKIP() << missing_data(file(".round.csv"));
  const csv table(*path);
  ASSERT_GT(table.rows(), 300U);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto x = std::bit_cast<float>(hex(table["f32"][i]));
    for (const char* const source : {"softposit", "universal"}) {
      const std::uint32_t want = hex(table[source][i]);
      EXPECT_EQ(cut(codec.encode(x, narrow::nearest_even{})), want) << source << ' ' << std::hexfloat << x;
      EXPECT_EQ(cut(codec.encode(double{x}, narrow::nearest_even{})), want) << source << ' ' << std::hexfloat << x;
    }
  }
}

template <int N, int ES>
void check_arithmetic() {
  using T = narrow::posit<N, ES>;
  const std::string name = "formats/posit" + std::to_string(N) + "es" + std::to_string(ES) + ".arith.csv";
  const auto path = test_data(name);
  if (!path) GTEST_SKIP() << missing_data(name);
  const csv table(*path);
  ASSERT_GT(table.rows(), 300U);
  const auto column = [&](const char* which, std::size_t row) {
    return T::from_bits(static_cast<typename T::bits_type>(hex(table[which][row])));
  };
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const T a = column("a", i), b = column("b", i);
    EXPECT_EQ((a + b).bits(), column("add", i).bits()) << a.bits() << " + " << b.bits();
    EXPECT_EQ((a - b).bits(), column("sub", i).bits()) << a.bits() << " - " << b.bits();
    EXPECT_EQ((a * b).bits(), column("mul", i).bits()) << a.bits() << " * " << b.bits();
    EXPECT_EQ((a / b).bits(), column("div", i).bits()) << a.bits() << " / " << b.bits();
  }
}
TEST(PositArithmeticVectors, Posit8es0) { check_arithmetic<8, 0>(); }
TEST(PositArithmeticVectors, Posit8es1) { check_arithmetic<8, 1>(); }
TEST(PositArithmeticVectors, Posit8es2) { check_arithmetic<8, 2>(); }
TEST(PositArithmeticVectors, Posit16es1) { check_arithmetic<16, 1>(); }
TEST(PositArithmeticVectors, Posit16es2) { check_arithmetic<16, 2>(); }

}  // namespace
