// The calibration network, trained in any arithmetic: fully connected layers, maxout (the largest of `pieces` linear
// units) or ReLU, softmax at the end; minibatch gradient descent with momentum and a max-norm bound on each unit's
// incoming weights (Courbariaux et al. 2014; with one piece, Gupta et al. 2015).
//
// An arithmetic names four cells: Signal for what is propagated forward (z and y), Gradient for what comes back (dy,
// dz, dW, db), Weight for the weights that products use, Stored for the parameters and their updates. Each layer has
// ten groups of values, each with a range of its own where the format has ranges: z, y, W, b, dy, dz, dW, db, updW,
// updb.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "compare/cell.hpp"
#include "compare/products.hpp"
#include "narrow/gemm.hpp"

namespace compare {

struct network_shape {
  std::vector<std::size_t> widths;  // features, hidden units, ..., classes
  std::size_t pieces = 2;           // linear units of a hidden unit; 1 is ReLU
};

struct training_options {
  std::size_t epochs = 10, batch = 100;
  double first_rate = 0.3, last_rate = 0.03;  // linear over the run
  double momentum = 0.5;
  double max_norm = 1.9365;  // 0: no bound
  rounding_rule signals = rounding_rule::nearest, updates = rounding_rule::nearest;
  std::uint64_t seed = 1;
};

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

template <class SignalCell, class WeightCell, class StoredCell, class GradientCell = SignalCell>
struct arithmetic {
  using signal = SignalCell;
  using gradient = GradientCell;
  using weight = WeightCell;
  using stored = StoredCell;
  using work = typename SignalCell::work;
};
using float_arithmetic = arithmetic<float_cell, float_cell, float_cell>;

// The initial parameters: uniform in +-sqrt(6 / (inputs + outputs)) (Glorot), biases zero. One function for all
// formats, so that they start from the same point.
inline std::vector<std::vector<float>> initial_weights(const network_shape& shape, std::uint64_t seed) {
  std::vector<std::vector<float>> weights;
  for (std::size_t l = 0; l + 1 < shape.widths.size(); ++l) {
    const bool last = l + 2 == shape.widths.size();
    const std::size_t in = shape.widths[l], out = shape.widths[l + 1] * (last ? 1 : shape.pieces);
    const double limit = std::sqrt(6.0 / static_cast<double>(in + shape.widths[l + 1]));
    auto& w = weights.emplace_back(in * out);
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double unit = narrow::random_bits(seed, 1000 + l, i) / 4294967296.0;
      w[i] = static_cast<float>((2 * unit - 1) * limit);
    }
  }
  return weights;
}

