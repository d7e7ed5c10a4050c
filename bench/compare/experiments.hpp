// The experiments of the main job, in the order of its report.
#pragma once

#include <cstddef>
#include <vector>

#include "compare/experiment.hpp"
#include "compare/trained_float.hpp"

namespace compare {

// Of dynamic fixed point, in float32, before it trains.
inline constexpr std::size_t warm_up_epochs = 2;

// Every experiment, the baselines first. The cache must outlive the list.
std::vector<experiment> all_experiments(float_cache& cache);

}  // namespace compare
