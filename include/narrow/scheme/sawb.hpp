// Statistics-aware weight binning: the clipping value of a tensor of weights from two of its moments, without a search.
//
//   alpha = c1 * sqrt(E[w^2]) + c2 * E|w|
//
// is near the value whose 2^bits even levels from -alpha to alpha, zero not among them, have the least square error on
// weights of bell-shaped distributions. Such levels are those of odd integers:
//
//   auto wq = quantize<number<odd_integer<2>>>(w, affine::fit(w, sawb{}));      // -a, -a/3, a/3, a
//
// Source: Choi et al., "Accurate and Efficient 2-bit Quantized Neural Networks",
// MLSys 2019, and the constants that IBM's code adds for 5 and 8 bits. Those of 6 and 7 bits, which it leaves out, are
// computed here: the line through the best alpha of Gaussian and of Laplacian weights.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "narrow/scheme/fit.hpp"

namespace narrow {

namespace detail {

struct sawb_constants {
  double of_root_mean_square, of_mean_magnitude;
};
inline constexpr std::array<sawb_constants, 7> sawb_by_bits{{{3.12, -2.064},
                                                             {7.509, -6.892},
                                                             {12.68, -12.80},
                                                             {17.74, -18.64},
                                                             {20.34, -21.38},
                                                             {25.51, -27.44},
                                                             {31.76, -35.04}}};

inline double sawb_limit(const std::vector<double>& values, int bits) {
  require(bits >= 2 && bits <= 8, "sawb: the format has ", bits, " bits; it must have 2 to 8");
  if (values.empty()) return 0;
  double squares = 0, magnitudes = 0, greatest = 0;
  for (const double v : values) {
    squares += v * v;
    magnitudes += std::abs(v);
    greatest = std::max(greatest, std::abs(v));
  }
  const auto count = static_cast<double>(values.size());
  const auto [c1, c2] = sawb_by_bits[static_cast<std::size_t>(bits - 2)];
  const double alpha = c1 * std::sqrt(squares / count) + c2 * (magnitudes / count);
  return alpha > 0 ? alpha : greatest;
}

}  // namespace detail

// Alpha for codes of 2 to 8 bits, in the units of the weights; the largest magnitude where the formula is not positive
// (weights of nearly one magnitude); 0 for none. Errors: another count of bits; a weight that is not finite.
template <class T, std::size_t Rank>
double sawb_limit(const tensor_view<T, Rank>& weights, int bits) {
  return detail::sawb_limit(detail::slices(weights, per_tensor)[0], bits);
}

}  // namespace narrow
