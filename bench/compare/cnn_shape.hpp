// The convolutional networks of the main job: what their layers are, and their first parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compare/dataset.hpp"
#include "compare/training.hpp"
#include "narrow/conv_geometry.hpp"
#include "narrow/pool.hpp"

namespace compare {

// Square images, NHWC: a convolution of `units` maps with `pieces` linear pieces each, the largest piece (of one piece,
// the positive part), max pooling. A window of 1 pools nothing. The last layer has neither activation nor pooling.
struct cnn_layer_shape {
  std::size_t kernel = 1, pad = 0, units = 1, pieces = 1;
  std::size_t window = 1, window_stride = 1;
  double max_norm = 0;  // of the weights into each piece; 0: no bound
};

struct cnn_shape {
  std::size_t size = 0, channels = 1;  // of the images
  std::vector<cnn_layer_shape> layers;
};

// The extents of a layer's tensors for any number of images.
struct cnn_extents {
  cnn_layer_shape shape;
  std::size_t size = 0, channels = 0;         // of x
  std::size_t out_size = 0, pooled_size = 0;  // of z, of y

  cnn_extents(const cnn_layer_shape& s, std::size_t x_size, std::size_t x_channels)
      : shape(s), size(x_size), channels(x_channels), out_size(x_size + 2 * s.pad - s.kernel + 1) {
    // Windows that begin in the image are whole or partial ones: the extent is rounded up.
    pooled_size = (out_size - std::min(out_size, s.window) + s.window_stride - 1) / s.window_stride + 1;
  }

  std::size_t outputs() const { return shape.units * shape.pieces; }
  std::size_t depth() const { return shape.kernel * shape.kernel * channels; }
  std::size_t features() const { return size * size * channels; }
  std::size_t pixels() const { return out_size * out_size; }
  std::size_t pooled_features() const { return pooled_size * pooled_size * shape.units; }
  bool pools() const { return shape.window > 1; }
  // Kernels as large as the image, which lies in memory as they do: a dense layer. Its images are then the pixels of
  // one, and its kernels 1 x 1, so that all images are one product.
  bool is_dense() const { return out_size == 1 && shape.pad == 0; }

  narrow::conv_geometry geometry() const {
    narrow::conv_geometry g;
    if (!is_dense()) g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = shape.pad;
    return g;
  }
  narrow::pool_geometry pooling() const {
    narrow::pool_geometry g;
    g.kernel_h = g.kernel_w = shape.window, g.stride_h = g.stride_w = shape.window_stride;
    g.extent = narrow::output_extent::ceil;
    return g;
  }
  // Views of what lies in memory: x or dx, w or dw, z or dz; and of the pieces' largest, before and after pooling.
  template <class T>
  narrow::tensor_view<T, 4> images(T* x, std::size_t count) const {
    return is_dense() ? narrow::view(x, 1, 1, count, features()) : narrow::view(x, count, size, size, channels);
  }
  template <class T>
  narrow::tensor_view<T, 4> kernels(T* w) const {
    return is_dense() ? narrow::view(w, outputs(), 1, 1, depth())
                      : narrow::view(w, outputs(), shape.kernel, shape.kernel, channels);
  }
  template <class T>
  narrow::tensor_view<T, 4> maps(T* z, std::size_t count) const {
    return is_dense() ? narrow::view(z, 1, 1, count, outputs()) : narrow::view(z, count, out_size, out_size, outputs());
  }
  template <class T>
  narrow::tensor_view<T, 4> activations(T* y, std::size_t count) const {
    return narrow::view(y, count, out_size, out_size, shape.units);
  }
  template <class T>
  narrow::tensor_view<T, 4> pooled(T* y, std::size_t count) const {
    return narrow::view(y, count, pooled_size, pooled_size, shape.units);
  }
};

inline std::vector<cnn_extents> extents_of(const cnn_shape& shape) {
  std::vector<cnn_extents> result;
  std::size_t size = shape.size, channels = shape.channels;
  for (const cnn_layer_shape& layer : shape.layers) {
    result.emplace_back(layer, size, channels);
    size = result.back().pooled_size, channels = layer.units;
  }
  return result;
}

// The initial parameters: uniform in +-sqrt(6 / (inputs + outputs)) of a unit (Glorot), biases zero.
inline std::vector<float> initial_weights(const cnn_extents& layer, std::size_t index, std::uint64_t seed) {
  const std::size_t taps = layer.shape.kernel * layer.shape.kernel;
  return uniform_weights(layer.outputs() * layer.depth(), layer.depth() + taps * layer.shape.units, index, seed);
}

namespace detail {

inline std::size_t image_size(const dataset& data) {
  return static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(data.features))));
}

}  // namespace detail

// The convolutional maxout network for MNIST of Goodfellow et al. 2013, which Courbariaux et al. 2014 train in narrow
// arithmetic: 48 maps of 8 x 8 in 2 pieces, 48 of 8 x 8 in 2, 24 of 5 x 5 in 4, pooled by 4 x 4, 4 x 4 and 2 x 2 at
// every second pixel, partial windows included, then the classes; kernel norms at most 0.9, then 1.9365. Source:
// pylearn2's scripts/papers/maxout/mnist.yaml. Without its dropout, as the dense networks here. On the small procedural
// digits, a third of the maps and half of the kernels.
inline cnn_shape maxout_cnn(const dataset& data) {
  const std::size_t size = detail::image_size(data);
  if (size >= 20) {
    return {size,
            1,
            {{8, 0, 48, 2, 4, 2, 0.9},
             {8, 3, 48, 2, 4, 2, 1.9365},
             {5, 3, 24, 4, 2, 2, 1.9365},
             {3, 0, data.classes, 1, 1, 1, 1.9365}}};
  }
  return {size,
          1,
          {{4, 0, 16, 2, 2, 2, 0.9},
           {4, 1, 16, 2, 2, 2, 1.9365},
           {2, 1, 16, 4, 2, 2, 1.9365},
           {2, 0, data.classes, 1, 1, 1, 1.9365}}};
}

// After LeNet (LeCun et al. 1998), with ReLU and max pooling: 8 maps of 5 x 5, 16 of 5 x 5, each pooled by 2 x 2, 64
// units, the classes. On the small digits kernels of 3 x 3.
inline cnn_shape relu_cnn(const dataset& data) {
  const std::size_t size = detail::image_size(data), kernel = size >= 20 ? 5 : 3;
  cnn_shape shape{size, 1, {{kernel, 0, 8, 1, 2, 2, 0}, {kernel, 0, 16, 1, 2, 2, 0}}};
  const std::size_t left = extents_of(shape).back().pooled_size;
  shape.layers.push_back({left, 0, 64, 1, 1, 1, 0});
  shape.layers.push_back({1, 0, data.classes, 1, 1, 1, 0});
  return shape;
}

}  // namespace compare
