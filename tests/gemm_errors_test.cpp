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
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), a.view(), c.view()); }),
            "gemm: b has 2 rows; it must have 3, as many as a has columns");
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), transposed(c.view())); }),
            "gemm: c is 4 x 2; it must be 2 x 4, as the product is");
}

TEST_F(GemmErrors, Overlap) {
  std::vector<float> memory(26, 1.0F);
  const auto x = view(memory.data(), 3, 3), y = view(memory.data() + 8, 3, 3);
  const auto apart = view(memory.data() + 17, 3, 3);
  EXPECT_EQ(message([&] { narrow::gemm(x, apart, y); }), "gemm: c, 3 x 3, overlaps a; they must lie apart");
  EXPECT_EQ(message([&] { narrow::gemm(apart, x, y); }), "gemm: c, 3 x 3, overlaps b; they must lie apart");
  EXPECT_EQ(message([&] { narrow::gemm(x, x, x); }), "gemm: c, 3 x 3, overlaps a; they must lie apart");
  const narrow::tensor_view<float, 3> batch(memory.data(), {1, 3, 3}), shifted(memory.data() + 1, {1, 3, 3});
  const narrow::tensor_view<float, 3> far(memory.data() + 12, {1, 3, 3});
  EXPECT_EQ(message([&] { narrow::gemm(batch, far, shifted); }), "gemm: c, 3 x 3, overlaps a; they must lie apart");
  EXPECT_EQ(message([&] { narrow::gemm(far, batch, shifted); }), "gemm: c, 3 x 3, overlaps b; they must lie apart");
  for (const float value : memory) EXPECT_EQ(value, 1.0F);
}

// One buffer of 4 rows of 12: columns side by side share rows, but no element.
TEST_F(GemmErrors, ColumnsOfOneBuffer) {
  std::vector<float> memory(48, 1.0F);
  const auto columns = [&](std::size_t first, std::size_t count) {
    return matrix_view<float>(memory.data() + first, {4, count}, {12, 1});
  };
  EXPECT_EQ(message([&] { narrow::gemm(columns(0, 4), columns(4, 4), columns(8, 4)); }), "");
  EXPECT_EQ(memory[8], 4.0F);
  EXPECT_EQ(message([&] { narrow::gemm(columns(8, 4), columns(4, 4), columns(0, 4)); }), "");
  EXPECT_EQ(message([&] { narrow::gemm(columns(0, 4), transposed(columns(4, 4)), transposed(columns(8, 4))); }), "");
  EXPECT_EQ(message([&] { narrow::gemm(columns(0, 4), columns(4, 4), columns(7, 4)); }),
            "gemm: c, 4 x 4, overlaps b; they must lie apart");
  EXPECT_EQ(message([&] { narrow::gemm(columns(0, 4), columns(8, 4), columns(3, 4)); }),
            "gemm: c, 4 x 4, overlaps a; they must lie apart");
}

TEST_F(GemmErrors, OutputsThatOverlapThemselves) {
  std::vector<float> memory(20, 5.0F);
  EXPECT_EQ(message([&] {
              narrow::gemm(a.view(), b.view(), matrix_view<float>(memory.data(), {2, 4}, {0, 1}));
            }),
            "gemm: c, 2 x 4 with strides 0 and 1, overlaps itself; each element must have a place of its own");
  EXPECT_NE(message([&] { narrow::gemm(a.view(), b.view(), matrix_view<float>(memory.data(), {2, 4}, {3, 1})); }), "");
  EXPECT_EQ(memory, std::vector<float>(20, 5.0F));
  // Rows of every other element, interleaved.
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), matrix_view<float>(memory.data(), {2, 4}, {1, 2})); }), "");
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), matrix_view<float>(memory.data(), {2, 4}, {3, 2})); }), "");
}

TEST_F(GemmErrors, Residuals) {
  std::vector<float> memory(16, 5.0F);
  const auto out = view(memory.data(), 2, 4);
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), out, narrow::residual(view(memory.data() + 8, 4, 2))); }),
            "residual: it has 4 x 2 elements; it must have 2 x 4, one for each of the output's");
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), out, narrow::residual(view(memory.data() + 4, 2, 4))); }),
            "gemm: c overlaps the 8 values of an epilogue; they must lie apart");
  EXPECT_EQ(memory, std::vector<float>(16, 5.0F));
}

TEST_F(GemmErrors, OutputsThatOverlapABias) {
  std::vector<float> memory(12, 5.0F);
  EXPECT_EQ(message([&] {
              narrow::gemm(a.view(), b.view(), view(memory.data(), 2, 4), narrow::bias(view(memory.data() + 7, 4)));
            }),
            "gemm: c overlaps the 4 values of an epilogue; they must lie apart");
  EXPECT_EQ(memory, std::vector<float>(12, 5.0F));
  EXPECT_EQ(message([&] {
              narrow::gemm(a.view(), b.view(), view(memory.data(), 2, 4), narrow::bias(view(memory.data() + 8, 4)));
            }),
            "");
  std::vector<std::int32_t> sums(8, 5);
  EXPECT_EQ(
      message([&] { narrow::gemm(p.view(), q.view(), view(sums, 2, 4), narrow::integer_bias(view(sums.data(), 4))); }),
      "gemm: c overlaps the 4 values of an epilogue; they must lie apart");
}

