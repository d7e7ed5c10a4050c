// Post-training quantization: the weights of the trained float32 network and the inputs of each of its layers in a
// format of few bits. Biases, activation functions and what is between the products stay float32.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include "compare/experiment.hpp"
#include "compare/trained_float.hpp"

namespace compare {

using real_matrix = narrow::matrix_view<const float>;

// A format's version of some values, read back, and the bits of its codes and scales.
struct coded_values {
  std::vector<float> values;
  double bits = 0;
};

// What was quantized so far: the squares of values and of what quantizing changed.
class quantization_tally {
 public:
  void add(const real_matrix& x, const coded_values& coded) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double value = static_cast<double>(x.data()[i]), gap = static_cast<double>(coded.values[i]) - value;
      signal_ += value * value;
      noise_ += gap * gap;
    }
    bits_ += coded.bits;
    count_ += x.size();
  }
  double bits() const { return bits_; }
  quantization result() const {
    return {bits_ / static_cast<double>(count_),
            noise_ == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal_ / noise_)};
  }

 private:
  double signal_ = 0, noise_ = 0, bits_ = 0;
  std::size_t count_ = 0;
};

// A layer under a format: z = x w + bias, of which x (rows x depth) is quantized first.
struct quantized_layer {
  coded_values weights;
  products how;
  std::function<coded_values(const real_matrix& x, const std::vector<float>& bias, const narrow::matrix_view<float>& z)>
      multiply;
};
// Made of the weights (depth x units) and a sample of the layer's inputs, for formats whose parameters follow from
// data. All of them row-major without gaps.
using layer_maker = std::function<quantized_layer(const real_matrix& weights, const real_matrix& sample)>;

// Tests the seed's float32 network, which is trained if it is not there yet, with layers made so. The cache must
// outlive the result.
std::function<outcome(const run_context&)> post_training(float_cache& cache, layer_maker make);

// One row of each format. The cache must outlive the list.
std::vector<experiment> post_training_experiments(float_cache& cache);

}  // namespace compare
