// Products of block formats, blocks along the depth.
#include "gemm/library_product.hpp"
#include "support/block_operands.hpp"

namespace bench {

namespace {

template <class A, class B = A>
product_maker blocks() {
  return make_product<block_operand<A, 2, 1>, block_operand<B, 2, 0>, plain_output<float>>;
}

}  // namespace

void add_block_formats(std::vector<format>& to) {
  using namespace narrow;
  to.push_back({"mxfp8", compute_class::bf16, blocks<mxfp8>()});
  to.push_back({"mxfp4", compute_class::bf16, blocks<mxfp4>()});
  to.push_back({"nvfp4", compute_class::bf16, blocks<nvfp4>()});
  to.push_back({"mxint8", compute_class::s8, blocks<mxint8>()});
  to.push_back({"grouped_int8", compute_class::s8, blocks<grouped<int8, 64>>()});
}

}  // namespace bench
