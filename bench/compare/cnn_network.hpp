// Convolutional networks, trained in any arithmetic as the dense one (network.hpp, with the same cells and groups):
// convolutions, maxout or ReLU, max pooling (cnn_shape.hpp), softmax at the end.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "compare/cnn_shape.hpp"
#include "compare/loss_scaler.hpp"
#include "compare/network.hpp"
#include "narrow/conv.hpp"
#include "narrow/conv_backward.hpp"
#include "narrow/pool.hpp"

namespace compare {

// The operand of a cell, as `shaped` sees its memory at rank 4.
template <class Cell, class Shaped>
auto operand_of(const Cell& cell, const Shaped& shaped) {
  const auto matrix = cell.operand();
  if constexpr (requires { matrix.scheme; }) {
    using code = typename decltype(matrix)::value_type;
    using scheme = std::remove_cvref_t<decltype(*matrix.scheme)>;
    return narrow::quantized_view<code, 4, scheme>{shaped(matrix.codes.data()), matrix.scheme, narrow::per_tensor};
  } else {
    return shaped(matrix.data());
  }
}

template <class Arithmetic>
class cnn_network {
 public:
  using work = typename Arithmetic::work;
  using signal = typename Arithmetic::signal;
  using gradient = typename Arithmetic::gradient;
  using update = typename Arithmetic::update;
  using weight = typename Arithmetic::weight;
  using stored = typename Arithmetic::stored;

  cnn_network(const cnn_shape& shape, const training_options& options, const loss_scaler& scaler = {},
              std::vector<narrow::range_controller>* ranges = nullptr)
      : options_(options), scaler_(scaler), ranges_(ranges), bits_{options.seed, 1U << 20} {
    for (const cnn_extents& extents : extents_of(shape)) layers_.emplace_back(extents);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layer& now = layers_[l];
      const std::size_t outputs = now.is.outputs(), depth = now.is.depth();
      now.w.resize(outputs, depth), now.w_used.resize(outputs, depth), now.upd_w.resize(outputs, depth);
      now.b.resize(1, outputs), now.b_used.resize(1, outputs), now.upd_b.resize(1, outputs);
      attach(now.w, l, group_w), attach(now.w_used, l, group_w);
      attach(now.b, l, group_b), attach(now.b_used, l, group_b);
      attach(now.upd_w, l, group_upd_w), attach(now.upd_b, l, group_upd_b);
      const auto start = initial_weights(now.is, l, options.seed);
      set_parameters(l, {start.begin(), start.end()}, std::vector<work>(outputs));
    }
  }

  // One step on a batch of `count` images, rows of features, and their labels.
  void step(const float* x, const std::uint8_t* labels, std::size_t count, double rate) {
    forward(x, count, observation::counted);
    const bool finite = backward(labels, count);
    if (scaler_.step(finite)) {
      for (layer& now : layers_) move(now, rate);
    }
    if (ranges_ != nullptr) {
      for (auto& range : *ranges_) range.end_batch();
    }
  }

