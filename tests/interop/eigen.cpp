#include "narrow/interop/eigen.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "narrow/formats.hpp"

namespace {

using namespace narrow;

template <class T>
using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

// Two ones in each row, so that sums are at most 2: every format with a zero holds them, whatever the order.
template <class T>
matrix<T> two_ones_a_row(Eigen::Index rows, Eigen::Index columns) {
  matrix<T> result = matrix<T>::Zero(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i) result(i, (3 * i + 1) % columns) = result(i, (5 * i) % columns) = T(1);
  return result;
}

template <class T>
void expect_product(const matrix<T>& a, const matrix<T>& b, const matrix<T>& c) {
  for (Eigen::Index i = 0; i < c.rows(); ++i) {
    for (Eigen::Index j = 0; j < c.cols(); ++j) {
      double sum = 0;
      for (Eigen::Index k = 0; k < a.cols(); ++k) sum += double(a(i, k)) * double(b(k, j));
      ASSERT_EQ(double(c(i, j)), sum) << i << ", " << j;
    }
  }
}

template <class T>
class EigenScalar : public testing::Test {};
using scalars = testing::Types<float16, bfloat16, float8_e4m3fn, float4_e2m1fn, fixed<4, 12>, posit<16>, int4, uint8>;
TYPED_TEST_SUITE(EigenScalar, scalars);

// Element by element, as Eigen's `a * b` does where matrices are small.
TYPED_TEST(EigenScalar, Multiplies) {
  const auto a = two_ones_a_row<TypeParam>(5, 9);
  const matrix<TypeParam> b = two_ones_a_row<TypeParam>(9, 7);
  const matrix<TypeParam> c = a.lazyProduct(b);
  expect_product(a, b, c);
}

TYPED_TEST(EigenScalar, HasTheTraitsOfItsType) {
  using traits = Eigen::NumTraits<TypeParam>;
  using limits = std::numeric_limits<TypeParam>;
  EXPECT_EQ(traits::highest(), limits::max());
  EXPECT_EQ(traits::lowest(), limits::lowest());
  EXPECT_EQ(traits::epsilon(), limits::epsilon());
  EXPECT_EQ(traits::digits10(), limits::digits10);
  static_assert(bool(traits::IsSigned) == limits::is_signed && bool(traits::IsInteger) == limits::is_integer);
  static_assert(!traits::RequireInitialization && !traits::IsComplex);
}

// By Eigen's blocked kernel, which is long to compile.
TEST(Eigen, MultipliesLargeMatrices) {
  const auto a = two_ones_a_row<bfloat16>(37, 38), b = two_ones_a_row<bfloat16>(38, 35);
  const matrix<bfloat16> c = a * b;
  expect_product(a, b, c);
}

// Each sum is rounded: 2048 + 1 is no float16. Coefficient by coefficient the order is that of the depth.
TEST(Eigen, AddsInTheScalarsOwnType) {
  Eigen::Matrix<float16, 1, Eigen::Dynamic> row(3);
  row << float16(2048), float16(1), float16(1);
  const matrix<float16> ones = matrix<float16>::Constant(3, 1, float16(1));
  EXPECT_EQ(row.lazyProduct(ones)(0, 0), float16(2048));
  EXPECT_EQ(row.cast<float>().sum(), 2050.0F);
}

TEST(Eigen, ReducesAndCompares) {
  const matrix<bfloat16> x = matrix<bfloat16>::Constant(2, 2, bfloat16(-1.5F));
  EXPECT_EQ(x.sum(), bfloat16(-6));
  EXPECT_EQ(x.squaredNorm(), bfloat16(9));
  EXPECT_EQ(x.norm(), bfloat16(3));
  EXPECT_EQ(x.cwiseAbs().maxCoeff(), bfloat16(1.5F));
  matrix<bfloat16> y = x;
  y(0, 0) = nextafter(y(0, 0), bfloat16(0));
  EXPECT_TRUE(x.isApprox(y));
  EXPECT_FALSE(x.isApprox(matrix<bfloat16>(y * bfloat16(1.25F))));
}

}  // namespace
