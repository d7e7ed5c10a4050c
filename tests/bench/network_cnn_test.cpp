#include <gtest/gtest.h>

#include "compare/cnn_network.hpp"
#include "compare/digits.hpp"

namespace {

// Nothing is rounded that a difference could see.
struct double_cell {
  static constexpr int bits = 64;
  using work = double;
  std::vector<double> values;
  std::size_t rows = 0, columns = 0;
  narrow::range_controller* range = nullptr;

  void resize(std::size_t r, std::size_t c) {
    rows = r, columns = c;
    values.assign(r * c, 0.0);
  }
  void assign(const double* x, compare::conversion, compare::bit_source&) {
    std::copy_n(x, values.size(), values.begin());
  }
  auto operand() const { return narrow::view(values, rows, columns); }
  void read(double* y) const { std::copy(values.begin(), values.end(), y); }
};
using exact = compare::cnn_network<compare::arithmetic<double_cell, double_cell, double_cell>>;

double cross_entropy(const std::vector<double>& logits, const std::vector<std::uint8_t>& labels) {
  const std::size_t classes = logits.size() / labels.size();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double* const z = logits.data() + i * classes;
    double total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += std::exp(z[j]);
    sum += std::log(total) - z[labels[i]];
  }
  return sum / static_cast<double>(labels.size());
}

// Each gradient against a central difference of the loss in that parameter; a few parameters of each layer.
void check_gradients(const compare::cnn_shape& shape, const compare::dataset& data) {
  exact net(shape, {});
  const std::size_t count = data.train_y.size();
  const auto loss = [&] {
    net.forward(data.train_x.data(), count);
    return cross_entropy(net.logits(), data.train_y);
  };
  loss();
  ASSERT_TRUE(net.backward(data.train_y.data(), count));
  for (std::size_t l = 0; l < net.depth(); ++l) {
    const auto dw = net.weight_gradients(l), db = net.bias_gradients(l);
    auto w = net.weights(l), b = net.biases(l);
    const auto check = [&](std::vector<double>& values, const std::vector<double>& gradients, const char* name) {
      double largest = 0;
      for (const double g : gradients) largest = std::max(largest, std::abs(g));
      EXPECT_GT(largest, 0) << name << " of layer " << l;
      for (std::size_t k = 0; k < 7; ++k) {
        const std::size_t i = k * 7919 % values.size();
        const double kept = values[i], step = 1e-7;
        const auto at = [&](double value) {
          values[i] = value;
          net.set_parameters(l, w, b);
          return loss();
        };
        const double slope = (at(kept + step) - at(kept - step)) / (2 * step);
        at(kept);
        EXPECT_NEAR(slope, gradients[i], 1e-6 * largest + 1e-8) << name << "[" << i << "] of layer " << l;
      }
    };
    check(w, dw, "w"), check(b, db, "b");
  }
}

TEST(Cnn, GradientsAreDifferencesOfTheLoss) {
  const compare::dataset data = compare::procedural_digits(6, 1);
  check_gradients(compare::maxout_cnn(data), data);
  check_gradients(compare::relu_cnn(data), data);
}

TEST(Cnn, TheMaxoutNetworkIsThePapers) {
  compare::dataset mnist;
  mnist.features = 784;
  const auto layers = compare::extents_of(compare::maxout_cnn(mnist));
  std::vector<std::size_t> sizes, pooled;
  for (const auto& l : layers) sizes.push_back(l.out_size), pooled.push_back(l.pooled_size);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{21, 9, 6, 1}));
  EXPECT_EQ(pooled, (std::vector<std::size_t>{10, 4, 3, 1}));
  EXPECT_TRUE(layers.back().is_dense());
}

TEST(Cnn, Learns) {
  const compare::dataset data = compare::procedural_digits(600, 300);
  compare::training_options options;
  options.momentum = 0.5;
  exact net(compare::relu_cnn(data), options);
  const double before = net.test_error(data.test_x, data.test_y);
  for (std::size_t step = 0; step < 60; ++step) {
    const std::size_t first = step % 6 * 100;
    net.step(data.train_x.data() + first * data.features, data.train_y.data() + first, 100, 0.2);
  }
  EXPECT_GT(before, 0.7);
  EXPECT_LT(net.test_error(data.test_x, data.test_y), 0.4);
}

TEST(LossScaler, HalvesOnOverflowAndGrowsBack) {
  compare::loss_scaler scaler(8, 2);
  EXPECT_FALSE(scaler.step(false));
  EXPECT_EQ(scaler.scale(), 4);
  EXPECT_TRUE(scaler.step(true));
  EXPECT_TRUE(scaler.step(true));
  EXPECT_EQ(scaler.scale(), 8);
  compare::loss_scaler none;
  EXPECT_TRUE(none.step(false));
  EXPECT_EQ(none.scale(), 1);
}

}  // namespace
