// Blocks of small floats, which sum in the bf16 class; of one length and of two.
#include "support/block_product.hpp"

namespace {

using narrow::block_format, narrow::block_scaled, narrow::float4_e2m1fn, narrow::float8_e8m0fnu;
using sixteen = block_format<float4_e2m1fn, block_scaled<float8_e8m0fnu, 16, narrow::scale_even>>;

TEST(GemmBlockPairs, TwoLengths) { narrow_test::check_block_products<sixteen, narrow::mxfp8>(); }

}  // namespace
