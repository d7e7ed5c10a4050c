// Products of 8-bit integers, to int32.
#include "gemm/library_product.hpp"

namespace bench {

void add_byte_formats(std::vector<format>& to) {
  using u8 = integer_operand<std::uint8_t>;
  using s8 = integer_operand<std::int8_t>;
  using out = plain_output<std::int32_t>;
  to.push_back({"u8s8", compute_class::s8, make_product<u8, s8, out>});
  to.push_back({"s8s8", compute_class::s8, make_product<s8, s8, out>});
  to.push_back({"u8u8", compute_class::s8, make_product<u8, u8, out>});
}

}  // namespace bench
