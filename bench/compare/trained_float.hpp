// The float32 network that rows of other formats quantize: trained once a seed.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compare/experiment.hpp"

namespace compare {

struct trained_layer {
  std::size_t in = 0, out = 0, pieces = 1;  // of the activation after it; the last layer has none
  std::vector<float> weights, biases;       // in x out; out
  std::vector<float> inputs, outputs;       // of the calibration images, the outputs before the activation
};

struct trained_float {
  std::vector<trained_layer> layers;
  std::vector<std::uint8_t> labels;  // of the test images; as many as classes where the network gives none
  outcome result;
};
using float_cache = std::map<std::uint64_t, trained_float>;

// The first training images, or all where there are fewer.
inline constexpr std::size_t calibration_images = 1000;

// The seed's network, trained where the cache does not have it yet.
const trained_float& float_network(float_cache& cache, const run_context& run);

}  // namespace compare
