// Convolutions of floats that are multiplied as floats.
#include "conv/library_convolution.hpp"

namespace bench {

void add_real_formats(std::vector<conv_format>& to) {
  using f32 = number_operand<float>;
  using f16 = number_operand<narrow::float16>;
  to.push_back({"float32", compute_class::f32, make_convolution<f32, f32, plain_output<float>>});
  to.push_back({"float16", compute_class::f32, make_convolution<f16, f16, plain_output<float>>});
}

}  // namespace bench
