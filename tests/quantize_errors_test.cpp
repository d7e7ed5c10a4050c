// What quantization refuses, before anything is written; and what it counts.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/quantize_reference.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;
using support::guarded;
using support::thrown;

// The message of a quantization of 2 x 3 floats that must write and count nothing.
template <class Scheme, class Rounding = nearest_even>
std::string refused(std::size_t rows, std::size_t columns, const Scheme& scheme, const Rounding& rounding = {}) {
  const std::vector<float> x(6, 1.0F);
  guarded<int8> codes(rows * columns, 0);
  conversion_counts counts;
  const std::string message =
      thrown([&] { quantize_into(view(x, 2, 3), view(codes.data(), rows, columns), scheme, rounding, &counts); });
  EXPECT_TRUE(codes.is_untouched());
  EXPECT_EQ(counts.elements + counts.overflow + counts.underflow + counts.nan, 0U);
  return message;
}

TEST(QuantizeErrors, ShapesAndParameters) {
  EXPECT_EQ(refused(2, 4, unscaled), "quantize: extent 1 of codes is 4; x has 3");
  EXPECT_EQ(refused(3, 3, affine(1)), "quantize: extent 0 of codes is 3; x has 2");
  EXPECT_EQ(refused(3, 2, affine(1)), "quantize: extent 0 of codes is 3; x has 2");
  EXPECT_EQ(refused(2, 3, affine(1, 200)), "affine: zero_point[0] is 200; it must be a code, -128 to 127");
  EXPECT_EQ(refused(2, 3, shared_exponent(per_axis(2), {0})), "scheme: axis is 2; the tensor has 2 axes");
  EXPECT_EQ(refused(2, 3, shared_exponent(per_row, {0, 1, 2})),
            "scheme: 3 sets of parameters along axis 0, whose extent is 2");
}

TEST(QuantizeErrors, StochasticBits) {
  for (const int count : {0, -1, 33, 64}) {
    EXPECT_EQ(refused(2, 3, unscaled, stochastic_sequence{1, 2, 0, count}),
              "quantize: the count of stochastic bits is " + std::to_string(count) + "; it must be 1 to 32");
  }
  EXPECT_EQ(refused(2, 3, unscaled, stochastic_sequence{1, 2, 0, 32, true}),
            "quantize: the count of stochastic bits is 32; it must be 1 to 31");
}

// Codes in the bytes of x, whichever way either is walked; side by side is no overlap.
TEST(QuantizeErrors, Overlap) {
  std::vector<float> x(20, 1.0F);
  auto* const bytes = reinterpret_cast<std::int8_t*>(x.data());
  const vector_view<const float> source = view(x.data() + 5, 10), reversed(x.data() + 14, {10}, {-1});
  for (const auto& from : {source, reversed}) {
    for (const std::size_t first : {11UL, 20UL, 30UL, 50UL, 59UL}) {
      const vector_view<std::int8_t> codes = view(bytes + first, 10), backwards(bytes + first + 9, {10}, {-1});
      const std::string want = "quantize: the view of codes, 10 elements, overlaps x; they must lie apart";
      EXPECT_EQ(thrown([&] { quantize_into(from, codes, affine(1)); }), want) << first;
      EXPECT_EQ(thrown([&] { quantize_into(from, backwards, affine(1)); }), want) << first;
    }
  }
  EXPECT_EQ(x, std::vector<float>(20, 1.0F));
  EXPECT_EQ(thrown([&] { quantize_into(source, view(bytes + 10, 10), affine(1)); }), "");
  EXPECT_EQ(thrown([&] { quantize_into(source, view(bytes + 60, 10), affine(1)); }), "");
}

// Rows of 4 reals and 16 codes each: columns of one buffer lie apart.
TEST(QuantizeErrors, ColumnsOfOneBuffer) {
  std::vector<float> memory(3 * 8, 1.0F);
  auto* const bytes = reinterpret_cast<std::int8_t*>(memory.data());
  const matrix_view<const float> x(memory.data(), {3, 4}, {8, 1});
  const auto codes = [&](std::size_t first) { return matrix_view<std::int8_t>(bytes + first, {3, 4}, {32, 1}); };
  EXPECT_EQ(thrown([&] { quantize_into(x, codes(16), affine(1)); }), "");
  EXPECT_EQ(bytes[16 + 2 * 32 + 3], 1);
  EXPECT_EQ(thrown([&] { quantize_into(x, codes(15), affine(1)); }),
            "quantize: the view of codes, 3 x 4 elements, overlaps x; they must lie apart");
}

TEST(QuantizeErrors, OutputsThatOverlapThemselves) {
  const std::vector<float> x(6, 1.0F);
  std::vector<std::int8_t> codes(12, 5);
  const auto into = [&](std::ptrdiff_t row, std::ptrdiff_t column) {
    return thrown([&] {
      quantize_into(view(x, 2, 3), matrix_view<std::int8_t>(codes.data(), {2, 3}, {row, column}), affine(1));
    });
  };
  EXPECT_EQ(into(0, 1),
            "quantize: the view of codes, 2 x 3 elements with strides 0, 1, overlaps itself; each element must have a "
            "place of its own");
  EXPECT_NE(into(2, 1), "");
  EXPECT_EQ(codes, std::vector<std::int8_t>(12, 5));
  EXPECT_EQ(into(1, 2), "");
  std::vector<float> y(3, 5.0F);
  const affine one(1);
  EXPECT_EQ(thrown([&] {
              dequantize_into(quantized(view(std::as_const(codes).data(), 3), one),
                              vector_view<float>(y.data(), {3}, {0}));
            }),
            "dequantize: y, 3 elements with strides 0, overlaps itself; each element must have a place of its own");
  EXPECT_EQ(y[0], 5.0F);
  // More axes than a product has.
  const tensor_view<const float, 6> deep(x.data(), {1, 1, 2, 1, 3, 1});
  EXPECT_EQ(thrown([&] { quantize_into(deep, tensor_view<std::int8_t, 6>(codes.data(), deep.extents()), affine(1)); }),
            "");
}

