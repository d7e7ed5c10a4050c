// Procedural digits: seven-segment figures of 12 x 12 pixels, shifted, with segments of varying strength and
// noise of standard deviation 0.2. A pure function of the seed, in integers, so that every platform gets the
// same bits. Hard enough that the calibration network errs by 2 to 3 % in float32.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "compare/dataset.hpp"
#include "narrow/random.hpp"

namespace compare {

namespace detail {

// Segments a to g (top, upper right, lower right, bottom, lower left, upper left, middle), bit 0 is a.
inline constexpr std::array<unsigned, 10> segments_of_digit{0b0111111, 0b0000110, 0b1011011, 0b1001111, 0b1100110,
                                                            0b1101101, 0b1111101, 0b0000111, 0b1111111, 0b1101111};
struct box {
  int top, left, bottom, right;  // pixels, the last ones included
};
inline constexpr std::array<box, 7> segment_boxes{box{2, 4, 2, 7}, box{3, 8, 5, 8}, box{7, 8, 9, 8}, box{10, 4, 10, 7},
                                                  box{7, 3, 9, 3}, box{3, 3, 5, 3}, box{6, 4, 6, 7}};

// The numbers of one image, drawn in order.
class draw {
 public:
  draw(std::uint64_t seed, std::uint64_t image) : seed_(seed), image_(image) {}
  // Uniform in 0 .. n - 1.
  int below(int n) {
    const std::uint64_t bits = narrow::random_bits(seed_, image_, index_++);
    return static_cast<int>((bits * static_cast<std::uint64_t>(n)) >> 32);
  }

 private:
  std::uint64_t seed_, image_, index_ = 0;
};

// Intensities in thousandths. Noise: the sum of twelve uniforms has a standard deviation of one of their widths.
inline void draw_digit(std::uint64_t seed, std::uint64_t image, int digit, float* pixels) {
  draw next(seed, image);
  std::array<int, 144> ink{};
  const int down = next.below(3) - 1, right = next.below(3) - 1;
  for (std::size_t s = 0; s < segment_boxes.size(); ++s) {
    const int strength = 560 + next.below(440);
    if ((segments_of_digit[static_cast<std::size_t>(digit)] >> s & 1) == 0) continue;
    const box b = segment_boxes[s];
    for (int y = b.top; y <= b.bottom; ++y) {
      for (int x = b.left; x <= b.right; ++x) {
        const int row = y + down, column = x + right;
        if (row < 0 || row > 11 || column < 0 || column > 11) continue;
        int& pixel = ink[static_cast<std::size_t>(row * 12 + column)];
        pixel = std::max(pixel, strength);
      }
    }
  }
  for (std::size_t i = 0; i < ink.size(); ++i) {
    int noise = 0;
    for (int k = 0; k < 12; ++k) noise += next.below(201);
    const int value = std::clamp(ink[i] + noise - 1200, 0, 1000);
    pixels[i] = static_cast<float>((value * 255 + 500) / 1000) / 255.0F;
  }
}

}  // namespace detail

// `train` and then `test` images of the ten digits in turn, of a fixed seed.
inline dataset procedural_digits(std::size_t train = 4000, std::size_t test = 2000, std::uint64_t seed = 20140) {
  dataset data;
  data.name = "procedural digits";
  data.features = 144;
  data.train_x.resize(train * 144);
  data.test_x.resize(test * 144);
  for (std::size_t i = 0; i < train + test; ++i) {
    const auto digit = static_cast<std::uint8_t>(i % 10);
    float* const to = i < train ? data.train_x.data() + i * 144 : data.test_x.data() + (i - train) * 144;
    detail::draw_digit(seed, i, digit, to);
    (i < train ? data.train_y : data.test_y).push_back(digit);
  }
  return data;
}

}  // namespace compare
