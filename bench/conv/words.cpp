// Convolutions of 16-bit fixed point: exact sums, rounded once.
#include "conv/library_convolution.hpp"

namespace bench {

void add_word_formats(std::vector<conv_format>& to) {
  using fixed = number_operand<narrow::fixed<4, 12>>;
  to.push_back({"fixed4_12", compute_class::s16, make_convolution<fixed, fixed, plain_output<float>>});
}

}  // namespace bench
