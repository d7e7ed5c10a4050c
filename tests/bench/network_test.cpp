#include "compare/network.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using compare::observation;

template <int Signal, int Stored>
using dynamic =
    compare::arithmetic<compare::dynamic_cell<Signal>, compare::dynamic_cell<Signal>, compare::dynamic_cell<Stored>>;

constexpr std::size_t rows = 8;
const compare::network_shape shape{{6, 4, 3}, 2};
const std::vector<float> x(rows * 6, 0.5F);
const std::vector<std::uint8_t> labels{0, 1, 2, 0, 1, 2, 0, 1};

// Ranges so large that whatever is counted lets them shrink, and what is not stays.
std::vector<narrow::range_controller> wide_ranges() { return {2 * compare::group_count, {20, 1e-4, 1}}; }

std::vector<std::size_t> groups_taught(std::vector<narrow::range_controller>& ranges) {
  std::vector<std::size_t> taught;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].end_batch() != 0) taught.push_back(i);
  }
  return taught;
}

TEST(Network, ForwardCountsZAndYButNotTheParametersAgain) {
  auto ranges = wide_ranges();
  compare::network<dynamic<10, 12>> net(shape, {}, &ranges);
  EXPECT_EQ(groups_taught(ranges), std::vector<std::size_t>{}) << "first parameters are not counted";
  net.forward(x.data(), rows, observation::counted);
  const std::size_t next = compare::group_count;
  EXPECT_EQ(groups_taught(ranges),
            (std::vector<std::size_t>{compare::group_z, compare::group_y, next + compare::group_z}));
}

TEST(Network, TestingTeachesNothing) {
  auto ranges = wide_ranges();
  compare::network<dynamic<10, 12>> net(shape, {}, &ranges);
  net.step(x.data(), labels.data(), rows, 0.1);
  net.test_error(x, labels);
  EXPECT_EQ(groups_taught(ranges), std::vector<std::size_t>{});
}

TEST(Network, AStepTeachesEveryGroup) {
  auto ranges = wide_ranges();
  compare::network<dynamic<10, 12>> net(shape, {}, &ranges);
  net.step(x.data(), labels.data(), rows, 0.1);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    // The last layer has no activation.
    const bool used = i != compare::group_count + compare::group_y && i != compare::group_count + compare::group_dy;
    EXPECT_EQ(ranges[i].range(), used ? 19 : 20) << "group " << i;
  }
}

TEST(Network, AddsTheBiasAsProductsUseItsWeights) {
  using coarse = compare::arithmetic<compare::dynamic_cell<16>, compare::dynamic_cell<4>, compare::dynamic_cell<16>>;
  std::vector<narrow::range_controller> ranges(compare::group_count, {0, 1.0, 1000});
  compare::network<coarse> net({{1, 2}, 1}, {}, &ranges);
  const float zero = 0;
  const std::uint8_t label = 0;
  for (int i = 0; i < 3; ++i) net.step(&zero, &label, 1, 0.07);
  net.forward(&zero, 1);
  const double b = net.biases(0)[0], used = net.pre_activation(0)[0];
  EXPECT_NE(used, b);
  EXPECT_EQ(used, std::nearbyint(b * 8) / 8) << b;
}

TEST(Network, LogitsThatAreNotFiniteHaveNoClass) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const float good[] = {1, 3, 2}, all_nan[] = {nan, nan, nan}, one_nan[] = {5, nan, 2}, high[] = {0, infinity, 1};
  EXPECT_EQ(compare::classify(good, 3), 1U);
  for (const float* row : {all_nan, one_nan, high}) EXPECT_EQ(compare::classify(row, 3), 3U);
}

TEST(Network, ErrsOnEveryRowOnceItsParametersAreNotFinite) {
  compare::network<compare::float_arithmetic> net(shape, {});
  net.step(x.data(), labels.data(), rows, std::numeric_limits<double>::infinity());
  EXPECT_EQ(net.test_error(x, std::vector<std::uint8_t>(rows, 0)), 1.0);
}

}  // namespace