TEST(QuantizeErrors, Dequantize) {
  std::vector<std::int8_t> codes(24, 5);
  const affine one(1), three(per_row, {1, 2, 3}), shifted(1, 200);
  const auto refused_into = [&](const quantized_view<std::int8_t, 2, affine>& x, std::size_t rows) {
    guarded<float> y(rows * 2, 0);
    const std::string message = thrown([&] { dequantize_into(x, view(y.data(), rows, 2UL)); });
    EXPECT_TRUE(y.is_untouched());
    return message;
  };
  const auto at = [&](std::size_t rows) { return view(std::as_const(codes).data(), rows, 2UL); };
  EXPECT_EQ(refused_into({at(3), &one, per_tensor}, 4), "dequantize: extent 0 of y is 4; x has 3");
  // Views are put together by hand: they may not fit their scheme.
  EXPECT_EQ(refused_into({at(4), &three, per_row}, 4), "scheme: 3 sets of parameters along axis 0, whose extent is 4");
  EXPECT_EQ(refused_into({at(3), &three, per_axis(2)}, 3), "scheme: axis is 2; the tensor has 2 axes");
  EXPECT_EQ(refused_into({at(3), &three, per_tensor}, 3),
            "scheme: it has one set of parameters for each index along axis 0; a view per tensor must have one for the "
            "tensor");
  EXPECT_EQ(refused_into({at(3), nullptr, per_tensor}, 3), "dequantize: the scheme of x is null; it must be given");
  EXPECT_EQ(refused_into({at(3), &shifted, per_tensor}, 3),
            "affine: zero_point[0] is 200; it must be a code, -128 to 127");
  auto* const inside = reinterpret_cast<float*>(codes.data());
  EXPECT_EQ(thrown([&] {
              dequantize_into(quantized_view<std::int8_t, 2, affine>{at(3), &one, per_tensor}, view(inside, 3UL, 2UL));
            }),
            "dequantize: y, 3 x 2 elements, overlaps x; they must lie apart");
  EXPECT_EQ(codes, std::vector<std::int8_t>(24, 5));
}

TEST(QuantizeErrors, Views) {
  float* const null = nullptr;
  std::vector<float> x(6);
  EXPECT_EQ(thrown([&] { view(null, 2, 3); }), "view: data is null, but the view has 6 elements");
  EXPECT_EQ(thrown([&] { view(x, 2, 4); }), "view: the memory has 6 elements; the extents ask for 8");
  const std::size_t half = std::size_t{1} << 33;
  EXPECT_NE(thrown([&] { view(x.data(), half, half); }).find("overflow std::size_t"), std::string::npos);
  EXPECT_NE(thrown([&] { quantized_matrix<int8>({half, half}, unscaled); }).find("overflow"), std::string::npos);
}

// Elements, overflow, underflow and NaN of a few numbers whose fate is plain; counts are added to.
template <class T, class Scheme>
std::vector<std::size_t> counted(const std::vector<float>& x, const Scheme& scheme) {
  conversion_counts counts;
  for (int i = 0; i < 2; ++i) (void)quantize<T>(view(x, x.size()), scheme, nearest_even{}, &counts);
  return {counts.elements, counts.overflow, counts.underflow, counts.nan};
}
TEST(QuantizeCounts, AreAddedUp) {
  constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x{0, -0.0F, 1, 0.01F, -0.01F, 300, -300, infinity, -infinity, nan, 1e9F};
  using counts = std::vector<std::size_t>;
  EXPECT_EQ(counted<int8>(x, affine(1)), (counts{22, 10, 4, 2}));
  // Around a zero point off the middle: codes mean -3 to 252, then -252 to 3.
  EXPECT_EQ(counted<int8>(x, affine(1, -125)), (counts{22, 10, 4, 2}));
  EXPECT_EQ(counted<int8>({252, 253, -3, -4}, affine(1, -125)), (counts{8, 4, 0, 0}));
  EXPECT_EQ(counted<int8>({3, 4, -252, -253}, affine(1, 124)), (counts{8, 4, 0, 0}));
  EXPECT_EQ(counted<int8>({127, -128, 128, 0.5F, 0.4F}, shared_exponent(0)), (counts{10, 2, 4, 0}));
  EXPECT_EQ(counted<float16>({65504, 65505, -70000, 1e-9F, 5.9e-8F, nan}, unscaled), (counts{12, 2, 2, 2}));
}

// The longer side of an asymmetric range decides: codes are signed.
TEST(QuantizeCounts, NothingOverflowsUnderAFittedExponent) {
  const std::vector<float> x{-5, -4, 1};
  for (const auto how : {symmetric, asymmetric}) {
    EXPECT_EQ(counted<int8>(x, shared_exponent::fit_for<int8>(view(x, 3), how)),
              (std::vector<std::size_t>{6, 0, 0, 0}));
  }
}

}  // namespace
