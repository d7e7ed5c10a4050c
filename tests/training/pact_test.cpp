// PACT's gradients, against differences of the clipped activation itself.
#include "narrow/training/pact.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/thrown.hpp"

namespace {

using narrow::pact;
using narrow::vector_view;
using narrow::view;

static_assert(std::is_invocable_r_v<float, const pact&, float, std::size_t, std::size_t>, "an epilogue");

vector_view<const double> read(const std::vector<double>& x) { return view(x, x.size()); }

TEST(Pact, Clips) {
  const pact clip(1.5F);
  EXPECT_EQ(clip(-2.0F, 0, 0), 0.0F);
  EXPECT_EQ(clip(0.25F, 0, 0), 0.25F);
  EXPECT_EQ(clip(1.5F, 0, 0), 1.5F);
  EXPECT_EQ(clip(std::numeric_limits<double>::infinity(), 0, 0), 1.5);
  EXPECT_TRUE(std::isnan(clip(std::numeric_limits<float>::quiet_NaN(), 0, 0)));
}

// The loss sum(dy[i] * y[i]), whose gradients are central differences: it is linear between the kinks.
TEST(Pact, HasTheGradientsOfItsDifferences) {
  const std::vector<double> x{-3, -0.5, 0.125, 0.75, 1.25, 1.75, 9}, dy{1, 2, 4, -8, 16, 32, -64};
  const float alpha = 1.5F;
  const double step = 1.0 / 64;
  const auto y = [](double at, float limit) { return std::min(std::max(at, 0.0), static_cast<double>(limit)); };
  double of_alpha = 0;
  std::vector<double> dx(x.size());
  const double got = pact(alpha).backward(read(x), read(dy), view(dx, dx.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(dx[i], dy[i] * (y(x[i] + step, alpha) - y(x[i] - step, alpha)) / (2 * step)) << i;
    of_alpha += dy[i] * (y(x[i], alpha + 1.0F / 64) - y(x[i], alpha - 1.0F / 64)) / (2 * step);
  }
  EXPECT_EQ(got, of_alpha);
}

// At the kinks: zero belongs to the middle, alpha to the clipped side. In place, and on every other element.
TEST(Pact, AtTheKinksAndInPlace) {
  const std::vector<float> x{0, 7, 1.5F, 7, -0.0F, 7};
  std::vector<float> d{1, 9, 2, 9, 4, 9};
  const vector_view<const float> every_other(x.data(), {3}, {2});
  const vector_view<float> gradients(d.data(), {3}, {2});
  EXPECT_EQ(pact(1.5F).backward(every_other, gradients, gradients), 2.0);
  EXPECT_EQ(d, (std::vector<float>{1, 9, 0, 9, 4, 9}));
}

TEST(Pact, SchemeIsEvenUpToAlpha) {
  const auto scheme = pact(3.0F).scheme<narrow::uint4>();
  EXPECT_EQ(scheme.scale(), 0.2F);
  EXPECT_EQ(scheme.zero_point(), 0);
  EXPECT_EQ(pact(3.0F).scheme<narrow::number<narrow::unsigned_integer<2>>>().scale(), 1.0F);
}

TEST(Pact, Errors) {
  const std::vector<double> three(3);
  std::vector<double> two(2);
  const auto message = [](float alpha) { return support::thrown([=] { pact{alpha}; }); };
  EXPECT_EQ(message(0), "pact: alpha is 0; it must be a positive normal number");
  EXPECT_NE(message(-1), "");
  EXPECT_NE(message(std::numeric_limits<float>::infinity()), "");
  EXPECT_NE(message(std::numeric_limits<float>::quiet_NaN()), "");
  EXPECT_EQ(support::thrown([&] { pact(1).backward(read(three), read(two), view(two, 2)); }),
            "pact: dy has 2 elements; x has 3");
  EXPECT_EQ(support::thrown([&] { pact(1).backward(read(three), read(three), view(two, 2)); }),
            "pact: dx has 2 elements; x has 3");
}

}  // namespace
