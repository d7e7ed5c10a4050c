// Requantization of products, against its definitions in exact arithmetic, on every target.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "narrow/narrow.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace {

using narrow_test::generator;
using narrow_test::layout;
using narrow_test::matrix;

using wide = narrow_test::int128;

template <class T>
const T& of_column(const std::vector<T>& values, std::size_t j) {
  return values[values.size() == 1 ? 0 : j];
}

// float(accumulator) * scale is a double exactly; float rounds it once, std::nearbyint once more.
double quotient(std::int64_t accumulator, const narrow::requantize_float& r, std::size_t j) {
  const double scale = static_cast<double>(of_column(r.scales, j));
  return std::nearbyint(static_cast<float>(static_cast<double>(static_cast<float>(accumulator)) * scale));
}

// x / 2^shift, rounded down.
wide floor_shifted(wide x, int shift) {
  const wide step = wide{1} << shift;
  return (x - ((x % step) + step) % step) / step;
}
double quotient(std::int64_t accumulator, const narrow::requantize& r, std::size_t j) {
  const auto [multiplier, shift] = of_column(r.multipliers, j);
  if (r.how == narrow::multiplier_rounding::tflite_single) {
    const wide code = floor_shifted(wide{accumulator} * multiplier + (wide{1} << (30 - shift)), 31 - shift);
    return std::clamp(static_cast<double>(code), -0x1p31, 0x1p31 - 1);
  }
  // Wrapped to 32 bits; a multiple of 2^-31, ties upward; then of 2^shift, ties away from zero.
  wide x = shift > 0 ? wide{accumulator} << shift : wide{accumulator};
  x = ((x + (wide{1} << 31)) % (wide{1} << 32) + (wide{1} << 32)) % (wide{1} << 32) - (wide{1} << 31);
  const wide high = floor_shifted(x * multiplier + (wide{1} << 30), 31);
  const double scaled = std::ldexp(static_cast<double>(high), std::min(shift, 0));
  return std::copysign(std::floor(std::fabs(scaled) + 0.5), scaled);
}

template <class C, class Requantization>
std::int64_t expected_code(std::int64_t sum, const Requantization& r, std::size_t j) {
  using limits = std::numeric_limits<C>;
  const double code = quotient(std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX), r, j) + r.zero_point;
  const double within = std::clamp(code, static_cast<double>(r.lowest), static_cast<double>(r.highest));
  return static_cast<std::int64_t>(
      std::clamp(within, static_cast<double>(limits::min()), static_cast<double>(limits::max())));
}

enum class biases { none, small, extreme };

template <class C, class A = std::uint8_t, class Requantization>
void check(std::size_t m, std::size_t depth, std::size_t n, const Requantization& r, biases which,
           std::int32_t a_zero = 0) {
  generator random(9);
  const matrix<A> a(m, depth, layout::padded);
  const matrix<std::int8_t> b(depth, n, layout::dense);
  a.fill(random);
  b.fill(random);
  std::vector<std::int32_t> bias(n);
  for (std::size_t j = 0; j < n; ++j) {
    bias[j] = static_cast<std::int32_t>(random() % 4000) - 2000;
    if (which == biases::extreme && j % 7 == 3) bias[j] = INT32_MAX;
    if (which == biases::extreme && j % 7 == 5) bias[j] = INT32_MIN;
  }
  const narrow::affine scheme(1, a_zero);
  const narrow::quantized_view<A, 2, narrow::affine> x{a.view(), &scheme, scheme.axis()};
  for (const narrow::target t : support::supported_targets()) {
    SCOPED_TRACE(narrow::name_of(t));
    const support::on_target scope(t);
    const matrix<C> c(m, n, layout::padded);
    if (which != biases::none) {
      narrow::gemm(x, b.view(), c.view(), narrow::integer_bias(bias), r);
    } else {
      narrow::gemm(x, b.view(), c.view(), r);
    }
    EXPECT_TRUE(c.canaries_live());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        std::int64_t sum = which == biases::none ? 0 : bias[j];
        for (std::size_t k = 0; k < depth; ++k) sum += std::int64_t{a(i, k) - a_zero} * b(k, j);
        ASSERT_EQ(std::int64_t{c(i, j)}, expected_code<C>(sum, r, j)) << i << ", " << j << ": " << sum;
      }
    }
  }
}

TEST(RequantizeByFloats, OneOfAll) {
  for (const float scale : {1.0F, 0.5F, 0.003F, 1e-6F, 1e30F, 0x1p-126F}) {
    check<std::uint8_t>(13, 9, 37, narrow::requantize_float{{scale}, 3}, biases::none);
    check<std::int8_t>(5, 4, 16, narrow::requantize_float{{scale}, -100}, biases::extreme);
  }
}

