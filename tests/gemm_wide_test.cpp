// Outputs wider than float: nothing on the way to them is rounded to float.
#include <gtest/gtest.h>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using narrow::affine;
using narrow::view;

const std::vector<narrow::int8> zero_code{narrow::int8(0)};
const std::vector<float> zero{0}, one{1};
const narrow::affine scheme(0.3F);

TEST(GemmWide, BetaKeepsADouble) {
  const double old = 1 + 1e-12;
  std::vector<double> c{old};
  narrow::gemm(view(zero, 1, 1), view(one, 1, 1), view(c, 1, 1), narrow::beta{1});
  EXPECT_EQ(c[0], old);
  const std::vector<narrow::bfloat16> none{narrow::bfloat16(0.0)};
  narrow::gemm(view(none, 1, 1), view(none, 1, 1), view(c, 1, 1), narrow::beta{1});
  EXPECT_EQ(c[0], old);
  const auto codes = narrow::quantized(view(zero_code, 1, 1), scheme);
  narrow::gemm(codes, codes, view(c, 1, 1), narrow::beta{1});
  EXPECT_EQ(c[0], old);
}

TEST(GemmWide, BetaKeepsFixedPointOf32Bits) {
  using wide = narrow::fixed<8, 24>;
  std::vector<wide> c{wide::from_bits(0x7F000001)};
  narrow::gemm(view(zero, 1, 1), view(one, 1, 1), view(c, 1, 1), narrow::beta{1});
  EXPECT_EQ(c[0].bits(), 0x7F000001U);
  const std::vector<float> seven(1, 0x1p-24F);
  narrow::gemm(view(seven, 1, 1), view(one, 1, 1), view(c, 1, 1), narrow::beta{1}, narrow::bias(seven));
  EXPECT_EQ(c[0].bits(), 0x7F000003U);
}

// An exact sum of integers, scaled in double: one rounding where the scale is any real, none where it is 1.
TEST(GemmWide, IntegerSumsIntoDoubles) {
  const std::size_t depth = 3;
  const std::vector<narrow::int16> a{narrow::int16(32767), narrow::int16(32767), narrow::int16(-32767)};
  const std::vector<narrow::int16> b{narrow::int16(32767), narrow::int16(101), narrow::int16(20001)};
  const std::int64_t sum = 32767LL * 32767 + 32767LL * 101 - 32767LL * 20001;
  const affine unit(1.0F), third(0.3F), half(0.7F, 1);
  std::vector<double> c(1);
  narrow::gemm(narrow::quantized(view(a, 1, depth), unit), narrow::quantized(view(b, depth, 1), unit), view(c, 1, 1));
  EXPECT_EQ(c[0], static_cast<double>(sum));
  narrow::gemm(narrow::quantized(view(a, 1, depth), third), narrow::quantized(view(b, depth, 1), half), view(c, 1, 1));
  const std::int64_t shifted = sum - (32767 + 32767 - 32767);
  EXPECT_EQ(c[0], static_cast<double>(shifted) * (double{0.3F} * double{0.7F}));
  // float(sum) * float(scale) stays what narrower outputs get.
  std::vector<float> f(1);
  narrow::gemm(narrow::quantized(view(a, 1, depth), third), narrow::quantized(view(b, depth, 1), half), view(f, 1, 1));
  EXPECT_EQ(f[0], static_cast<float>(shifted) * static_cast<float>(double{0.3F} * double{0.7F}));
}

TEST(GemmWide, EpiloguesSeeDoubles) {
  std::vector<double> c(1);
  const std::vector<double> b{1e-12};
  narrow::gemm(view(one, 1, 1), view(one, 1, 1), view(c, 1, 1), narrow::bias(b));
  EXPECT_EQ(c[0], 1 + 1e-12);
  narrow::gemm(view(one, 1, 1), view(one, 1, 1), view(c, 1, 1), narrow::alpha{0.1});
  EXPECT_EQ(c[0], 0.1);
}

}  // namespace
