// The half-wave Gaussian quantizer: its codes against the definition, its steps against a search.
#include "narrow/scheme/half_wave.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "narrow/quantize.hpp"
#include "narrow/training/straight_through.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;
using support::thrown;

// The square error of `levels` multiples of a step over the positive half of a standard normal distribution, but for a
// factor: its density added up on a grid.
double error(double step, int levels) {
  double total = 0;
  for (double x = 0x1p-10; x < 8; x += 0x1p-9) {
    const double level = std::min(std::max(std::round(x / step), 1.0), static_cast<double>(levels));
    total += (x - level * step) * (x - level * step) * std::exp(-x * x / 2);
  }
  return total;
}

template <int Bits>
void check_step() {
  const double fitted = double{half_wave_fit<number<unsigned_integer<Bits>>>().step()};
  double best = 0, least = std::numeric_limits<double>::infinity();
  for (double step = 2 * fitted; step > fitted / 2; step *= 0.997) {
    const double e = error(step, (1 << Bits) - 1);
    if (e < least) least = e, best = step;
  }
  EXPECT_NEAR(fitted / best, 1, 0.02) << Bits << " bits";
}

TEST(HalfWaveFit, StepsAreWithinTwoPercentOfTheBest) {
  check_step<1>();
  check_step<2>();
  check_step<3>();
  check_step<4>();
  check_step<5>();
  check_step<6>();
  check_step<7>();
  check_step<8>();
  EXPECT_NEAR(double{half_wave_fit<uint2>().step()}, 0.538, 0.02 * 0.538);
  EXPECT_NEAR(half_wave_fit<uint2>().highest<uint2>(), 1.614, 0.02 * 1.614);
  EXPECT_EQ(half_wave_fit<uint2>(2).step(), 2 * half_wave_fit<uint2>().step());
}

// The definition, element by element.
template <class T, class Real>
void check_codes() {
  const half_wave scheme(0.5F);
  using limits = std::numeric_limits<Real>;
  std::vector<Real> x{limits::quiet_NaN(), limits::infinity(), -limits::infinity(), Real(-0.0), limits::denorm_min()};
  for (int i = -300; i <= 300; ++i) x.push_back(static_cast<Real>(i) / 64);
  conversion_counts counts;
  const auto q = quantize<T>(view(x, x.size()), scheme, nearest_even{}, &counts);
  const auto values = dequantize(q);
  std::size_t beyond = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double top = static_cast<double>(encoding_of<T>::max_code), steps = static_cast<double>(x[i]) / 0.5;
    const double code = steps > 0 ? std::min(std::max(std::nearbyint(steps), 1.0), top) : 0;
    ASSERT_EQ(static_cast<double>(q.storage()[i].storage()), code) << x[i];
    ASSERT_EQ(double{values[i]}, code * 0.5);
    beyond += std::nearbyint(steps) > top;
  }
  EXPECT_EQ(counts.overflow, beyond);
  EXPECT_EQ(counts.nan, 1U);
}
TEST(HalfWave, CodesAreThoseOfTheDefinition) {
  check_codes<uint2, float>();
  check_codes<uint4, double>();
}

// Centres .538, 1.076, 1.614; midpoints between them only, 0+ on the first, and no gradient above the last.
TEST(HalfWave, TwoBitsOfThePaper) {
  const half_wave scheme(0.538F);
  const float tiny = std::numeric_limits<float>::denorm_min(), step = 0.538F;
  const std::vector<float> x{-1, -0.0F, 0, tiny, 0.26F, 0.806F, 0.808F, 1.344F, 1.346F, 1.6F, 1.62F, 50};
  const auto q = quantize<uint2>(view(x, 12), scheme);
  const std::vector<int> expected{0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 3};
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(q.storage()[i].storage(), expected[i]) << x[i];
  std::vector<float> dy(12, 1.0F), dx(12);
  straight_through(view(x, 12), view(dy, 12), view(dx, 12), passed_range::of<uint2>(scheme));
  EXPECT_EQ(dx, (std::vector<float>{0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0}));
  EXPECT_EQ(dequantize(q)[9], step * 3);
}

// ---- uneven levels ------------------------------------------------------------------------------------------------

// As `error`, of the nearest of these levels.
template <std::size_t Levels>
double error_of_levels(const std::array<double, Levels>& levels, double grid = 0x1p-11) {
  double total = 0;
  for (double x = grid / 2; x < 8; x += grid) {
    double least = std::numeric_limits<double>::infinity();
    for (const double level : levels) least = std::min(least, (x - level) * (x - level));
    total += least * std::exp(-x * x / 2);
  }
  return total;
}
template <std::size_t Levels>
std::array<double, Levels> fitted_levels() {
  std::array<double, Levels> result;
  const auto levels = half_wave_levels_fit<Levels>().levels();
  std::copy(levels.begin(), levels.end(), result.begin());
  return result;
}

