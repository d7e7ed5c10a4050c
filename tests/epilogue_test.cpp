#include "narrow/epilogue.hpp"

#include <gtest/gtest.h>

#include "narrow/gemm.hpp"
#include "support/data.hpp"
#include "support/gemm_reference.hpp"
#include "support/npy.hpp"
#include "support/onnx_case.hpp"

namespace {

using narrow::view;
using narrow_test::layout;
using narrow_test::matrix;

// A product of one term: c(i, j) = a[i] b[j].
std::vector<float> outer(const std::vector<float>& a, const std::vector<float>& b, const auto&... option) {
  std::vector<float> c(a.size() * b.size());
  narrow::gemm(view(a, a.size(), 1), view(b, 1, b.size()), view(c, a.size(), b.size()), option...);
  return c;
}
using reals = std::vector<float>;

TEST(Epilogue, BiasOfAnyRealType) {
  EXPECT_EQ(outer({1, 2}, {1, -3}, narrow::bias(reals{10, 20})), (reals{11, 17, 12, 14}));
  EXPECT_EQ(outer({1, 2}, {1, -3}, narrow::bias(std::vector<double>{0.5, 0.25})), (reals{1.5F, -2.75F, 2.5F, -5.75F}));
  const std::vector<narrow::float16> half{narrow::float16(0.5), narrow::float16(-1.0)};
  EXPECT_EQ(outer({1, 2}, {1, -3}, narrow::bias(half)), (reals{1.5F, -4, 2.5F, -7}));
}

TEST(Epilogue, ReluKeepsNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const reals c = outer({1}, {-1, 2, nan, -std::numeric_limits<float>::infinity()}, narrow::relu);
  EXPECT_EQ(c[0], 0.0F);
  EXPECT_EQ(c[1], 2.0F);
  EXPECT_TRUE(std::isnan(c[2]));
  EXPECT_EQ(c[3], 0.0F);
}

TEST(Epilogue, Clamp) {
  EXPECT_EQ(outer({1}, {-9, 0.5F, 9}, narrow::clamp(-1, 6)), (reals{-1, 0.5F, 6}));
  EXPECT_THROW(narrow::clamp(2, 1), std::invalid_argument);
  EXPECT_THROW(narrow::clamp(std::nan(""), 1), std::invalid_argument);
}

TEST(Epilogue, FunctorsSeeTheIndices) {
  const auto where = [](float v, std::size_t i, std::size_t j) { return v + static_cast<float>(100 * i + 10 * j); };
  EXPECT_EQ(outer({1, 2}, {1, 2}, where), (reals{1, 12, 102, 114}));
}

TEST(Epilogue, TheOrderIsTheOrderGiven) {
  const reals minus_five{-5};
  const auto b = narrow::bias(minus_five);
  EXPECT_EQ(outer({1}, {3}, b, narrow::relu), reals{0});
  EXPECT_EQ(outer({1}, {3}, narrow::relu, b), reals{-2});
  EXPECT_EQ(outer({1}, {3}, narrow::relu, narrow::alpha{2}, b), reals{1});
}

TEST(Epilogue, AfterAlphaAndBeta) {
  std::vector<float> a{3}, c{10};
  narrow::gemm(view(a, 1, 1), view(a, 1, 1), view(c, 1, 1), narrow::bias(reals{1}), narrow::beta{0.5},
               narrow::alpha{2});
  EXPECT_EQ(c[0], 24.0F);
}

TEST(Epilogue, IntegerBiasIsInUnitsOfTheScales) {
  const std::vector<std::int8_t> a{3}, b{-5, 7};
  std::vector<std::int32_t> sums(2);
  const std::vector<std::int32_t> bias{1, 100};
  narrow::gemm(view(a, 1, 1), view(b, 1, 2), view(sums, 1, 2), narrow::integer_bias(bias));
  EXPECT_EQ(sums, (std::vector<std::int32_t>{-14, 121}));
  narrow::quantized_matrix<narrow::int8, narrow::affine> q({1, 1}, narrow::affine(0.5F, 1));
  q.codes()(0, 0) = narrow::int8(4);
  std::vector<float> y(2);
  narrow::gemm(q, view(b, 1, 2), view(y, 1, 2), narrow::integer_bias(bias), narrow::relu);
  EXPECT_EQ(y, (std::vector<float>{0, 60.5F}));
}

TEST(Epilogue, RequantizePerColumn) {
  const std::vector<std::int8_t> a{10}, b{-50, 7, 100};
  using narrow::fixed_multiplier;
  narrow::requantize last{
      {fixed_multiplier::from_real(0.5), fixed_multiplier::from_real(1.0), fixed_multiplier::from_real(0.01)},
      3,
      -128,
      127,
      narrow::multiplier_rounding::tflite_single};
  std::vector<narrow::int8> codes(3, narrow::int8(99));
  narrow::gemm(view(a, 1, 1), view(b, 1, 3), view(codes, 1, 3), last);
  EXPECT_EQ(codes[0].storage(), -128);
  EXPECT_EQ(codes[1].storage(), 73);
  EXPECT_EQ(codes[2].storage(), 13);
  // Standard integers take the same codes.
  std::vector<std::int8_t> standard(3);
  narrow::gemm(view(a, 1, 1), view(b, 1, 3), view(standard, 1, 3), last);
  EXPECT_EQ(standard, (std::vector<std::int8_t>{-128, 73, 13}));
}

// gemmlowp's bias belongs to rows, so the problem is transposed.
TEST(Epilogue, RequantizedProductsOfGemmlowp) {
  const auto folder = support::test_data("requant");
  if (!folder) GTEST_SKIP() << support::missing_data("requant");
  const auto cases = support::onnx_cases(*folder, "QuantizedGemm");
  ASSERT_EQ(cases.size(), 8U);
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    const auto size = [&](const char* key) { return static_cast<std::size_t>(std::stoul(one.text(key))); };
    const auto number = [&](const char* key) { return static_cast<std::int32_t>(std::stol(one.text(key))); };
    const std::size_t m = size("M"), depth = size("K"), n = size("N");
    const auto lhs = one.tensor("lhs").as<std::uint8_t>(), rhs = one.tensor("rhs").as<std::uint8_t>();
    const auto bias = one.tensor("bias").as<std::int32_t>();
    const narrow::affine of_lhs(1.0F, -number("lhs_offset")), of_rhs(1.0F, -number("rhs_offset"));
    const narrow::quantized_view<std::uint8_t, 2, narrow::affine> a{view(lhs, m, depth), &of_lhs, {}};
    const narrow::quantized_view<std::uint8_t, 2, narrow::affine> b{view(rhs, depth, n), &of_rhs, {}};
    std::vector<std::int32_t> acc(m * n);
    narrow::gemm(transposed(b), transposed(a), transposed(view(acc, m, n)), narrow::integer_bias(bias));
    EXPECT_EQ(acc, one.tensor("acc").as<std::int32_t>());
    const narrow::fixed_multiplier multiplier{number("multiplier"), number("exponent")};
    std::vector<std::uint8_t> out(m * n);
    narrow::requantize last{{multiplier}, number("result_offset"), number("clamp_min"), number("clamp_max")};
    narrow::gemm(transposed(b), transposed(a), transposed(view(out, m, n)), narrow::integer_bias(bias), last);
    EXPECT_EQ(out, one.tensor("out").as<std::uint8_t>());
    last.multipliers.assign(m, multiplier);
    std::vector<narrow::uint8> codes(m * n);
    narrow::gemm(transposed(b), transposed(a), transposed(view(codes, m, n)), narrow::integer_bias(bias), last);
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(codes[i].bits(), out[i]);
  }
}

