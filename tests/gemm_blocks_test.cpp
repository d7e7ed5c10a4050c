// The kernels against the plain loops where the driver's blocks begin and end: many rows, columns and passes over the
// depth; operands packed before; pieces run by several threads. The plain loops are held to an independent statement of
// the contract in gemm_test.cpp, whose tests run on every target too.
#include <gtest/gtest.h>

#include <string>

#include "narrow/interop/threads.hpp"
#include "narrow/narrow.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace {

using narrow_test::generator;
using narrow_test::layout;
using narrow_test::layout_count;
using narrow_test::matrix;
using support::kernel_targets;
using support::on_target;

struct shape {
  std::size_t m, depth, n;
};
// Around tiles of 4, 6 and 12 rows and 16 and 32 columns; blocks of 1,024 groups, 144 rows, 512 and 2,048 columns; and,
// where there are sums in a workspace (of several blocks of depth), of 1,920 rows.
template <class A>
constexpr std::size_t deep = 4100 / sizeof(A);  // more than a block: a group has 4 bytes, or 8
template <class A>
constexpr shape shapes[] = {{4, 5, 15},     {5, 64, 16},       {6, 7, 17},    {11, 33, 31},  {12, 9, 32},
                            {13, 31, 33},   {24, 130, 63},     {25, 255, 64}, {37, 257, 65}, {47, 511, 40},
                            {13, 1023, 20}, {7, 1025, 33},     {3, 2049, 48}, {479, 3, 5},   {481, 12, 34},
                            {961, 5, 3},    {2, 300, 511},     {3, 70, 513},  {2, 40, 2047}, {3, 9, 2081},
                            {300, 1100, 2}, {2, deep<A>, 513}, {29, 1030, 40}};

template <class T>
bool same_elements(const matrix<T>& x, const matrix<T>& y) {
  const std::size_t rows = x.view().rows(), columns = x.view().columns();
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      if constexpr (std::is_floating_point_v<T>) {
        if (!narrow_test::same(x(i, j), y(i, j))) return false;
      } else {
        if (x(i, j) != y(i, j)) return false;
      }
    }
  }
  return true;
}

template <class A, class B, class C, std::size_t Count>
void check_shapes(const shape (&sizes)[Count]) {
  generator random(3);
  narrow::thread_pool threads(3);
  int variant = 0;
  for (const auto& [m, depth, n] : sizes) {
    ++variant;
    SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(depth) + " x " + std::to_string(n));
    const matrix<A> a(m, depth, static_cast<layout>(variant % layout_count));
    const matrix<B> b(depth, n, static_cast<layout>(variant / 3 % layout_count));
    a.fill(random);
    b.fill(random);
    const matrix<C> want(m, n, layout::dense);
    {
      const on_target plain(narrow::target::portable);
      narrow::gemm(a.view(), b.view(), want.view());
    }
    for (const narrow::target t : kernel_targets()) {
      SCOPED_TRACE(narrow::name_of(t));
      const on_target kernels(t);
      const matrix<C> got(m, n, static_cast<layout>(variant / 2 % layout_count));
      narrow::gemm(a.view(), b.view(), got.view());
      EXPECT_TRUE(same_elements(got, want));
      EXPECT_TRUE(got.canaries_live());
      const matrix<C> in_pieces(m, n, layout::padded);
      narrow::gemm(a.view(), b.view(), in_pieces.view(), threads);
      EXPECT_TRUE(same_elements(in_pieces, want));
      EXPECT_TRUE(in_pieces.canaries_live());
      const auto packed = narrow::pack<A>(b.view());
      const matrix<C> from_packed(m, n, layout::dense);
      narrow::gemm(a.view(), packed, from_packed.view());
      EXPECT_TRUE(same_elements(from_packed, want));
      EXPECT_TRUE(from_packed.canaries_live());
      // Packed for one target, and multiplied on another.
      if (m * depth * n < 100'000) {
        const on_target plain(narrow::target::portable);
        const matrix<C> elsewhere(m, n, layout::dense);
        narrow::gemm(a.view(), packed, elsewhere.view());
        EXPECT_TRUE(same_elements(elsewhere, want));
      }
    }
  }
}

