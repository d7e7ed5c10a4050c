// The calibration network, trained in any arithmetic: fully connected layers, maxout (the largest of `pieces` linear
// units) or ReLU, softmax at the end; minibatch gradient descent with momentum and a max-norm bound on each unit's
// incoming weights (Courbariaux et al. 2014; with one piece, Gupta et al. 2015).
//
// An arithmetic names five cells: Signal for what is propagated forward (z and y), Gradient for what comes back (dy and
// dz), Update for the parameters' gradients (dW, db) and the updates with their momentum, Weight for the parameters as
// the products and sums use them, Stored for the parameters as they are kept. Each layer has ten groups of values, each
// with a range of its own where the format has ranges: z, y, W, b, dy, dz, dW, db, updW, updb.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "compare/activation.hpp"
#include "compare/products.hpp"
#include "compare/training.hpp"
#include "compare/update.hpp"
#include "narrow/gemm.hpp"

namespace compare {

enum group : std::size_t {
  group_z,
  group_y,
  group_w,
  group_b,
  group_dy,
  group_dz,
  group_dw,
  group_db,
  group_upd_w,
  group_upd_b
};
inline constexpr std::size_t group_count = 10;

template <class SignalCell, class WeightCell, class StoredCell, class GradientCell = SignalCell,
          class UpdateCell = GradientCell>
struct arithmetic {
  using signal = SignalCell;
  using gradient = GradientCell;
  using update = UpdateCell;
  using weight = WeightCell;
  using stored = StoredCell;
  using work = typename SignalCell::work;
};
using float_arithmetic = arithmetic<float_cell, float_cell, float_cell>;

template <class Arithmetic>
class network {
 public:
  using work = typename Arithmetic::work;
  using signal = typename Arithmetic::signal;
  using gradient = typename Arithmetic::gradient;
  using update = typename Arithmetic::update;
  using weight = typename Arithmetic::weight;
  using stored = typename Arithmetic::stored;

  network(const network_shape& shape, const training_options& options,
          std::vector<narrow::range_controller>* ranges = nullptr)
      : shape_(shape), options_(options), ranges_(ranges), bits_{options.seed, 1U << 20} {
    const auto weights = initial_weights(shape, options.seed);
    layers_.resize(shape.widths.size() - 1);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layer& now = layers_[l];
      now.in = shape.widths[l];
      now.units = shape.widths[l + 1];
      now.pieces = l + 1 == layers_.size() ? 1 : shape.pieces;
      now.w.resize(now.in, now.out());
      now.w_used.resize(now.in, now.out());
      now.b.resize(1, now.out());
      now.b_used.resize(1, now.out());
      now.upd_w.resize(now.in, now.out());
      now.upd_b.resize(1, now.out());
      attach(now.w, l, group_w), attach(now.w_used, l, group_w);
      attach(now.b, l, group_b), attach(now.b_used, l, group_b);
      attach(now.upd_w, l, group_upd_w), attach(now.upd_b, l, group_upd_b);
      std::vector<work> start(weights[l].begin(), weights[l].end());
      now.w.assign(start.data(), {}, bits_);
      start.assign(now.out(), work{});
      now.b.assign(start.data(), {}, bits_);
    }
  }

  // One step on a batch of `count` rows of features and their labels.
  void step(const float* x, const std::uint8_t* labels, std::size_t count, double rate) {
    forward(x, count, observation::counted);
    backward(labels, count);
    for (std::size_t l = 0; l < layers_.size(); ++l) move(layers_[l], rate);
    if (ranges_ != nullptr) {
      for (auto& range : *ranges_) range.end_batch();
    }
  }

  // The share of misclassified rows. Teaches nothing to the ranges.
  double test_error(const std::vector<float>& x, const std::vector<std::uint8_t>& labels) {
    const std::size_t features = shape_.widths.front(), classes = shape_.widths.back();
    std::size_t wrong = 0;
    for (std::size_t first = 0; first < labels.size(); first += 500) {
      const std::size_t count = std::min<std::size_t>(500, labels.size() - first);
      forward(x.data() + first * features, count);
      for (std::size_t i = 0; i < count; ++i)
        wrong += classify(logits_.data() + i * classes, classes) == labels[first + i] ? 0U : 1U;
    }
    return static_cast<double>(wrong) / static_cast<double>(labels.size());
  }

  std::size_t parameters() const {
    std::size_t n = 0;
    for (const layer& l : layers_) n += (l.in + 1) * l.out();
    return n;
  }

  // For post-training quantization: the parameters, and z of a layer after forward().
  std::size_t depth() const { return layers_.size(); }
  std::vector<work> weights(std::size_t l) const { return values_of(layers_[l].w); }
  std::vector<work> biases(std::size_t l) const { return values_of(layers_[l].b); }
  const std::vector<work>& pre_activation(std::size_t l) const { return layers_[l].z_values; }

