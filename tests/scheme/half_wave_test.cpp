// The half-wave Gaussian quantizer: its codes against the definition, its steps against a search.
#include "narrow/scheme/half_wave.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "narrow/quantize.hpp"
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

TEST(HalfWave, Errors) {
  EXPECT_EQ(thrown([] { half_wave(-1); }), "half_wave: step is -1; it must be a positive normal number");
  EXPECT_EQ(thrown([] { half_wave_fit<uint2>(0); }),
            "half_wave_fit: deviation is 0; it must be positive, and the step that follows, 0, a normal float");
  EXPECT_NE(thrown([] { half_wave_fit<uint2>(std::nan("")); }), "");
}

}  // namespace
