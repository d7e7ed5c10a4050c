// Products of groups of integers as reals.
#include "support/block_operands.hpp"

namespace {

TEST(GemmBlockGroups, BesideFloats) { narrow_test::check_beside_floats<narrow::grouped<narrow::int8, 24>>(); }

}  // namespace