  // How the products of a step on a batch of `count` rows are computed.
  products multiplied_by(std::size_t count) const {
    products all;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const layer& now = layers_[l];
      all.add(products_of(now.x.operand(), now.w_used.operand(), now.in));
      all.add(products_of(narrow::transposed(now.x.operand()), now.dz.operand(), count));
      if (l > 0) all.add(products_of(now.dz.operand(), narrow::transposed(now.w_used.operand()), now.out()));
    }
    return all;
  }

  void forward(const float* x, std::size_t count, observation seen = observation::not_counted) {
    const conversion as_signal{options_.signals, seen}, as_parameter{options_.signals, observation::not_counted};
    std::vector<work> input(x, x + count * shape_.widths.front());
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layer& now = layers_[l];
      prepare(now.x, count, now.in);
      if (l > 0) {
        attach(now.x, l - 1, group_y);
      } else if (ranges_ != nullptr) {
        now.x.range = &input_range_;
      }
      now.x.assign(input.data(), as_signal, bits_);
      now.w_values = values_of(now.w);
      now.w_used.assign(now.w_values.data(), as_parameter, bits_);
      now.b_used.assign(values_of(now.b).data(), as_parameter, bits_);
      const std::vector<work> b = values_of(now.b_used);
      now.z_values.resize(count * now.out());
      narrow::gemm(now.x.operand(), now.w_used.operand(), narrow::view(now.z_values.data(), count, now.out()),
                   narrow::bias(b));
      prepare(now.z, count, now.out());
      attach(now.z, l, group_z);
      now.z.assign(now.z_values.data(), as_signal, bits_);
      now.z.read(now.z_values.data());
      if (l + 1 < layers_.size()) activate(now.z_values, now.pieces, input, now.chosen);
    }
    logits_ = layers_.back().z_values;
  }

 private:
  struct layer {
    std::size_t in = 0, units = 0, pieces = 1;
    std::size_t out() const { return units * pieces; }
    stored w, b;
    weight w_used, b_used;
    signal x, z;
    gradient dz, dy;
    update dw, db, upd_w, upd_b;
    std::vector<work> w_values, z_values, dz_values;
    std::vector<std::uint8_t> chosen;
  };

  template <class Cell>
  void attach(Cell& cell, std::size_t l, std::size_t g) {
    if (ranges_ != nullptr) cell.range = &(*ranges_)[l * group_count + g];
  }
  void backward(const std::uint8_t* labels, std::size_t count) {
    const conversion as_gradient{options_.signals, observation::counted};
    std::vector<work> dz = softmax_gradient(logits_, labels, count), dy;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      layer& now = layers_[l];
      prepare(now.dz, count, now.out());
      attach(now.dz, l, group_dz);
      now.dz.assign(dz.data(), as_gradient, bits_);
      now.dz.read(dz.data());
      // Gradients of the parameters.
      std::vector<work> slope(now.in * now.out());
      narrow::gemm(narrow::transposed(now.x.operand()), now.dz.operand(),
                   narrow::view(slope.data(), now.in, now.out()));
      prepare(now.dw, now.in, now.out());
      attach(now.dw, l, group_dw);
      now.dw.assign(slope.data(), as_gradient, bits_);
      slope.assign(now.out(), work{});
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < now.out(); ++j) slope[j] += dz[i * now.out() + j];
      }
      prepare(now.db, 1, now.out());
      attach(now.db, l, group_db);
      now.db.assign(slope.data(), as_gradient, bits_);
      if (l == 0) break;
      // Gradient of the inputs, then through the activation below.
      layer& below = layers_[l - 1];
      dy.resize(count * now.in);
      narrow::gemm(now.dz.operand(), narrow::transposed(now.w_used.operand()), narrow::view(dy.data(), count, now.in));
      prepare(below.dy, count, now.in);
      attach(below.dy, l - 1, group_dy);
      below.dy.assign(dy.data(), as_gradient, bits_);
      below.dy.read(dy.data());
      activate_backward(dy, below.pieces, below.chosen, dz);
    }
  }

  void move(layer& now, double rate) {
    descend_layer(now, options_, rate, bits_, now.out(), options_.max_norm,
                  [&](std::size_t i) { return i % now.out(); });
  }

  network_shape shape_;
  training_options options_;
  std::vector<narrow::range_controller>* ranges_;
  narrow::range_controller input_range_{1, 0.0, 1};  // inputs lie in [0, 1]: their range is not learned
  bit_source bits_;
  std::vector<layer> layers_;
  std::vector<work> logits_;
};

}  // namespace compare