// A view made by hand is checked where it is used.
TEST_F(GemmErrors, SchemesOfViews) {
  using narrow::affine;
  using quantized = narrow::quantized_view<std::int8_t, 2, affine>;
  const affine one(narrow::per_column, {1.0F}), three(narrow::per_column, {1.0F, 2.0F, 3.0F});
  const affine far(1.0F, 200), plain(1.0F);
  const auto with = [&](const quantized& x) { return message([&] { narrow::gemm(x, q.view(), c.view()); }); };
  EXPECT_EQ(with({p.view(), &one, narrow::per_column}), "scheme: 1 sets of parameters along axis 1, whose extent is 3");
  EXPECT_EQ(with({p.view(), &three, narrow::per_row}), "scheme: 3 sets of parameters along axis 0, whose extent is 2");
  EXPECT_EQ(with({p.view(), &three, narrow::per_axis(2)}), "scheme: axis is 2; the tensor has 2 axes");
  EXPECT_EQ(with({p.view(), &three, narrow::per_tensor}),
            "scheme: it has one set of parameters for each index along axis 1; a view per tensor must have one for the "
            "tensor");
  EXPECT_EQ(with({p.view(), &far, narrow::per_tensor}), "affine: zero_point[0] is 200; it must be a code, -128 to 127");
  EXPECT_EQ(with({p.view(), nullptr, narrow::per_tensor}), "gemm: the scheme of a is null; it must be given");
  EXPECT_EQ(message([&] {
              narrow::gemm(p.view(), quantized{q.view(), nullptr, narrow::per_tensor}, c.view());
            }),
            "gemm: the scheme of b is null; it must be given");
  EXPECT_EQ(message([&] {
              narrow::dequantize_into(quantized{p.view(), &one, narrow::per_column}, c.view());
            }),
            "dequantize: extent 1 of y is 4; x has 3");
  std::vector<float> y(6, 5.0F);
  EXPECT_EQ(message([&] {
              narrow::dequantize_into(quantized{p.view(), &one, narrow::per_column}, view(y, 2, 3));
            }),
            "scheme: 1 sets of parameters along axis 1, whose extent is 3");
  EXPECT_EQ(message([&] {
              narrow::dequantize_into(quantized{p.view(), nullptr, {}}, view(y, 2, 3));
            }),
            "dequantize: the scheme of x is null; it must be given");
  EXPECT_EQ(y, std::vector<float>(6, 5.0F));
  // The factory takes the axis from the scheme, and checks at once.
  EXPECT_EQ(message([&] { narrow::quantized(p.view(), one); }),
            "scheme: 1 sets of parameters along axis 1, whose extent is 3");
  const affine rows(narrow::per_row, {1.0F, 2.0F});
  narrow::dequantize_into(narrow::quantized(p.view(), rows), view(y, 2, 3));
  EXPECT_EQ(y[4], 2.0F * static_cast<float>(p(1, 1)));
  EXPECT_EQ(with(narrow::quantized(q.view(), plain)), "gemm: b has 3 rows; it must have 4, as many as a has columns");
}

TEST_F(GemmErrors, Batches) {
  std::vector<float> x(18), y(18), z(27, 5.0F);
  EXPECT_EQ(message([&] { narrow::gemm(view(x, 2, 3, 3), view(y, 2, 3, 3), view(z, 3, 3, 3)); }),
            "gemm: a has 2 matrices; it must have 3, as c has, or 1");
  EXPECT_EQ(message([&] { narrow::gemm(view(z, 3, 3, 3), view(y, 2, 3, 3), view(z, 3, 3, 3)); }),
            "gemm: b has 2 matrices; it must have 3, as c has, or 1");
  EXPECT_EQ(z, std::vector<float>(27, 5.0F));
}

TEST_F(GemmErrors, Epilogues) {
  const std::vector<float> three(3);
  const std::vector<std::int32_t> integers(5);
  EXPECT_EQ(message([&] { narrow::gemm(a.view(), b.view(), c.view(), narrow::relu, narrow::bias(three)); }),
            "bias: it has 3 elements; it must have 4, one for each of the columns");
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), raw.view(), narrow::integer_bias(integers)); }),
            "bias: it has 5 elements; it must have 4, one for each of the columns");
  narrow::requantize last{{{1 << 30, 0}, {1 << 30, 0}}};
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), codes.view(), last); }),
            "requantize: it has 2 multipliers; it must have 1, or one for each of the 4 columns");
  last = {{{1 << 30, -40}}};
  EXPECT_EQ(message([&] { narrow::gemm(p.view(), q.view(), codes.view(), last); }),
            "requantize: the shift of multiplier 0 is -40; it must be between -31 and 30");
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

