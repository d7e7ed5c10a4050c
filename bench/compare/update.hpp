// One step of gradient descent with momentum, in any arithmetic.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "compare/cell.hpp"

namespace compare {

struct descent {
  double momentum = 0, rate = 0;
};

// v <- momentum v - rate g; w <- w + v, of the parameter's values in `w`; then bound(w) and the parameter is kept.
template <class Velocity, class Slope, class Stored, class Work, class Bound>
void descend(Velocity& velocity, const Slope& slope, Stored& parameter, std::vector<Work>& w, const descent& by,
             conversion how, bit_source& bits, const Bound& bound) {
  std::vector<Work> v = values_of(velocity);
  const std::vector<Work> g = values_of(slope);
  const auto keep = static_cast<Work>(by.momentum), step = static_cast<Work>(by.rate);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = keep * v[i] - step * g[i];
  velocity.assign(v.data(), how, bits);
  velocity.read(v.data());
  for (std::size_t i = 0; i < w.size(); ++i) w[i] += v[i];
  bound(w);
  parameter.assign(w.data(), how, bits);
}

// Brings the norm of the weights into each unit down to max_norm, where it is above. Weight i belongs to unit
// unit_of(i). A max_norm of 0 bounds nothing.
template <class Work, class UnitOf>
void bound_norms(std::vector<Work>& w, std::size_t units, double max_norm, const UnitOf& unit_of) {
  if (max_norm <= 0) return;
  std::vector<Work> factors(units, Work{});
  for (std::size_t i = 0; i < w.size(); ++i) factors[unit_of(i)] += w[i] * w[i];
  for (Work& f : factors) {
    const Work norm = std::sqrt(f);
    f = norm > static_cast<Work>(max_norm) ? static_cast<Work>(max_norm) / norm : Work{1};
  }
  for (std::size_t i = 0; i < w.size(); ++i) w[i] *= factors[unit_of(i)];
}

// One step of a layer's weights, whose norms are bounded, and biases.
template <class Layer, class Options, class UnitOf>
void descend_layer(Layer& now, const Options& options, double rate, bit_source& bits, std::size_t units,
                   double max_norm, const UnitOf& unit_of) {
  const conversion as_update{options.updates, observation::counted};
  const descent by{options.momentum, rate};
  descend(now.upd_w, now.dw, now.w, now.w_values, by, as_update, bits,
          [&](auto& w) { bound_norms(w, units, max_norm, unit_of); });
  auto b = values_of(now.b);
  descend(now.upd_b, now.db, now.b, b, by, as_update, bits, [](const auto&) {});
}

}  // namespace compare
