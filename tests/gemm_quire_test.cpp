// Products summed in the quire against integers of many words.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "narrow/gemm.hpp"
#include "narrow/pack.hpp"
#include "support/exact_posits.hpp"
#include "support/gemm_reference.hpp"

namespace {

using namespace narrow;
using narrow_test::generator;
using support::exact_posits;
using support::posit_oracle;

// m x depth times depth x n, numbers at random among all codes but NaR.
template <int N, int ES>
struct problem {
  using T = posit<N, ES>;
  std::size_t m, depth, n;
  std::vector<T> a, b;
  exact_posits exact{posit_oracle{N, ES}};

  problem(std::size_t rows, std::size_t depth_, std::size_t columns) : m(rows), depth(depth_), n(columns) {
    generator random(N + depth);
    for (auto* x : {&a, &b}) {
      x->resize(x == &a ? m * depth : depth * n);
      for (T& t : *x) {
        do t = T::from_bits(static_cast<typename T::bits_type>(random()));
        while (t == T(std::nan("")));
      }
    }
  }
  auto left() const { return view(a, m, depth); }
  auto right() const { return view(b, depth, n); }
  exact_posits::integer sum(std::size_t i, std::size_t j) const {
    exact_posits::integer result = exact_posits::zero();
    for (std::size_t k = 0; k < depth; ++k)
      exact.add_product(result, a[i * depth + k].storage(), b[k * n + j].storage());
    return result;
  }
};

template <int N, int ES>
void check(std::size_t m, std::size_t depth, std::size_t n) {
  problem<N, ES> p(m, depth, n);
  std::vector<posit<N, ES>> c(m * n);
  gemm(p.left(), p.right(), view(c, m, n), accumulate_in<quire<N, ES>>{});
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      ASSERT_EQ(c[i * n + j].storage(), p.exact.code(p.exact.place_of(p.sum(i, j)), nearest_even{})) << i << ", " << j;
    }
  }
}

TEST(GemmQuire, IntegersOf128Bits) {
  check<8, 2>(5, 70, 9);
  check<8, 2>(1, 300, 3);
  check<8, 2>(2, 0, 2);
}
TEST(GemmQuire, OfPackedWeights) {
  problem<8, 2> p(3, 20, 5);
  p.b[7] = posit<8>(std::nan(""));
  std::vector<posit<8>> c(15), want(15);
  gemm(p.left(), p.right(), view(want, 3, 5), accumulate_in<quire<8>>{});
  gemm(p.left(), pack(p.right()), view(c, 3, 5), accumulate_in<quire<8>>{});
  EXPECT_EQ(c, want);
}
TEST(GemmQuire, AsManyWordsAsTheQuire) {
  check<16, 2>(5, 70, 9);
  check<16, 2>(3, 1, 3);
}
// 2^15 products of the largest posit<16, 1> reach 2^127.
TEST(GemmQuire, DepthAtWhich128BitsEnd) {
  using T = posit<16, 1>;
  const T most = T(0x1p28F), least = T(0x1p-28F);
  for (const std::size_t depth : {32767U, 32768U, 32769U}) {
    std::vector<T> a(depth, most), b(depth, most), c(1);
    a.back() = least, b.back() = -least;
    for (std::size_t k = 0; k + 1 < depth; k += 2) a[k] = -most;
    // As many of either sign, or one more below zero; and the smallest product, below zero too.
    gemm(view(a, 1, depth), view(b, depth, 1), view(c, 1, 1), accumulate_in<quire<16, 1>>{});
    EXPECT_EQ(c[0], depth % 2 == 1 ? -least : -most);
    a.assign(depth, most), b.assign(depth, most);
    gemm(view(a, 1, depth), view(b, depth, 1), view(c, 1, 1), accumulate_in<quire<16, 1>>{});
    EXPECT_EQ(c[0], most);
  }
}

// The nearest double of a sum that no double holds.
TEST(GemmQuire, DoublesAreTheNearest) {
  problem<32, 2> p(3, 40, 4);
  std::vector<double> c(12);
  gemm(p.left(), p.right(), view(c, 3, 4), accumulate_in<quire<32>>{});
  const auto subtract = [](exact_posits::integer& sum, double x) {
    int exponent = 0;
    const double significand = std::ldexp(std::frexp(std::fabs(x), &exponent), 53);
    sum.add(x > 0, static_cast<std::uint64_t>(significand), exponent - 53);
  };
  for (std::size_t i = 0; i < 12; ++i) {
    for (const double side : {-1.0, 1.0}) {
      // Twice the sum does not lie beyond the middle to the neighbour.
      exact_posits::integer distance = p.sum(i / 4, i % 4);
      for (std::size_t k = 0; k < p.depth; ++k) {
        p.exact.add_product(distance, p.a[i / 4 * p.depth + k].storage(), p.b[k * p.n + i % 4].storage());
      }
      subtract(distance, c[i]);
      subtract(distance, std::nextafter(c[i], side * INFINITY));
      EXPECT_LE(distance.sign() * side, 0) << i;
    }
  }
}

struct backwards {
  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    while (n-- > 0) f(n);
  }
};

// Scales and epilogues act on the sum; NaR in a row or a column makes it NaN.
TEST(GemmQuire, ScalesEpiloguesAndNotARealAsElsewhere) {
  using T = posit<8>;
  const std::size_t m = 6, depth = 4, n = 3;
  std::vector<float> a(m * depth), b(depth * n), bias_values{1, -2, 3}, c(m * n);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 7) - 3;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 5) - 2;
  const std::vector<float> scales{0.5F, 3, 1};
  auto aq = quantize<T>(view(a, m, depth), affine(0.25F));
  auto bq = quantize<T>(view(b, depth, n), affine(per_column, scales));
  aq.codes()(4, 2) = T(std::nan(""));
  const auto multiply = [&](const auto& right) {
    gemm(aq, right, view(c, m, n), accumulate_in<quire<8>>{}, bias(bias_values), alpha{2}, backwards{});
  };
  multiply(bq);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < depth; ++k)
        sum += double(T(a[i * depth + k] / 0.25F)) * double(T(b[k * n + j] / scales[j]));
      const float want = static_cast<float>(2 * 0.25 * double{scales[j]} * sum + double{bias_values[j]});
      EXPECT_TRUE(i == 4 ? std::isnan(c[i * n + j]) : c[i * n + j] == want) << c[i * n + j] << ", not " << want;
    }
  }
  const auto by_row = quantize<T>(view(b, depth, n), affine(per_row, std::vector<float>(depth, 2)));
  EXPECT_THROW(multiply(by_row), std::invalid_argument);
}

}  // namespace
