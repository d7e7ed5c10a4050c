// Convolutions of 8-bit integers: to int32, and requantized to 8 bits by a scale for each output channel, with zero
// points on activations and output.
#include "conv/library_convolution.hpp"

namespace bench {

namespace {

template <class Code>
std::unique_ptr<convolution> make_requantized(const layer& l) {
  return make_convolution<affine_activations<Code>, affine_weights<Code>, requantized_output<Code>>(l);
}

}  // namespace

void add_byte_formats(std::vector<conv_format>& to) {
  using u8 = integer_operand<std::uint8_t>;
  using s8 = integer_operand<std::int8_t>;
  to.push_back({"u8s8", compute_class::s8, make_convolution<u8, s8, plain_output<std::int32_t>>});
  to.push_back({"u8s8_requant", compute_class::s8, make_requantized<std::uint8_t>});
  to.push_back({"s8s8_requant", compute_class::s8, make_requantized<std::int8_t>});
}

}  // namespace bench
