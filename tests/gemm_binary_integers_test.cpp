// Binary matrices times integers, among which it is 1 or -1, and odd integers: exact.
#include <gtest/gtest.h>

#include "support/binary_product.hpp"

namespace {

using namespace narrow_test;

template <class T>
void check_with_integers(generator& random) {
  for (const shape& s : {shape{1, 50, 33}, shape{7, 130, 1}, shape{14, 99, 35}, shape{5, 1030, 18}}) {
    check_binary(s, binary_problem<T>(s, random));
    check_binary(s, binary_problem<binary, T>(s, random, layout::columns, layout::columns));
    check_binary(s, binary_problem<T>(s, random, layout::every_other, layout::columns));
  }
}
TEST(GemmBinaryIntegers, WithInt8) {
  generator random(10);
  check_with_integers<narrow::int8>(random);
}
TEST(GemmBinaryIntegers, WithUint8) {
  generator random(11);
  check_with_integers<std::uint8_t>(random);
}
TEST(GemmBinaryIntegers, WithInt16) {
  generator random(12);
  check_with_integers<narrow::int16>(random);
}
using odd2 = narrow::number<narrow::odd_integer<2>>;
using odd8 = narrow::number<narrow::odd_integer<8>>;  // 9 bits as integers
TEST(GemmBinaryIntegers, OddIntegers) {
  generator random(17);
  for (const shape& s : {shape{1, 70, 33}, shape{14, 99, 35}, shape{30, 64, 1}}) {
    check_binary(s, binary_problem<std::uint8_t, odd2>(s, random));
    check_binary(s, binary_problem<odd8, binary>(s, random, layout::columns, layout::every_other));
  }
}
// A packed matrix read back for a left operand of another kind.
TEST(GemmBinaryIntegers, OddIntegersPackedForFloats) {
  generator random(18);
  const shape s{3, 40, 21};
  const binary_problem<std::uint8_t, odd2> p(s, random);
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    const matrix<std::int32_t> c(s[0], s[2], layout::padded);
    narrow::gemm(p.a.view(), narrow::pack<narrow::bfloat16>(p.b.view()), c.view());
    expect_all(
        c, [&](std::size_t i, std::size_t j) { return p.sums[i * s[2] + j]; }, name_of(t));
  }
}

}  // namespace
