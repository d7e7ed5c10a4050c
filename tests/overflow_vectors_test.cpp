// The overflow preset of ml_dtypes against its own conversions, and in bulk on every target.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "narrow/formats.hpp"
#include "narrow/quantize.hpp"
#include "support/csv.hpp"
#include "support/data.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;

std::uint32_t hex(const std::string& text) {
  return static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 16));
}

template <class T>
void check_column(const support::csv& table, const std::string& name, const auto& rounding) {
  std::vector<float> inputs;
  std::vector<T> expected;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    inputs.push_back(std::bit_cast<float>(hex(table["f32"][i])));
    expected.push_back(T::from_bits(static_cast<typename T::bits_type>(hex(table[name][i]))));
  }
  const auto same = [](T a, T b) { return a.bits() == b.bits() || (std::isnan(float(a)) && std::isnan(float(b))); };
  std::size_t infinities = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const T got = convert<T>(inputs[i], rounding, ml_dtypes{});
    ASSERT_TRUE(same(got, expected[i])) << name << ' ' << inputs[i] << ": " << float(got) << ", not "
                                        << float(expected[i]);
    infinities += std::isinf(inputs[i]) && !std::isfinite(float(got));
  }
  EXPECT_EQ(infinities, 2U);
  for (const target t : support::supported_targets()) {
    const support::on_target use(t);
    const auto codes = quantize<T>(view(inputs, inputs.size()), unscaled, rounding, nullptr, ml_dtypes{});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_TRUE(same(codes.codes()(i), expected[i])) << name_of(t) << ' ' << inputs[i];
    }
  }
}

template <class T>
void check(const std::string& format) {
  const std::string file = "formats/" + format + ".round.csv";
  const auto path = support::test_data(file);
  if (!path) GTEST_SKIP() << support::missing_data(file);
  const support::csv table(*path);
  check_column<T>(table, "ml_rne_sat", nearest_even{});
  check_column<T>(table, "ml_rtz_sat", toward_zero{});
}
TEST(MlDtypes, InfinitiesStay) { check<float8_e5m2>("float8_e5m2"); }
TEST(MlDtypes, InfinitiesBecomeNan) { check<float8_e4m3fn>("float8_e4m3fn"); }
TEST(MlDtypes, InfinitiesBecomeTheOnlyNan) { check<float8_e4m3fnuz>("float8_e4m3fnuz"); }

// Formats with neither, and integers, saturate; wider floats keep their infinities too.
TEST(MlDtypes, OtherFormats) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(float(convert<float4_e2m1fn>(-infinity, nearest_even{}, ml_dtypes{})), -6);
  EXPECT_EQ(int(convert<int8>(infinity, nearest_even{}, ml_dtypes{})), 127);
  EXPECT_EQ(float(convert<float16>(1e9F, nearest_even{}, ml_dtypes{})), 65504);
  EXPECT_EQ(float(convert<float16>(-infinity, nearest_even{}, ml_dtypes{})), -infinity);
  EXPECT_EQ(float(convert<posit<8, 2>>(1e30F, nearest_even{}, ml_dtypes{})), 0x1p24F);
}

}  // namespace
