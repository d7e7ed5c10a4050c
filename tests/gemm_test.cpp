// Products of unscaled operands: every format, shape and layout, bit for bit against the contract of accumulator.hpp.
#include "narrow/gemm.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/gemm_reference.hpp"

namespace {

using narrow_test::generator;
using narrow_test::layout;
using narrow_test::layout_count;
using narrow_test::matrix;

// The compute classes, stated here by hand for each pair of formats.
struct float_chain {};
struct double_chain {};
struct bfloat16_pairs {};
struct exact {};

template <class A, class B, class Class>
struct operands {
  using first = A;
  using second = B;
  using compute_class = Class;
};

// Element (i, j) of a b as a real of type Real, before it is an output.
template <class Class, class A, class B>
auto expected(const matrix<A>& a, const matrix<B>& b, std::size_t i, std::size_t j) {
  const std::size_t depth = a.view().columns();
  const bool is_vector = a.view().rows() == 1 || b.view().columns() == 1;
  const int fraction = narrow_test::fraction_bits<A>() + narrow_test::fraction_bits<B>();
  if constexpr (std::is_same_v<Class, exact>) {
    narrow_test::int128 sum = 0;
    for (std::size_t k = 0; k < depth; ++k)
      sum += narrow_test::int128{narrow_test::code_of(a(i, k))} * narrow_test::code_of(b(k, j));
    return std::ldexp(static_cast<double>(sum), -fraction);
  } else {
    using Real = std::conditional_t<std::is_same_v<Class, double_chain>, double, float>;
    std::vector<Real> x(depth), y(depth);
    for (std::size_t k = 0; k < depth; ++k) {
      x[k] = static_cast<Real>(narrow_test::factor_of(a(i, k)));
      y[k] = static_cast<Real>(narrow_test::factor_of(b(k, j)));
    }
    if constexpr (std::is_same_v<Class, bfloat16_pairs>) {
      return std::ldexp(narrow_test::pair_sum(x, y, is_vector), -fraction);
    } else {
      return std::ldexp(narrow_test::chain_sum(x, y, is_vector), -fraction);
    }
  }
}

template <class Pair>
class Gemm : public testing::Test {
 public:
  using A = typename Pair::first;
  using B = typename Pair::second;

  template <class Output>
  void check(std::size_t m, std::size_t depth, std::size_t n, int variant) {
    SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(depth) + " x " + std::to_string(n) + ", variant " +
                 std::to_string(variant));
    const auto chosen = [&](int step) { return static_cast<layout>((variant / step) % layout_count); };
    const matrix<A> a(m, depth, chosen(1));
    const matrix<B> b(depth, n, chosen(3));
    const matrix<Output> c(m, n, chosen(5));
    a.fill(random_);
    b.fill(random_);
    narrow::gemm(a.view(), b.view(), c.view());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const auto want = static_cast<Output>(expected<typename Pair::compute_class>(a, b, i, j));
        ASSERT_TRUE(narrow_test::same(c(i, j), want)) << c(i, j) << ", not " << want << ", at " << i << ", " << j;
      }
    }
    EXPECT_TRUE(c.canaries_live());
  }

  generator random_{7};
};

using pairs = testing::Types<
    operands<float, float, float_chain>, operands<double, double, double_chain>, operands<float, double, double_chain>,
    operands<narrow::float16, narrow::float16, float_chain>, operands<float, narrow::float16, float_chain>,
    operands<narrow::bfloat16, narrow::bfloat16, bfloat16_pairs>,
    operands<narrow::float8_e4m3fn, narrow::float8_e4m3fn, bfloat16_pairs>,
    operands<narrow::float8_e5m2, narrow::float8_e5m2, bfloat16_pairs>,
    operands<narrow::bfloat16, narrow::float8_e4m3fn, bfloat16_pairs>,
    operands<narrow::bfloat16, narrow::float16, float_chain>, operands<narrow::bfloat16, float, float_chain>,
    operands<narrow::fixed<8, 8>, narrow::fixed<8, 8>, exact>,
    operands<narrow::fixed<4, 4>, narrow::fixed<4, 4>, exact>,
    operands<narrow::fixed<6, 14>, narrow::fixed<6, 14>, exact>,
    operands<narrow::fixed<16, 16>, narrow::fixed<16, 16>, exact>,
    operands<narrow::fixed<4, 4>, narrow::fixed<6, 14>, exact>, operands<narrow::fixed<8, 8>, float, float_chain>,
    operands<narrow::fixed<16, 16>, float, double_chain>, operands<narrow::int8, narrow::float16, float_chain>,
    operands<narrow::int8, narrow::bfloat16, float_chain>, operands<std::int8_t, std::uint8_t, exact>,
    operands<narrow::int4, narrow::int16, exact>, operands<std::int32_t, std::uint32_t, exact>>;

