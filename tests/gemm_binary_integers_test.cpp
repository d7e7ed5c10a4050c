// Binary matrices times integers, among which it is 1 or -1: exact.
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

}  // namespace
