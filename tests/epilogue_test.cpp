#include "narrow/epilogue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>

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

TEST(Epilogue, BiasOfAnyContiguousValues) {
  const std::array<float, 2> array{10, 20};
  EXPECT_EQ(outer({1, 2}, {1, -3}, narrow::bias(array)), (reals{11, 17, 12, 14}));
  EXPECT_EQ(outer({1, 2}, {1, -3}, narrow::bias(std::span<const float>(array))), (reals{11, 17, 12, 14}));
  EXPECT_EQ(outer({1, 2}, {1, -3}, narrow::bias(view(array.data(), 2))), (reals{11, 17, 12, 14}));
  const float plain[] = {10, 20};
  EXPECT_EQ(outer({1, 2}, {1, -3}, narrow::bias(std::span(plain))), (reals{11, 17, 12, 14}));
  const std::vector<std::int8_t> a{1}, b{5, 6};
  const std::array<std::int32_t, 2> integers{100, 200};
  std::vector<std::int32_t> c(2);
  narrow::gemm(view(a, 1, 1), view(b, 1, 2), view(c, 1, 2), narrow::integer_bias(integers));
  EXPECT_EQ(c, (std::vector<std::int32_t>{105, 206}));
  narrow::gemm(view(a, 1, 1), view(b, 1, 2), view(c, 1, 2), narrow::integer_bias(std::span(integers)));
  EXPECT_EQ(c, (std::vector<std::int32_t>{105, 206}));
}

// A stored bias keeps the values of a temporary, and views those of anything else.
TEST(Epilogue, ATemporaryBiasLives) {
  const auto kept = narrow::bias(reals(1000, 10.0F));
  const auto kept_array = narrow::bias(std::array<float, 2>{10, 20});
  const auto integers = narrow::integer_bias(std::vector<std::int32_t>(1000, 7));
  reals viewed(2, 5.0F);
  const auto view_of = narrow::bias(viewed);
  const reals overwritten(1000, -1.0F);
  viewed[1] = 6;
  EXPECT_EQ(outer({1}, reals(1000, 2.0F), kept), reals(1000, 12.0F));
  EXPECT_EQ(outer({1}, {1, 1}, kept_array), (reals{11, 21}));
  EXPECT_EQ(outer({1}, {1, 1}, view_of), (reals{6, 7}));
  const std::vector<std::int8_t> a{1}, b(1000, 5);
  std::vector<std::int32_t> c(1000);
  narrow::gemm(view(a, 1, 1), view(b, 1, 1000), view(c, 1, 1000), integers);
  EXPECT_EQ(c, std::vector<std::int32_t>(1000, 12));
  EXPECT_EQ(overwritten[0], -1.0F);
}

