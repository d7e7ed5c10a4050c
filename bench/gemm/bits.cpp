// Products of signs; and of 2-bit integers and signs, by bit planes.
#include "gemm/library_product.hpp"

namespace bench {

void add_bit_formats(std::vector<format>& to) {
  using sign = number_operand<narrow::binary>;
  to.push_back({"binary", compute_class::bit, make_product<sign, sign, plain_output<std::int32_t>>});
  using u2 = integer_operand<narrow::uint2>;
  to.push_back({"u2_binary", compute_class::bit, make_product<u2, sign, plain_output<std::int32_t>>});
}

}  // namespace bench
