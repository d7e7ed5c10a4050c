// Posits in bulk equal posits one by one.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/quantize.hpp"

namespace {

using namespace narrow;

// Any float, most of them where posits have many digits; and the edges.
std::vector<float> inputs() {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{0, -0.0F, infinity, -infinity, std::nanf(""), 0x1p-149F, -0x1p-126F, 0x1.fffffep127F, 1, -1};
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::uint32_t any = random_bits(1, 2, i);
    x.push_back(i % 4 == 0 ? std::bit_cast<float>(any) : std::bit_cast<float>((any & 0x87FFFFFF) | 0x38000000));
  }
  return x;
}

template <class T, class Real>
void check() {
  const std::vector<float> floats = inputs();
  const std::vector<Real> x(floats.begin(), floats.end());
  conversion_counts counts;
  const auto codes = quantize<T>(view(x, x.size()), unscaled, nearest_even{}, &counts);
  const stochastic_sequence random{3, 4};
  const auto drawn = quantize<T>(view(x, x.size()), unscaled, random);
  const auto values = dequantize(codes);
  std::size_t nans = 0, beyond = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(codes.storage()[i], T(x[i])) << x[i];
    ASSERT_EQ(drawn.storage()[i], convert<T>(x[i], random.at(i))) << x[i];
    const float value = static_cast<float>(T(x[i]));
    ASSERT_TRUE(values[i] == value || (std::isnan(values[i]) && std::isnan(value))) << x[i];
    nans += std::isnan(x[i]) ? 1U : 0U;
    beyond += std::fabs(static_cast<double>(x[i])) > double{T::encoding_type::highest()} ? 1U : 0U;
  }
  EXPECT_EQ(counts.nan, nans);
  EXPECT_EQ(counts.overflow, beyond);
  EXPECT_EQ(counts.underflow, 0U);
}

TEST(QuantizePosit, Of8BitsFromFloat) { check<posit<8>, float>(); }
TEST(QuantizePosit, Of16BitsFromDouble) { check<posit<16, 1>, double>(); }
TEST(QuantizePosit, Of32BitsFromFloat) { check<posit<32>, float>(); }
TEST(QuantizePosit, BeyondTheRangeOfFloat) { check<posit<12, 4>, float>(); }

}  // namespace
