// Requantization by a float, against its definition in exact arithmetic, on every target.
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

// float(accumulator) * scale is a double exactly; float rounds it once, std::nearbyint once more.
std::int64_t expected_code(std::int64_t accumulator, float scale, const narrow::requantize_float& r, std::int64_t low,
                           std::int64_t high) {
  const std::int64_t clamped = std::clamp<std::int64_t>(accumulator, INT32_MIN, INT32_MAX);
  const auto real = static_cast<float>(static_cast<double>(static_cast<float>(clamped)) * static_cast<double>(scale));
  const double code = std::nearbyint(static_cast<double>(real)) + r.zero_point;
  const double bottom = static_cast<double>(std::max<std::int64_t>(low, r.lowest));
  const double top = static_cast<double>(std::min<std::int64_t>(high, r.highest));
  return static_cast<std::int64_t>(std::clamp(code, bottom, top));
}

template <class C>
void check(std::size_t m, std::size_t depth, std::size_t n, const narrow::requantize_float& r, bool biased) {
  generator random(9);
  const matrix<std::uint8_t> a(m, depth, layout::padded);
  const matrix<std::int8_t> b(depth, n, layout::dense);
  a.fill(random);
  b.fill(random);
  std::vector<std::int32_t> bias(n);
  for (std::size_t j = 0; j < n; ++j) {
    bias[j] = j % 7 == 3 ? INT32_MAX : j % 7 == 5 ? INT32_MIN : static_cast<std::int32_t>(random() % 4000) - 2000;
  }
  for (const narrow::target t : support::supported_targets()) {
    SCOPED_TRACE(narrow::name_of(t));
    const support::on_target scope(t);
    const matrix<C> c(m, n, layout::padded);
    if (biased) {
      narrow::gemm(a.view(), b.view(), c.view(), narrow::integer_bias(bias), r);
    } else {
      narrow::gemm(a.view(), b.view(), c.view(), r);
    }
    EXPECT_TRUE(c.canaries_live());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        std::int64_t sum = biased ? bias[j] : 0;
        for (std::size_t k = 0; k < depth; ++k) sum += std::int64_t{a(i, k)} * b(k, j);
        const float scale = r.scales[r.scales.size() == 1 ? 0 : j];
        ASSERT_EQ(std::int64_t{c(i, j)},
                  expected_code(sum, scale, r, std::numeric_limits<C>::min(), std::numeric_limits<C>::max()))
            << i << ", " << j << ": " << sum << " times " << scale;
      }
    }
  }
}

TEST(RequantizeFloat, OneScaleOfAll) {
  for (const float scale : {1.0F, 0.5F, 0.003F, 1e-6F, 1e30F, 0x1p-126F}) {
    check<std::uint8_t>(13, 9, 37, {{scale}, 3}, false);
    check<std::int8_t>(5, 4, 16, {{scale}, -100}, true);
  }
}

TEST(RequantizeFloat, AScaleForEachColumn) {
  std::vector<float> scales(70);
  for (std::size_t j = 0; j < scales.size(); ++j) scales[j] = std::ldexp(1.0F + static_cast<float>(j) / 64, -9);
  check<std::int8_t>(25, 64, 70, {scales, 7, -100, 90}, true);
  check<std::uint8_t>(3, 1100, 70, {scales, 128}, false);
  check<std::int16_t>(7, 30, 70, {scales, -5}, true);
}

// Sums whose products with the scale are halves.
TEST(RequantizeFloat, TiesGoToTheEvenCode) {
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

TEST(RequantizeFloat, RefusesBadParameters) {
  std::vector<std::uint8_t> a(4), c(4, 77);
  std::vector<std::int8_t> b(4);
  const auto run = [&](const narrow::requantize_float& r) {
    narrow::gemm(narrow::view(a, 2, 2), narrow::view(b, 2, 2), narrow::view(c, 2, 2), r);
  };
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

}  // namespace
