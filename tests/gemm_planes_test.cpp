// Integers of few bits times binary, by bit planes where they are deep enough: exact, zero points included.
#include <gtest/gtest.h>

#include "narrow/interop/threads.hpp"
#include "narrow/quantize.hpp"
#include "support/binary_product.hpp"

namespace {

using namespace narrow_test;
using narrow::uint2;

TEST(GemmPlanes, EveryLayoutAndDepth) {
  generator random(30);
  // Little depth; tiles with odd ends; more rows, and columns, than a piece has; several passes over the depth.
  for (const shape& s : {shape{3, 40, 21}, shape{1, 300, 33}, shape{14, 519, 35}, shape{9, 1030, 1},
                         shape{100, 256, 40}, shape{13, 257, 1100}, shape{2, 33'000, 5}}) {
    check_binary(s, binary_problem<uint2>(s, random));
  }
  const shape s{14, 290, 35};
  check_binary(s, binary_problem<uint2>(s, random, layout::columns, layout::columns), layout::every_other);
  check_binary(s, binary_problem<uint2>(s, random, layout::every_other, layout::padded));
}

// Two's complement, whose top plane counts below zero.
TEST(GemmPlanes, ThreeSignedBits) {
  generator random(31);
  using int3 = narrow::number<narrow::signed_integer<3>>;
  for (const shape& s : {shape{7, 1100, 18}, shape{2, 1025, 40}}) check_binary(s, binary_problem<int3>(s, random));
}

// A zero point for each row, scales of rows and columns, an epilogue, threads; and weights packed for anything.
TEST(GemmPlanes, ZeroPointsAndScales) {
  generator random(32);
  const shape s{101, 300, 530};
  const binary_problem<uint2> p(s, random);
  std::vector<float> of_rows, of_columns;
  std::vector<std::int32_t> zeros;
  for (std::size_t i = 0; i < s[0]; ++i)
    of_rows.push_back(0.25F * static_cast<float>(1 + i % 5)), zeros.push_back(i % 4);
  for (std::size_t j = 0; j < s[2]; ++j) of_columns.push_back(0.3F + 0.1F * static_cast<float>(j % 7));
  const narrow::affine rows(narrow::per_row, of_rows, zeros), columns(narrow::per_column, of_columns);
  const auto x = narrow::quantized(p.a.view(), rows);
  const auto w = narrow::quantized(p.b.view(), columns);
  std::vector<std::int64_t> column_sums(s[2]);
  for (std::size_t k = 0; k < s[1]; ++k) {
    for (std::size_t j = 0; j < s[2]; ++j) column_sums[j] += sign_of(p.b(k, j));
  }
  narrow::thread_pool threads(2);
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    const matrix<float> c(s[0], s[2], layout::padded), d(s[0], s[2], layout::columns);
    narrow::gemm(x, w, c.view(), narrow::relu, threads);
    narrow::gemm(x, narrow::pack(w), d.view(), narrow::relu);
    const auto expected = [&](std::size_t i, std::size_t j) {
      const auto sum = static_cast<float>(p.sums[i * s[2] + j] - zeros[i] * column_sums[j]);
      return std::max(0.0F, sum * static_cast<float>(double{of_rows[i]} * double{of_columns[j]}));
    };
    expect_all(c, expected, name_of(t));
    expect_all(d, expected, name_of(t) + std::string(" packed"));
  }
}

}  // namespace