TEST(RequantizeByFloats, OneForEachColumn) {
  std::vector<float> scales(70);
  for (std::size_t j = 0; j < scales.size(); ++j) scales[j] = std::ldexp(1.0F + static_cast<float>(j) / 64, -9);
  check<std::int8_t>(25, 64, 70, narrow::requantize_float{scales, 7, -100, 90}, biases::extreme);
  check<std::uint8_t>(3, 1100, 70, narrow::requantize_float{scales, 128}, biases::none);
  check<std::int16_t>(7, 30, 70, narrow::requantize_float{scales, -5}, biases::extreme);
}

// Every height of the tiles that leave codes by themselves, whole panels of columns and a part of one; biases and zero
// points that they take, and such that they do not.
TEST(RequantizeByFloats, InHighTiles) {
  std::vector<float> scales(70);
  for (std::size_t j = 0; j < scales.size(); ++j) scales[j] = std::ldexp(1.0F + static_cast<float>(j) / 64, -9);
  const narrow::requantize_float each{scales, -20}, within{scales, 128, 128, 200}, one{{0x1p-7F}, 1 << 14};
  for (const std::size_t rows : {8u, 9u, 12u, 21u}) {
    check<std::int8_t>(rows, 64, 70, each, biases::none, 7);
    check<std::uint8_t>(rows, 20, 70, within, biases::small, 131);
    check<std::uint8_t>(rows, 3, 64, one, biases::small);
  }
  scales[40] = 1;
  check<std::int8_t>(12, 64, 70, narrow::requantize_float{scales, 5}, biases::small, 7);
  check<std::int8_t>(12, 20, 64, narrow::requantize_float{{0.001F}, -(1 << 14) - 1}, biases::none);
  check<std::int8_t>(12, 4200, 64, narrow::requantize_float{{0.001F}, 5}, biases::small, 255);
}

// Shallow products, whole strips and panels or not, at once: depths about a vector's and about the deepest.
TEST(RequantizeByFloats, InShallowTiles) {
  std::vector<float> scales(100);
  for (std::size_t j = 0; j < scales.size(); ++j) scales[j] = std::ldexp(1.0F + static_cast<float>(j) / 64, -9);
  const narrow::requantize_float each{scales, -20};
  for (const std::size_t rows : {4u, 7u, 20u, 31u}) {
    for (const std::size_t depth : {1u, 63u, 68u, 256u, 257u}) {
      check<std::int8_t, std::int8_t>(rows, depth, 100, each, biases::small, -3);
      check<std::int8_t, std::int8_t>(rows, depth, 160, narrow::requantize_float{{0x1.3p-9F}, 7}, biases::small, -3);
    }
  }
}

class RequantizeByMultipliers : public testing::TestWithParam<narrow::multiplier_rounding> {};
INSTANTIATE_TEST_SUITE_P(Both, RequantizeByMultipliers,
                         testing::Values(narrow::multiplier_rounding::tflite_double,
                                         narrow::multiplier_rounding::tflite_single));

// Every shift, with the ends of the multipliers; biases at the ends of 32 bits saturate.
TEST_P(RequantizeByMultipliers, OneOfAll) {
  for (int shift = -31; shift <= 30; ++shift) {
    for (const std::int32_t multiplier : {1 << 30, 0x5A82'7999, INT32_MAX, -INT32_MAX, 0}) {
      const std::vector<narrow::fixed_multiplier> one{{multiplier, shift}};
      check<std::int8_t>(3, 4, 37, narrow::requantize{one, -5, INT32_MIN, INT32_MAX, GetParam()}, biases::extreme);
    }
  }
}
TEST_P(RequantizeByMultipliers, OneForEachColumn) {
  generator random(11);
  for (const int most : {4, 12, 31}) {
    std::vector<narrow::fixed_multiplier> each(70);
    for (auto& m : each) {
      m.multiplier = static_cast<std::int32_t>((1U << 30) + random() % (1U << 30));
      m.shift = -static_cast<int>(random() % static_cast<unsigned>(most + 1));
    }
    check<std::int8_t>(25, 64, 70, narrow::requantize{each, 7, -100, 90, GetParam()}, biases::extreme);
    check<std::uint8_t>(13, 1100, 70, narrow::requantize{each, 128, INT32_MIN, INT32_MAX, GetParam()}, biases::none);
    check<std::int16_t>(7, 30, 70, narrow::requantize{each, -5, 300, 200000, GetParam()}, biases::extreme);
  }
}
// Zero points and bounds that no code reaches.
TEST_P(RequantizeByMultipliers, FarZeroPoints) {
  const std::vector<narrow::fixed_multiplier> one{{1 << 30, 1}};
  for (const std::int32_t zero : {INT32_MIN, -(1 << 30), 1 << 30, INT32_MAX}) {
    check<std::int8_t>(3, 4, 18, narrow::requantize{one, zero, INT32_MIN, INT32_MAX, GetParam()}, biases::extreme);
    check<std::uint8_t>(3, 4, 18, narrow::requantize{one, zero, 1 << 20, INT32_MAX, GetParam()}, biases::extreme);
  }
}

// Sums whose products with the scale are halves.
TEST(RequantizeByFloats, TiesGoToTheEvenCode) {
  std::vector<std::uint8_t> a(40), c(40);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(i);
  const std::vector<std::int8_t> b{1};
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target scope(t);
    narrow::gemm(narrow::view(a, 40, 1), narrow::view(b, 1, 1), narrow::view(c, 40, 1),
                 narrow::requantize_float{{0.5F}});
    for (std::size_t i = 0; i < c.size(); ++i) EXPECT_EQ(c[i], std::nearbyint(static_cast<double>(i) / 2)) << i;
  }
}