  // The class of each image; as many as classes where the network gives none. Teaches nothing to the ranges.
  std::vector<std::uint8_t> classify(const std::vector<float>& x) {
    const std::size_t features = layers_.front().is.features(), classes = layers_.back().is.outputs();
    std::vector<std::uint8_t> labels;
    for (std::size_t first = 0; first < x.size() / features; first += images_at_once) {
      const std::size_t count = std::min(images_at_once, x.size() / features - first);
      forward(x.data() + first * features, count);
      for (std::size_t i = 0; i < count; ++i) {
        labels.push_back(static_cast<std::uint8_t>(compare::classify(logits().data() + i * classes, classes)));
      }
    }
    return labels;
  }
  // The share of misclassified images.
  double test_error(const std::vector<float>& x, const std::vector<std::uint8_t>& labels) {
    const std::vector<std::uint8_t> given = classify(x);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) wrong += given[i] != labels[i];
    return static_cast<double>(wrong) / static_cast<double>(labels.size());
  }

  std::size_t parameters() const {
    std::size_t n = 0;
    for (const layer& l : layers_) n += (l.is.depth() + 1) * l.is.outputs();
    return n;
  }

  // Layer by layer: the shape; the parameters, kernels of (output, row, column, channel); their gradients after
  // backward(); z after forward().
  std::size_t depth() const { return layers_.size(); }
  const cnn_extents& extents(std::size_t l) const { return layers_[l].is; }
  std::vector<work> weights(std::size_t l) const { return values_of(layers_[l].w); }
  std::vector<work> biases(std::size_t l) const { return values_of(layers_[l].b); }
  void set_parameters(std::size_t l, const std::vector<work>& w, const std::vector<work>& b) {
    layers_[l].w.assign(w.data(), {}, bits_);
    layers_[l].b.assign(b.data(), {}, bits_);
  }
  std::vector<work> weight_gradients(std::size_t l) const { return values_of(layers_[l].dw); }
  std::vector<work> bias_gradients(std::size_t l) const { return values_of(layers_[l].db); }
  const std::vector<work>& pre_activation(std::size_t l) const { return layers_[l].z_values; }
  const std::vector<work>& logits() const { return layers_.back().z_values; }

  // How the products of a step on a batch of `count` images are computed.
  products multiplied_by(std::size_t count) const {
    products all;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const layer& now = layers_[l];
      const std::size_t taps = now.is.shape.kernel * now.is.shape.kernel;
      all.add(products_of(now.x.operand(), now.w_used.operand(), now.is.depth()));
      all.add(products_of(now.x.operand(), now.dz.operand(), count * now.is.pixels()));
      if (l > 0) all.add(products_of(now.dz.operand(), now.w_used.operand(), taps * now.is.outputs()));
    }
    return all;
  }

  void forward(const float* x, std::size_t count, observation seen = observation::not_counted) {
    const conversion as_signal{options_.signals, seen}, as_parameter{options_.signals, observation::not_counted};
    std::vector<work> input(x, x + count * layers_.front().is.features());
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layer& now = layers_[l];
      prepare(now.x, count, now.is.features());
      if (l > 0) {
        attach(now.x, l - 1, group_y);
      } else if (ranges_ != nullptr) {
        now.x.range = &input_range_;
      }
      now.x.assign(input.data(), as_signal, bits_);
      now.w_values = values_of(now.w);
      now.w_used.assign(now.w_values.data(), as_parameter, bits_);
      now.b_used.assign(values_of(now.b).data(), as_parameter, bits_);
      now.z_values.resize(count * now.is.pixels() * now.is.outputs());
      narrow::conv2d(images(now, count), kernels(now), now.is.maps(now.z_values.data(), count), now.is.geometry(),
                     narrow::bias(values_of(now.b_used)));
      prepare(now.z, count, now.is.pixels() * now.is.outputs());
      attach(now.z, l, group_z);
      now.z.assign(now.z_values.data(), as_signal, bits_);
      now.z.read(now.z_values.data());
      if (l + 1 == layers_.size()) break;
      activate(now.z_values, now.is.shape.pieces, now.y_values, now.chosen);
      if (!now.is.pools()) {
        input = now.y_values;
      } else {
        input.resize(count * now.is.pooled_features());
        narrow::max_pool2d(now.is.activations(std::as_const(now.y_values).data(), count),
                           now.is.pooled(input.data(), count), now.is.pooling());
      }
    }
  }

  // After forward() on the same images: the gradients of the mean cross entropy. Whether those of the parameters are
  // all finite.
  bool backward(const std::uint8_t* labels, std::size_t count) {
    const conversion as_gradient{options_.signals, observation::counted};
    const auto scale = static_cast<work>(scaler_.scale());
    std::vector<work> dz = softmax_gradient(logits(), labels, count), dy;
    for (work& v : dz) v *= scale;
    bool finite = true;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      layer& now = layers_[l];
      prepare(now.dz, count, now.is.pixels() * now.is.outputs());
      attach(now.dz, l, group_dz);
      now.dz.assign(dz.data(), as_gradient, bits_);
      now.dz.read(dz.data());
      // Gradients of the parameters.
      const auto maps = operand_of(now.dz, [&](auto* codes) { return now.is.maps(codes, count); });
      std::vector<work> slope(now.is.outputs() * now.is.depth());
      narrow::conv2d_backward_weights(images(now, count), maps, now.is.kernels(slope.data()), now.is.geometry());
      finite = keep_slope(now.dw, l, group_dw, now.is.outputs(), now.is.depth(), slope) && finite;
      slope.assign(now.is.outputs(), work{});
      for (std::size_t i = 0; i < dz.size(); ++i) slope[i % slope.size()] += dz[i];
      finite = keep_slope(now.db, l, group_db, 1, now.is.outputs(), slope) && finite;
      if (l == 0) break;
      // Gradient of the inputs, then through pooling and activation below.
      layer& below = layers_[l - 1];
      dy.resize(count * now.is.features());
      narrow::conv2d_backward_data(maps, kernels(now), now.is.images(dy.data(), count), now.is.geometry());
      prepare(below.dy, count, now.is.features());
      attach(below.dy, l - 1, group_dy);
      below.dy.assign(dy.data(), as_gradient, bits_);
      below.dy.read(dy.data());
      if (below.is.pools()) {
        std::vector<work> unpooled(below.y_values.size());
        narrow::max_pool2d_backward(below.is.activations(std::as_const(below.y_values).data(), count),
                                    below.is.pooled(std::as_const(dy).data(), count),
                                    below.is.activations(unpooled.data(), count), below.is.pooling());
        dy.swap(unpooled);
      }
      activate_backward(dy, below.is.shape.pieces, below.chosen, dz);
    }
    return finite;
  }

 private:
  static constexpr std::size_t images_at_once = 100;

  struct layer {
    cnn_extents is;
    stored w, b;
    weight w_used, b_used;
    signal x, z;
    gradient dz, dy;
    update dw, db, upd_w, upd_b;
    std::vector<work> w_values, z_values, y_values;
    std::vector<std::uint8_t> chosen;

    explicit layer(const cnn_extents& e) : is(e) {}
  };

  template <class Cell>
  void attach(Cell& cell, std::size_t l, std::size_t g) {
    if (ranges_ != nullptr) cell.range = &(*ranges_)[l * group_count + g];
  }
  static auto images(const layer& now, std::size_t count) {
    return operand_of(now.x, [&](auto* codes) { return now.is.images(codes, count); });
  }
  static auto kernels(const layer& now) {
    return operand_of(now.w_used, [&](auto* codes) { return now.is.kernels(codes); });
  }

  // A gradient of parameters, without the loss's scale. Whether it is finite.
  bool keep_slope(update& cell, std::size_t l, std::size_t g, std::size_t rows, std::size_t columns,
                  std::vector<work>& slope) {
    const auto scale = static_cast<work>(scaler_.scale());
    for (work& v : slope) v /= scale;
    prepare(cell, rows, columns);
    attach(cell, l, g);
    cell.assign(slope.data(), {options_.signals, observation::counted}, bits_);
    return std::ranges::all_of(slope, [](work v) { return std::isfinite(v); });
  }

  void move(layer& now, double rate) {
    descend_layer(now, options_, rate, bits_, now.is.outputs(), now.is.shape.max_norm,
                  [&](std::size_t i) { return i / now.is.depth(); });
  }

  training_options options_;
  loss_scaler scaler_;
  std::vector<narrow::range_controller>* ranges_;
  narrow::range_controller input_range_{1, 0.0, 1};  // inputs lie in [0, 1]: their range is not learned
  bit_source bits_;
  std::vector<layer> layers_;
};

}  // namespace compare
