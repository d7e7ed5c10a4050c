// The parameters of requantized products, one set for all libraries: 8-bit codes with a zero point on the activations
// and on the output, symmetric weights with a scale for each output channel.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace bench {

template <class Code>
struct requantization {
  static constexpr std::int32_t a_zero = 7, c_zero = 3;
  static constexpr float a_lowest = std::is_signed_v<Code> ? -1 : 0;
  static constexpr float a_scale = std::is_signed_v<Code> ? 1.0F / 120 : 1.0F / 248;

  std::vector<float> b_scales;
  float c_scale;  // four standard deviations of a sum of k products reach the largest code

  requantization(std::size_t n, std::size_t k)
      : b_scales(n), c_scale(std::sqrt(static_cast<float>(k)) * (std::is_signed_v<Code> ? 0.0105F : 0.0053F)) {
    for (std::size_t j = 0; j < n; ++j) b_scales[j] = (1 + static_cast<float>(j % 8) / 8) / 127;
  }

  // What an accumulator is multiplied by.
  std::vector<float> multipliers() const {
    std::vector<float> result;
    for (const float scale : b_scales) result.push_back(a_scale * scale / c_scale);
    return result;
  }

  static Code encode_a(float x) { return static_cast<Code>(std::lrint(x / a_scale) + a_zero); }
  std::int8_t encode_b(float x, std::size_t j) const { return static_cast<std::int8_t>(std::lrint(x / b_scales[j])); }
  double decode_c(Code c) const { return (static_cast<double>(c) - c_zero) * static_cast<double>(c_scale); }
  // A real, saturated as the output saturates.
  double representable(double x) const {
    const double lowest = decode_c(std::is_signed_v<Code> ? Code(-128) : Code(0));
    const double highest = decode_c(std::is_signed_v<Code> ? Code(127) : Code(255));
    return x < lowest ? lowest : x > highest ? highest : x;
  }
};

}  // namespace bench
