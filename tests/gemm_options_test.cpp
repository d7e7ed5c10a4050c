// Options and widths: batches, stochastic outputs, accumulation, and the choice of an exact sum's type at its borders.
#include <gtest/gtest.h>

#include <limits>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using narrow::view;
using narrow_test::layout;
using narrow_test::matrix;

// A stochastic output: element (i, j) takes the bits of index i * n + j, in a batch (t * m + i) * n + j.
TEST(GemmOptions, StochasticOutputsAreIndexed) {
  narrow_test::generator random(1);
  const std::size_t m = 5, depth = 3, n = 37;
  std::vector<float> a(2 * m * depth), b(depth * n);
  for (auto* x : {&a, &b}) {
    for (auto& value : *x) value = narrow_test::random_element<float>(random);
  }
  const narrow::stochastic_sequence bits{9, 4, 0};
  std::vector<narrow::float8_e4m3fn> codes(2 * m * n), again(2 * m * n);
  std::vector<float> reals(2 * m * n);
  narrow::gemm(view(a, 2, m, depth), view(b, 1, depth, n), view(reals, 2, m, n));
  narrow::gemm(view(a, 2, m, depth), view(b, 1, depth, n), view(codes, 2, m, n), bits);
  narrow::gemm(view(a, 2, m, depth), view(b, 1, depth, n), view(again, 2, m, n), bits);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto want =
        narrow::convert<narrow::float8_e4m3fn>(reals[i], narrow::stochastic{narrow::random_bits(9, 4, i)});
    ASSERT_EQ(codes[i].bits(), want.bits()) << i;
    ASSERT_EQ(codes[i].bits(), again[i].bits());
  }
}

TEST(GemmOptions, BatchesAndBroadcast) {
  std::vector<float> a{1, 2, 3}, b{10}, c(3);
  narrow::gemm(view(a, 3, 1, 1), view(b, 1, 1, 1), view(c, 3, 1, 1));
  EXPECT_EQ(c, (std::vector<float>{10, 20, 30}));
  narrow::gemm(view(b, 1, 1, 1), view(a, 3, 1, 1), view(c, 3, 1, 1), narrow::beta{1});
  EXPECT_EQ(c, (std::vector<float>{20, 40, 60}));
}

TEST(GemmOptions, IntegerAccumulationSaturates) {
  const std::vector<std::int8_t> a{100}, b{100};
  std::vector<std::int32_t> c{5};
  narrow::gemm(view(a, 1, 1), view(b, 1, 1), view(c, 1, 1), narrow::beta{1});
  EXPECT_EQ(c[0], 10005);
  c[0] = std::numeric_limits<std::int32_t>::max() - 9999;
  narrow::gemm(view(a, 1, 1), view(b, 1, 1), view(c, 1, 1), narrow::beta{1});
  EXPECT_EQ(c[0], std::numeric_limits<std::int32_t>::max());
}

// An overflow policy among the options, for codes and for integer accumulators.
TEST(GemmOptions, OverflowByOption) {
  const std::vector<std::int8_t> a{100}, b{100, -100};
  const auto x = view(a, 1, 1), y = view(b, 1, 2);
  std::vector<std::int8_t> sums(2);
  narrow::gemm(x, y, view(sums, 1, 2));
  EXPECT_EQ(sums, (std::vector<std::int8_t>{127, -128}));
  narrow::gemm(x, y, view(sums, 1, 2), narrow::wrap{});
  EXPECT_EQ(sums, (std::vector<std::int8_t>{10000 - 39 * 256, -10000 + 39 * 256}));
  std::vector<narrow::int8> codes(2);
  narrow::gemm(x, y, view(codes, 1, 2), narrow::saturate_symmetric{});
  EXPECT_EQ(codes[1].storage(), -127);
  std::vector<narrow::float8_e5m2> floats(2);
  narrow::gemm(x, y, view(floats, 1, 2), narrow::ocp{}, narrow::alpha{1e9});
  EXPECT_EQ(float(floats[0]), 57344);
  narrow::gemm(x, y, view(floats, 1, 2), narrow::alpha{1e9});
  EXPECT_TRUE(std::isinf(float(floats[0])));
}

// The largest sums of either sign on both sides of each border; every one is exact.
template <class T>
void check_border(std::size_t depth) {
  for (const std::size_t n : {1U, 2U}) {
    std::vector<T> a(2 * depth, std::numeric_limits<T>::min()), b(depth * n, std::numeric_limits<T>::min());
    for (std::size_t k = 0; k < depth; ++k) a[depth + k] = std::numeric_limits<T>::max();
    std::vector<double> c(2 * n);
    narrow::gemm(view(a, 2, depth), view(b, depth, n), view(c, 2, n));
    for (std::size_t i = 0; i < 2; ++i) {
      const auto want = narrow_test::int128{a[i * depth]} * b[0] * static_cast<std::int64_t>(depth);
      ASSERT_EQ(c[i * n], static_cast<double>(want)) << depth;
    }
  }
}

TEST(GemmOptions, ExactAtTheBorders) {
  // |code| <= 2^15: int32 below depth 2 and double up to 2^23; 2^7: int32 up to depth 2^17 - 1; 2^31: int128 from 2.
  for (const std::size_t depth : {1U, 2U, 3U, 5U}) check_border<std::int16_t>(depth);
  for (const std::size_t depth : {131071U, 131072U, 131073U}) check_border<std::int8_t>(depth);
  for (const std::size_t depth : {1U, 2U, 3U, 4U, 9U}) check_border<std::int32_t>(depth);
}

TEST(GemmOptions, DynamicFixedPoint) {
  using tensor = narrow::quantized_matrix<narrow::int16, narrow::shared_exponent>;
  tensor a({2, 3}, narrow::shared_exponent(narrow::per_row, {-7, 3})), b({3, 2}, narrow::shared_exponent(-10));
  narrow_test::generator random(2);
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t i = 0; i < 2; ++i) {
      a.codes()(i, k) = narrow_test::random_element<narrow::int16>(random);
      b.codes()(k, i) = narrow_test::random_element<narrow::int16>(random);
    }
  }
  std::vector<double> c(4);
  narrow::gemm(a, b, view(c, 2, 2));
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < 3; ++k) sum += std::int64_t{a.codes()(i, k).storage()} * b.codes()(k, j).storage();
      EXPECT_EQ(c[2 * i + j], std::ldexp(static_cast<double>(sum), (i == 0 ? -7 : 3) - 10));
    }
  }
}

// 2^54 + 2^46 + 1 is just above a tie of bfloat16: a sum that passed through a double would lose the 1.
TEST(GemmOptions, WideSumsAreRoundedOnce) {
  const std::vector<std::int32_t> a{1 << 27, 1 << 23, 1}, b{1 << 27, 1 << 23, 1};
  std::vector<narrow::bfloat16> c(1);
  narrow::gemm(view(a, 1, 3), view(b, 3, 1), view(c, 1, 1));
  EXPECT_EQ(double(c[0]), 0x1.02p54);
}

}  // namespace