// By vectors and one by one: 19 columns are one of 16 and a rest, and a transposed residual lies one by one.
TEST(Epilogue, ResidualsOfAnyType) {
  constexpr std::size_t m = 3, n = 19;
  reals a(m), b(n), r(m * n), across(n * m);
  for (std::size_t i = 0; i < m; ++i) a[i] = static_cast<float>(i) + 0.3F;
  for (std::size_t j = 0; j < n; ++j) b[j] = static_cast<float>(j) * 0.7F - 3;
  for (std::size_t k = 0; k < m * n; ++k) r[k] = static_cast<float>(k * k % 17) * 0.37F - 2;
  for (std::size_t k = 0; k < m * n; ++k) across[k % n * m + k / n] = r[k];
  const auto plain = outer(a, b);
  std::vector<narrow::float16> half;
  for (const float x : r) half.push_back(narrow::float16(x));
  const auto per_row = narrow::quantize<narrow::int8>(
      view(std::as_const(r), m, n), narrow::affine::fit(view(r, m, n), narrow::symmetric, narrow::per_row));
  const auto decoded = narrow::dequantize(per_row);
  const auto dense = outer(a, b, narrow::residual(view(r, m, n)), narrow::relu);
  const auto strided = outer(a, b, narrow::residual(narrow::transposed(view(across, n, m))));
  const auto halves = outer(a, b, narrow::residual(view(half, m, n)));
  const auto codes = outer(a, b, narrow::residual(per_row)),
             first = outer(a, b, narrow::relu, narrow::residual(view(r, m, n)));
  for (std::size_t k = 0; k < m * n; ++k) {
    EXPECT_EQ(dense[k], std::max(plain[k] + r[k], 0.0F));
    EXPECT_EQ(strided[k], plain[k] + r[k]);
    EXPECT_EQ(halves[k], plain[k] + static_cast<float>(half[k]));
    EXPECT_EQ(codes[k], plain[k] + decoded[k]);
    EXPECT_EQ(first[k], std::max(plain[k], 0.0F) + r[k]);
  }
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

// Fixed-point products are doubles on their way out: a callable that names other types gets them, silently.
float shift_by_indices(float v, int i, unsigned char j) { return v + static_cast<float>(10 * i + j); }

TEST(Epilogue, CallablesGetTheTypesTheyName) {
  using number = narrow::fixed<8, 8>;
  const std::vector<number> a{number(1.5)}, b{number(2.0), number(3.0)};
  reals c(2);
  const auto product = [&](const auto& option) {
    narrow::gemm(view(a, 1, 1), view(b, 1, 2), view(c, 1, 2), option);
    return c;
  };
  EXPECT_EQ(product([](float v, std::size_t, std::size_t) { return v * v; }), (reals{9, 20.25F}));
  EXPECT_EQ(product([](const float& v, int, int j) noexcept { return v + static_cast<float>(j); }), (reals{3, 5.5F}));
  EXPECT_EQ(product([](narrow::float16 v, std::size_t, std::size_t) { return v + v; }), (reals{6, 9}));
  EXPECT_EQ(product([](auto v, auto, auto j) { return j == 0 ? v : -v; }), (reals{3, -4.5F}));
  EXPECT_EQ(product(shift_by_indices), (reals{3, 5.5F}));
  EXPECT_EQ(product(&shift_by_indices), (reals{3, 5.5F}));
}

// On accumulators, relu and clamp see integers: a clamp takes those within its limits.
TEST(Epilogue, ReluAndClampOnAccumulators) {
  const std::vector<std::int8_t> a{10}, b{-50, 1, 100};
  std::vector<std::int32_t> c(3);
  const auto sums = [&](const auto&... option) {
    narrow::gemm(view(a, 1, 1), view(b, 1, 3), view(c, 1, 3), option...);
    return c;
  };
  EXPECT_EQ(sums(narrow::relu), (std::vector<std::int32_t>{0, 10, 1000}));
  EXPECT_EQ(sums(narrow::clamp(-20.5, 30.5)), (std::vector<std::int32_t>{-20, 10, 30}));
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(sums(narrow::clamp(0, infinity)), (std::vector<std::int32_t>{0, 10, 1000}));
  EXPECT_EQ(sums(narrow::clamp(-infinity, 0)), (std::vector<std::int32_t>{-500, 0, 0}));
  std::vector<narrow::int8> codes(3);
  narrow::gemm(view(a, 1, 1), view(b, 1, 3), view(codes, 1, 3), narrow::relu,
               narrow::requantize{{narrow::fixed_multiplier::from_real(0.1)}, -5});
  EXPECT_EQ(codes[0].storage(), -5);
  EXPECT_EQ(codes[2].storage(), 95);
}

// Unless told otherwise, codes are limited by the output alone.
TEST(Epilogue, RequantizeToTheOutputsOwnRange) {
  const std::vector<std::int8_t> a{10}, b{-50, 15, 100};
  const narrow::requantize last{{narrow::fixed_multiplier::from_real(1)}};
  std::vector<narrow::uint8> bytes(3);
  narrow::gemm(view(a, 1, 1), view(b, 1, 3), view(bytes, 1, 3), last);
  EXPECT_EQ(bytes[0].storage(), 0);
  EXPECT_EQ(bytes[1].storage(), 150);
  EXPECT_EQ(bytes[2].storage(), 255);
  std::vector<narrow::int4> nibbles(3);
  narrow::gemm(view(a, 1, 1), view(b, 1, 3), view(nibbles, 1, 3), last);
  EXPECT_EQ(nibbles[0].storage(), -8);
  EXPECT_EQ(nibbles[2].storage(), 7);
  std::vector<std::int16_t> shorts(3);
  narrow::gemm(view(a, 1, 1), view(b, 1, 3), view(shorts, 1, 3), last);
  EXPECT_EQ(shorts, (std::vector<std::int16_t>{-500, 150, 1000}));
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
