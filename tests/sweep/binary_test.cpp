// Binary: every rule of encoding/binary.hpp against its definition, as a number and in bulk on every target.
#include "narrow/encoding/binary.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "narrow/number_traits.hpp"
#include "narrow/quantize.hpp"
#include "narrow/scheme/affine.hpp"
#include "support/targets.hpp"

namespace {

using narrow::binary;
using narrow::stochastic;

// (1 + x) / 2 in units of 2^-count: rounded down, or to nearest even. Scaling by powers of two is exact.
double scaled_probability(double x, int count, bool to_nearest) {
  const double middle = std::ldexp(1.0, count - 1), y = std::ldexp(x, count - 1);
  if (!to_nearest) return middle + std::floor(y);
  const bool is_tie = std::floor(y) != y && std::floor(2 * y) == 2 * y;
  if (!is_tie) return middle + std::nearbyint(y);
  const double below = middle + std::floor(y);
  return std::fmod(below, 2) == 0 ? below : below + 1;
}

// Whether x becomes -1.
template <class Rounding>
bool is_minus_one(double x, const Rounding& rounding) {
  if (std::isnan(x)) return false;
  if (x >= 1 || x <= -1) return x < 0;
  if constexpr (std::is_same_v<Rounding, narrow::toward_positive>) {
    return false;
  } else if constexpr (std::is_same_v<Rounding, narrow::toward_negative> || std::is_same_v<Rounding, narrow::to_odd>) {
    return true;
  } else if constexpr (std::is_same_v<Rounding, stochastic>) {
    const double draws = std::ldexp(1.0, rounding.count);
    const double random = std::fmod(static_cast<double>(rounding.bits), draws);
    return scaled_probability(x, rounding.count, rounding.pre_round) + random < draws;
  } else {
    return x < 0;
  }
}

template <class Real>
std::vector<Real> inputs() {
  using limits = std::numeric_limits<Real>;
  std::vector<Real> result{Real{0},       limits::denorm_min(), limits::min(),
                           limits::max(), limits::infinity(),   limits::quiet_NaN()};
  for (const Real x : {Real{1}, Real{0.5}, Real{0.25}, Real{0.75}, static_cast<Real>(0.3)}) {
    for (const Real y : {x, std::nextafter(x, Real{0}), std::nextafter(x, Real{2})}) result.push_back(y);
  }
  for (int e = 1; e <= 160; ++e) result.push_back(std::ldexp(Real{1.5}, -e));
  std::mt19937_64 random(7);
  for (int i = 0; i < 300; ++i) {
    result.push_back(std::uniform_real_distribution<Real>(0, static_cast<Real>(1.2))(random));
    using bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
    result.push_back(std::bit_cast<Real>(static_cast<bits>(random())));
  }
  const std::size_t half = result.size();
  for (std::size_t i = 0; i < half; ++i) result.push_back(-result[i]);
  return result;
}

template <class Body>
void for_each_mode(const Body& body) {
  body(narrow::nearest_even{});
  body(narrow::nearest_away{});
  body(narrow::toward_zero{});
  body(narrow::toward_positive{});
  body(narrow::toward_negative{});
  body(narrow::to_odd{});
}

template <class Real>
void check_scalars() {
  for (const Real x : inputs<Real>()) {
    for_each_mode([&](auto mode) {
      EXPECT_EQ(narrow::convert<binary>(x, mode).bits(), is_minus_one(static_cast<double>(x), mode) ? 1U : 0U) << x;
      EXPECT_EQ(narrow::convert<binary>(x, mode, narrow::saturate_symmetric{}),
                narrow::convert<binary>(x, mode, narrow::saturate{}));
    });
  }
}
TEST(Binary, FloatsInEveryMode) { check_scalars<float>(); }
TEST(Binary, DoublesInEveryMode) { check_scalars<double>(); }

// Around the random number where the answer changes.
template <class Real>
void check_stochastic() {
  for (const Real x : inputs<Real>()) {
    const double wide = static_cast<double>(x);
    for (const int count : {1, 2, 8, 16, 31, 32}) {
      for (const bool pre_round : {false, true}) {
        if (pre_round && count == 32) continue;
        const bool is_inside = std::fabs(wide) < 1;
        const double draws = std::ldexp(1.0, count);
        const double turn = is_inside ? draws - scaled_probability(wide, count, pre_round) : 0;
        for (const double r : {turn - 1, turn, turn + 1, 0.0, draws - 1}) {
          if (r < 0 || r >= draws) continue;
          const stochastic rounding{static_cast<std::uint32_t>(r), count, pre_round};
          EXPECT_EQ(narrow::convert<binary>(x, rounding).bits(), is_minus_one(wide, rounding) ? 1U : 0U)
              << x << ", " << count << " bits: " << r;
        }
      }
    }
  }
}
TEST(Binary, FloatsAtRandom) { check_stochastic<float>(); }
TEST(Binary, DoublesAtRandom) { check_stochastic<double>(); }

template <class Real, class Rounding, class Check>
void check_bulk(const Rounding& rounding, const Check& expected) {
  const std::vector<Real> x = inputs<Real>();
  const narrow::affine scheme(0.7F);
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    for (const std::size_t n : {std::size_t{1}, std::size_t{7}, std::size_t{31}, x.size() - 5}) {
      for (std::size_t first = 0; first < 5; first += 2) {
        const narrow::tensor_view<const Real, 1> view(x.data() + first, {n});
        const auto codes = narrow::quantize<binary>(view, narrow::unscaled, rounding);
        const auto scaled = narrow::quantize<binary>(view, scheme, rounding);
        const auto values = narrow::dequantize(scaled);
        for (std::size_t i = 0; i < n; ++i) {
          const Real quotient = view(i) / Real{0.7F};
          ASSERT_EQ(codes.codes()(i).bits(), expected(static_cast<double>(view(i)), i)) << name_of(t) << view(i);
          ASSERT_EQ(scaled.codes()(i).bits(), expected(static_cast<double>(quotient), i)) << name_of(t) << view(i);
          ASSERT_EQ(values[i], scaled.codes()(i).bits() == 1 ? -0.7F : 0.7F);
        }
      }
    }
  }
}
TEST(Binary, InBulkOnEveryTarget) {
  for_each_mode([](auto mode) {
    const auto expected = [&](double x, std::size_t) { return is_minus_one(x, mode) ? 1U : 0U; };
    check_bulk<float>(mode, expected);
    check_bulk<double>(mode, expected);
  });
}
TEST(Binary, InBulkAtRandom) {
  for (const bool pre_round : {false, true}) {
    const narrow::stochastic_sequence sequence{3, 5, 11, pre_round ? 20 : 32, pre_round};
    const auto expected = [&](double x, std::size_t i) { return is_minus_one(x, sequence.at(i)) ? 1U : 0U; };
    check_bulk<float>(sequence, expected);
    check_bulk<double>(sequence, expected);
  }
}