struct pair_names {
  template <class Pair>
  static std::string GetName(int index) {
    return std::to_string(index);
  }
};
TYPED_TEST_SUITE(Gemm, pairs, pair_names);

TYPED_TEST(Gemm, SmallShapes) {
  int variant = 0;
  for (std::size_t m = 1; m <= 10; ++m) {
    for (std::size_t n = 1; n <= 10; n += m % 2 == 0 ? 1 : 3) {
      for (const std::size_t depth : {1U, 2U, 3U, 4U, 7U, 10U}) this->template check<double>(m, depth, n, variant++);
    }
  }
}

template <class Output, class Test>
void check_around_blocks(Test& test) {
  int variant = 0;
  for (const std::size_t m : {1U, 5U, 16U, 33U}) {
    for (const std::size_t n : {1U, 17U, 31U, 65U}) {
      for (const std::size_t depth : {16U, 17U, 32U, 64U}) test.template check<Output>(m, depth, n, variant++);
    }
  }
  test.template check<Output>(3, 9, 257, 1);
  test.template check<Output>(2, 5, 513, 4);
}
TYPED_TEST(Gemm, ShapesAroundBlocks) { check_around_blocks<double>(*this); }

// Outputs that round: one pair of each compute class, since rows are finished alike in the others.
template <class Pair>
class GemmToFloat : public Gemm<Pair> {};
using pairs_of_each_class =
    testing::Types<operands<float, float, float_chain>, operands<double, double, double_chain>,
                   operands<narrow::bfloat16, narrow::bfloat16, bfloat16_pairs>,
                   operands<narrow::fixed<16, 16>, narrow::fixed<16, 16>, exact>,
                   operands<std::int8_t, std::uint8_t, exact>, operands<std::int32_t, std::uint32_t, exact>>;
TYPED_TEST_SUITE(GemmToFloat, pairs_of_each_class, pair_names);
TYPED_TEST(GemmToFloat, ShapesAroundBlocks) { check_around_blocks<float>(*this); }

TYPED_TEST(Gemm, AllLayouts) {
  for (int variant = 0; variant < 3 * 5 * layout_count; ++variant) this->template check<double>(4, 6, 5, variant);
}

TYPED_TEST(Gemm, Empty) {
  this->template check<double>(0, 3, 4, 0);
  this->template check<double>(3, 4, 0, 0);
  this->template check<double>(0, 0, 0, 0);
  // A sum of no terms is zero.
  this->template check<double>(3, 0, 4, 1);
  this->template check<double>(1, 0, 4, 0);
}

TYPED_TEST(Gemm, AllTranspositions) {
  using First = typename TypeParam::first;
  using Second = typename TypeParam::second;
  const matrix<First> a(4, 7, layout::padded);
  const matrix<Second> b(7, 5, layout::dense);
  a.fill(this->random_);
  b.fill(this->random_);
  const matrix<First> at(7, 4, layout::padded);
  const matrix<Second> bt(5, 7, layout::upward);
  for (std::size_t k = 0; k < 7; ++k) {
    for (std::size_t i = 0; i < 4; ++i) at(k, i) = a(i, k);
    for (std::size_t j = 0; j < 5; ++j) bt(j, k) = b(k, j);
  }
  const matrix<double> c[5] = {{4, 5, layout::dense},
                               {4, 5, layout::padded},
                               {4, 5, layout::columns},
                               {4, 5, layout::dense},
                               {5, 4, layout::dense}};
  narrow::gemm(a.view(), b.view(), c[0].view());
  narrow::gemm(narrow::transposed(at.view()), b.view(), c[1].view());
  narrow::gemm(a.view(), narrow::transposed(bt.view()), c[2].view());
  narrow::gemm(narrow::transposed(at.view()), narrow::transposed(bt.view()), c[3].view());
  // (a b)' = b' a', the products being the same terms in the same order.
  narrow::gemm(a.view(), b.view(), narrow::transposed(c[4].view()));
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      for (const int t : {1, 2, 3}) EXPECT_TRUE(narrow_test::same(c[t](i, j), c[0](i, j))) << t;
      EXPECT_TRUE(narrow_test::same(c[4](j, i), c[0](i, j)));
    }
  }
}

