#include "compare/cnn_experiments.hpp"

#include "compare/training_run.hpp"
#include "narrow/number.hpp"

namespace compare {

namespace {

// What the rows of one network share. The maxout network begins at the rate of its source, on small images at twice
// that; momentum as for the dense one.
struct cnn_recipe {
  std::string prefix;
  cnn_shape (*shape)(const dataset&);
  double first_rate, last_rate;

  training_options options(const run_context& run) const {
    training_options result;
    result.epochs = run.epochs;
    result.seed = run.seed;
    const double scale = shape == maxout_cnn && run.data->features < 400 ? 2 : 1;
    result.first_rate = scale * first_rate, result.last_rate = scale * last_rate;
    return result;
  }
};

template <class Arithmetic>
std::function<outcome(const run_context&)> trained(const cnn_recipe& recipe, const loss_scaler& scaler = {}) {
  return [=](const run_context& run) {
    const training_options options = recipe.options(run);
    cnn_network<Arithmetic> net(recipe.shape(*run.data), options, scaler);
    return outcome_of(net, options, run, run.progress);
  };
}

template <int SignalBits, int StoredBits>
std::function<outcome(const run_context&)> dynamic(const cnn_recipe& recipe) {
  return [=](const run_context& run) {
    const cnn_shape shape = recipe.shape(*run.data);
    const auto make = [&]<class Arithmetic>(std::type_identity<Arithmetic>, const training_options& how, auto* ranges) {
      return cnn_network<Arithmetic>(shape, how, loss_scaler(), ranges);
    };
    return run_dynamic<SignalBits, StoredBits>(run, recipe.options(run), shape.layers.size(), 1e-4, make);
  };
}

const trained_cnn& float_network(cnn_cache& cache, const cnn_recipe& recipe, const run_context& run) {
  trained_cnn& entry = cache[recipe.prefix];
  if (entry.net != nullptr) return entry;
  const dataset& data = *run.data;
  const training_options options = recipe.options(run);
  auto net = std::make_unique<cnn_network<float_arithmetic>>(recipe.shape(data), options);
  entry.result = outcome_of(*net, options, run, run.progress);
  entry.ranges = ranges_of(*net, data.train_x.data(), std::min<std::size_t>(1000, data.train_y.size()));
  entry.labels = net->classify(data.test_x);
  entry.net = std::move(net);
  return entry;
}

outcome run_integer(cnn_cache& cache, const cnn_recipe& recipe, const run_context& run, narrow::granularity axis) {
  const trained_cnn& trained = float_network(cache, recipe, run);
  const integer_cnn net(*trained.net, trained.ranges, axis);
  return integer_outcome(net, net.classify(run.data->test_x), trained.labels, run);
}

template <class T>
using small_float = arithmetic<number_cell<T, float>, number_cell<T, float>, number_cell<T, float>>;

void add_rows(std::vector<experiment>& to, cnn_cache& cache, const cnn_recipe& recipe) {
  using f20 = number_cell<narrow::fixed<6, 14>, double>;
  // E4M3 forward, E5M2 backward (Micikevicius et al. 2022); the parameters, their gradients and updates in float32.
  using e4m3 = number_cell<narrow::float8_e4m3fn, float>;
  using e5m2 = number_cell<narrow::float8_e5m2, float>;
  using fp8 = arithmetic<e4m3, e4m3, float_cell, e5m2, float_cell>;
  const std::string base = recipe.prefix + "float32";
  const auto add = [&](const char* name, const char* bits, std::function<outcome(const run_context&)> run) {
    to.push_back({recipe.prefix + name, bits, base, group_of_rows::core, std::move(run)});
  };
  add("float32", "32", [&cache, recipe](const run_context& run) { return float_network(cache, recipe, run).result; });
  add("float16", "16", trained<small_float<narrow::float16>>(recipe));
  add("bfloat16", "16", trained<small_float<narrow::bfloat16>>(recipe));
  add("fixed-20/20", "20/20", trained<arithmetic<f20, f20, f20>>(recipe));
  add("dynamic-10/12", "10/12", dynamic<10, 12>(recipe));
  add("fp8-e4m3/e5m2", "8/32", trained<fp8>(recipe, loss_scaler(1024, 200)));
  add("int8-per-tensor", "8",
      [&cache, recipe](const run_context& run) { return run_integer(cache, recipe, run, narrow::per_tensor); });
  add("int8-per-channel", "8",
      [&cache, recipe](const run_context& run) { return run_integer(cache, recipe, run, narrow::per_axis(0)); });
}

}  // namespace

std::vector<experiment> cnn_experiments(cnn_cache& cache) {
  std::vector<experiment> all;
  add_rows(all, cache, {"", maxout_cnn, 0.05, 0.005});
  add_rows(all, cache, {"relu-", relu_cnn, 0.1, 0.01});
  return all;
}

}  // namespace compare
