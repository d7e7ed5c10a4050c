#include "compare/quantized_training.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "compare/activation.hpp"
#include "compare/training_run.hpp"
#include "compare/update.hpp"
#include "narrow/gemm.hpp"
#include "narrow/quantize.hpp"
#include "narrow/scheme/half_wave.hpp"
#include "narrow/scheme/sawb.hpp"
#include "narrow/training/alpha_blending.hpp"
#include "narrow/training/pact.hpp"
#include "narrow/training/straight_through.hpp"

namespace compare {

namespace {

enum class weight_rule { real, binary, blended_binary, sawb };
enum class activation_rule { relu, pact, half_wave };

// Weights (depth x units) as products use them: a scale for each unit for signs, one for SAWB.
std::vector<float> quantized_weights(weight_rule rule, const std::vector<float>& w, std::size_t units) {
  if (rule == weight_rule::real) return w;
  const auto matrix = narrow::view(w, w.size() / units, units);
  if (rule != weight_rule::sawb) {
    return narrow::dequantize(narrow::quantize<narrow::binary>(matrix, narrow::binary_fit(matrix, narrow::per_column)));
  }
  // Levels -limit, -limit / 3, limit / 3, limit: codes 0 to 3 from the lowest on.
  const auto limit = static_cast<float>(narrow::sawb_limit(matrix, 2));
  std::vector<float> result = w;
  for (float& v : result) v += limit;
  const narrow::affine steps(2 * limit / 3);
  result =
      narrow::dequantize(narrow::quantize<narrow::uint2>(narrow::view(std::as_const(result), result.size()), steps));
  for (float& v : result) v -= limit;
  return result;
}

class quantized_network {
 public:
  quantized_network(const network_shape& shape, const training_options& options, weight_rule weights,
                    activation_rule activations, std::size_t steps)
      : options_(options), weights_(weights), activations_(activations), steps_(steps) {
    auto start = initial_weights(shape, options.seed);
    for (std::size_t l = 0; l < start.size(); ++l) {
      const std::size_t out = shape.widths[l + 1];
      layers_.push_back({shape.widths[l], out, std::move(start[l]), std::vector<float>(out)});
      layers_.back().w_speed.resize(layers_.back().w.size());
      layers_.back().b_speed.resize(out);
    }
  }

  void step(const float* x, const std::uint8_t* labels, std::size_t count, double rate) {
    // The blend is all quantized for the last fifth of the training.
    blend_ = std::min(1.0, static_cast<double>(++step_) / (0.8 * static_cast<double>(steps_)));
    forward(x, count, true);
    std::vector<float> dz = softmax_gradient(layers_.back().z, labels, count);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      layer& now = layers_[l];
      std::vector<float> dw(now.w.size()), db(now.out), dx(l == 0 ? 0 : count * now.in);
      const auto dz_view = narrow::view(std::as_const(dz), count, now.out);
      narrow::gemm(narrow::transposed(narrow::view(std::as_const(now.x), count, now.in)), dz_view,
                   narrow::view(dw, now.in, now.out));
      for (std::size_t i = 0; i < dz.size(); ++i) db[i % now.out] += dz[i];
      if (l > 0) {
        narrow::gemm(dz_view, narrow::transposed(narrow::view(std::as_const(now.used), now.in, now.out)),
                     narrow::view(dx, count, now.in));
      }
      through_weights(rule_of(l), now, dw);
      move(now.w, now.w_speed, dw, rate);
      move(now.b, now.b_speed, db, rate);
      bound_norms(now.w, now.out, options_.max_norm, [&](std::size_t i) { return i % now.out; });
      if (l > 0) dz = through_activation(layers_[l - 1], dx, rate);
    }
  }

  double test_error(const std::vector<float>& x, const std::vector<std::uint8_t>& labels) {
    blend_ = 1;
    std::size_t wrong = 0;
    const std::size_t features = layers_.front().in, classes = layers_.back().out;
    for (std::size_t first = 0; first < labels.size(); first += 500) {
      const std::size_t count = std::min<std::size_t>(500, labels.size() - first);
      forward(x.data() + first * features, count, false);
      for (std::size_t i = 0; i < count; ++i) {
        wrong += compare::classify(layers_.back().z.data() + i * classes, classes) != labels[first + i];
      }
    }
    return static_cast<double>(wrong) / static_cast<double>(labels.size());
  }

  // Weights, biases and scales.
  std::size_t weight_bytes() const {
    std::size_t bytes = 0;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const layer& now = layers_[l];
      const weight_rule rule = rule_of(l);
      const std::size_t bits = rule == weight_rule::real ? 32 : rule == weight_rule::sawb ? 2 : 1;
      const std::size_t scales = rule == weight_rule::real ? 0 : rule == weight_rule::sawb ? 1 : now.out;
      bytes += (now.w.size() * bits + 7) / 8 + 4 * (now.out + scales);
    }
    return bytes;
  }
  products multiplied_by() const {
    const layer& first = layers_.front();
    const auto w = narrow::view(first.w, first.in, first.out);
    products how = products_of(w, w, first.in);
    how.native = how.native && weights_ == weight_rule::real && activations_ == activation_rule::relu;
    return how;
  }

 private:
  struct layer {
    std::size_t in, out;
    std::vector<float> w, b;
    std::vector<float> w_speed{}, b_speed{};
    std::vector<float> used{}, x{}, z{};  // the weights, inputs and outputs of the last forward pass
    float limit = 1;                      // PACT's, of the activation after the layer
    double variance = 0;                  // of the outputs, a running mean
  };