// An epilogue of the caller's that looks like integer_bias and is not: no vector form may take its place.
struct subtracted {
  static constexpr bool acts_on_accumulator = true;
  std::vector<std::int32_t> values;
  const std::vector<std::int32_t>& elements() const { return values; }
  std::int32_t at(std::size_t j) const { return values[j]; }
  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t j) const { return v - at(j); }
};
TEST(Requantize, KeepsToTheCallersEpilogue) {
  const std::vector<std::uint8_t> a(2, 30);
  const std::vector<std::int8_t> b(20, 1);
  std::vector<std::int8_t> c(40);
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target scope(t);
    narrow::gemm(narrow::view(a, 2, 1), narrow::view(b, 1, 20), narrow::view(c, 2, 20),
                 subtracted{std::vector<std::int32_t>(20, 7)}, narrow::requantize_float{{1.0F}});
    EXPECT_EQ(c, std::vector<std::int8_t>(40, 23)) << narrow::name_of(t);
  }
}

TEST(Requantize, RefusesBadParameters) {
  std::vector<std::uint8_t> a(4), c(4, 77);
  std::vector<std::int8_t> b(4);
  const auto multiply = [&](const auto& r) {
    narrow::gemm(narrow::view(a, 2, 2), narrow::view(b, 2, 2), narrow::view(c, 2, 2), r);
  };
  const auto run = [&](const narrow::requantize_float& r) { multiply(r); };
  EXPECT_THROW(multiply(narrow::requantize{{{INT32_MIN, 0}}}), std::invalid_argument);
  EXPECT_THROW(multiply(narrow::requantize{{{1 << 30, 31}}}), std::invalid_argument);
  EXPECT_THROW(multiply(narrow::requantize{{{1 << 30, 0}}, 0, 5, 4}), std::invalid_argument);
  EXPECT_THROW(run({{1, 2, 3}}), std::invalid_argument);
  EXPECT_THROW(run({{}}), std::invalid_argument);
  EXPECT_THROW(run({{0.0F}}), std::invalid_argument);
  EXPECT_THROW(run({{-1.0F}}), std::invalid_argument);
  EXPECT_THROW(run({{std::numeric_limits<float>::infinity()}}), std::invalid_argument);
  EXPECT_THROW(run({{std::numeric_limits<float>::quiet_NaN()}}), std::invalid_argument);
  EXPECT_THROW(run({{1.0F}, 0, 5, 4}), std::invalid_argument);
  EXPECT_THROW(run({{1.0F}, 1 << 20}), std::invalid_argument);
  EXPECT_EQ(c, std::vector<std::uint8_t>(4, 77));
}

// Wherever it is among scales that are looked at by vectors, and no other.
TEST(Requantize, RefusesEveryBadScale) {
  using limits = std::numeric_limits<float>;
  constexpr std::size_t n = 19;
  const auto check = [](std::size_t j, float scale) {
    narrow::requantize_float r{std::vector<float>(n, 1.0F)};
    r.scales[j] = scale;
    r.check(1, n, "columns");
  };
  for (std::size_t j = 0; j < n; ++j) {
    for (const float bad : {0.0F, -0.0F, -1.0F, limits::min() / 2, -limits::max(), limits::infinity(),
                            -limits::infinity(), limits::quiet_NaN(), -limits::quiet_NaN()}) {
      EXPECT_THROW(check(j, bad), std::invalid_argument) << bad << " at " << j;
    }
    for (const float good : {limits::min(), limits::max()}) EXPECT_NO_THROW(check(j, good)) << good << " at " << j;
  }
}

}  // namespace
