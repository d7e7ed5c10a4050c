// One training run from the first parameters to the test, in any arithmetic.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

#include "compare/experiment.hpp"
#include "compare/experiments.hpp"
#include "compare/network.hpp"

namespace compare {

inline network_shape shape_for(const dataset& data, std::size_t pieces) {
  const std::size_t hidden = data.features > 400 ? 128 : 64;
  return {{data.features, hidden, hidden, data.classes}, pieces};
}

// Steps of `network` or `cnn_network`, in any arithmetic, through the epochs; the seconds of one.
template <class Network>
double train(Network& net, const training_options& options, const dataset& data,
             const std::function<void(double)>& progress) {
  const std::size_t count = data.train_y.size(), batches = count / options.batch;
  std::vector<float> x(options.batch * data.features);
  std::vector<std::uint8_t> labels(options.batch);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t epoch = 0; epoch < options.epochs; ++epoch) {
    const double along = options.epochs == 1 ? 0 : static_cast<double>(epoch) / static_cast<double>(options.epochs - 1);
    const double rate = options.first_rate + along * (options.last_rate - options.first_rate);
    const auto order = shuffled(count, options.seed, epoch);
    for (std::size_t b = 0; b < batches; ++b) {
      for (std::size_t i = 0; i < options.batch; ++i) {
        const std::size_t from = order[b * options.batch + i];
        std::copy_n(data.train_x.data() + from * data.features, data.features, x.data() + i * data.features);
        labels[i] = data.train_y[from];
      }
      net.step(x.data(), labels.data(), options.batch, rate);
      if (b % 16 == 0) {
        progress((static_cast<double>(epoch) + static_cast<double>(b) / static_cast<double>(batches)) /
                 static_cast<double>(options.epochs));
      }
    }
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return taken.count() / static_cast<double>(options.epochs);
}

// Courbariaux's network (maxout, momentum, max-norm) or Gupta's (ReLU, plain descent).
enum class recipe { courbariaux, gupta };
inline training_options options_for(recipe r, const run_context& run) {
  training_options options;
  options.epochs = run.epochs;
  options.seed = run.seed;
  if (r == recipe::gupta) {
    options.first_rate = 0.1;
    options.last_rate = 0.01;
    options.momentum = 0;
    options.max_norm = 0;
  }
  return options;
}

// Trains and tests a network.
template <class Network>
outcome outcome_of(Network& net, const training_options& options, const run_context& run,
                   const std::function<void(double)>& progress) {
  outcome result;
  result.seconds_per_epoch = train(net, options, *run.data, progress);
  result.error_percent = 100 * net.test_error(run.data->test_x, run.data->test_y);
  result.weight_bytes = (net.parameters() * Network::stored::bits + 7) / 8;
  result.multiplied_by = net.multiplied_by(options.batch);
  return result;
}

template <class Arithmetic>
outcome run_training(const run_context& run, recipe r, const training_options& options) {
  network<Arithmetic> net(shape_for(*run.data, r == recipe::gupta ? 1 : 2), options);
  return outcome_of(net, options, run, run.progress);
}

// Of a network that was not trained as it is, with the labels that it and the float32 one give to the test images.
template <class Network>
outcome integer_outcome(const Network& net, const std::vector<std::uint8_t>& labels,
                        const std::vector<std::uint8_t>& of_float, const run_context& run) {
  std::size_t wrong = 0, same = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    wrong += labels[i] != run.data->test_y[i];
    same += labels[i] == of_float[i];
  }
  const auto percent = [&](std::size_t n) { return 100 * static_cast<double>(n) / static_cast<double>(labels.size()); };
  return {percent(wrong), 0, net.weight_bytes(), net.multiplied_by(), percent(same), {}, {}};
}

// Dynamic fixed point: the ranges come from warm-up epochs in float32, clipped to them but not rounded, at the rate
// that training starts with and with a decision every two batches, so that they can travel far; then training starts
// again from the first parameters. The warm-up is not in the epoch time.
// make(std::type_identity<arithmetic>, options, ranges) gives the network of `layers` layers.
template <int SignalBits, int StoredBits, class Make>
outcome run_dynamic(const run_context& run, const training_options& options, std::size_t layers, double theta,
                    const Make& make) {
  std::vector<narrow::range_controller> ranges(layers * group_count, {3, theta, 2});
  training_options warm_up = options;
  warm_up.epochs = warm_up_epochs;
  warm_up.last_rate = warm_up.first_rate;
  warm_up.updates = rounding_rule::nearest;
  const double warm_up_share = static_cast<double>(warm_up_epochs) / static_cast<double>(warm_up_epochs + run.epochs);
  auto finder = make(std::type_identity<float_arithmetic>(), warm_up, &ranges);
  train(finder, warm_up, *run.data, [&](double share) { run.progress(warm_up_share * share); });
  for (auto& range : ranges) range.set_period(100);
  using numbers = arithmetic<dynamic_cell<SignalBits>, dynamic_cell<SignalBits>, dynamic_cell<StoredBits>>;
  auto net = make(std::type_identity<numbers>(), options, &ranges);
  return outcome_of(net, options, run,
                    [&](double share) { run.progress(warm_up_share + (1 - warm_up_share) * share); });
}

}  // namespace compare