  // The first and the last layer keep their weights, as in the papers.
  weight_rule rule_of(std::size_t l) const { return l == 0 || l + 1 == layers_.size() ? weight_rule::real : weights_; }

  void forward(const float* x, std::size_t count, bool is_training) {
    std::vector<float> input(x, x + count * layers_.front().in);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layer& now = layers_[l];
      now.x = std::move(input);
      now.used = quantized_weights(rule_of(l), now.w, now.out);
      if (rule_of(l) == weight_rule::blended_binary) {
        narrow::alpha_blending(blend_).forward(narrow::view(now.w, now.w.size()),
                                               narrow::view(now.used, now.used.size()),
                                               narrow::view(now.used, now.used.size()));
      }
      now.z.resize(count * now.out);
      narrow::gemm(narrow::view(std::as_const(now.x), count, now.in),
                   narrow::view(std::as_const(now.used), now.in, now.out), narrow::view(now.z, count, now.out),
                   narrow::bias(now.b));
      if (l + 1 < layers_.size()) input = activated(now, is_training);
    }
  }

  std::vector<float> activated(layer& now, bool is_training) {
    const auto z = narrow::view(std::as_const(now.z), now.z.size());
    switch (activations_) {
      case activation_rule::pact: {
        const narrow::pact clip(now.limit);
        return narrow::dequantize(narrow::quantize<narrow::uint2>(z, clip.scheme<narrow::uint2>()));
      }
      case activation_rule::half_wave: {
        if (is_training) {
          double squares = 0;
          for (const float v : now.z) squares += static_cast<double>(v) * static_cast<double>(v);
          squares /= static_cast<double>(now.z.size());
          now.variance = now.variance == 0 ? squares : 0.99 * now.variance + 0.01 * squares;
        }
        return narrow::dequantize(narrow::quantize<narrow::uint2>(z, half_wave_of(now)));
      }
      default: {
        std::vector<float> y = now.z;
        for (float& v : y) v = std::max(v, 0.0F);
        return y;
      }
    }
  }

  static narrow::half_wave half_wave_of(const layer& now) {
    return narrow::half_wave_fit<narrow::uint2>(std::sqrt(std::max(now.variance, 1e-12)));
  }

  // From the gradient of the weights in use to that of the kept ones.
  void through_weights(weight_rule rule, const layer& now, std::vector<float>& dw) const {
    const auto gradient = narrow::view(dw, dw.size());
    if (rule == weight_rule::blended_binary) narrow::alpha_blending(blend_).backward(gradient, gradient);
    if (rule == weight_rule::binary) {
      narrow::straight_through(narrow::view(now.w, now.w.size()), gradient, gradient, {-1, 1});
    }
  }

  std::vector<float> through_activation(layer& below, std::vector<float>& dy, double rate) const {
    const auto z = narrow::view(std::as_const(below.z), below.z.size());
    const auto gradient = narrow::view(dy, dy.size());
    if (activations_ == activation_rule::pact) {
      const double of_limit = narrow::pact(below.limit).backward(z, gradient, gradient);
      below.limit = std::max(0.1F, below.limit - static_cast<float>(rate * (of_limit + 1e-4 * double{below.limit})));
    } else {
      narrow::passed_range range{std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::infinity()};
      if (activations_ == activation_rule::half_wave)
        range = narrow::passed_range::of<narrow::uint2>(half_wave_of(below));
      narrow::straight_through(z, gradient, gradient, range);
    }
    return std::move(dy);
  }

  void move(std::vector<float>& parameter, std::vector<float>& speed, const std::vector<float>& slope,
            double rate) const {
    const auto keep = static_cast<float>(options_.momentum), by = static_cast<float>(rate);
    for (std::size_t i = 0; i < parameter.size(); ++i) {
      speed[i] = keep * speed[i] - by * slope[i];
      parameter[i] += speed[i];
    }
  }

  training_options options_;
  weight_rule weights_;
  activation_rule activations_;
  std::size_t steps_, step_ = 0;
  double blend_ = 1;
  std::vector<layer> layers_;
};

experiment row(const std::string& name, const std::string& bits, weight_rule weights, activation_rule activations) {
  return {name, bits, "relu-float32", group_of_rows::more, [=](const run_context& run) {
            training_options options = options_for(recipe::courbariaux, run);

            const std::size_t steps = options.epochs * (run.data->train_y.size() / options.batch);
            quantized_network net(shape_for(*run.data, 1), options, weights, activations, steps);
            outcome result;
            result.seconds_per_epoch = train(net, options, *run.data, run.progress);
            result.error_percent = 100 * net.test_error(run.data->test_x, run.data->test_y);
            result.weight_bytes = net.weight_bytes();
            result.multiplied_by = net.multiplied_by();
            return result;
          }};
}

}  // namespace

std::vector<experiment> quantized_training_experiments() {
  using w = weight_rule;
  using a = activation_rule;
  return {row("relu-float32", "32", w::real, a::relu), row("binary-ste", "32/1", w::binary, a::relu),
          row("binary-alpha", "32/1", w::blended_binary, a::relu), row("pact-sawb", "2/2", w::sawb, a::pact),
          row("hwgq-binary", "2/1", w::binary, a::half_wave)};
}

}  // namespace compare
