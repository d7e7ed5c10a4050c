// Outputs wider than float: nothing on the way to them is rounded to float.
#include <gtest/gtest.h>

#include <limits>

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

// Sums beyond 64 bits: 4 products of -2^31 by -2^31 are 2^64, and nothing on the way out turns its sign.
const std::vector<std::int32_t> smallest(4, std::numeric_limits<std::int32_t>::min());
template <class T, class... Option>
T sum_of_two_to_64(T old, const Option&... option) {
  std::vector<T> c{old};
  narrow::gemm(view(smallest, 1, 4), view(smallest, 4, 1), view(c, 1, 1), option...);
  return c[0];
}

const std::vector<std::int32_t> unit{1};
// An epilogue of the caller's sees 64 bits.
struct largest_if_positive {
  static constexpr bool acts_on_accumulator = true;
  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t) const {
    return v > 0 ? std::numeric_limits<std::int64_t>::max() : 0;
  }
};

TEST(GemmWide, IntegerAccumulatorsSaturate) {
  constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5), highest);
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5, narrow::integer_bias(unit)), highest);
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5, narrow::beta{1}), highest);
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5, narrow::integer_bias(unit), narrow::relu, narrow::clamp(-9, 9)), 9);
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5, largest_if_positive{}, narrow::integer_bias(unit)), highest);
  EXPECT_EQ(sum_of_two_to_64(narrow::int8(5), narrow::integer_bias(unit), narrow::requantize{{{1 << 30, 0}}}).bits(),
            127);
}

TEST(GemmWide, IntegerAccumulatorsWrapAsOneInteger) {
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5, narrow::wrap{}), 0);
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5, narrow::wrap{}, narrow::integer_bias(unit), narrow::beta{1}), 6);
  EXPECT_EQ(sum_of_two_to_64<std::int32_t>(5, narrow::wrap{}, narrow::relu, narrow::clamp(-1e30, 1e30)), 0);
}

TEST(GemmWide, DoublesOfWideIntegersAreNotClamped) {
  EXPECT_EQ(sum_of_two_to_64<double>(5), 0x1p64);
  EXPECT_EQ(sum_of_two_to_64<double>(5, narrow::integer_bias(unit)), 0x1p64);
  EXPECT_EQ(sum_of_two_to_64<double>(0x1p64, narrow::integer_bias(unit), narrow::beta{1}), 0x1p65);
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
