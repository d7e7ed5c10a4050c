// Products with one row or one column: every target against the plain loops, bit for bit.
#include <gtest/gtest.h>

#include <string>

#include "narrow/formats.hpp"
#include "narrow/gemm.hpp"
#include "narrow/pack.hpp"
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

// Its negative codes are not its positive ones with a sign: NaN in the place of -0.
using narrow::float8_e4m3fnuz;

// multiply(c) on each target gives what it gives in the plain loops, and writes nothing else.
template <class Output, class Multiply>
void expect_same_bits(std::size_t m, std::size_t n, layout where, const Multiply& multiply) {
  const matrix<Output> plain(m, n, where);
  {
    const on_target in_use(target::portable);
    multiply(plain.view());
  }
  for (const target t : kernel_targets()) {
    SCOPED_TRACE(narrow::name_of(t));
    const on_target in_use(t);
    const matrix<Output> c(m, n, where);
    multiply(c.view());
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        if constexpr (narrow::real_element<Output>) {
          ASSERT_TRUE(narrow_test::same(c(i, j), plain(i, j)))
              << c(i, j) << ", not " << plain(i, j) << ", at " << i << ", " << j;
        } else {
          ASSERT_EQ(c(i, j).storage(), plain(i, j).storage()) << "at " << i << ", " << j;
        }
      }
    }
    ASSERT_TRUE(c.canaries_live());
  }
}

template <class A, class B>
struct operands {
  using first = A;
  using second = B;
};

template <class Pair>
class Gemv : public testing::Test {
 protected:
  using A = typename Pair::first;
  using B = typename Pair::second;
  using Output = std::conditional_t<std::is_same_v<A, double>, double, float>;

  template <class FillA, class FillB>
  void check(std::size_t m, std::size_t depth, std::size_t n, const FillA& fill_a, const FillB& fill_b) {
    // Every layout of the matrix in turn, the others less often.
    ++variant_;
    SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(depth) + " x " + std::to_string(n) + ", variant " +
                 std::to_string(variant_));
    const auto chosen = [&](int step) { return static_cast<layout>(variant_ / step % layout_count); };
    const matrix<A> a(m, depth, chosen(m == 1 ? layout_count : 1));
    const matrix<B> b(depth, n, chosen(m == 1 ? 1 : layout_count));
    fill_a(a);
    fill_b(b);
    expect_same_bits<Output>(m, n, chosen(3), [&](const auto& c) { narrow::gemm(a.view(), b.view(), c); });
    // Packed for the target in use: the plain loops take what the portable one packs.
    if (variant_ % 3 == 0) {
      expect_same_bits<Output>(m, n, chosen(5),
                               [&](const auto& c) { narrow::gemm(a.view(), narrow::pack<A>(b.view()), c); });
    }
  }
  void check(std::size_t m, std::size_t depth, std::size_t n) {
    const auto fill = [&](const auto& x) { x.fill(random_); };
    check(m, depth, n, fill, fill);
  }
  void check_both(std::size_t outputs, std::size_t depth) {
    check(1, depth, outputs);
    check(outputs, depth, 1);
  }

  generator random_{11};
  int variant_ = 0;
};

using pairs =
    testing::Types<operands<float, float>, operands<double, double>, operands<narrow::float16, narrow::float16>,
                   operands<narrow::bfloat16, narrow::bfloat16>, operands<narrow::float8_e4m3fn, narrow::float8_e5m2>,
                   operands<float8_e4m3fnuz, float8_e4m3fnuz>, operands<narrow::int8, narrow::float16>>;
TYPED_TEST_SUITE(Gemv, pairs);

TYPED_TEST(Gemv, SmallSizes) {
  for (std::size_t size = 1; size <= 40; ++size) {
    this->check_both(size, 41 - size);
    this->check_both(size, size);
    this->check_both(size, 33);
    this->check_both(40, size);
  }
}

TYPED_TEST(Gemv, Edges) {
  unsigned turn = 0;
  for (const std::size_t outputs : {15U, 16U, 17U, 63U, 64U, 65U, 127U, 129U, 255U, 256U, 257U}) {
    for (const std::size_t depth : {15U, 17U, 63U, 64U, 65U, 255U, 256U, 257U}) {
      if (turn++ % support::every(3) == 0) this->check_both(outputs, depth);
    }
  }
}

TYPED_TEST(Gemv, DeepWideAndEmpty) {
  for (int layouts = 0; layouts < layout_count; ++layouts) {
    this->check_both(3, 3001);
    this->check_both(1301, 6);
    if (layouts % static_cast<int>(support::every(3)) == 0) this->check_both(70, 700);
    this->check_both(5, 0);
  }
}

// Every code of 8 bits, and codes of 16 bits that are subnormal, infinite or NaN.
TYPED_TEST(Gemv, EveryCode) {
  const auto codes = [](const auto& x) {
    using T = std::remove_cvref_t<decltype(x(0, 0))>;
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < x.view().rows(); ++i) {
      for (std::size_t j = 0; j < x.view().columns(); ++j, ++code) {
        if constexpr (std::is_floating_point_v<T>) {
          const double special[] = {0.0, -0.0, HUGE_VAL, -HUGE_VAL, NAN, 0x1p-127, -0x1p-149, 0x1p-1040};
          x(i, j) = static_cast<T>(special[code % 8]);
        } else {
          x(i, j) = T::from_bits(static_cast<typename T::bits_type>(code * (sizeof(T) == 1 ? 1 : 0x7F)));
        }
      }
    }
  };
  const auto ones = [](const auto& x) {
    using T = std::remove_cvref_t<decltype(x(0, 0))>;
    for (std::size_t k = 0; k < x.view().size(); ++k) x(k % x.view().rows(), k % x.view().columns()) = T(1.0F);
  };
  for (int layouts = 0; layouts < layout_count; ++layouts) {
    for (const std::size_t outputs : {256U, 7U}) {
      this->check(1, 1, outputs, ones, codes);
      this->check(outputs, 1, 1, codes, ones);
      this->check(1, 3, outputs, ones, codes);
      this->check(outputs, 3, 1, codes, ones);
    }
  }
}