// |error| <= gamma * sum |a| |b|, gamma = depth u / (1 - depth u), u = 2^-24 (Higham, "Accuracy and stability of
// numerical algorithms", 3.1); the bf16 class has the same bound, as long as nothing is flushed.
TYPED_TEST(Gemm, FloatSumsKeepTheDerivedBound) {
  using First = typename TypeParam::first;
  using Second = typename TypeParam::second;
  constexpr std::size_t m = 3, depth = 1000, n = 4;
  const matrix<First> a(m, depth, layout::dense);
  const matrix<Second> b(depth, n, layout::dense);
  const matrix<double> c(m, n, layout::dense);
  a.fill(this->random_);
  b.fill(this->random_);
  narrow::gemm(a.view(), b.view(), c.view());
  const double scale = std::ldexp(1.0, -narrow_test::fraction_bits<First>() - narrow_test::fraction_bits<Second>());
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      long double sum = 0, magnitude = 0;
      for (std::size_t k = 0; k < depth; ++k) {
        const long double term =
            static_cast<long double>(narrow_test::factor_of(a(i, k))) * narrow_test::factor_of(b(k, j)) * scale;
        sum += term;
        magnitude += std::fabs(term);
      }
      const double unit = std::ldexp(1.0, -24), gamma = depth * unit / (1 - depth * unit);
      EXPECT_LE(std::fabs(static_cast<double>(sum - c(i, j))), gamma * static_cast<double>(magnitude));
    }
  }
}

// Every code, subnormals, infinities and NaNs among them.
template <class T>
void check_all_codes(std::size_t m, std::size_t depth, std::size_t n) {
  generator random(11);
  for (int round = 0; round < 200; ++round) {
    const matrix<T> a(m, depth, layout::dense), b(depth, n, layout::dense);
    const matrix<float> c(m, n, layout::dense);
    // Of bfloat16, half of the codes around the smallest normal product, where sums are flushed.
    const auto any = [&] {
      auto bits = static_cast<typename T::bits_type>(random());
      if (sizeof(T) == 2 && round % 2 == 0)
        bits = static_cast<typename T::bits_type>((bits & 0x8FFF) | (random() % 3 == 0 ? 0 : 0x2000));
      return T::from_bits(bits);
    };
    for (std::size_t k = 0; k < depth; ++k) {
      for (std::size_t i = 0; i < m; ++i) a(i, k) = any();
      for (std::size_t j = 0; j < n; ++j) b(k, j) = any();
    }
    narrow::gemm(a.view(), b.view(), c.view());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const float want = expected<bfloat16_pairs>(a, b, i, j);
        ASSERT_TRUE(narrow_test::same(c(i, j), want)) << c(i, j) << ", not " << want;
      }
    }
  }
}

TEST(GemmPairs, EveryBfloat16CodeFlushesIncluded) {
  check_all_codes<narrow::bfloat16>(4, 1, 5);
  check_all_codes<narrow::bfloat16>(4, 3, 5);
  check_all_codes<narrow::bfloat16>(1, 40, 5);
  check_all_codes<narrow::bfloat16>(5, 67, 1);
}

TEST(GemmPairs, EveryFloat8Code) {
  check_all_codes<narrow::float8_e5m2>(4, 3, 5);
  check_all_codes<narrow::float8_e4m3fn>(4, 2, 5);
  check_all_codes<narrow::float8_e5m2>(1, 4, 5);
}

TEST(GemmPairs, SubnormalsAreReadAndWrittenAsZero) {
  const std::vector<narrow::bfloat16> tiny{narrow::bfloat16(0x1p-130)}, one{narrow::bfloat16(1.0)};
  std::vector<float> c{1};
  narrow::gemm(narrow::view(tiny, 1, 1), narrow::view(one, 1, 1), narrow::view(c, 1, 1));
  EXPECT_EQ(c[0], 0.0F);
  // In float they are numbers as any other.
  narrow::gemm(narrow::view(tiny, 1, 1), narrow::view(one, 1, 1), narrow::view(c, 1, 1),
               narrow::accumulate_in<float>{});
  EXPECT_EQ(c[0], 0x1p-130F);
}

}  // namespace
