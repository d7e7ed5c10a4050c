// Products of floats of at most 8 significand bits, which are multiplied as bfloat16.
#include "gemm/library_product.hpp"

namespace bench {

void add_small_float_formats(std::vector<format>& to) {
  using bf16 = number_operand<narrow::bfloat16>;
  using e4m3 = number_operand<narrow::float8_e4m3fn>;
  using e5m2 = number_operand<narrow::float8_e5m2>;
  using out = plain_output<float>;
  to.push_back({"bfloat16", compute_class::bf16, make_product<bf16, bf16, out>});
  to.push_back({"e4m3", compute_class::bf16, make_product<e4m3, e4m3, out>});
  to.push_back({"e5m2", compute_class::bf16, make_product<e5m2, e5m2, out>});
  to.push_back({"e4m3_e5m2", compute_class::bf16, make_product<e4m3, e5m2, out>});
}

}  // namespace bench