TEST(GemmBlocks, Float32) { check_shapes<float, float, float>(shapes<float>); }
TEST(GemmBlocks, Float16) { check_shapes<narrow::float16, narrow::float16, float>(shapes<narrow::float16>); }
TEST(GemmBlocks, Bfloat16) { check_shapes<narrow::bfloat16, narrow::float8_e4m3fn, float>(shapes<narrow::bfloat16>); }
TEST(GemmBlocks, SignedBytes) { check_shapes<std::int8_t, std::int8_t, std::int32_t>(shapes<std::int8_t>); }
TEST(GemmBlocks, UnsignedBytes) { check_shapes<std::uint8_t, std::uint8_t, double>(shapes<std::uint8_t>); }
TEST(GemmBlocks, SixteenBits) { check_shapes<std::int16_t, narrow::fixed<4, 12>, double>(shapes<std::int16_t>); }
TEST(GemmBlocks, FixedOfMoreBits) {
  check_shapes<narrow::fixed<6, 14>, std::int8_t, float>(shapes<narrow::fixed<6, 14>>);
}
TEST(GemmBlocks, ManyRows) {
  check_shapes<narrow::fixed<6, 14>, std::int8_t, float>({{1930, 520, 2}});
  check_shapes<std::int16_t, narrow::fixed<4, 12>, float>({{1921, 2060, 2}});
}

// Zero points that vary along rows and columns, per tensor, and none, of both signs.
template <class A, class B>
void check_zero_points() {
  generator random(5);
  for (const auto& [m, depth, n] : {shape{13, 37, 35}, shape{7, 4300, 20}, shape{30, 40, 33}}) {
    for (int kind = 0; kind < 9; ++kind) {
      SCOPED_TRACE(std::to_string(m) + " x " + std::to_string(depth) + " x " + std::to_string(n) + ", kind " +
                   std::to_string(kind));
      const auto scheme = [&](int which, narrow::granularity axis, std::size_t count, std::int32_t zero) {
        if (which == 0) return narrow::affine(0.5F);
        if (which == 1) return narrow::affine(0.25F, zero);
        std::vector<float> scales(count);
        std::vector<std::int32_t> zeros(count);
        for (std::size_t t = 0; t < count; ++t) {
          scales[t] = std::ldexp(1.0F, static_cast<int>(t % 3) - 1);
          zeros[t] = zero - static_cast<std::int32_t>(t % 5);
        }
        return narrow::affine(axis, scales, zeros);
      };
      narrow::quantized_matrix<A, narrow::affine> a({m, depth}, scheme(kind % 3, narrow::per_row, m, 6));
      narrow::quantized_matrix<B, narrow::affine> b({depth, n}, scheme(kind / 3, narrow::per_column, n, 5));
      const auto of_a = a.codes();
      const auto of_b = b.codes();
      for (std::size_t t = 0; t < m * depth; ++t) of_a.data()[t] = narrow_test::random_element<A>(random);
      for (std::size_t t = 0; t < depth * n; ++t) of_b.data()[t] = narrow_test::random_element<B>(random);
      const auto place = [](const narrow::affine& s, std::size_t i) { return s.count() == 1 ? 0 : i; };
      const auto sums = narrow_test::integer_products(
          m, depth, n,
          [&](std::size_t i, std::size_t k) {
            return narrow_test::code_of(of_a(i, k)) - a.scheme().zero_point(place(a.scheme(), i));
          },
          [&](std::size_t k, std::size_t j) {
            return narrow_test::code_of(of_b(k, j)) - b.scheme().zero_point(place(b.scheme(), j));
          });
      for (const narrow::target t : kernel_targets()) {
        const on_target kernels(t);
        const matrix<std::int32_t> raw(m, n, layout::padded), packed(m, n, layout::dense);
        narrow::gemm(a, b, raw.view());
        narrow::gemm(a, narrow::pack<A>(b), packed.view());
        EXPECT_TRUE(raw.canaries_live());
        const matrix<float> scaled(m, n, layout::dense);
        narrow::gemm(a, b, scaled.view());
        for (std::size_t i = 0; i < m; ++i) {
          for (std::size_t j = 0; j < n; ++j) {
            const std::int64_t sum = sums[i * n + j];
            ASSERT_EQ(raw(i, j), sum) << i << ", " << j;
            ASSERT_EQ(packed(i, j), sum) << i << ", " << j;
            const float scale =
                a.scheme().scale(place(a.scheme(), i)) * b.scheme().scale(place(b.scheme(), j));  // powers of two
            ASSERT_EQ(scaled(i, j), static_cast<float>(sum) * scale) << i << ", " << j;
          }
        }
      }
    }
  }
}

TEST(GemmBlocks, ZeroPointsOfUnsignedAndSigned) { check_zero_points<std::uint8_t, std::int8_t>(); }
TEST(GemmBlocks, ZeroPointsOfSignedAndUnsigned) { check_zero_points<std::int8_t, std::uint8_t>(); }
TEST(GemmBlocks, ZeroPointsOfFourBits) { check_zero_points<narrow::uint4, narrow::int4>(); }

}  // namespace
