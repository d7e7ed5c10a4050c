// The convolutions of DeepBench (Baidu Research, 2016): networks, and the batches that each suite runs them at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "conv/layer.hpp"

namespace bench {

namespace detail {

struct deepbench_network {
  std::vector<std::size_t> server, training;  // images of a batch
  std::vector<layer> layers;
};

inline const std::vector<deepbench_network>& deepbench_networks() {
  static const auto networks = [] {
    // A layer of width x height, in DeepBench's order.
    const auto wide = [](std::size_t w, std::size_t h, std::size_t channels, std::size_t outputs, std::size_t kernel_w,
                         std::size_t kernel_h, std::size_t pad, std::size_t stride) {
      return layer{h, w, channels, outputs, kernel_h, kernel_w, stride, stride, pad, pad};
    };
    const auto square = [&](std::size_t size, std::size_t channels, std::size_t outputs, std::size_t kernel,
                            std::size_t stride = 1) { return square_layer(size, channels, outputs, kernel, stride); };
    std::vector<deepbench_network> all;
    // Speech.
    all.push_back(
        {{1, 2, 4}, {4, 8, 16, 32}, {wide(700, 161, 1, 32, 20, 5, 0, 2), wide(341, 79, 32, 32, 10, 5, 0, 2)}});
    // Text in images.
    all.push_back({{1},
                   {16},
                   {wide(480, 48, 1, 16, 3, 3, 1, 1), wide(240, 24, 16, 32, 3, 3, 1, 1),
                    wide(120, 12, 32, 64, 3, 3, 1, 1), wide(60, 6, 64, 128, 3, 3, 1, 1)}});
    // Faces.
    all.push_back({{1},
                   {8},
                   {square(108, 3, 64, 3, 2), square(54, 64, 64, 3), square(27, 128, 128, 3), square(14, 128, 256, 3),
                    square(7, 256, 512, 3)}});
    // VGG.
    all.push_back({{1, 2},
                   {8, 16},
                   {square(224, 3, 64, 3), square(112, 64, 128, 3), square(56, 128, 256, 3), square(28, 256, 512, 3),
                    square(14, 512, 512, 3), square(7, 512, 512, 3)}});
    // GoogLeNet.
    all.push_back({{1, 2},
                   {16},
                   {square(224, 3, 64, 7, 2), square(28, 192, 32, 5), square(28, 192, 64, 1), square(14, 512, 48, 5),
                    square(14, 512, 192, 1), square(7, 832, 256, 1), square(7, 832, 128, 5)}});
    // ResNet.
    all.push_back({{1, 2},
                   {8, 16},
                   {square(56, 64, 64, 3), square(56, 64, 256, 1, 2), square(28, 128, 128, 3),
                    square(28, 128, 512, 1, 2), square(14, 256, 256, 1), square(14, 256, 256, 3),
                    square(14, 256, 1024, 1, 2), square(7, 512, 512, 1), wide(7, 7, 2048, 512, 1, 1, 3, 2)}});
    // Speech, deeper.
    all.push_back(
        {{1, 2},
         {16},
         {wide(700, 161, 1, 64, 5, 5, 1, 2), wide(350, 80, 64, 64, 3, 3, 1, 1), wide(350, 80, 64, 128, 5, 5, 1, 2),
          wide(175, 40, 128, 128, 3, 3, 1, 1), wide(175, 40, 128, 256, 5, 5, 1, 2), wide(84, 20, 256, 256, 3, 3, 1, 1),
          wide(84, 20, 256, 512, 5, 5, 1, 2), wide(42, 10, 512, 512, 3, 3, 1, 1)}});
    // ResNet 50, the last: devices run it too.
    all.push_back(
        {{1, 2},
         {8, 16},
         {square(112, 64, 64, 1), square(56, 64, 256, 1), square(56, 256, 64, 1), square(56, 256, 128, 1, 2),
          square(28, 128, 512, 1), square(28, 512, 128, 1), square(28, 512, 256, 1, 2), square(14, 256, 1024, 1),
          square(28, 512, 1024, 1, 2), square(14, 1024, 256, 1), square(14, 1024, 512, 1, 2), square(7, 512, 512, 3),
          square(7, 512, 2048, 1), square(14, 1024, 2048, 1, 2), square(7, 2048, 512, 1)}});
    return all;
  }();
  return networks;
}

// Layers that several networks have come once.
inline std::vector<layer> at_batches(std::vector<std::size_t> detail::deepbench_network::*batches) {
  std::vector<layer> result;
  for (const deepbench_network& network : deepbench_networks()) {
    for (const std::size_t images : network.*batches) {
      for (layer l : network.layers) {
        l.images = images;
        if (std::ranges::find(result, l) == result.end()) result.push_back(l);
      }
    }
  }
  return result;
}

}  // namespace detail

inline std::vector<layer> deepbench_server_layers() { return detail::at_batches(&detail::deepbench_network::server); }
inline std::vector<layer> deepbench_training_layers() {
  return detail::at_batches(&detail::deepbench_network::training);
}
inline std::vector<layer> deepbench_device_layers() {
  std::vector<layer> result = detail::deepbench_networks().back().layers;
  result.insert(result.begin(), {40, 151, 1, 32, 5, 20, 2, 8, 8, 8});
  return result;
}

}  // namespace bench
