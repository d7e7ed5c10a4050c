#include "narrow/interop/mdspan.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "narrow/number.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;

#if defined(__cpp_lib_mdspan)
TEST(Mdspan, IsViewedInPlace) {
  std::vector<int> data(24);
  std::iota(data.begin(), data.end(), 0);
  const std::mdspan<int, std::extents<int, 2, std::dynamic_extent, 4>> rows(data.data(), 3);
  const std::mdspan<const int, std::dextents<unsigned, 3>, std::layout_left> columns(data.data(), 2U, 3U, 4U);
  const tensor_view<int, 3> by_rows = view(rows);
  const tensor_view<const int, 3> by_columns = view(columns);
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 4; ++k) {
        EXPECT_EQ(by_rows(i, j, k), (i * 3 + j) * 4 + k);
        EXPECT_EQ(by_columns(i, j, k), i + 2 * (j + 3 * k));
      }
    }
  }
  by_rows(1, 2, 3) = 99;
  EXPECT_EQ(data[23], 99);
}

TEST(Mdspan, OfAViewSharesItsElements) {
  std::vector<float16> data(12, float16(0.0F));
  const auto across = transposed(view(data, 3, 4));
  const auto span = to_mdspan(across);
  EXPECT_EQ(span.extent(0), 4U);
  EXPECT_EQ(span.extent(1), 3U);
  span[3, 2] = float16(1.0F);
  EXPECT_EQ(data[11], float16(1.0F));
  span[0, 1] = float16(2.0F);
  EXPECT_EQ(data[4], float16(2.0F));
  EXPECT_EQ(view(span).strides(), across.strides());
}

TEST(Mdspan, Errors) {
  std::vector<float> data(6);
  const matrix_view<float> backwards(data.data() + 5, {2, 3}, {-3, -1});
  EXPECT_EQ(support::thrown([&] { to_mdspan(backwards); }),
            "to_mdspan: the stride of axis 0 is -3; it must be positive");
}
#else
TEST(Mdspan, IsMissing) { GTEST_SKIP() << "this standard library has no std::mdspan"; }
#endif

}  // namespace
