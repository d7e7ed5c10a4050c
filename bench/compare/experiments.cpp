#include "compare/experiments.hpp"

#include "compare/integer_inference.hpp"
#include "compare/post_training.hpp"
#include "compare/quantized_training.hpp"
#include "compare/training_run.hpp"
#include "narrow/number.hpp"

namespace compare {

namespace {

using narrow::fixed;

template <class T>
using small_float = arithmetic<number_cell<T, float>, number_cell<T, float>, number_cell<T, float>>;
template <class Signal, class Weight, class Stored, class Gradient = Signal>
using fixed_arithmetic = arithmetic<number_cell<Signal, double>, number_cell<Weight, double>,
                                    number_cell<Stored, double>, number_cell<Gradient, double>>;

template <class Arithmetic>
std::function<outcome(const run_context&)> trained(recipe r, rounding_rule signals = rounding_rule::nearest,
                                                   rounding_rule updates = rounding_rule::nearest) {
  return [=](const run_context& run) {
    training_options options = options_for(r, run);
    options.signals = signals;
    options.updates = updates;
    return run_training<Arithmetic>(run, r, options);
  };
}

template <int SignalBits, int StoredBits>
std::function<outcome(const run_context&)> dynamic(double theta, rounding_rule updates) {
  return [=](const run_context& run) {
    training_options options = options_for(recipe::courbariaux, run);
    options.updates = updates;
    const network_shape shape = shape_for(*run.data, 2);
    const auto make = [&]<class Arithmetic>(std::type_identity<Arithmetic>, const training_options& how, auto* ranges) {
      return network<Arithmetic>(shape, how, ranges);
    };
    return run_dynamic<SignalBits, StoredBits>(run, options, shape.widths.size() - 1, theta, make);
  };
}

outcome run_integer(float_cache& cache, const run_context& run, narrow::granularity axis) {
  const trained_float& trained = float_network(cache, run);
  const integer_network net(trained, axis);
  const auto labels = net.classify(run.data->test_x.data(), run.data->test_y.size());
  return integer_outcome(net, labels, trained.labels, run);
}

}  // namespace

const trained_float& float_network(float_cache& cache, const run_context& run) {
  trained_float& entry = cache[run.seed];
  if (!entry.layers.empty()) return entry;
  const dataset& data = *run.data;
  const training_options options = options_for(recipe::courbariaux, run);
  const network_shape shape = shape_for(data, 2);
  network<float_arithmetic> net(shape, options);
  entry.result = outcome_of(net, options, run, run.progress);
  const std::size_t images = std::min(calibration_images, data.train_y.size());
  net.forward(data.train_x.data(), images);
  std::vector<float> inputs(data.train_x.begin(),
                            data.train_x.begin() + static_cast<std::ptrdiff_t>(images * data.features));
  std::vector<std::uint8_t> chosen;
  for (std::size_t l = 0; l < net.depth(); ++l) {
    const std::vector<float> b = net.biases(l);
    const std::size_t pieces = l + 1 == net.depth() ? 1 : shape.pieces;
    entry.layers.push_back({shape.widths[l], b.size(), pieces, net.weights(l), b, inputs, net.pre_activation(l)});
    activate(entry.layers.back().outputs, pieces, inputs, chosen);
  }
  net.forward(data.test_x.data(), data.test_y.size());
  const std::vector<float>& logits = net.pre_activation(net.depth() - 1);
  for (std::size_t i = 0; i < data.test_y.size(); ++i) {
    entry.labels.push_back(static_cast<std::uint8_t>(classify(logits.data() + i * data.classes, data.classes)));
  }
  return entry;
}

std::vector<experiment> all_experiments(float_cache& cache) {
  constexpr auto core = group_of_rows::core, more = group_of_rows::more;
  constexpr auto near = rounding_rule::nearest, random = rounding_rule::stochastic;
  constexpr auto maxout = recipe::courbariaux, relu = recipe::gupta;
  using f20 = fixed<6, 14>;
  using f20_low = fixed<4, 16>;
  using f10 = fixed<6, 4>;
  using f16 = fixed<8, 8>;
  using gupta_16 = fixed_arithmetic<f16, f16, f16>;
  using gupta_mixed = fixed_arithmetic<fixed<6, 10>, fixed<2, 14>, fixed<2, 14>, fixed<2, 14>>;
  const std::string base = "float32", gupta_base = "gupta-float32";
  std::vector<experiment> all{
      {base, "32", base, core, [&cache](const run_context& run) { return float_network(cache, run).result; }},
      {"float16", "16", base, core, trained<small_float<narrow::float16>>(maxout)},
      {"bfloat16", "16", base, core, trained<small_float<narrow::bfloat16>>(maxout)},
      {"fixed-20/20", "20/20", base, core, trained<fixed_arithmetic<f20, f20, f20>>(maxout)},
      {"dynamic-10/12", "10/12", base, core, dynamic<10, 12>(1e-4, near)},
      {"dynamic-10/12-sr", "10/12", base, core, dynamic<10, 12>(1e-4, random)},
      {"int8-per-tensor", "8", base, core,
       [&cache](const run_context& run) { return run_integer(cache, run, narrow::per_tensor); }},
      {"int8-per-channel", "8", base, core,
       [&cache](const run_context& run) { return run_integer(cache, run, narrow::per_column); }},
      {gupta_base, "32", gupta_base, core, trained<float_arithmetic>(relu)},
      {"gupta-8.8-rn", "16", gupta_base, core, trained<gupta_16>(relu, near, near)},
      {"gupta-8.8-sr", "16", gupta_base, core, trained<gupta_16>(relu, random, random)},
      // What must fail, and what must not: the failures of Courbariaux et al. 2014 and Gupta et al. 2015.
      {"fixed-10/20", "10/20", base, more, trained<fixed_arithmetic<f10, f10, f20>>(maxout)},
      {"fixed-20/20-int3", "20/20", base, more, trained<fixed_arithmetic<f20_low, f20_low, f20_low>>(maxout)},
      {"dynamic-10/12-theta.1", "10/12", base, more, dynamic<10, 12>(0.1, near)},
      {"dynamic-10/10", "10/10", base, more, dynamic<10, 10>(1e-4, near)},
      {"posit-16-1", "16", base, more, trained<small_float<narrow::posit<16, 1>>>(maxout)},
      {"dynamic-10/6", "10/6", base, more, dynamic<10, 6>(1e-4, near)},
      {"dynamic-10/6-sr", "10/6", base, more, dynamic<10, 6>(1e-4, random)},
      {"gupta-2.14/6.10-rn", "16", gupta_base, more, trained<gupta_mixed>(relu, near, near)},
      {"gupta-2.14/6.10-sr", "16", gupta_base, more, trained<gupta_mixed>(relu, random, random)},
  };
  std::ranges::move(quantized_training_experiments(), std::back_inserter(all));
  std::ranges::move(post_training_experiments(cache), std::back_inserter(all));
  return all;
}

}  // namespace compare
