// Groups of integers of up to 4 bits, which lie in nibbles once packed.
#include "support/block_product.hpp"

namespace {

using narrow::grouped, narrow::int4, narrow::int8;

TEST(GemmBlockNibbles, OneLength) { narrow_test::check_block_products<grouped<int8, 32>, grouped<int4, 32>>(); }

}  // namespace