TEST(HalfWaveLevelsFit, TwoAreWithinTwoPercentOfTheBest) {
  std::array<double, 2> best{};
  double least = std::numeric_limits<double>::infinity();
  for (double low = 0.2; low < 1; low *= 1.01) {
    for (double high = low; high < 3; high *= 1.01) {
      const double e = error_of_levels<2>({low, high}, 0x1p-5);
      if (e < least) least = e, best = {low, high};
    }
  }
  const auto fitted = fitted_levels<2>();
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(fitted[k] / best[k], 1, 0.02);
  EXPECT_NEAR(fitted[0], 0.453, 0.0005);
  EXPECT_NEAR(fitted[1], 1.51, 0.005);
  EXPECT_EQ(half_wave_levels_fit<2>(2).highest(), 2 * half_wave_levels_fit<2>().highest());
}

// A step of 1 % of any level makes it worse: the density is log-concave, so that there is one minimum. And even steps
// are no better.
template <std::size_t Levels>
void check_minimum() {
  const auto fitted = fitted_levels<Levels>();
  const double least = error_of_levels(fitted);
  for (std::size_t k = 0; k < Levels; ++k) {
    for (const double factor : {0.99, 1.01}) {
      auto other = fitted;
      other[k] *= factor;
      EXPECT_GT(error_of_levels(other), least) << k;
    }
  }
  std::array<double, Levels> even;
  const double step = double{half_wave_fit<number<unsigned_integer<Levels == 15 ? 4 : 2>>>().step()};
  for (std::size_t k = 0; k < Levels; ++k) even[k] = static_cast<double>(k + 1) * step;
  EXPECT_LT(least, error_of_levels(even));
}
TEST(HalfWaveLevelsFit, OthersAreMinima) {
  check_minimum<3>();
  check_minimum<15>();
  EXPECT_NEAR(fitted_levels<1>()[0], std::sqrt(2 / std::acos(-1.0)), 1e-6);
}

TEST(HalfWaveLevels, CodesAreThoseOfTheDefinition) {
  const std::array<float, 3> levels{0.25F, 1, 3};
  const half_wave_levels<3> scheme(levels);
  using limits = std::numeric_limits<float>;
  std::vector<float> x{limits::quiet_NaN(), -limits::infinity(), -0.0F, 0, limits::denorm_min(), limits::infinity()};
  for (int i = -300; i <= 300; ++i) x.push_back(static_cast<float>(i) / 64);
  std::vector<double> wide(x.begin(), x.end());
  const auto q = quantize<uint2>(view(x, x.size()), scheme);
  const auto of_wide = quantize<uint4>(view(wide, x.size()), scheme);
  const auto values = dequantize(q);
  for (std::size_t i = 0; i < x.size(); ++i) {
    int code = 0;  // of two levels at one distance, the lower
    for (int k = 1; k <= 3 && x[i] > 0; ++k) {
      const auto gap = [&](int level) { return std::fabs(x[i] - levels[static_cast<std::size_t>(level - 1)]); };
      if (code == 0 || gap(k) < gap(code) || x[i] == limits::infinity()) code = k;
    }
    ASSERT_EQ(q.storage()[i].storage(), code) << x[i];
    ASSERT_EQ(of_wide.storage()[i].storage(), code) << x[i];
    ASSERT_EQ(values[i], code == 0 ? 0 : levels[static_cast<std::size_t>(code - 1)]);
  }
  const auto range = passed_range::of(scheme);
  EXPECT_TRUE(range.low > 0 && range.low < 1e-300 && range.high == 3);
}

TEST(HalfWave, Errors) {
  EXPECT_EQ(thrown([] { half_wave(-1); }), "half_wave: step is -1; it must be a positive normal number");
  EXPECT_EQ(thrown([] { half_wave_fit<uint2>(0); }),
            "half_wave_fit: deviation is 0; it must be positive, and the step that follows, 0, a normal float");
  EXPECT_NE(thrown([] { half_wave_fit<uint2>(std::nan("")); }), "");
  EXPECT_EQ(thrown([] {
              half_wave_levels<2>({1, 1});
            }),
            "half_wave_levels: level[1] is 1; it must be a positive normal number, greater than the one before");
  EXPECT_NE(thrown([] { half_wave_levels_fit<3>(-1); }), "");
}

}  // namespace
