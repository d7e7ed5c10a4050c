// What a network computes between its products: maxout or ReLU, the class of a row of logits, the softmax's gradient.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace compare {

template <class Real>
std::size_t argmax(const Real* v, std::size_t n) {
  return static_cast<std::size_t>(std::max_element(v, v + n) - v);
}

// The class of a row of n logits. A row that is not finite has none: the result, n, is no label.
template <class Real>
std::size_t classify(const Real* logits, std::size_t n) {
  return std::all_of(logits, logits + n, [](Real v) { return std::isfinite(v); }) ? argmax(logits, n) : n;
}

// y = the largest of each `pieces` neighbours of z, with its index in `chosen`; of one piece the positive part, with 1
// in `chosen` where it is zero.
template <class Real>
void activate(const std::vector<Real>& z, std::size_t pieces, std::vector<Real>& y, std::vector<std::uint8_t>& chosen) {
  y.resize(z.size() / pieces);
  chosen.resize(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Real* const from = z.data() + i * pieces;
    if (pieces == 1) {
      chosen[i] = from[0] > 0 ? 0 : 1;
      y[i] = from[0] > 0 ? from[0] : Real{0};
    } else {
      const std::size_t best = argmax(from, pieces);
      chosen[i] = static_cast<std::uint8_t>(best);
      y[i] = from[best];
    }
  }
}

// dz from dy: each goes to the piece that was chosen.
template <class Real>
void activate_backward(const std::vector<Real>& dy, std::size_t pieces, const std::vector<std::uint8_t>& chosen,
                       std::vector<Real>& dz) {
  dz.assign(dy.size() * pieces, Real{});
  for (std::size_t i = 0; i < dy.size(); ++i) {
    if (chosen[i] < pieces) dz[i * pieces + chosen[i]] = dy[i];
  }
}

// The gradient of the mean cross entropy of a batch with respect to its logits.
template <class Real>
std::vector<Real> softmax_gradient(const std::vector<Real>& logits, const std::uint8_t* labels, std::size_t count) {
  const std::size_t classes = logits.size() / count;
  std::vector<Real> gradient(logits.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Real* const z = logits.data() + i * classes;
    Real* const d = gradient.data() + i * classes;
    const Real top = *std::max_element(z, z + classes);
    Real total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += d[j] = std::exp(z[j] - top);
    for (std::size_t j = 0; j < classes; ++j) {
      d[j] = (d[j] / total - (j == labels[i] ? Real{1} : Real{0})) / static_cast<Real>(count);
    }
  }
  return gradient;
}

}  // namespace compare
