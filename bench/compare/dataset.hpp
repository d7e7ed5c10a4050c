// The data that the networks learn: MNIST from its IDX files, or the built-in procedural digits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "narrow/storage/idx.hpp"

namespace compare {

// Rows of `features` values in [0, 1], row-major, and a label below `classes` for each.
struct dataset {
  std::string name;
  std::size_t features = 0, classes = 10;
  std::vector<float> train_x;
  std::vector<std::uint8_t> train_y;
  std::vector<float> test_x;
  std::vector<std::uint8_t> test_y;
};

namespace detail {

inline std::filesystem::path plain_or_gzip(const std::filesystem::path& folder, const std::string& name) {
  for (const char* suffix : {"", ".gz"}) {
    if (std::filesystem::exists(folder / (name + suffix))) return folder / (name + suffix);
  }
  throw narrow::storage_error((folder / name).string() + ": no such file, with or without .gz");
}

inline void read_mnist(const std::filesystem::path& folder, const std::string& prefix, std::size_t most,
                       std::vector<float>& x, std::vector<std::uint8_t>& y) {
  const auto image_path = plain_or_gzip(folder, prefix + "-images-idx3-ubyte");
  const auto label_path = plain_or_gzip(folder, prefix + "-labels-idx1-ubyte");
  const auto images = narrow::read_idx(image_path), labels = narrow::read_idx(label_path);
  const auto wrong = [](const std::filesystem::path& path, const std::string& what) {
    throw narrow::storage_error(path.string() + ": " + what);
  };
  if (images.extents.size() != 3 || images.extents[1] != 28 || images.extents[2] != 28) {
    wrong(image_path, "must hold images of 28 x 28");
  }
  if (labels.extents.size() != 1) wrong(label_path, "must have rank 1");
  if (labels.extents[0] != images.extents[0]) {
    wrong(label_path, "holds " + std::to_string(labels.extents[0]) + " labels for " +
                          std::to_string(images.extents[0]) + " images");
  }
  if (most > images.extents[0]) {
    wrong(image_path,
          "holds " + std::to_string(images.extents[0]) + " images; " + std::to_string(most) + " were asked for");
  }
  for (std::size_t i = 0; i < labels.data.size(); ++i) {
    if (labels.data[i] > 9) wrong(label_path, "label " + std::to_string(i) + " is " + std::to_string(labels.data[i]));
  }
  const std::size_t count = most == 0 ? images.extents[0] : most;
  if (count == 0) wrong(image_path, "holds no images");
  x.resize(count * 784);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(images.data[i]) / 255.0F;
  y.assign(labels.data.begin(), labels.data.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace detail

// MNIST from a folder of its four files, plain or gzipped: the first `train` training images (0: all) and every test
// image. Errors: narrow::storage_error.
inline dataset load_mnist(const std::filesystem::path& folder, std::size_t train) {
  dataset data;
  data.name = "MNIST";
  data.features = 784;
  detail::read_mnist(folder, "train", train, data.train_x, data.train_y);
  detail::read_mnist(folder, "t10k", 0, data.test_x, data.test_y);
  return data;
}

}  // namespace compare