// Finite in double, not in the float that scales the elements. Those of double outputs, and integers under no scale or
// a power of two, are scaled in double.
TEST_F(GemmErrors, AlphaAndBetaBeyondFloat) {
  const std::string rest =
      "; its magnitude must be at most 3.40282e+38, since the elements of this product are scaled as floats";
  const auto with = [&](const auto&... option) {
    return message([&] { narrow::gemm(a.view(), b.view(), c.view(), option...); });
  };
  EXPECT_EQ(with(narrow::alpha{1e300}), "gemm: alpha is 1e+300" + rest);
  EXPECT_EQ(with(narrow::alpha{-1e300}), "gemm: alpha is -1e+300" + rest);
  EXPECT_EQ(with(narrow::beta{1e300}), "gemm: beta is 1e+300" + rest);
  const narrow::affine third(0.3F);
  const auto x = narrow::quantized(p.view(), third), y = narrow::quantized(q.view(), third);
  EXPECT_EQ(message([&] { narrow::gemm(x, y, c.view(), narrow::alpha{1e300}); }), "gemm: alpha is 1e+300" + rest);
  const std::vector<narrow::float16> h(9);
  std::vector<narrow::float16> z(9, narrow::float16(5));
  EXPECT_EQ(message([&] {
              narrow::gemm(view(h, 3, 3), view(h, 3, 3), view(z, 3, 3), narrow::accumulate_in<narrow::float16>{},
                           narrow::beta{1e300});
            }),
            "gemm: beta is 1e+300" + rest);
  EXPECT_EQ(static_cast<float>(z[0]), 5);
  std::vector<double> wide(8, 1e-300);
  EXPECT_EQ(message([&] { narrow::gemm(x, y, view(wide, 2, 4), narrow::alpha{0}, narrow::beta{1e300}); }), "");
  EXPECT_EQ(wide[0], 1e-300 * 1e300);
}

TEST_F(GemmErrors, StochasticBits) {
  using narrow::stochastic_sequence;
  const std::vector<narrow::float16> x(9);
  std::vector<narrow::float16> y(9, narrow::float16(5));
  const auto with = [&](const auto& option) {
    return message([&] { narrow::gemm(view(x, 3, 3), view(x, 3, 3), view(y, 3, 3), option); });
  };
  for (const int count : {0, -1, 40}) {
    const std::string want = "gemm: the count of stochastic bits is " + std::to_string(count) + "; it must be 1 to 32";
    EXPECT_EQ(with(stochastic_sequence{1, 2, 0, count}), want);
    EXPECT_EQ(with(narrow::accumulate_in<narrow::float16, stochastic_sequence>{.rounding = {1, 2, 0, count}}), want);
  }
  EXPECT_EQ(with(stochastic_sequence{1, 2, 0, 32, true}),
            "gemm: the count of stochastic bits is 32; it must be 1 to 31");
  EXPECT_EQ(static_cast<float>(y[0]), 5);
}

// An output of blocks, which are made last.
TEST_F(GemmErrors, BlockOutputs) {
  const auto into = [&](auto& to, const auto& x, const auto& y, const auto&... option) {
    return message([&] { narrow::gemm(x, y, to, option...); });
  };
  auto blocks = narrow::block_tensor<narrow::mxint8>(std::array<std::size_t, 2>{2, 4}, 1);
  auto square = narrow::block_tensor<narrow::mxint8>(std::array<std::size_t, 2>{4, 4}, 1);
  const std::vector<float> five(5);
  EXPECT_EQ(into(blocks, b.view(), b.view()), "gemm: b has 3 rows; it must have 4, as many as a has columns");
  EXPECT_EQ(into(square, a.view(), b.view()), "gemm: c is 4 x 4; it must be 2 x 4, as the product is");
  EXPECT_EQ(into(square, b.view(), square), "gemm: c, 4 x 4, overlaps b; they must lie apart");
  EXPECT_EQ(into(blocks, a.view(), b.view(), narrow::bias(five)),
            "bias: it has 5 elements; it must have 4, one for each of the columns");
  EXPECT_EQ(into(blocks, a.view(), b.view(), narrow::stochastic_sequence{1, 2, 0, 40}),
            "gemm: the count of stochastic bits is 40; it must be 1 to 32");
  for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(blocks.storage()[i].bits(), 0);
  EXPECT_EQ(message([] {
              (void)narrow::block_tensor<narrow::mxint8>(std::array<std::size_t, 2>{2, 4}, 2);
            }),
            "block_tensor: axis is 2; the tensor has 2 axes");
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
  std::vector<float> some(6);
  EXPECT_EQ(message([&] { view(some, -1, 3); }), "view: an extent is -1; it must not be negative");
  EXPECT_EQ(message([&] { view(some.data(), 2, -3L); }), "view: an extent is -3; it must not be negative");
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
