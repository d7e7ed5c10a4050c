// Blocks of small floats, which sum in the bf16 class; of one length and of two.
#include "support/block_product.hpp"

namespace {

TEST(GemmBlockPairs, TwoLengths) { narrow_test::check_block_products<narrow::nvfp4, narrow::mxfp8>(); }

}  // namespace
