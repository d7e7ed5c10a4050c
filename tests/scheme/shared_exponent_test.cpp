// The exponents that shared_exponent::fit chooses (dynamic fixed point), against their definition.
#include "narrow/scheme/shared_exponent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "narrow/quantize.hpp"
#include "narrow/random.hpp"

namespace {

using namespace narrow;

// The smallest exponent under which no element rounds beyond the largest code.
int smallest_exponent(const std::vector<float>& data, double largest) {
  for (int exponent = -100; exponent < 100; ++exponent) {
    const bool fits = std::all_of(data.begin(), data.end(), [&](float x) {
      return std::nearbyint(std::ldexp(std::fabs(double{x}), -exponent)) <= largest;
    });
    if (fits) return exponent;
  }
  return 100;
}

template <class T>
class SharedExponentFit : public testing::Test {};
using types = testing::Types<int4, int8, int16, std::int8_t, number<signed_integer<10>>, std::int32_t>;
TYPED_TEST_SUITE(SharedExponentFit, types);

TYPED_TEST(SharedExponentFit, NothingOverflowsAndNoSmallerExponentDoes) {
  const auto largest = static_cast<double>(encoding_of<TypeParam>::max_code);
  for (int power = -60; power <= 60; power += 5) {
    std::vector<float> data;
    for (std::uint64_t i = 0; i < 30; ++i) {
      const double unit = random_bits(2, static_cast<std::uint64_t>(power + 100), i) / 0x1p31 - 1;
      data.push_back(static_cast<float>(std::ldexp(unit, power)));
    }
    EXPECT_EQ(shared_exponent::fit_for<TypeParam>(view(data, 5, 6)).exponent(), smallest_exponent(data, largest))
        << power;
    const auto rows = shared_exponent::fit_for<TypeParam>(view(data, 5, 6), per_row);
    for (std::size_t i = 0; i < 5; ++i) {
      const auto at = data.begin() + static_cast<std::ptrdiff_t>(6 * i);
      EXPECT_EQ(rows.exponent(i), smallest_exponent({at, at + 6}, largest)) << power << ' ' << i;
    }
  }
}

// Formats with a binary point of their own do not fit; floats neither.
static_assert(narrow::detail::has_integer_codes<encoding_of<int4>> &&
              narrow::detail::has_integer_codes<encoding_of<std::uint8_t>>);
static_assert(!narrow::detail::has_integer_codes<encoding_of<narrow::fixed<4, 4>>> &&
              !narrow::detail::has_integer_codes<encoding_of<number<narrow::fixed_point<8, -2>>>> &&
              !narrow::detail::has_integer_codes<encoding_of<narrow::float16>>);

// Around the largest code and the tie above it.
TEST(SharedExponent, EdgesOfTheRange) {
  const auto fitted = [](float x) { return shared_exponent::fit_for<int8>(view(&x, 1)).exponent(); };
  EXPECT_EQ(fitted(127.0f), 0);
  EXPECT_EQ(fitted(127.25f), 0);
  EXPECT_EQ(fitted(127.5f), 1);
  EXPECT_EQ(fitted(-128.0f), 1);
  EXPECT_EQ(fitted(0.0f), 0);
  EXPECT_EQ(fitted(1e-40f), -100);
  EXPECT_EQ(fitted(3e38f), 100);
}

TEST(SharedExponent, CodesMeanPowersOfTwo) {
  const std::vector<float> data{1.0f, -0.75f, 0.3f, 100.0f, -100.0f, 0.125f};
  const auto codes = quantize<int8>(view(data, 6), shared_exponent(-2));
  EXPECT_EQ(codes.storage()[0].storage(), 4);
  EXPECT_EQ(codes.storage()[1].storage(), -3);
  EXPECT_EQ(codes.storage()[2].storage(), 1);
  EXPECT_EQ(codes.storage()[3].storage(), 127);
  EXPECT_EQ(codes.storage()[4].storage(), -128);
  EXPECT_EQ(codes.storage()[5].storage(), 0);  // a tie, to even
  EXPECT_EQ(dequantize(codes), (std::vector<float>{1, -0.75f, 0.25f, 31.75f, -32, 0}));
}

TEST(SharedExponent, LeastSquaresIgnoresAnOutlierThatCostsMore) {
  std::vector<float> data(1000, 0.7f);
  data.push_back(8.0f);
  const int plain = shared_exponent::fit_for<int4>(view(data, 1001)).exponent();
  const int least = shared_exponent::fit_for<int4>(view(data, 1001), least_squares{}).exponent();
  const auto error = [&](int exponent) {
    double total = 0;
    for (const float x : data) {
      const double code = std::clamp(std::nearbyint(std::ldexp(double{x}, -exponent)), -8.0, 7.0);
      total += std::pow(std::ldexp(code, exponent) - double{x}, 2);
    }
    return total;
  };
  EXPECT_LT(least, plain);
  for (int exponent = plain - 4; exponent <= plain; ++exponent) EXPECT_LE(error(least), error(exponent)) << exponent;
}

TEST(SharedExponent, Errors) {
  EXPECT_THROW(shared_exponent(101), std::invalid_argument);
  EXPECT_THROW(shared_exponent(-101), std::invalid_argument);
  EXPECT_THROW(shared_exponent(per_tensor, {1, 2}), std::invalid_argument);
  std::vector<float> data(3, std::numeric_limits<float>::infinity());
  EXPECT_THROW(shared_exponent::fit_for<int8>(view(data, 3)), std::invalid_argument);
}

}  // namespace
