// Every documented error of a product, and that nothing has been written by then.
#include <gtest/gtest.h>

#include <limits>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using narrow::matrix_view;
using narrow::view;
using narrow_test::layout;
using narrow_test::matrix;

template <class Call>
std::string message(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

class GemmErrors : public testing::Test {
 protected:
  GemmErrors() {
    narrow_test::generator random(1);
    a.fill(random), b.fill(random), p.fill(random), q.fill(random);
  }
  ~GemmErrors() override { EXPECT_TRUE(c.untouched() && raw.untouched() && codes.untouched()); }

  matrix<float> a{2, 3, layout::dense}, b{3, 4, layout::dense}, c{2, 4, layout::padded};
  matrix<std::int8_t> p{2, 3, layout::dense}, q{3, 4, layout::dense};
  matrix<std::int32_t> raw{2, 4, layout::padded};
  matrix<narrow::int8> codes{2, 4, layout::padded};
};

TEST_F(GemmErrors, Shapes) {
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), a.view(), c.view()); }), "gemm: b has 2 rows; a has 3 columns");
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), transposed(c.view())); }),
            "gemm: c is 4 x 2; the product is 2 x 4");
}

TEST_F(GemmErrors, Overlap) {
  std::vector<float> memory(26, 1.0F);
  const auto x = view(memory.data(), 3, 3), y = view(memory.data() + 8, 3, 3);
  const auto apart = view(memory.data() + 17, 3, 3);
  EXPECT_EQ(message([&] { narrow::gemm(x, apart, y); }), "gemm: c overlaps a");
  EXPECT_EQ(message([&] { narrow::gemm(apart, x, y); }), "gemm: c overlaps b");
  EXPECT_EQ(message([&] { narrow::gemm(x, x, x); }), "gemm: c overlaps a");
  const narrow::tensor_view<float, 3> batch(memory.data(), {1, 3, 3}), shifted(memory.data() + 1, {1, 3, 3});
  const narrow::tensor_view<float, 3> far(memory.data() + 12, {1, 3, 3});
  EXPECT_EQ(message([&] { narrow::gemm(batch, far, shifted); }), "gemm: c overlaps a");
  EXPECT_EQ(message([&] { narrow::gemm(far, batch, shifted); }), "gemm: c overlaps b");
  for (const float value : memory) EXPECT_EQ(value, 1.0F);
}

TEST_F(GemmErrors, Batches) {
  std::vector<float> x(18), y(18), z(27, 5.0F);
  EXPECT_EQ(message([&] { narrow::gemm(view(x, 2, 3, 3), view(y, 2, 3, 3), view(z, 3, 3, 3)); }),
            "gemm: a has 2 matrices; c has 3");
  EXPECT_EQ(message([&] { narrow::gemm(view(z, 3, 3, 3), view(y, 2, 3, 3), view(z, 3, 3, 3)); }),
            "gemm: b has 2 matrices; c has 3");
  EXPECT_EQ(z, std::vector<float>(27, 5.0F));
}

TEST_F(GemmErrors, Epilogues) {
  const std::vector<float> three(3);
  const std::vector<std::int32_t> integers(5);
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), c.view(), narrow::relu, narrow::bias(three)); }),
            "bias: it has 3 elements; the output has 4 columns");
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), raw.view(), narrow::integer_bias(integers)); }),
            "bias: it has 5 elements; the output has 4 columns");
  narrow::requantize last{{{1 << 30, 0}, {1 << 30, 0}}};
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), codes.view(), last); }),
            "requantize: 2 multipliers; there must be 1, or one for each of the 4 columns");
  last = {{{1 << 30, 0}}, 0, 5, 4};
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), codes.view(), last); }),
            "requantize: lowest is 5; it must be at most highest, 4");
  EXPECT_EQ(message([&] { narrow::clamp(2, 1); }), "clamp: low is 2; it must be at most high, 1");
}

TEST_F(GemmErrors, AlphaAndBeta) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), c.view(), narrow::alpha{infinity}); }),
            "gemm: alpha is inf; it must be finite");
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), c.view(), narrow::beta{-infinity}); }),
            "gemm: beta is -inf; it must be finite");
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), raw.view(), narrow::alpha{2}); }),
            "gemm: alpha is 2; an output of integer accumulators takes only 1");
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), raw.view(), narrow::beta{0.5}); }),
            "gemm: beta is 0.5; an output of integer accumulators takes 0 or 1");
  const narrow::requantize last{{{1 << 30, 0}}};
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), codes.view(), narrow::alpha{2}, last); }),
            "gemm: alpha is 2; requantize takes only 1");
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), codes.view(), narrow::beta{1}, last); }),
            "gemm: beta is 1; requantize takes only 0");
}

TEST_F(GemmErrors, IntegerOutputsOfRealSums) {
  narrow::quantized_matrix<narrow::int8, narrow::affine> along_depth(
      {2, 3}, narrow::affine(narrow::per_column, {0.5F, 0.25F, 1.0F}));
  EXPECT_NE(message([&] { narrow::gemm(along_depth, q.view(), raw.view()); }), "");
  const narrow::requantize last{{{1 << 30, 0}}};
  EXPECT_NE(message([&] { narrow::gemm(along_depth, q.view(), codes.view(), last); }), "");
  EXPECT_NE(message([&] { narrow::gemm(p.view(), q.view(), raw.view(), narrow::accumulate_in<double>{}); }), "");
}

TEST_F(GemmErrors, Views) {
  float* const null = nullptr;
  EXPECT_EQ(message([&] { view(null, 2, 3); }), "view: data is null, but the view has 6 elements");
  EXPECT_EQ(message([&] { view(null, 0, 3); }), "");
  float one = 0;
  const std::size_t half = std::size_t{1} << 32;
  EXPECT_EQ(message([&] { view(&one, half, half); }), "view: 4294967296 x 4294967296 elements overflow std::size_t");
  EXPECT_NE(message([&] { view(&one, half, half / 4); }), "");
  // Strides of zero: three small views, whose product has more elements than there are.
  const std::size_t many = std::size_t{1} << 40;
  const matrix_view<const float> tall(&one, {many, 0}, {0, 1}), wide(&one, {0, many}, {1, 0});
  EXPECT_NE(message([&] { narrow::gemm(tall, wide, c.view()); }), "");
}

}  // namespace
