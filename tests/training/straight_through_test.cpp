#include "narrow/training/straight_through.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "support/thrown.hpp"

namespace {

using namespace narrow;

using reals = std::vector<float>;

reals gradient(const reals& x, const reals& dy, const passed_range& range) {
  reals dx(x.size(), 99);
  straight_through(view(x, x.size()), view(dy, dy.size()), view(dx, dx.size()), range);
  return dx;
}

TEST(StraightThrough, PassesTheRangeAndItsEnds) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(gradient({-1.01F, -1, 0, 2, 2.01F, nan, infinity}, {1, 2, 3, 4, 5, 6, 7}, {-1, 2}),
            (reals{0, 2, 3, 4, 0, 0, 0}));
  EXPECT_EQ(gradient({-infinity, 5}, {1, -2}, {-infinity, 5}), (reals{1, -2}));
}

TEST(StraightThrough, WorksInPlace) {
  const reals x{-2, 0.5F, 2};
  reals d{1, 2, 3};
  straight_through(view(x, 3), view(d, 3), view(d, 3), {-1, 1});
  EXPECT_EQ(d, (reals{0, 2, 0}));
}

// The reals of the first and the last code.
TEST(StraightThrough, RangeOfAScheme) {
  const affine scheme(0.5F, -3);
  const auto range = passed_range::of<int8>(scheme);
  EXPECT_EQ(range.low, -62.5);
  EXPECT_EQ(range.high, 65.0);
  const affine rows(per_row, {1, 0.25F}, {0, 5});
  EXPECT_EQ(passed_range::of<std::uint8_t>(rows, 1).low, -1.25);
  EXPECT_EQ(passed_range::of<std::uint8_t>(rows, 1).high, 62.5);
  // Ternary codes are -1, 0 and 1.
  EXPECT_EQ(passed_range::of<ternary>(affine(0.5F)).low, -0.5);
}

TEST(StraightThrough, Errors) {
  const reals x(3), dy(2);
  reals dx(3);
  const auto message = [&](const reals& gradients, std::size_t size, const passed_range& range) {
    return support::thrown(
        [&] { straight_through(view(x, 3), view(gradients, gradients.size()), view(dx.data(), size), range); });
  };
  EXPECT_EQ(message(dy, 3, {0, 1}), "straight_through: dy has 2 elements; x has 3");
  EXPECT_EQ(message(x, 1, {0, 1}), "straight_through: dx has 1 elements; x has 3");
  EXPECT_EQ(message(x, 3, {1, 0}), "straight_through: the range is from 1 to 0; low must be at most high");
}

}  // namespace
