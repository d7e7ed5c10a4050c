// Integer-only inference (Jacob et al. 2017) of a trained network: int8 weights, uint8 activations, int32 sums and
// biases, multipliers in fixed point. Once the parameters are chosen and the inputs are codes, no float takes part.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "compare/activation.hpp"
#include "compare/products.hpp"
#include "compare/trained_float.hpp"
#include "narrow/gemm.hpp"
#include "narrow/quantize.hpp"

namespace compare {

// Of integer layers: int8 weights, 32-bit biases and scales.
template <class Layer>
std::size_t stored_bytes(const std::vector<Layer>& layers) {
  std::size_t bytes = 0;
  for (const Layer& l : layers) bytes += l.weights.size() + 4 * l.bias.size() + 4 * l.weights.scheme().count();
  return bytes;
}

class integer_network {
 public:
  // Parameters from a trained network; the activations' ranges from its calibration images.
  integer_network(const trained_float& trained, narrow::granularity weights_axis) {
    float scale_in = 1.0F / 255;
    std::int32_t zero_in = 0;
    for (const trained_layer& real : trained.layers) {
      const bool last = &real == &trained.layers.back();
      const auto wv = narrow::view(real.weights, real.in, real.out);
      layer now{narrow::quantize<narrow::int8>(wv, narrow::affine::fit(wv, narrow::symmetric, weights_axis)),
                narrow::affine(scale_in, zero_in),
                {},
                {},
                real.pieces};
      // The next layer's codes: the range of z on the calibration data. Classes keep 16 bits.
      const auto zv = narrow::view(real.outputs, real.outputs.size());
      const narrow::affine scheme_out = last ? narrow::affine::fit_for<narrow::int16>(zv, narrow::symmetric)
                                             : narrow::affine::fit_for<narrow::uint8>(zv);
      for (std::size_t j = 0; j < real.out; ++j) {
        const auto& scheme = now.weights.scheme();
        const double product = static_cast<double>(scheme.scale(scheme.count() == 1 ? 0 : j)) * scale_in;
        now.bias.push_back(static_cast<std::int32_t>(std::nearbyint(static_cast<double>(real.biases[j]) / product)));
        now.finish.multipliers.push_back(
            narrow::fixed_multiplier::from_real(product / static_cast<double>(scheme_out.scale())));
      }
      now.finish.zero_point = scheme_out.zero_point();
      now.finish.lowest = last ? -32768 : 0;
      now.finish.highest = last ? 32767 : 255;
      layers_.push_back(std::move(now));
      scale_in = scheme_out.scale();
      zero_in = scheme_out.zero_point();
    }
  }

  // The class of each of `count` rows.
  std::vector<std::uint8_t> classify(const float* x, std::size_t count) const {
    const std::size_t classes = layers_.back().bias.size();
    std::vector<narrow::uint8> codes(count * layers_.front().weights.extent(0));
    narrow::quantize_into(narrow::view(x, codes.size()), narrow::view(codes.data(), codes.size()), layers_[0].input);
    for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
      const layer& now = layers_[l];
      const std::size_t out = now.bias.size();
      std::vector<narrow::uint8> z(count * out);
      multiply(now, codes, narrow::view(z.data(), count, out));
      // The largest piece: codes of one scheme compare as their values do.
      codes.resize(count * out / now.pieces);
      for (std::size_t i = 0; i < codes.size(); ++i) {
        codes[i] = *std::max_element(z.begin() + static_cast<std::ptrdiff_t>(i * now.pieces),
                                     z.begin() + static_cast<std::ptrdiff_t>((i + 1) * now.pieces));
      }
    }
    std::vector<narrow::int16> logits(count * classes);
    multiply(layers_.back(), codes, narrow::view(logits.data(), count, classes));
    std::vector<std::uint8_t> labels(count);
    for (std::size_t i = 0; i < count; ++i) {
      labels[i] = static_cast<std::uint8_t>(argmax(logits.data() + i * classes, classes));
    }
    return labels;
  }

  products multiplied_by() const {
    products all;
    const std::vector<narrow::uint8> none;
    for (const layer& l : layers_) {
      all.add(products_of(input_of(l, none, 0), l.weights, l.weights.extent(0)));
    }
    return all;
  }

  // Weights, biases and scales.
  std::size_t weight_bytes() const { return stored_bytes(layers_); }

 private:
  struct layer {
    narrow::quantized_matrix<narrow::int8, narrow::affine> weights;
    narrow::affine input;
    std::vector<std::int32_t> bias;
    narrow::requantize finish;
    std::size_t pieces;
  };

  static narrow::quantized_view<narrow::uint8, 2, narrow::affine> input_of(const layer& now,
                                                                           const std::vector<narrow::uint8>& codes,
                                                                           std::size_t count) {
    return {narrow::view(codes, count, now.weights.extent(0)), &now.input, narrow::per_tensor};
  }

  template <class T>
  static void multiply(const layer& now, const std::vector<narrow::uint8>& codes, const narrow::matrix_view<T>& z) {
    narrow::gemm(input_of(now, codes, z.rows()), now.weights, z, narrow::integer_bias(now.bias), now.finish);
  }

  std::vector<layer> layers_;
};

}  // namespace compare
