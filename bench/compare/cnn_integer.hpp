// Integer-only inference of a trained convolutional network, as integer_inference.hpp has it for the dense one: int8
// kernels, uint8 activations, int32 sums and biases, multipliers in fixed point; pieces and windows are compared as
// codes. ReLU is where the codes begin.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "compare/cnn_network.hpp"
#include "compare/integer_inference.hpp"

namespace compare {

// The values that a layer's z takes, or where nothing but the positive part goes on, that.
struct value_range {
  float lowest = 0, highest = 0;
};

// Of each layer, over rows of features; the network forgets what it computed last.
inline std::vector<value_range> ranges_of(cnn_network<float_arithmetic>& net, const float* x, std::size_t count) {
  std::vector<value_range> ranges(net.depth());
  const std::size_t features = net.extents(0).features();
  for (std::size_t first = 0; first < count; first += 100) {
    net.forward(x + first * features, std::min<std::size_t>(100, count - first));
    for (std::size_t l = 0; l < net.depth(); ++l) {
      const bool positive = net.extents(l).shape.pieces == 1 && l + 1 < net.depth();
      const auto [low, high] = std::ranges::minmax(net.pre_activation(l));
      ranges[l].lowest = std::min(ranges[l].lowest, positive ? 0 : low);
      ranges[l].highest = std::max(ranges[l].highest, high);
    }
  }
  return ranges;
}

class integer_cnn {
 public:
  // Parameters from a trained network; the activations' ranges from its values on images to calibrate with.
  // weights_axis: per tensor, or axis 0, the outputs.
  integer_cnn(const cnn_network<float_arithmetic>& trained, const std::vector<value_range>& ranges,
              narrow::granularity weights_axis) {
    float scale_in = 1.0F / 255;
    std::int32_t zero_in = 0;
    for (std::size_t l = 0; l < trained.depth(); ++l) {
      const bool last = l + 1 == trained.depth();
      const cnn_extents& is = trained.extents(l);
      const std::vector<float> w = trained.weights(l), b = trained.biases(l);
      const auto wv = is.kernels(w.data());
      layer now{is,
                narrow::quantize<narrow::int8>(wv, narrow::affine::fit(wv, narrow::symmetric, weights_axis)),
                narrow::affine(scale_in, zero_in),
                {},
                {}};
      // The next layer's codes. Classes keep 16 bits.
      const std::vector<float> ends{ranges[l].lowest, ranges[l].highest};
      const auto of = narrow::view(ends, 2);
      const narrow::affine scheme_out = last ? narrow::affine::fit_for<narrow::int16>(of, narrow::symmetric)
                                             : narrow::affine::fit_for<narrow::uint8>(of);
      const auto& scheme = now.weights.scheme();
      for (std::size_t o = 0; o < b.size(); ++o) {
        const double product = static_cast<double>(scheme.scale(scheme.count() == 1 ? 0 : o)) * scale_in;
        now.bias.push_back(static_cast<std::int32_t>(std::nearbyint(static_cast<double>(b[o]) / product)));
        now.finish.multipliers.push_back(
            narrow::fixed_multiplier::from_real(product / static_cast<double>(scheme_out.scale())));
      }
      now.finish.zero_point = scheme_out.zero_point();
      now.finish.lowest = last ? -32768 : 0;
      now.finish.highest = last ? 32767 : 255;
      layers_.push_back(std::move(now));
      scale_in = scheme_out.scale(), zero_in = scheme_out.zero_point();
    }
  }

  // The class of each image.
  std::vector<std::uint8_t> classify(const std::vector<float>& x) const {
    const std::size_t features = layers_.front().is.features();
    std::vector<std::uint8_t> labels;
    for (std::size_t first = 0; first < x.size() / features; first += 100) {
      const std::size_t count = std::min<std::size_t>(100, x.size() / features - first);
      classify(x.data() + first * features, count, labels);
    }
    return labels;
  }

  products multiplied_by() const {
    products all;
    const std::vector<narrow::uint8> none;
    for (const layer& l : layers_) {
      const narrow::quantized_view<narrow::uint8, 2, narrow::affine> x{narrow::view(none.data(), 0, l.is.depth()),
                                                                       &l.input, narrow::per_tensor};
      all.add(products_of(x, narrow::view(l.weights.codes().data(), l.is.depth(), 0), l.is.depth()));
    }
    return all;
  }

  // Weights, biases and scales.
  std::size_t weight_bytes() const { return stored_bytes(layers_); }

 private:
  struct layer {
    cnn_extents is;
    narrow::quantized_tensor<narrow::int8, 4, narrow::affine> weights;
    narrow::affine input;
    std::vector<std::int32_t> bias;
    narrow::requantize finish;
  };

  template <class T>
  static std::vector<T> convolved(const layer& now, const std::vector<narrow::uint8>& codes, std::size_t count) {
    std::vector<T> z(count * now.is.pixels() * now.is.outputs());
    const narrow::quantized_view<narrow::uint8, 4, narrow::affine> x{now.is.images(codes.data(), count), &now.input,
                                                                     narrow::per_tensor};
    narrow::conv2d(x, now.weights, now.is.maps(z.data(), count), now.is.geometry(), narrow::integer_bias(now.bias),
                   now.finish);
    return z;
  }

  void classify(const float* x, std::size_t count, std::vector<std::uint8_t>& labels) const {
    std::vector<narrow::uint8> codes(count * layers_.front().is.features());
    narrow::quantize_into(narrow::view(x, codes.size()), narrow::view(codes.data(), codes.size()), layers_[0].input);
    for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
      const layer& now = layers_[l];
      const std::vector<narrow::uint8> z = convolved<narrow::uint8>(now, codes, count);
      // The largest piece: codes of one scheme compare as their values do.
      std::vector<narrow::uint8> y(z.size() / now.is.shape.pieces);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const auto first = z.begin() + static_cast<std::ptrdiff_t>(i * now.is.shape.pieces);
        y[i] = *std::max_element(first, first + static_cast<std::ptrdiff_t>(now.is.shape.pieces));
      }
      if (!now.is.pools()) {
        codes.swap(y);
        continue;
      }
      codes.resize(count * now.is.pooled_features());
      narrow::max_pool2d(now.is.activations(std::as_const(y).data(), count), now.is.pooled(codes.data(), count),
                         now.is.pooling());
    }
    const std::vector<narrow::int16> logits = convolved<narrow::int16>(layers_.back(), codes, count);
    const std::size_t classes = layers_.back().bias.size();
    for (std::size_t i = 0; i < count; ++i) {
      labels.push_back(static_cast<std::uint8_t>(argmax(logits.data() + i * classes, classes)));
    }
  }

  std::vector<layer> layers_;
};

}  // namespace compare
