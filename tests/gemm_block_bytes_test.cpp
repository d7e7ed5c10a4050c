// Blocks of integers of up to 8 bits, which sum exactly; of two lengths, one with a binary point of its own.
#include "support/block_product.hpp"

namespace {

using narrow::grouped, narrow::grouped_ternary, narrow::int4, narrow::mxint8;
using narrow_test::check_block_products;

TEST(GemmBlockBytes, TwoLengths) { check_block_products<mxint8, grouped_ternary<64, narrow::bfloat16>>(); }
// Groups of one instruction's terms.
TEST(GemmBlockBytes, TernaryInFours) { check_block_products<grouped<int4, 8>, grouped_ternary<4>>(); }

}  // namespace
