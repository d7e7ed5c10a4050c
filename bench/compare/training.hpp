// What a training run is given, the same for every arithmetic: sizes, rates, first parameters, the order of the
// examples.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "compare/cell.hpp"
#include "narrow/random.hpp"

namespace compare {

struct network_shape {
  std::vector<std::size_t> widths;  // features, hidden units, ..., classes
  std::size_t pieces = 2;           // linear units of a hidden unit; 1 is ReLU
};

struct training_options {
  std::size_t epochs = 10, batch = 100;
  double first_rate = 0.3, last_rate = 0.03;  // linear over the run
  double momentum = 0.5;
  double max_norm = 1.9365;  // 0: no bound
  rounding_rule signals = rounding_rule::nearest, updates = rounding_rule::nearest;
  std::uint64_t seed = 1;
};

// `count` initial weights of a layer: uniform in +-sqrt(6 / fans), with fans the inputs and outputs of a unit together
// (Glorot).
inline std::vector<float> uniform_weights(std::size_t count, std::size_t fans, std::size_t layer, std::uint64_t seed) {
  const double limit = std::sqrt(6.0 / static_cast<double>(fans));
  std::vector<float> w(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double unit = narrow::random_bits(seed, 1000 + layer, i) / 4294967296.0;
    w[i] = static_cast<float>((2 * unit - 1) * limit);
  }
  return w;
}

// The initial parameters; biases are zero. One function for all formats, so that they start from the same point.
inline std::vector<std::vector<float>> initial_weights(const network_shape& shape, std::uint64_t seed) {
  std::vector<std::vector<float>> weights;
  for (std::size_t l = 0; l + 1 < shape.widths.size(); ++l) {
    const bool last = l + 2 == shape.widths.size();
    const std::size_t in = shape.widths[l], units = shape.widths[l + 1];
    weights.push_back(uniform_weights(in * units * (last ? 1 : shape.pieces), in + units, l, seed));
  }
  return weights;
}

// The order of the examples in an epoch: a permutation (Fisher and Yates) of the seed and the epoch alone.
inline std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed, std::size_t epoch) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) {
    const std::size_t j = (std::uint64_t{narrow::random_bits(seed, 2000 + epoch, i)} * i) >> 32;
    std::swap(order[i - 1], order[j]);
  }
  return order;
}

}  // namespace compare
