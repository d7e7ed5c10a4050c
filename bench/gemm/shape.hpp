// The shapes that are measured: c (m x n) = a (m x k) b (k x n), b the weights.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

struct shape {
  std::size_t m = 0, n = 0, k = 0;

  std::string name() const { return std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k); }
  // Two a multiply-add.
  double operations() const { return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k); }
  bool is_vector() const { return m == 1 || n == 1; }
};

// Squares from small to beyond the caches, and shapes of inference: batches that are no multiple of anything, single
// vectors, few rows against a large matrix.
inline std::vector<shape> general_shapes() {
  return {{32, 32, 32},       {64, 64, 64},       {128, 128, 128},   {256, 256, 256},  {512, 512, 512},
          {1024, 1024, 1024}, {2048, 2048, 2048}, {5124, 700, 2048}, {35, 700, 2048},  {3072, 1500, 1024},
          {7680, 1, 2560},    {1, 4096, 4096},    {64, 4096, 4096},  {512, 1024, 1024}};
}

// DeepBench (Baidu Research, 2016), inference on devices.
inline std::vector<shape> deepbench_device_shapes() {
  return {{5124, 700, 2048}, {35, 700, 2048},   {3072, 1, 1024}, {64, 1, 1216},  {3072, 1500, 1024},
          {128, 1500, 1280}, {3072, 1500, 128}, {128, 1, 1024},  {3072, 1, 128}, {176, 1500, 1408},
          {4224, 1500, 176}, {128, 1, 1408},    {4224, 1, 128}};
}

// The same on servers: each layer at each of its batch sizes. Left out: depth 500,000, for operands of gigabytes.
inline std::vector<shape> deepbench_server_shapes() {
  std::vector<shape> shapes;
  const auto add = [&](std::vector<std::size_t> rows, std::vector<std::size_t> batches,
                       std::vector<std::size_t> depths) {
    for (const std::size_t k : depths) {
      for (const std::size_t n : batches) {
        for (const std::size_t m : rows) shapes.push_back({m, n, k});
      }
    }
  };
  add({5124, 35}, {700, 1500}, {2048, 2560});
  add({1024}, {700}, {512});
  add({7680}, {1, 2, 4, 1500, 3000, 6000}, {2560});
  add({6144}, {1, 2, 4, 1500, 3000, 6000}, {2048});
  add({4608}, {1, 2, 4, 1500, 3000, 6000}, {1536});
  add({8448}, {1, 2, 4, 1500, 3000, 6000}, {2816});
  add({3072}, {1, 2, 4, 1500, 3000, 6000}, {1024});
  add({512, 1024}, {1500, 3000, 6000}, {1536, 2048, 2560, 2816});
  add({512, 1024}, {1, 2, 4}, {512});
  return shapes;
}

}  // namespace bench