TEST(Binary, IsANumber) {
  constexpr binary plus(2.5F), minus(-0.1);
  static_assert(plus.bits() == 0 && minus.bits() == 1 && binary(-0.0F) == plus && sizeof(binary) == 1);
  static_assert(float{plus} == 1.0F && float{minus} == -1.0F && double{minus} == -1.0);
  static_assert(-plus == minus && plus * minus == minus && minus * minus == plus && minus < plus);
  static_assert(plus + minus == plus && minus + minus == minus && plus / minus == minus);
  static_assert(binary(-3) == minus && narrow::float16(minus) == -1 && binary(narrow::fixed<4, 4>(-0.5)) == minus);
  static_assert(narrow::convert<binary>(-0.3, stochastic{0xFFFF'FFFF}) == plus);
  using limits = std::numeric_limits<binary>;
  static_assert(limits::max() == plus && limits::lowest() == minus && !limits::has_infinity && !limits::has_quiet_NaN);
  EXPECT_EQ(std::hash<binary>{}(plus), std::hash<binary>{}(binary(7)));
}

TEST(Binary, CountsWhatLiesBeyondItsEnds) {
  const std::vector<float> x{0.5F, -1, 1.5F, -2, 0, std::numeric_limits<float>::quiet_NaN()};
  narrow::conversion_counts counts;
  narrow::quantize<binary>(narrow::view(x, x.size()), narrow::unscaled, narrow::nearest_even{}, &counts);
  EXPECT_EQ(counts.elements, 6U);
  EXPECT_EQ(counts.overflow, 2U);
  EXPECT_EQ(counts.underflow, 0U);
  EXPECT_EQ(counts.nan, 1U);
}

}  // namespace
