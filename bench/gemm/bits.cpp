// Products of signs.
#include "gemm/library_product.hpp"

namespace bench {

void add_bit_formats(std::vector<format>& to) {
  using sign = number_operand<narrow::binary>;
  to.push_back({"binary", compute_class::bit, make_product<sign, sign, plain_output<std::int32_t>>});
}

}  // namespace bench
