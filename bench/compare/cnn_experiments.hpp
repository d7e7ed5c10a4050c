// The experiments of --network cnn, in the order of its report: the maxout network's rows, then those of the one with
// ReLU, whose names begin with relu.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compare/cnn_integer.hpp"
#include "compare/experiment.hpp"

namespace compare {

// The float32 network that rows of integers quantize, with what they need of it.
struct trained_cnn {
  std::unique_ptr<cnn_network<float_arithmetic>> net;
  std::vector<value_range> ranges;
  std::vector<std::uint8_t> labels;  // of the test images
  outcome result;
};
using cnn_cache = std::map<std::string, trained_cnn>;  // by the name of its row; of one seed

// The cache must outlive the list.
std::vector<experiment> cnn_experiments(cnn_cache& cache);

}  // namespace compare