// Products below the smallest number: partial sums of -0, and what the bf16 class flushes.
TYPED_TEST(Gemv, TinyTerms) {
  const auto fill = [&](const auto& x) {
    using T = std::remove_cvref_t<decltype(x(0, 0))>;
    for (std::size_t i = 0; i < x.view().rows(); ++i) {
      for (std::size_t j = 0; j < x.view().columns(); ++j) {
        const auto random = this->random_();
        if constexpr (std::is_floating_point_v<T>) {
          x(i, j) = static_cast<T>(std::ldexp((random & 1) != 0 ? -1.5 : 1.25,
                                              (sizeof(T) == 4 ? -70 : -530) - static_cast<int>(random >> 1 & 15)));
        } else {
          x(i, j) = T::from_bits(static_cast<typename T::bits_type>(random & (sizeof(T) == 1 ? 0x87 : 0x9FFF)));
        }
      }
    }
  };
  for (int layouts = 0; layouts < layout_count; ++layouts) {
    for (const std::size_t depth : {1U, 2U, 15U, 33U, 40U}) {
      this->check(1, depth, 70, fill, fill);
      this->check(70, depth, 1, fill, fill);
    }
  }
}

// ---- options --------------------------------------------------------------------------------------------------------

// What an output passes on its way out does not depend on the target.
TEST(GemvOptions, SameBits) {
  generator random(13);
  for (const bool row : {true, false}) {
    const std::size_t m = row ? 1 : 77, n = row ? 77 : 1, depth = 130;
    for (int layouts = 0; layouts < 4; ++layouts) {
      const matrix<float> a(m, depth, static_cast<layout>(layouts));
      const matrix<float> b(depth, n, static_cast<layout>(layouts));
      a.fill(random);
      b.fill(random);
      const matrix<std::uint8_t> codes_a(m, depth, static_cast<layout>(layouts));
      const matrix<std::int8_t> codes_b(depth, n, static_cast<layout>(layouts));
      codes_a.fill(random);
      codes_b.fill(random);
      const auto scales = [&](std::size_t count) {
        std::vector<float> result(count);
        for (auto& scale : result) scale = std::fabs(narrow_test::random_element<float>(random)) / 64;
        return result;
      };
      const narrow::affine of_a(narrow::per_row, scales(m), std::vector<std::int32_t>(m, 7));
      const narrow::affine of_b(narrow::per_column, scales(n), std::vector<std::int32_t>(n, -3));
      const narrow::quantized_view<std::uint8_t, 2, narrow::affine> qa{codes_a.view(), &of_a, narrow::per_row};
      const narrow::quantized_view<std::int8_t, 2, narrow::affine> qb{codes_b.view(), &of_b, narrow::per_column};
      std::vector<float> offsets(n, 0.25F);
      expect_same_bits<narrow::float8_e4m3fn>(m, n, layout::padded, [&](const auto& c) {
        narrow::gemm(qa, qb, c, narrow::alpha{0.01}, narrow::bias(offsets), narrow::relu,
                     narrow::stochastic_sequence{1, 2});
      });
      expect_same_bits<float>(m, n, layout::padded_columns, [&](const auto& c) {
        for (std::size_t i = 0; i < m; ++i) {
          for (std::size_t j = 0; j < n; ++j) c(i, j) = static_cast<float>(i + j);
        }
        narrow::gemm(a.view(), b.view(), c, narrow::beta{1},
                     [](float v, std::size_t i, std::size_t j) { return v * static_cast<float>(i + 2 * j); });
      });
    }
  }
}

// Pieces that end anywhere, in any order.
struct backward_executor {
  std::size_t threads;
  std::size_t concurrency() const { return threads; }
  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    for (std::size_t i = n; i-- > 0;) f(i);
  }
};
TEST(GemvOptions, AnyExecutor) {
  generator random(14);
  const std::size_t n = 1500, depth = 1500;
  for (const layout where : {layout::padded, layout::columns}) {
    const matrix<float> a(1, depth, layout::dense), b(depth, n, where);
    a.fill(random);
    b.fill(random);
    for (const std::size_t threads : {2U, 3U, 7U}) {
      expect_same_bits<float>(1, n, layout::dense, [&](const auto& c) {
        namespace detail = narrow::detail;
        using chosen = detail::compute_class<narrow::fma_chain<float>, false>;
        const auto x = detail::operand_of(a.view()), y = detail::operand_of(b.view());
        const auto out = detail::output_of(c);
        const std::tuple<> ops;
        const detail::finisher<float, false, std::remove_cv_t<decltype(out)>, std::tuple<>, narrow::nearest_even> last{
            out, {}, ops, {}, 0, n};
        if (!detail::multiply_fast<chosen>(x, y, last, false, backward_executor{threads})) {
          narrow::gemm(a.view(), b.view(), c);
        }
      });
    }
  }
}

}  // namespace