template <class Arithmetic>
class network {
 public:
  using work = typename Arithmetic::work;
  using signal = typename Arithmetic::signal;
  using gradient = typename Arithmetic::gradient;
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
      now.upd_w.resize(now.in, now.out());
      now.upd_b.resize(1, now.out());
      attach(now.w, l, group_w), attach(now.w_used, l, group_w), attach(now.b, l, group_b);
      attach(now.upd_w, l, group_upd_w), attach(now.upd_b, l, group_upd_b);
      std::vector<work> start(weights[l].begin(), weights[l].end());
      now.w.assign(start.data(), rounding_rule::nearest, bits_);
      start.assign(now.out(), work{});
      now.b.assign(start.data(), rounding_rule::nearest, bits_);
    }
  }

  // One step on a batch of `count` rows of features and their labels.
  void step(const float* x, const std::uint8_t* labels, std::size_t count, double rate) {
    forward(x, count);
    backward(labels, count);
    for (std::size_t l = 0; l < layers_.size(); ++l) update(layers_[l], rate);
    if (ranges_ != nullptr) {
      for (auto& range : *ranges_) range.end_batch();
    }
  }

  // The share of misclassified rows. Not finite outputs are misclassified.
  double test_error(const std::vector<float>& x, const std::vector<std::uint8_t>& labels) {
    const std::size_t features = shape_.widths.front(), classes = shape_.widths.back();
    std::size_t wrong = 0;
    auto* const ranges = std::exchange(ranges_, nullptr);  // testing teaches nothing to the ranges
    for (std::size_t first = 0; first < labels.size(); first += 500) {
      const std::size_t count = std::min<std::size_t>(500, labels.size() - first);
      forward(x.data() + first * features, count);
      for (std::size_t i = 0; i < count; ++i)
        wrong += argmax(logits_.data() + i * classes, classes) == labels[first + i] ? 0U : 1U;
    }
    ranges_ = ranges;
    return static_cast<double>(wrong) / static_cast<double>(labels.size());
  }

  static std::size_t argmax(const work* v, std::size_t n) {
    return static_cast<std::size_t>(std::max_element(v, v + n, [](work a, work b) { return !(b <= a) && a < b; }) - v);
  }

  std::size_t parameters() const {
    std::size_t n = 0;
    for (const layer& l : layers_) n += (l.in + 1) * l.out();
    return n;
  }

  // For post-training quantization: the parameters, and z of a layer after forward().
  std::size_t depth() const { return layers_.size(); }
  std::vector<work> weights(std::size_t l) const { return values(layers_[l].w); }
  std::vector<work> biases(std::size_t l) const { return values(layers_[l].b); }
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

  void forward(const float* x, std::size_t count) {
    std::vector<work> input(x, x + count * shape_.widths.front());
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layer& now = layers_[l];
      prepare(now.x, count, now.in);
      // Inputs lie in [0, 1]: their range is known, and is not learned.
      if (l == 0)
        now.x.range = &input_range_;
      else
        attach(now.x, l - 1, group_y);
      now.x.assign(input.data(), options_.signals, bits_);
      now.w_values = values(now.w);
      now.w_used.assign(now.w_values.data(), options_.signals, bits_);
      const std::vector<work> b = values(now.b);
      now.z_values.resize(count * now.out());
      narrow::gemm(now.x.operand(), now.w_used.operand(), narrow::view(now.z_values.data(), count, now.out()),
                   narrow::bias(b));
      prepare(now.z, count, now.out());
      attach(now.z, l, group_z);
      now.z.assign(now.z_values.data(), options_.signals, bits_);
      now.z.read(now.z_values.data());
      if (l + 1 < layers_.size()) activate(now, count, input);
    }
    logits_ = layers_.back().z_values;
  }

 private:
  struct layer {
    std::size_t in = 0, units = 0, pieces = 1;
    std::size_t out() const { return units * pieces; }
    stored w, b, upd_w, upd_b;
    weight w_used;
    signal x, z;
    gradient dz, dy, dw, db;
    std::vector<work> w_values, z_values, dz_values;
    std::vector<std::uint8_t> chosen;  // the piece that was largest
  };

  template <class Cell>
  void attach(Cell& cell, std::size_t l, std::size_t g) {
    cell.range = ranges_ == nullptr ? cell.range : &(*ranges_)[l * group_count + g];
  }
  template <class Cell>
  static void prepare(Cell& cell, std::size_t rows, std::size_t columns) {
    if (cell.rows != rows || cell.columns != columns) cell.resize(rows, columns);
  }
  template <class Cell>
  static std::vector<work> values(const Cell& cell) {
    std::vector<work> v(cell.rows * cell.columns);
    cell.read(v.data());
    return v;
  }

  // y = the largest piece of z, or its positive part.
  void activate(layer& now, std::size_t count, std::vector<work>& y) {
    y.resize(count * now.units);
    now.chosen.resize(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const work* const z = now.z_values.data() + i * now.pieces;
      if (now.pieces == 1) {
        now.chosen[i] = z[0] > 0 ? 0 : 1;
        y[i] = z[0] > 0 ? z[0] : work{0};
      } else {
        const std::size_t best = argmax(z, now.pieces);
        now.chosen[i] = static_cast<std::uint8_t>(best);
        y[i] = z[best];
      }
    }
  }

  void backward(const std::uint8_t* labels, std::size_t count) {
    const std::size_t classes = shape_.widths.back();
    std::vector<work> dz(count * classes), dy;
    for (std::size_t i = 0; i < count; ++i) {
      const work* const z = logits_.data() + i * classes;
      work* const d = dz.data() + i * classes;
      const work top = *std::max_element(z, z + classes);
      work total = 0;
      for (std::size_t j = 0; j < classes; ++j) total += d[j] = std::exp(z[j] - top);
      for (std::size_t j = 0; j < classes; ++j) {
        d[j] = (d[j] / total - (j == labels[i] ? work{1} : work{0})) / static_cast<work>(count);
      }
    }
    for (std::size_t l = layers_.size(); l-- > 0;) {
      layer& now = layers_[l];
      prepare(now.dz, count, now.out());
      attach(now.dz, l, group_dz);
      now.dz.assign(dz.data(), options_.signals, bits_);
      now.dz.read(dz.data());
      // Gradients of the parameters.
      std::vector<work> slope(now.in * now.out());
      narrow::gemm(narrow::transposed(now.x.operand()), now.dz.operand(),
                   narrow::view(slope.data(), now.in, now.out()));
      prepare(now.dw, now.in, now.out());
      attach(now.dw, l, group_dw);
      now.dw.assign(slope.data(), options_.signals, bits_);
      slope.assign(now.out(), work{});
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < now.out(); ++j) slope[j] += dz[i * now.out() + j];
      }
      prepare(now.db, 1, now.out());
      attach(now.db, l, group_db);
      now.db.assign(slope.data(), options_.signals, bits_);
      if (l == 0) break;
      // Gradient of the inputs, then through the activation below.
      layer& below = layers_[l - 1];
      dy.resize(count * now.in);
      narrow::gemm(now.dz.operand(), narrow::transposed(now.w_used.operand()), narrow::view(dy.data(), count, now.in));
      prepare(below.dy, count, now.in);
      attach(below.dy, l - 1, group_dy);
      below.dy.assign(dy.data(), options_.signals, bits_);
      below.dy.read(dy.data());
      dz.assign(count * below.out(), work{});
      for (std::size_t i = 0; i < dy.size(); ++i) {
        if (below.chosen[i] < below.pieces) dz[i * below.pieces + below.chosen[i]] = dy[i];
      }
    }
  }

  void update(layer& now, double rate) {
    move(now.upd_w, now.dw, now.w, now.w_values, rate, now.in, now.out(), options_.max_norm);
    std::vector<work> b = values(now.b);
    move(now.upd_b, now.db, now.b, b, rate, 1, now.out(), 0);
  }

  // v <- momentum v - rate g; w <- w + v; then the norm of each column is brought down to the bound.
  void move(stored& velocity, const gradient& slope, stored& parameter, std::vector<work>& w, double rate,
            std::size_t rows, std::size_t columns, double max_norm) {
    std::vector<work> v = values(velocity);
    const std::vector<work> g = values(slope);
    const auto keep = static_cast<work>(options_.momentum), step = static_cast<work>(rate);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = keep * v[i] - step * g[i];
    velocity.assign(v.data(), options_.updates, bits_);
    velocity.read(v.data());
    for (std::size_t i = 0; i < w.size(); ++i) w[i] += v[i];
    if (max_norm > 0) {
      std::vector<work> norms(columns, work{});
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) norms[j] += w[i * columns + j] * w[i * columns + j];
      }
      for (work& n : norms) {
        const work norm = std::sqrt(n);
        n = norm > static_cast<work>(max_norm) ? static_cast<work>(max_norm) / norm : work{1};
      }
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) w[i * columns + j] *= norms[j];
      }
    }
    parameter.assign(w.data(), options_.updates, bits_);
  }

  network_shape shape_;
  training_options options_;
  std::vector<narrow::range_controller>* ranges_;
  narrow::range_controller input_range_{1, 0.0, 1};
  bit_source bits_;
  std::vector<layer> layers_;
  std::vector<work> logits_;
};

// The order of the examples in an epoch: a permutation (Fisher and Yates) of the seed and the epoch alone.
inline std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed, std::size_t epoch) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) {
    const std::size_t j = (std::uint64_t{narrow::random_bits(seed, 2000 + epoch, i)} * i) >> 32;
    std::swap(order[i - 1], order[j]);
  }
  return order;
}

}  // namespace compare
