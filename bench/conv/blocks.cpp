// Convolutions of block formats, blocks along the channels.
#include "conv/library_convolution.hpp"

namespace bench {

namespace {

template <class X, class W = X>
convolution_maker blocks() {
  return make_convolution<block_operand<X, 4, 3>, block_operand<W, 4, 3>, plain_output<float>>;
}

}  // namespace

void add_block_formats(std::vector<conv_format>& to) {
  using namespace narrow;
  to.push_back({"mxfp8", compute_class::bf16, blocks<mxfp8>()});
  to.push_back({"mxfp4", compute_class::bf16, blocks<mxfp4>()});
  to.push_back({"nvfp4", compute_class::bf16, blocks<nvfp4>()});
  to.push_back({"mxint8", compute_class::s8, blocks<mxint8>()});
}

}  // namespace bench
