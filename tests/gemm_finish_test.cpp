// The finisher gives a row the same bits in one piece and in several, as tiled kernels hand them over.
#include <gtest/gtest.h>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using narrow::affine;
using narrow::granularity;

constexpr std::size_t rows = 3, columns = 71, first_index = 1000;

template <class C, class... Option>
void finish(C& c, const std::vector<std::int32_t>& sums, std::size_t piece, const Option&... option) {
  namespace detail = narrow::detail;
  const auto out = detail::output_of(c);
  const auto ops = detail::epilogues_of(option...);
  using output = std::remove_const_t<decltype(out)>;
  const auto conversion = detail::conversion_of_options<typename output::value_type>(option...);
  const detail::finisher<float, true, output, std::remove_const_t<decltype(ops)>,
                         std::remove_const_t<decltype(conversion)>>
      last{out, {1.5, 0.5}, ops, conversion, columns, first_index};
  std::vector<float> buffer(piece);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; j += piece) {
      last.row(
          sums.data() + i * columns + j, i, j, std::min(piece, columns - j),
          [](std::size_t column) { return 0.01 * static_cast<double>(column + 1); }, buffer.data());
    }
  }
}

TEST(GemmFinish, PiecesOfARow) {
  narrow_test::generator random(1);
  std::vector<std::int32_t> sums(rows * columns);
  for (auto& sum : sums) sum = static_cast<std::int32_t>(random() % 2000) - 1000;
  std::vector<float> bias(columns);
  for (auto& value : bias) value = narrow_test::random_element<float>(random);
  for (const granularity axis : {narrow::per_tensor, narrow::per_row, narrow::per_column}) {
    const std::size_t count = axis.is_per_tensor() ? 1 : axis == narrow::per_row ? rows : columns;
    std::vector<float> scales(count);
    for (std::size_t i = 0; i < count; ++i) scales[i] = 0.5F + 0.01F * static_cast<float>(i);
    narrow::quantized_matrix<narrow::int8, affine> whole({rows, columns}, affine(axis, scales)), pieces = whole;
    finish(whole, sums, columns, narrow::bias(bias), narrow::stochastic_sequence{5, 6});
    for (const std::size_t piece : {1U, 16U, 17U, 32U, 70U}) {
      pieces = narrow::quantized_matrix<narrow::int8, affine>({rows, columns}, affine(axis, scales));
      finish(pieces, sums, piece, narrow::bias(bias), narrow::stochastic_sequence{5, 6});
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
          ASSERT_EQ(pieces.codes()(i, j).storage(), whole.codes()(i, j).storage()) << piece << ": " << i << ", " << j;
        }
      }
    }
    // The bits of element (i, j) are those of first_index + i * columns + j, stated by hand.
    volatile float value = static_cast<float>(sums[columns + 40]) * static_cast<float>(0.01 * 41);
    value = 1.5F * value;
    value = value + bias[40];
    value = value / scales[axis.is_per_tensor() ? 0 : axis == narrow::per_row ? 1 : 40];
    const narrow::stochastic bits{narrow::random_bits(5, 6, first_index + columns + 40)};
    EXPECT_EQ(whole.codes()(1, 40).storage(), narrow::convert<narrow::int8>(float(value), bits).storage());
  }
}

TEST(GemmFinish, TransposedOperands) {
  narrow_test::generator random(2);
  narrow::quantized_matrix<narrow::int8, affine> x({2, 3}, affine(narrow::per_column, {1, 2, 3}, {4, 5, 6}));
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) x.codes()(i, j) = narrow_test::random_element<narrow::int8>(random);
  }
  const auto a = narrow::detail::operand_of(x), t = a.transposed();
  EXPECT_TRUE(a.varies_along(1) && t.varies_along(0));
  EXPECT_EQ(t.elements().data(), a.elements().data());
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_EQ(a.code(i, j), x.codes()(i, j).storage());
      EXPECT_EQ(t.code(j, i), a.code(i, j));
      EXPECT_EQ(a.place(i, j), j);
      EXPECT_EQ(t.place(j, i), j);
      EXPECT_EQ(t.value<float>(j, i, true), a.value<float>(i, j, true));
    }
  }
}

}  // namespace
