// Post-training rows of small floats.
#include "compare/post_training_formats.hpp"
#include "narrow/formats.hpp"

namespace compare {

std::vector<post_training_row> float_rows() {
  using namespace narrow;
  using float5_e2m2 = number<float_format<float_descriptor{2, 2, 1, specials::none}>>;
  return {
      {"float16", simulated<plain<float16>>()},
      {"bfloat16", simulated<plain<bfloat16>>()},
      {"ibm_1_6_9", simulated<plain<ibm_1_6_9>>()},
      {"float8_e5m2", simulated<plain<float8_e5m2>>()},
      {"float8_e4m3fn", simulated<plain<float8_e4m3fn>>()},
      {"float8_e4m3", simulated<plain<float8_e4m3>>()},
      {"float8_e3m4", simulated<plain<float8_e3m4>>()},
      {"float8_e5m2fnuz", simulated<plain<float8_e5m2fnuz>>()},
      {"float8_e4m3fnuz", simulated<plain<float8_e4m3fnuz>>()},
      {"float8_e4m3b11fnuz", simulated<plain<float8_e4m3b11fnuz>>()},
      {"float8_e4m3fn-scaled", simulated<scaled<float8_e4m3fn>>()},
      {"float6_e3m2fn-scaled", simulated<scaled<float6_e3m2fn>>()},
      {"float6_e2m3fn-scaled", simulated<scaled<float6_e2m3fn>>()},
      {"float5_e2m2-scaled", simulated<scaled<float5_e2m2>>()},
      {"float4_e2m1fn-scaled", simulated<scaled<float4_e2m1fn>>()},
  };
}

}  // namespace compare
