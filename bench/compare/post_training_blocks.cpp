// Post-training rows of block formats.
#include "compare/post_training_formats.hpp"
#include "narrow/formats.hpp"

namespace compare {

std::vector<post_training_row> block_rows() {
  using namespace narrow;
  return {
      {"mxfp8", native<blocks<mxfp8>>()},
      {"mxfp8_e5m2", simulated<blocks<mxfp8_e5m2>>()},
      {"mxfp6", simulated<blocks<mxfp6>>()},
      {"mxfp6_e3m2", simulated<blocks<mxfp6_e3m2>>()},
      {"mxfp4", native<blocks<mxfp4>>()},
      {"mxint8", simulated<blocks<mxint8>>()},
      {"nvfp4", native<blocks<nvfp4>>()},
      {"msfp16", simulated<blocks<msfp<16>>>()},
      {"msfp15", simulated<blocks<msfp<15>>>()},
      {"msfp14", simulated<blocks<msfp<14>>>()},
      {"msfp13", simulated<blocks<msfp<13>>>()},
      {"msfp12", simulated<blocks<msfp<12>>>()},
      {"grouped-int8-32", simulated<blocks<grouped<int8, 32>>>()},
      {"grouped-int4-32", simulated<blocks<grouped<int4, 32>>, blocks<grouped<int8, 32>>>()},
      {"grouped-int4-128", simulated<blocks<grouped<int4, 128>>, blocks<grouped<int8, 128>>>()},
  };
}

}  // namespace compare
