// What operands are made of, for the library and for those it is compared with: how reals become codes, what a code is
// in reals (code * unit), and a view of codes as the library takes it. Operands whose parameters belong to the output
// channels are told how many sums there are, of how many terms, and the axis that the channels lie along.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/narrow.hpp"
#include "support/requantization.hpp"

namespace bench {

struct sums {
  std::size_t outputs = 0, depth = 0;
  narrow::granularity along;
};

// Floats of any width and fixed point: the code is the value.
template <class T>
struct number_operand {
  using element = T;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;

  explicit number_operand(const sums&) {}
  T encode(float x, std::size_t) const { return T(x); }
  template <std::size_t Rank>
  auto view(const narrow::tensor_view<const T, Rank>& codes) const {
    return codes;
  }
};

// Integers without a scheme.
template <class T>
struct integer_operand {
  using element = T;
  static constexpr float lowest = std::is_signed_v<T> ? -1 : 0;
  static constexpr double unit = 1.0 / std::numeric_limits<T>::max();

  explicit integer_operand(const sums&) {}
  T encode(float x, std::size_t) const { return static_cast<T>(std::lrint(static_cast<double>(x) / unit)); }
  template <std::size_t Rank>
  auto view(const narrow::tensor_view<const T, Rank>& codes) const {
    return codes;
  }
};

// Dynamic fixed point: integers under one exponent.
template <class T>
struct shared_exponent_operand {
  using element = T;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;
  narrow::shared_exponent scheme{-(std::numeric_limits<T>::digits)};

  explicit shared_exponent_operand(const sums&) {}
  T encode(float x, std::size_t) const {
    const double code = std::nearbyint(std::ldexp(static_cast<double>(x), -scheme.exponent()));
    return static_cast<T>(std::min(code, static_cast<double>(std::numeric_limits<T>::max())));
  }
  template <std::size_t Rank>
  auto view(const narrow::tensor_view<const T, Rank>& codes) const {
    return narrow::quantized_view<T, Rank, narrow::shared_exponent>{codes, &scheme, scheme.axis()};
  }
};

// Activations and weights of requantized products.
template <class Code>
struct affine_activations {
  using element = Code;
  static constexpr float lowest = requantization<Code>::a_lowest;
  static constexpr double unit = 1;
  narrow::affine scheme{requantization<Code>::a_scale, requantization<Code>::a_zero};

  explicit affine_activations(const sums&) {}
  Code encode(float x, std::size_t) const { return requantization<Code>::encode_a(x); }
  template <std::size_t Rank>
  auto view(const narrow::tensor_view<const Code, Rank>& codes) const {
    return narrow::quantized_view<Code, Rank, narrow::affine>{codes, &scheme, scheme.axis()};
  }
};
template <class Code>
struct affine_weights {
  using element = std::int8_t;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;
  requantization<Code> parameters;
  narrow::affine scheme;

  explicit affine_weights(const sums& s) : parameters(s.outputs, s.depth), scheme(s.along, parameters.b_scales) {}
  std::int8_t encode(float x, std::size_t output) const { return parameters.encode_b(x, output); }
  template <std::size_t Rank>
  auto view(const narrow::tensor_view<const std::int8_t, Rank>& codes) const {
    return narrow::quantized_view<std::int8_t, Rank, narrow::affine>{codes, &scheme, scheme.axis()};
  }
};

}  // namespace bench
