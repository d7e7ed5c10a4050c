// Post-training rows of integers, fixed point, signs.
#include "compare/post_training_formats.hpp"
#include "narrow/formats.hpp"

namespace compare {

std::vector<post_training_row> integer_rows() {
  using namespace narrow;
  using fit = least_squares;
  using inputs = dynamic_fixed<int8>;
  return {
      {"int8", native<integer<int8>, integer<uint8>>()},
      {"int6", simulated<integer<number<signed_integer<6>>, fit>, integer<number<unsigned_integer<6>>, fit>>()},
      {"int5", simulated<integer<number<signed_integer<5>>, fit>, integer<number<unsigned_integer<5>>, fit>>()},
      {"int4", simulated<integer<int4, fit>, integer<uint4, fit>>()},
      {"int3", simulated<integer<number<signed_integer<3>>, fit>, integer<number<unsigned_integer<3>>, fit>>()},
      {"int2", simulated<integer<int2, fit>, integer<uint2, fit>>()},
      {"dynamic-8", simulated<dynamic_fixed<int8>>()},
      {"dynamic-6", simulated<dynamic_fixed<number<signed_integer<6>>>>()},
      {"dynamic-5", simulated<dynamic_fixed<number<signed_integer<5>>>>()},
      {"dynamic-4", simulated<dynamic_fixed<int4>>()},
      {"fixed-1.4", simulated<plain<fixed<1, 4>>>()},
      {"fixed-2.3", simulated<plain<fixed<2, 3>>>()},
      {"fixed-3.2", simulated<plain<fixed<3, 2>>>()},
      {"ternary-tensor", simulated<ternary_weights<per_tensor>, inputs>()},
      {"ternary-4", simulated<blocks<grouped_ternary<4>>, inputs>()},
      {"ternary-16", simulated<blocks<grouped_ternary<16>>, inputs>()},
      {"ternary-64", simulated<blocks<grouped_ternary<64>>, inputs>()},
      {"ternary-column", simulated<ternary_weights<per_column>, inputs>()},
      {"binary-column", simulated<binary_weights<per_column>, inputs>()},
  };
}

}  // namespace compare
