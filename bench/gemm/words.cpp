// Products of 16-bit integers and fixed point: exact sums, rounded once.
#include "gemm/library_product.hpp"

namespace bench {

void add_word_formats(std::vector<format>& to) {
  using s16 = integer_operand<std::int16_t>;
  using fixed = number_operand<narrow::fixed<4, 12>>;
  using dynamic = shared_exponent_operand<std::int16_t>;
  to.push_back({"int16", compute_class::s16, make_product<s16, s16, plain_output<double>>});
  to.push_back({"fixed4_12", compute_class::s16, make_product<fixed, fixed, plain_output<float>>});
  to.push_back({"dynamic_fixed16", compute_class::s16, make_product<dynamic, dynamic, plain_output<float>>});
}

}  // namespace bench