// No step is contracted into an FMA, whatever the flags: scale, alpha, beta and bias each round.
TEST(Epilogue, EveryStepRounds) {
  narrow_test::generator random(17);
  const matrix<narrow::float16> a(5, 6, layout::dense), b(6, 7, layout::dense);
  const matrix<float> c(5, 7, layout::dense), old(5, 7, layout::dense), bias(1, 7, layout::dense);
  a.fill(random), b.fill(random), old.fill(random), bias.fill(random);
  reals added;
  for (std::size_t j = 0; j < 7; ++j) added.push_back(bias(0, j));
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 7; ++j) c(i, j) = old(i, j);
  }
  narrow::gemm(a.view(), b.view(), c.view(), narrow::alpha{0.3}, narrow::beta{0.7}, narrow::bias(added));
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; j < 7; ++j) {
      reals x, y;
      for (std::size_t k = 0; k < 6; ++k) x.push_back(float(a(i, k))), y.push_back(float(b(k, j)));
      volatile float scaled = 0.3F * narrow_test::chain_sum(x, y, false), kept = 0.7F * old(i, j);
      volatile float sum = scaled + kept;
      volatile float want = sum + added[j];
      EXPECT_TRUE(narrow_test::same<float>(c(i, j), want)) << i << ", " << j;
    }
  }
}

}  // namespace
