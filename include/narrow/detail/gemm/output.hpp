// The output of a product, made uniform: a matrix of reals, of raw integer accumulators (standard integers), or of
// codes under a scheme.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "narrow/quantized_tensor.hpp"

namespace narrow::detail {

// A view has operator()(i, j) and stride(1); the axis is the scheme's, as one of the matrix.
template <class T, class Scheme, class View = matrix_view<T>>
struct output_matrix {
  static_assert(!block_scheme<Scheme>, "only gemm and conv2d write block formats: quantize what this gives as floats");
  using value_type = T;
  // Standard integers without a scheme; under one they are codes as narrow integers are.
  static constexpr bool is_raw = std::is_integral_v<T> && std::is_same_v<Scheme, unscaled_scheme>;
  View view;
  const Scheme* scheme;
  granularity axis;
  std::size_t first_place = 0;  // where the matrix begins along the scheme's axis

  std::size_t place(std::size_t i, std::size_t j) const {
    return first_place + (axis.is_per_tensor() ? 0 : axis.axis == 0 ? i : j);
  }

  double old_value(std::size_t i, std::size_t j) const {
    if constexpr (real_element<T> || is_raw) {
      return static_cast<double>(view(i, j));
    } else {
      const auto code = widen_code<std::uint64_t>(storage_of(view(i, j)));
      return scheme->template decode<encoding_of<T>, double>(code, place(i, j));
    }
  }
};

template <class T>
auto output_of(const matrix_view<T>& c) {
  static_assert(!std::is_const_v<T>, "the output is written, so its elements cannot be const");
  return output_matrix<T, unscaled_scheme>{c, &unscaled, per_tensor};
}
template <class T, class Scheme>
auto output_of(quantized_tensor<T, 2, Scheme>& c) {
  return output_matrix<T, Scheme>{c.codes(), &c.scheme(), c.scheme().axis()};
}

template <class C>
concept matrix_output = requires(C& c) {
  detail::output_of(c);
};

}  // namespace narrow::detail
