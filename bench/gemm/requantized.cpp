// Products of 8-bit integers, requantized to 8 bits: a scale for each output channel, zero points on activations and
// output.
#include "gemm/library_product.hpp"

namespace bench {

namespace {

template <class Code>
std::unique_ptr<product> make_requantized(const shape& s, weights how) {
  return make_product<affine_activations<Code>, affine_weights<Code>, requantized_output<Code>>(s, how);
}

}  // namespace

void add_requantized_formats(std::vector<format>& to) {
  to.push_back({"u8s8_requant", compute_class::s8, make_requantized<std::uint8_t>});
  to.push_back({"s8s8_requant", compute_class::s8, make_requantized<std::int8_t>});
}

}  // namespace bench
