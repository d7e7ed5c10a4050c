// Products of integers with one row or one column, exactly, on every target: any signs, any zero points.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"
#include "support/sweep.hpp"
#include "support/targets.hpp"

namespace {

using narrow::target;
using narrow_test::generator;
using narrow_test::layout;
using narrow_test::layout_count;
using narrow_test::matrix;
using support::kernel_targets;
using support::on_target;

template <class A, class B>
struct operands {
  using first = A;
  using second = B;
};

template <class Pair>
class GemvOfIntegers : public testing::Test {
 protected:
  using A = typename Pair::first;
  using B = typename Pair::second;

  // Zero points of each row of a or column of b, of the vector `x_zero`.
  void check(std::size_t m, std::size_t depth, std::size_t n, int x_zero, bool matrix_zeros) {
    ++variant_;
    SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(depth) + " x " + std::to_string(n) + ", variant " +
                 std::to_string(variant_));
    const auto chosen = [&](int step) { return static_cast<layout>(variant_ / step % layout_count); };
    const matrix<A> a(m, depth, chosen(m == 1 ? layout_count : 1));
    const matrix<B> b(depth, n, chosen(m == 1 ? 1 : layout_count));
    a.fill(random_);
    b.fill(random_);
    // Codes of the format.
    const auto zeros = [&](std::size_t count, bool is_vector, bool is_signed) {
      std::vector<std::int32_t> result(
          count, is_vector ? (is_signed ? std::clamp(x_zero, -128, 127) : std::max(x_zero, 0)) : 0);
      if (!is_vector && matrix_zeros) {
        for (auto& z : result) z = static_cast<std::int32_t>(random_() % 256) - (is_signed ? 128 : 0);
      }
      return result;
    };
    const auto za = zeros(m, n != 1, std::is_signed_v<A>), zb = zeros(n, n == 1, std::is_signed_v<B>);
    const narrow::affine of_a(narrow::per_row, std::vector<float>(m, 1), za);
    const narrow::affine of_b(narrow::per_column, std::vector<float>(n, 1), zb);
    const narrow::quantized_view<A, 2, narrow::affine> qa{a.view(), &of_a, narrow::per_row};
    const narrow::quantized_view<B, 2, narrow::affine> qb{b.view(), &of_b, narrow::per_column};
    const auto sums = narrow_test::integer_products(
        m, depth, n, [&](std::size_t i, std::size_t k) { return a(i, k) - za[i]; },
        [&](std::size_t k, std::size_t j) { return b(k, j) - zb[j]; });
    for (const target t : kernel_targets()) {
      SCOPED_TRACE(narrow::name_of(t));
      const on_target in_use(t);
      const matrix<std::int32_t> c(m, n, chosen(3));
      narrow::gemm(qa, qb, c.view());
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) ASSERT_EQ(c(i, j), sums[i * n + j]) << "at " << i << ", " << j;
      }
      ASSERT_TRUE(c.canaries_live());
    }
  }
  void check_both(std::size_t outputs, std::size_t depth) {
    for (const int x_zero : {0, 128, -128, 3, 1, 255, -127}) {
      for (const bool matrix_zeros : {false, true}) {
        if (turn_++ % support::every(5) != 0) continue;
        check(1, depth, outputs, x_zero, matrix_zeros);
        check(outputs, depth, 1, x_zero, matrix_zeros);
      }
    }
  }

  generator random_{12};
  int variant_ = 0;
  unsigned turn_ = 0;
};

using integer_pairs = testing::Types<operands<std::uint8_t, std::int8_t>, operands<std::int8_t, std::int8_t>,
                                     operands<std::uint8_t, std::uint8_t>>;
TYPED_TEST_SUITE(GemvOfIntegers, integer_pairs);

TYPED_TEST(GemvOfIntegers, AnySize) {
  for (std::size_t size = 1; size <= 40; ++size) {
    this->check_both(size, 41 - size);
    this->check_both(size, 33);
  }
  for (const std::size_t outputs : {63U, 64U, 65U, 255U, 257U}) {
    for (const std::size_t depth : {15U, 16U, 63U, 64U, 65U, 129U, 257U}) this->check_both(outputs, depth);
  }
}

TYPED_TEST(GemvOfIntegers, DeepWideAndEmpty) {
  for (int layouts = 0; layouts < layout_count; ++layouts) {
    this->check_both(3, 5001);
    this->check_both(2101, 5);
    this->check_both(5, 0);
  }
}

}  // namespace
