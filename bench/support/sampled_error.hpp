// How far a result is from what it should be.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace bench {

// The largest of 64 errors, in units of the largest wanted element; sample(t) is {wanted, got}.
template <class Sample>
double largest_sampled_error(const Sample& sample) {
  double largest = 0, error = 0;
  for (std::size_t t = 0; t < 64; ++t) {
    const std::pair<double, double> one = sample(t);
    largest = std::max(largest, std::abs(one.first));
    error = std::max(error, std::abs(one.second - one.first));
  }
  return largest > 0 ? error / largest : error;
}

}  // namespace bench
