// Odd integers against their definition: every mode, as a number and in bulk on every target.
#include "narrow/encoding/odd_integer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "narrow/number_traits.hpp"
#include "narrow/quantize.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;

template <int Bits>
using odd = number<odd_integer<Bits>>;

// The value that x rounds to among -largest, ..., -1, 1, ..., largest.
template <class Rounding>
double rounded(double x, double largest, const Rounding& rounding) {
  if (std::isnan(x)) return 1;
  if (std::fabs(x) >= largest) return std::copysign(largest, x);
  double below = 2 * std::floor(x / 2) - 1;  // the distances are exact, but for what is too small to matter
  while (below + 2 <= x) below += 2;
  const double above = below + 2, middle = below + 1;
  if (x == below) return x;
  const bool below_is_even = std::fmod((below - 1) / 2, 2) == 0;
  if constexpr (std::is_same_v<Rounding, toward_positive>) {
    return above;
  } else if constexpr (std::is_same_v<Rounding, toward_negative>) {
    return below;
  } else if constexpr (std::is_same_v<Rounding, to_odd>) {
    return below_is_even ? above : below;
  } else if constexpr (std::is_same_v<Rounding, toward_zero>) {
    return middle == 0 ? (x < 0 ? -1 : 1) : x < 0 ? above : below;
  } else if constexpr (std::is_same_v<Rounding, stochastic>) {
    const double draws = std::ldexp(1.0, rounding.count);
    // (x - below) / 2 in units of 2^-count, rounded down.
    const double units = std::floor(std::ldexp(x, rounding.count - 1)) - std::ldexp(below, rounding.count - 1);
    return units + std::fmod(static_cast<double>(rounding.bits), draws) >= draws ? above : below;
  } else if (x == middle) {
    if constexpr (std::is_same_v<Rounding, nearest_away>) return middle < 0 ? below : above;
    return below_is_even ? below : above;
  } else {
    return x < middle ? below : above;
  }
}

template <class Real>
std::vector<Real> inputs(int largest) {
  using limits = std::numeric_limits<Real>;
  std::vector<Real> result{limits::denorm_min(), limits::min(), limits::max(), limits::infinity(), limits::quiet_NaN()};
  for (int n = 0; n <= largest + 1; ++n) {
    const auto x = static_cast<Real>(n);
    for (const Real y : {x, std::nextafter(x, Real{-1}), std::nextafter(x, Real{1000})}) result.push_back(y);
  }
  std::mt19937_64 random(7);
  std::uniform_real_distribution<Real> reals(0, static_cast<Real>(1.1 * largest));
  for (int i = 0; i < 300; ++i) result.push_back(std::ldexp(reals(random), -(i % 3) * (i % 60)));
  const std::size_t half = result.size();
  for (std::size_t i = 0; i < half; ++i) result.push_back(-result[i]);
  return result;
}

template <class Body>
void for_each_mode(const Body& body) {
  body(nearest_even{}), body(nearest_away{}), body(toward_zero{}), body(toward_positive{}), body(toward_negative{});
  body(to_odd{});
}

template <int Bits, class Real>
void check() {
  constexpr int largest = (1 << Bits) - 1;
  const auto x = inputs<Real>(largest);
  for_each_mode([&](auto mode) {
    for (const Real value : x) {
      EXPECT_EQ(double(convert<odd<Bits>>(value, mode)), rounded(double{value}, largest, mode)) << value;
    }
  });
  for (const Real value : x) {
    for (const int count : {1, 8, 32}) {
      for (const std::uint32_t bits : {0U, 1U, 0x5555'5555U, 0x7FFF'FFFFU, 0x8000'0000U, 0xFFFF'FFFFU}) {
        const stochastic rounding{count == 32 ? bits : bits % (1U << count), count};
        EXPECT_EQ(double(convert<odd<Bits>>(value, rounding)), rounded(double{value}, largest, rounding))
            << value << ", " << count << " bits: " << bits;
      }
    }
  }
}

template <int Bits, class Real, class Rounding>
void check_bulk(const Rounding& mode) {
  constexpr int largest = (1 << Bits) - 1;
  const auto x = inputs<Real>(largest);
  for (const target t : support::supported_targets()) {
    const support::on_target use(t);
    const affine scheme(0.7F);
    const auto codes = quantize<odd<Bits>>(view(x, x.size()), scheme, mode);
    const auto values = dequantize(codes);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Real quotient = x[i] / Real{0.7F};
      const double expected = rounded(static_cast<double>(quotient), largest, mode);
      ASSERT_EQ(double(codes.codes()(i)), expected) << name_of(t) << ' ' << x[i];
      ASSERT_EQ(values[i], static_cast<float>(expected) * 0.7F);
    }
  }
}
TEST(OddInteger, FloatsInEveryMode) { check<2, float>(), check<8, float>(); }
TEST(OddInteger, DoublesInEveryMode) { check<3, double>(); }
TEST(OddInteger, InBulkOnEveryTarget) { check_bulk<2, float>(nearest_even{}), check_bulk<5, double>(toward_zero{}); }

TEST(OddInteger, IsANumber) {
  constexpr odd<2> one(0.5F), minus_three(-7);
  static_assert(one.storage() == 0 && minus_three.storage() == -2 && odd<2>(-0.0F) == one && sizeof(one) == 1);
  static_assert(float{minus_three} == -3 && double{one} == 1 && -minus_three == odd<2>(3) && minus_three < one);
  static_assert(one + one == odd<2>(1) && minus_three * one == minus_three);  // 2 is a tie between 1 and 3
  using limits = std::numeric_limits<odd<8>>;
  static_assert(limits::max() == 255 && limits::lowest() == -255 && !limits::has_infinity);
  conversion_counts counts;
  const std::vector<float> x{0, 3, 3.5F, -8, std::numeric_limits<float>::quiet_NaN()};
  quantize<odd<2>>(view(x, 5), unscaled, nearest_even{}, &counts);
  EXPECT_EQ(counts.nan, 1U);
  EXPECT_EQ(counts.underflow, 0U);
}

}  // namespace
