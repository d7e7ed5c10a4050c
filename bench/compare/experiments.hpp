// The experiments: one row of the table each. A name, what it is compared with, and how to run it once for a seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compare/dataset.hpp"
#include "compare/integer_inference.hpp"
#include "compare/network.hpp"

namespace compare {

// What one run of an experiment gave.
struct outcome {
  double error_percent = 0;
  double seconds_per_epoch = 0;
  std::size_t weight_bytes = 0;  // packed: elements of b bits take b bits
  products multiplied_by;
  double label_agreement = -1;  // percent of labels equal to the float32 network's; negative: not compared
};

struct run_context {
  const dataset* data = nullptr;
  std::size_t epochs = 10;
  std::uint64_t seed = 1;
  std::function<void(double)> progress = [](double) {};  // the share of this run that is done
};

struct experiment {
  std::string name;
  std::string bits;      // of propagated values / stored parameters
  std::string baseline;  // the row it is compared with
  bool core = true;
  std::function<outcome(const run_context&)> run;
};

inline network_shape shape_for(const dataset& data, std::size_t pieces) {
  const std::size_t hidden = data.features > 400 ? 128 : 64;
  return {{data.features, hidden, hidden, data.classes}, pieces};
}

template <class Arithmetic>
double train(network<Arithmetic>& net, const training_options& options, const dataset& data,
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
template <class Arithmetic>
outcome outcome_of(network<Arithmetic>& net, const training_options& options, const run_context& run,
                   const std::function<void(double)>& progress) {
  outcome result;
  result.seconds_per_epoch = train(net, options, *run.data, progress);
  result.error_percent = 100 * net.test_error(run.data->test_x, run.data->test_y);
  result.weight_bytes = (net.parameters() * Arithmetic::stored::bits + 7) / 8;
  result.multiplied_by = net.multiplied_by(options.batch);
  return result;
}

template <class Arithmetic>
outcome run_training(const run_context& run, recipe r, const training_options& options) {
  network<Arithmetic> net(shape_for(*run.data, r == recipe::gupta ? 1 : 2), options);
  return outcome_of(net, options, run, run.progress);
}

inline constexpr std::size_t warm_up_epochs = 2;

// Dynamic fixed point: the ranges come from warm-up epochs in float32, clipped to them but not rounded, at the rate
// that training starts with and with a decision every two batches, so that they can travel far; then training starts
// again from the first parameters. The warm-up is not in the epoch time.
template <int SignalBits, int StoredBits>
outcome run_dynamic(const run_context& run, double theta, rounding_rule updates) {
  training_options options = options_for(recipe::courbariaux, run);
  const network_shape shape = shape_for(*run.data, 2);
  std::vector<narrow::range_controller> ranges((shape.widths.size() - 1) * group_count, {3, theta, 2});
  training_options warm_up = options;
  warm_up.epochs = warm_up_epochs;
  warm_up.last_rate = warm_up.first_rate;
  const double warm_up_share = static_cast<double>(warm_up_epochs) / static_cast<double>(warm_up_epochs + run.epochs);
  network<float_arithmetic> finder(shape, warm_up, &ranges);
  train(finder, warm_up, *run.data, [&](double share) { run.progress(warm_up_share * share); });
  for (auto& range : ranges) range.set_period(100);
  options.updates = updates;
  using numbers = arithmetic<dynamic_cell<SignalBits>, dynamic_cell<SignalBits>, dynamic_cell<StoredBits>>;
  network<numbers> net(shape, options, &ranges);
  return outcome_of(net, options, run,
                    [&](double share) { run.progress(warm_up_share + (1 - warm_up_share) * share); });
}

// A float32 network trained once per seed, for the rows that quantize it.
struct trained_float {
  std::unique_ptr<network<float_arithmetic>> net;
  outcome result;
};
using float_cache = std::map<std::uint64_t, trained_float>;

inline trained_float& float_network(float_cache& cache, const run_context& run) {
  trained_float& entry = cache[run.seed];
  if (entry.net == nullptr) {
    const training_options options = options_for(recipe::courbariaux, run);
    auto net = std::make_unique<network<float_arithmetic>>(shape_for(*run.data, 2), options);
    entry.result = outcome_of(*net, options, run, run.progress);
    entry.net = std::move(net);
  }
  return entry;
}

inline outcome run_integer(float_cache& cache, const run_context& run, narrow::granularity axis) {
  trained_float& trained = float_network(cache, run);
  const dataset& data = *run.data;
  const std::size_t calibration = std::min<std::size_t>(1000, data.train_y.size()), count = data.test_y.size();
  const integer_network net(*trained.net, shape_for(data, 2), axis, data.train_x.data(), calibration);
  const auto labels = net.classify(data.test_x.data(), count);
  trained.net->forward(data.test_x.data(), count);
  const auto& logits = trained.net->pre_activation(trained.net->depth() - 1);
  std::size_t wrong = 0, same = 0;
  for (std::size_t i = 0; i < count; ++i) {
    wrong += labels[i] != data.test_y[i];
    same += labels[i] == classify(logits.data() + i * data.classes, data.classes);
  }
  const auto percent = [&](std::size_t n) { return 100 * static_cast<double>(n) / static_cast<double>(count); };
  return {percent(wrong), 0, net.weight_bytes(), net.multiplied_by(), percent(same)};
}

// Every experiment, the baselines first. The cache must outlive the list.
std::vector<experiment> all_experiments(float_cache& cache);

}  // namespace compare
