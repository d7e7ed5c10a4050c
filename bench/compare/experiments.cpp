#include "compare/experiments.hpp"

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
  return [=](const run_context& run) { return run_dynamic<SignalBits, StoredBits>(run, theta, updates); };
}

}  // namespace

std::vector<experiment> all_experiments(float_cache& cache) {
  constexpr auto near = rounding_rule::nearest, random = rounding_rule::stochastic;
  constexpr auto maxout = recipe::courbariaux, relu = recipe::gupta;
  using f20 = fixed<6, 14>;
  using f20_low = fixed<4, 16>;
  using f10 = fixed<6, 4>;
  using f16 = fixed<8, 8>;
  using gupta_16 = fixed_arithmetic<f16, f16, f16>;
  using gupta_mixed = fixed_arithmetic<fixed<6, 10>, fixed<2, 14>, fixed<2, 14>, fixed<2, 14>>;
  const std::string base = "float32", gupta_base = "gupta-float32";
  return {
      {base, "32", base, true, [&cache](const run_context& run) { return float_network(cache, run).result; }},
      {"float16", "16", base, true, trained<small_float<narrow::float16>>(maxout)},
      {"bfloat16", "16", base, true, trained<small_float<narrow::bfloat16>>(maxout)},
      {"fixed-20/20", "20/20", base, true, trained<fixed_arithmetic<f20, f20, f20>>(maxout)},
      {"dynamic-10/12", "10/12", base, true, dynamic<10, 12>(1e-4, near)},
      {"dynamic-10/12-sr", "10/12", base, true, dynamic<10, 12>(1e-4, random)},
      {"int8-per-tensor", "8", base, true,
       [&cache](const run_context& run) { return run_integer(cache, run, narrow::per_tensor); }},
      {"int8-per-channel", "8", base, true,
       [&cache](const run_context& run) { return run_integer(cache, run, narrow::per_column); }},
      {gupta_base, "32", gupta_base, true, trained<float_arithmetic>(relu)},
      {"gupta-8.8-rn", "16", gupta_base, true, trained<gupta_16>(relu, near, near)},
      {"gupta-8.8-sr", "16", gupta_base, true, trained<gupta_16>(relu, random, random)},
      // What must fail, and what must not: the failures of Courbariaux et al. 2014 and Gupta et al. 2015.
      {"fixed-10/20", "10/20", base, false, trained<fixed_arithmetic<f10, f10, f20>>(maxout)},
      {"fixed-20/20-int3", "20/20", base, false, trained<fixed_arithmetic<f20_low, f20_low, f20_low>>(maxout)},
      {"dynamic-10/12-theta.1", "10/12", base, false, dynamic<10, 12>(0.1, near)},
      {"dynamic-10/10", "10/10", base, false, dynamic<10, 10>(1e-4, near)},
      {"dynamic-10/6", "10/6", base, false, dynamic<10, 6>(1e-4, near)},
      {"dynamic-10/6-sr", "10/6", base, false, dynamic<10, 6>(1e-4, random)},
      {"gupta-2.14/6.10-rn", "16", gupta_base, false, trained<gupta_mixed>(relu, near, near)},
      {"gupta-2.14/6.10-sr", "16", gupta_base, false, trained<gupta_mixed>(relu, random, random)},
  };
}

}  // namespace compare
