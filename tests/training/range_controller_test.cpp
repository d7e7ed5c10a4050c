// The controller's decisions, step by step, against the rule as the paper words it.
#include "narrow/training/range_controller.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using narrow::range_controller;

void observe(range_controller& c, const std::vector<float>& values) { c.observe(narrow::view(values, values.size())); }

// 100 values, of which `over` lie at or above `limit` and `upper` more in [limit / 2, limit).
std::vector<float> values(double limit, int over, int upper) {
  std::vector<float> v(100, static_cast<float>(limit / 8));
  for (int i = 0; i < over; ++i) v[static_cast<std::size_t>(i)] = static_cast<float>(i % 2 == 0 ? limit : -3 * limit);
  for (int i = over; i < over + upper; ++i) v[static_cast<std::size_t>(i)] = static_cast<float>(limit / 2);
  return v;
}

TEST(RangeController, GrowsHoldsAndShrinks) {
  range_controller c(3, 0.02, 1);
  EXPECT_EQ(c.limit(), 8.0);
  EXPECT_EQ(c.exponent(10), 3 - 9);
  observe(c, values(8, 3, 0));  // 3 % beyond the range
  EXPECT_EQ(c.end_batch(), 1);
  EXPECT_EQ(c.range(), 4);
  observe(c, values(16, 2, 1));  // 2 % is tolerated; 3 % would overflow the next lower range
  EXPECT_EQ(c.end_batch(), 0);
  observe(c, values(16, 0, 2));  // the lower range would do
  EXPECT_EQ(c.end_batch(), -1);
  EXPECT_EQ(c.range(), 3);
}

TEST(RangeController, DecidesOncePerPeriodOnTheRatesSince) {
  range_controller c(0, 0.02, 3);
  observe(c, values(1, 9, 0));
  EXPECT_EQ(c.end_batch(), 0);
  observe(c, values(1, 0, 0));
  EXPECT_EQ(c.end_batch(), 0);
  observe(c, values(1, 0, 0));  // 9 of 300: 3 %
  EXPECT_EQ(c.end_batch(), 1);
  for (int batch = 0; batch < 2; ++batch) EXPECT_EQ(c.end_batch(), 0);
  EXPECT_EQ(c.end_batch(), 0) << "nothing observed: nothing known";
  observe(c, values(2, 0, 0));
  c.set_period(1);
  EXPECT_EQ(c.end_batch(), -1) << "the counts before a decision are forgotten";
}

TEST(RangeController, NotANumberAndInfinityOverflow) {
  range_controller c(0, 0.4, 1);
  observe(c, {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 0.0F, 0.0F});
  EXPECT_EQ(c.end_batch(), 1);
}

TEST(RangeController, FollowsADrift) {
  range_controller c(0, 1e-4, 1);
  double scale = 1e-3;
  for (int batch = 0; batch < 60; ++batch, scale *= 1.3) {
    std::vector<double> v(1000);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = scale * std::sin(static_cast<double>(i));
    c.observe(narrow::view(v, v.size()));
    c.end_batch();
    if (batch >= 12) {
      EXPECT_LE(std::abs(c.range() - (std::ilogb(scale) + 1)), 1) << batch;
    }
  }
}

TEST(RangeController, StaysWithinItsBounds) {
  range_controller top(range_controller::highest, 0, 1), bottom(range_controller::lowest, 0, 1);
  observe(top, {3e38F});
  EXPECT_EQ(top.end_batch(), 0);
  observe(bottom, {0.0F});
  EXPECT_EQ(bottom.end_batch(), 0);
}

TEST(RangeController, RefusesBadParameters) {
  EXPECT_THROW(range_controller(61, 0.1, 1), std::invalid_argument);
  EXPECT_THROW(range_controller(0, -0.1, 1), std::invalid_argument);
  EXPECT_THROW(range_controller(0, std::nan(""), 1), std::invalid_argument);
  EXPECT_THROW(range_controller(0, 0.1, 0), std::invalid_argument);
  range_controller c(0, 0.1, 1);
  EXPECT_THROW(c.set_period(0), std::invalid_argument);
}

}  // namespace
