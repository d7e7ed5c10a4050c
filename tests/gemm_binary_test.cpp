// Products of binary matrices, on every target, against sums of signs in 64 bits.
#include <gtest/gtest.h>

#include "narrow/interop/threads.hpp"
#include "support/binary_product.hpp"
#include "support/sweep.hpp"

namespace {

using narrow::affine;
using namespace narrow_test;

TEST(GemmBinary, SmallSizes) {
  generator random(1);
  for (std::size_t m = 1; m <= 10; ++m) {
    for (std::size_t n = 1; n <= 10; ++n) {
      for (const std::size_t depth : {m, n, std::size_t{31}, std::size_t{33}}) {
        const shape s{m, depth, n};
        check_binary(s, binary_problem<binary>(s, random));
      }
    }
  }
}

TEST(GemmBinary, EdgesOfTiles) {
  generator random(2);
  for (const std::size_t m : {3U, 4U, 5U, 11U, 12U, 13U, 25U}) {
    for (const std::size_t n : {7U, 8U, 9U, 15U, 16U, 17U, 31U, 32U, 33U, 65U}) {
      const shape s{m, 70, n};
      check_binary(s, binary_problem<binary>(s, random));
    }
  }
}

TEST(GemmBinary, EdgesOfGroupsAndBlocksOfDepth) {
  generator random(3);
  unsigned turn = 0;
  for (const std::size_t depth : {32U, 64U, 96U, 512U, 1024U, 4096U, 16384U, 40000U}) {
    for (const std::size_t k : {depth - 1, depth, depth + 1}) {
      for (const shape& s : {shape{3, k, 17}, shape{1, k, 9}, shape{6, k, 1}}) {
        if (turn++ % support::every(5) == 0) check_binary(s, binary_problem<binary>(s, random));
      }
    }
  }
}

TEST(GemmBinary, DepthOfNothing) {
  generator random(4);
  for (const shape& s : {shape{3, 0, 5}, shape{1, 0, 1}}) check_binary(s, binary_problem<binary>(s, random));
}

TEST(GemmBinary, EveryLayout) {
  generator random(5);
  const shape s{29, 203, 45};
  for (int of_a = 0; of_a < layout_count; ++of_a) {
    for (int of_b = 0; of_b < layout_count; ++of_b) {
      check_binary(s, binary_problem<binary>(s, random, layout{of_a}, layout{of_b}),
                   layout{(of_a + of_b) % layout_count});
    }
  }
}

TEST(GemmBinary, LargeAndOnThreads) {
  generator random(6);
  for (const shape& s : {shape{517, 300, 131}, shape{50, 8400, 131}}) {
    const binary_problem<binary> p(s, random);
    const auto sum = [&](std::size_t i, std::size_t j) { return p.sums[i * s[2] + j]; };
    for (const narrow::target t : support::kernel_targets()) {
      const support::on_target use(t);
      const auto packed = narrow::pack(p.b.view());
      for (const std::size_t threads : {1U, 2U, 3U, 7U}) {
        narrow::thread_pool pool(threads);
        const matrix<std::int32_t> c(s[0], s[2], layout::padded), d(s[0], s[2], layout::columns);
        narrow::gemm(p.a.view(), p.b.view(), c.view(), pool);
        narrow::gemm(p.a.view(), packed, d.view(), pool);
        expect_all(c, sum, name_of(t));
        expect_all(d, sum, name_of(t));
      }
    }
  }
}

// Scales of rows and columns, factored out as those of integers are.
TEST(GemmBinary, ScalesAndBias) {
  generator random(7);
  const shape s{13, 75, 21};
  const binary_problem<binary> p(s, random);
  std::vector<float> of_rows(s[0]), of_columns(s[2]), bias(s[2]);
  for (auto* values : {&of_rows, &of_columns, &bias}) {
    for (float& x : *values) x = std::uniform_real_distribution<float>(0.1F, 2.0F)(random);
  }
  const affine rows(narrow::per_row, of_rows), columns(narrow::per_column, of_columns), one(0.3F);
  const auto a = narrow::quantized(p.a.view(), rows), a_one = narrow::quantized(p.a.view(), one);
  const auto b = narrow::quantized(p.b.view(), columns), b_one = narrow::quantized(p.b.view(), one);
  const auto sum = [&](std::size_t i, std::size_t j) { return static_cast<float>(p.sums[i * s[2] + j]); };
  const auto scale = [](float x, float y) {
    return static_cast<float>(static_cast<double>(x) * static_cast<double>(y));
  };
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    const matrix<float> c(s[0], s[2], layout::padded);
    narrow::gemm(a, b, c.view());
    expect_all(
        c, [&](auto i, auto j) { return sum(i, j) * scale(of_rows[i], of_columns[j]); }, name_of(t));
    narrow::gemm(a_one, narrow::pack(b), c.view());
    expect_all(
        c, [&](auto i, auto j) { return sum(i, j) * scale(0.3F, of_columns[j]); }, name_of(t));
    narrow::gemm(a, b_one, c.view(), narrow::bias(bias), narrow::relu);
    expect_all(
        c,
        [&](auto i, auto j) {
          volatile float product = sum(i, j) * scale(of_rows[i], 0.3F);
          const float biased = product + bias[j];
          return biased > 0 ? biased : 0;
        },
        name_of(t));
  }
}

TEST(GemmBinary, EpiloguesOnAccumulators) {
  generator random(8);
  const shape s{9, 300, 18};
  const binary_problem<binary> p(s, random);
  std::vector<std::int32_t> bias(s[2]);
  for (auto& x : bias) x = static_cast<std::int32_t>(random() % 100) - 50;
  const std::vector<float> scales(s[2], 0.25F);
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    const matrix<std::int32_t> c(s[0], s[2], layout::dense);
    const matrix<narrow::int8> d(s[0], s[2], layout::padded);
    narrow::gemm(p.a.view(), p.b.view(), c.view(), narrow::integer_bias(bias));
    narrow::gemm(p.a.view(), p.b.view(), d.view(), narrow::integer_bias(bias), narrow::requantize_float{scales, 3});
    const auto sum = [&](std::size_t i, std::size_t j) { return p.sums[i * s[2] + j] + bias[j]; };
    expect_all(c, sum, name_of(t));
    expect_all(
        d,
        [&](auto i, auto j) {
          const double code = std::nearbyint(static_cast<double>(sum(i, j)) * 0.25) + 3;
          return narrow::int8(std::clamp(code, -128.0, 127.0));
        },
        name_of(t));
  }
}

// A scale along the depth cannot be factored out: the product is one of reals.
TEST(GemmBinary, ScalesAlongTheDepth) {
  generator random(9);
  const shape s{6, 40, 19};
  const binary_problem<binary> p(s, random);
  std::vector<float> scales(s[1]);
  for (std::size_t k = 0; k < s[1]; ++k) scales[k] = static_cast<float>(k % 5 + 1) * 0.5F;
  const affine along(narrow::per_column, scales);
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    const matrix<float> c(s[0], s[2], layout::dense);
    narrow::gemm(narrow::quantized(p.a.view(), along), p.b.view(), c.view());
    expect_all(
        c,
        [&](auto i, auto j) {
          double sum = 0;
          for (std::size_t k = 0; k < s[1]; ++k) {
            sum += static_cast<double>(sign_of(p.a(i, k)) * sign_of(p.b(k, j))) * static_cast<double>(scales[k]);
          }
          return static_cast<float>(sum);
        },
        name_of(t));
  }
}

}  // namespace
