// The rules for scales of blocks against their definition: powers of two found by search.
#include "narrow/scheme/scale_rule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "narrow/formats.hpp"
#include "narrow/random.hpp"
#include "narrow/scheme/block.hpp"

namespace {

using namespace narrow;

float random_real(std::uint64_t stream, std::uint64_t i, int range) {
  const double unit = random_bits(7, stream, 2 * i) / 0x1p31 - 1;
  return static_cast<float>(
      std::ldexp(unit, static_cast<int>(random_bits(7, stream, 2 * i + 1) >> 1) % (2 * range) - range));
}
struct power_by_definition {
  int floor, ceil, ratio_ceil;
};
// By search: the exponents of the powers of two at most and at least x, and of the least one with x <= largest * 2^e.
power_by_definition search(double x, double largest) {
  power_by_definition result{200, -200, -200};
  while (std::ldexp(1.0, result.floor) > x) --result.floor;
  while (std::ldexp(1.0, result.ceil) < x) ++result.ceil;
  while (std::ldexp(largest, result.ratio_ceil) < x) ++result.ratio_ceil;
  return result;
}

template <class Element>
void check_rules(int emax, double largest, int significand) {
  for (std::uint64_t i = 0; i < 400; ++i) {
    float x = random_real(3, i, 100);
    if (i % 4 == 0) x = std::ldexp(1.0F, static_cast<int>(i / 4) - 50);
    if (i % 4 == 1) x = std::nextafter(std::ldexp(1.0F, static_cast<int>(i / 4) - 50), i % 8 == 1 ? 0.0F : 1e38F);
    if (i % 4 == 2) x = static_cast<float>(std::ldexp(largest, static_cast<int>(i / 4) - 40));
    if (i % 8 == 3) x = static_cast<float>(std::ldexp(2 - std::ldexp(1.0, -significand), static_cast<int>(i / 4) - 50));
    if (x == 0) continue;
    const double amax = std::fabs(double{x});
    const power_by_definition wanted = search(amax, largest);
    const auto scale = [&]<class Rule>(Rule) {
      const auto s = block_scaled<float8_e8m0fnu, 1, Rule>::template fit_for<Element>(view(&x, 1), 0);
      return std::ilogb(double(s.scale(0)));
    };
    const auto clipped = [](int e) { return std::clamp(e, -127, 127); };
    EXPECT_EQ(scale(scale_floor{}), clipped(wanted.floor - emax)) << x;
    EXPECT_EQ(scale(scale_ceil{}), clipped(wanted.ceil - emax)) << x;
    EXPECT_EQ(scale(scale_ratio_ceil{}), clipped(wanted.ratio_ceil)) << x;
    // amax in units of the significand's last place, rounded; whole in double.
    const double rounded = std::nearbyint(std::ldexp(amax, significand - 1 - wanted.floor));
    const bool next = rounded >= std::ldexp(1.0, significand);
    EXPECT_EQ(scale(scale_even{}), clipped(wanted.floor + (next ? 1 : 0) - emax)) << x;
  }
}

TEST(ScaleRules, PowersOfTwo) {
  check_rules<float8_e4m3fn>(8, 448, 4);
  check_rules<float8_e5m2>(15, 57344, 3);
  check_rules<float6_e2m3fn>(2, 7.5, 4);
  check_rules<float4_e2m1fn>(2, 6, 2);
  check_rules<fixed<2, 6>>(0, 127.0 / 64, 7);
  check_rules<int4>(2, 7, 3);
}

}  // namespace
