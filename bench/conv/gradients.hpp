// The gradients of a convolution, to its data and to its weights: as many operations as the convolution has.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conv/layer.hpp"
#include "support/compute_class.hpp"
#include "support/workload.hpp"

namespace bench {

struct conv_gradient {
  std::string name;  // <format>_to_data or <format>_to_weights
  compute_class bound;
  std::function<std::unique_ptr<workload>(const layer&)> make;
};
const std::vector<conv_gradient>& all_conv_gradients();

}  // namespace bench
