// Blocks of integers of up to 8 bits, which sum exactly; of two lengths, one with a binary point of its own.
#include "support/block_product.hpp"

namespace {

using narrow::grouped, narrow::int4, narrow::mxint8;

TEST(GemmBlockBytes, TwoLengths) { narrow_test::check_block_products<mxint8, grouped<int4, 64>>(); }

}  // namespace
