#include "compare/post_training.hpp"

#include <utility>

#include "compare/activation.hpp"
#include "compare/post_training_formats.hpp"

namespace compare {

namespace {

outcome tested(const trained_float& trained, const dataset& data, const layer_maker& make) {
  quantization_tally weights, inputs;
  std::vector<quantized_layer> layers;
  outcome result;
  std::size_t biases = 0;
  for (const trained_layer& real : trained.layers) {
    const auto w = narrow::view(real.weights, real.in, real.out);
    layers.push_back(make(w, narrow::view(real.inputs, real.inputs.size() / real.in, real.in)));
    weights.add(w, layers.back().weights);
    result.multiplied_by.add(layers.back().how);
    biases += real.out;
  }
  std::size_t wrong = 0, same = 0;
  const std::size_t count = data.test_y.size();
  std::vector<float> x, z;
  std::vector<std::uint8_t> chosen;
  for (std::size_t first = 0; first < count; first += 500) {
    const std::size_t rows = std::min<std::size_t>(500, count - first);
    const auto from = data.test_x.begin() + static_cast<std::ptrdiff_t>(first * data.features);
    x.assign(from, from + static_cast<std::ptrdiff_t>(rows * data.features));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const trained_layer& real = trained.layers[l];
      const real_matrix input = narrow::view(x.data(), rows, real.in);
      z.resize(rows * real.out);
      inputs.add(input, layers[l].multiply(input, real.biases, narrow::view(z.data(), rows, real.out)));
      if (l + 1 < layers.size()) activate(z, real.pieces, x, chosen);
    }
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t label = classify(z.data() + i * data.classes, data.classes);
      wrong += label != data.test_y[first + i];
      same += label == trained.labels[first + i];
    }
  }
  const auto percent = [&](std::size_t n) { return 100 * static_cast<double>(n) / static_cast<double>(count); };
  result.error_percent = percent(wrong);
  result.label_agreement = percent(same);
  result.weights = weights.result(), result.activations = inputs.result();
  result.weight_bytes = static_cast<std::size_t>(std::ceil(weights.bits() / 8)) + 4 * biases;
  return result;
}

}  // namespace

quantized_layer detail::decoded_layer(const real_matrix& weights, const coder& of_weights, coder of_inputs) {
  quantized_layer layer;
  layer.weights = of_weights(weights);
  const std::size_t depth = weights.rows(), units = weights.columns();
  layer.how = products_of(weights, weights, depth);
  layer.how.native = false;
  layer.multiply = [w = layer.weights.values, depth, units, of_inputs = std::move(of_inputs)](
                       const real_matrix& x, const std::vector<float>& bias, const narrow::matrix_view<float>& z) {
    coded_values decoded = of_inputs(x);
    narrow::gemm(narrow::view(std::as_const(decoded.values), x.rows(), depth), narrow::view(w, depth, units), z,
                 narrow::bias(bias));
    return decoded;
  };
  return layer;
}

std::function<outcome(const run_context&)> post_training(float_cache& cache, layer_maker make) {
  return [&cache, make = std::move(make)](const run_context& run) {
    return tested(float_network(cache, run), *run.data, make);
  };
}

std::vector<experiment> post_training_experiments(float_cache& cache) {
  std::vector<experiment> all;
  for (const auto rows : {float_rows, posit_rows, integer_rows, block_rows}) {
    for (auto& [name, make] : rows()) {
      all.push_back(
          {"ptq-" + name, "", "float32", group_of_rows::post_training, post_training(cache, std::move(make))});
    }
  }
  return all;
}

}  // namespace compare
