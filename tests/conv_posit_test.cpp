// A convolution of posits whose sums are exact in any order.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "narrow/conv.hpp"

namespace {

using namespace narrow;

TEST(ConvPosit, IsExactWhereSumsAre) {
  using T = posit<8>;
  const std::size_t height = 5, width = 6, channels = 3, outputs = 4;
  std::vector<T> x(height * width * channels), w(outputs * 9 * channels), y(3 * 4 * outputs);
  const auto small = [](std::uint64_t stream, std::size_t i) {
    return T(static_cast<int>(random_bits(1, stream, i) % 5) - 2);
  };
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = small(1, i);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = small(2, i);
  conv2d(view(x, 1, height, width, channels), view(w, outputs, 3, 3, channels), view(y, 1, 3, 4, outputs));
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      for (std::size_t o = 0; o < outputs; ++o) {
        double sum = 0;
        for (std::size_t t = 0; t < 9 * channels; ++t) {
          const std::size_t row = i + t / channels / 3, column = j + t / channels % 3;
          sum += double(x[(row * width + column) * channels + t % channels]) * double(w[o * 9 * channels + t]);
        }
        ASSERT_EQ(y[(i * 4 + j) * outputs + o], T(sum)) << i << ", " << j << ", " << o;
      }
    }
  }
}

// Each code as it is: a channel for some, a pixel for others, and lines of more and of fewer than 64.
TEST(ConvPosit, TakesEveryCode) {
  using T = posit<8>;
  for (const std::size_t channels : std::initializer_list<std::size_t>{8, 13}) {
    const std::size_t pixels = 256 / channels + 1;
    std::vector<T> x(pixels * channels), w(channels, T(1)), y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = T::from_bits(static_cast<std::uint8_t>(i));
    conv2d(view(x, 1, 1, pixels, channels), view(w, channels, 1, 1, 1), view(y, 1, 1, pixels, channels),
           {.groups = channels});
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i].bits(), x[i].bits()) << i;
  }
}

}  // namespace
