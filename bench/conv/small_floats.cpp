// Convolutions of floats of at most 8 significand bits, which are multiplied as bfloat16.
#include "conv/library_convolution.hpp"

namespace bench {

void add_small_float_formats(std::vector<conv_format>& to) {
  using bf16 = number_operand<narrow::bfloat16>;
  using e4m3 = number_operand<narrow::float8_e4m3fn>;
  using posit8 = number_operand<narrow::posit<8>>;
  using out = plain_output<float>;
  to.push_back({"bfloat16", compute_class::bf16, make_convolution<bf16, bf16, out>});
  to.push_back({"e4m3", compute_class::bf16, make_convolution<e4m3, e4m3, out>});
  to.push_back({"posit8", compute_class::bf16, make_convolution<posit8, posit8, out>});
}

}  // namespace bench
