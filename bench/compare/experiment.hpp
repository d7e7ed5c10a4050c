// An experiment is one row of the report: a name, what it is compared with, and how to run it once for a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "compare/dataset.hpp"
#include "compare/products.hpp"
#include "compare/quantization.hpp"

namespace compare {

// What one run of an experiment gave.
struct outcome {
  double error_percent = 0;
  double seconds_per_epoch = 0;
  std::size_t weight_bytes = 0;  // packed: elements of b bits take b bits
  products multiplied_by;
  double label_agreement = -1;  // percent of labels equal to the float32 network's; negative: not compared
  std::optional<quantization> weights, activations;  // of post-training quantization
};

struct run_context {
  const dataset* data = nullptr;
  std::size_t epochs = 10;
  std::uint64_t seed = 1;
  std::function<void(double)> progress = [](double) {};  // the share of this run that is done
};

enum class group_of_rows { core, more, post_training };

struct experiment {
  std::string name;
  std::string bits;      // of propagated values / stored parameters
  std::string baseline;  // the row it is compared with
  group_of_rows group = group_of_rows::core;
  std::function<outcome(const run_context&)> run;
};

}  // namespace compare
