// Operands, made uniform: a view of reals, of coded elements, or of codes under a scheme, as a matrix whose elements
// are `value * scale`, with a value that a compute class multiplies exactly and a scale that is factored out of the
// sum. A scale that varies along the depth cannot be factored out, and goes into the value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "narrow/quantized_tensor.hpp"

namespace narrow::detail {

// A row-major matrix of the type that a compute class multiplies.
template <class T>
struct dense {
  std::size_t rows = 0, columns = 0;
  std::vector<T> values;
};

// Reals, for which there is nothing to decode.
template <real_element T>
struct real_operand {
  using value_type = T;
  static constexpr bool is_fixed = false;
  static constexpr bool is_affine = false;
  static constexpr bool fits_bfloat16 = false;
  static constexpr bool needs_double = sizeof(T) == 8;

  matrix_view<const T> view;

  std::size_t rows() const { return view.extent(0); }
  std::size_t columns() const { return view.extent(1); }
  const matrix_view<const T>& elements() const { return view; }
  real_operand transposed() const { return {narrow::transposed(view)}; }
  bool varies_along(std::size_t) const { return false; }
  double scale(std::size_t) const { return 1; }
  template <class Compute>
  Compute value(std::size_t i, std::size_t j, bool) const {
    return static_cast<Compute>(view(i, j));
  }
};

template <class T, class Scheme>
struct coded_operand {
  using value_type = T;
  using E = encoding_of<T>;
  static constexpr bool is_fixed = fixed_point_encoding<E>;
  static constexpr bool is_affine = std::is_same_v<Scheme, affine>;
  // At most 8 significand bits and no number below bfloat16's normal range (bfloat16's own subnormals are flushed by
  // the bf16 class, as the hardware does).
  static constexpr bool fits_bfloat16 = [] {
    if constexpr (is_fixed) {
      return false;
    } else {
      constexpr auto d = E::descriptor;
      return d.mantissa_bits <= 7 && (E::lowest_exponent >= -126 || (d.exponent_bits == 8 && d.bias == 127)) &&
             E::max_exponent <= 127;
    }
  }();
  static constexpr bool needs_double = sizeof(typename E::real_type) == 8;

  quantized_view<T, 2, Scheme> view;
  std::size_t first_place = 0;  // where the matrix begins along the scheme's axis

  std::size_t rows() const { return view.codes.extent(0); }
  std::size_t columns() const { return view.codes.extent(1); }
  const matrix_view<const T>& elements() const { return view.codes; }
  coded_operand transposed() const { return {narrow::transposed(view), first_place}; }
  bool varies_along(std::size_t axis) const { return !view.axis.is_per_tensor() && view.axis.axis == axis; }

  auto code(std::size_t i, std::size_t j) const { return storage_of(T(view.codes(i, j))); }
  // The element's place along the scheme's axis.
  std::size_t place(std::size_t i, std::size_t j) const {
    return first_place + (view.axis.is_per_tensor() ? 0 : view.axis.axis == 0 ? i : j);
  }

  // The factor of the index along the scheme's axis: what value(..., false) leaves out.
  double scale(std::size_t index) const {
    const std::size_t place = first_place + (view.axis.is_per_tensor() ? 0 : index);
    double result = 1;
    if constexpr (is_fixed) {
      result = std::ldexp(1.0, std::is_same_v<Scheme, unscaled_scheme> ? -E::fraction_bits : 0);
    }
    if constexpr (is_affine) result = static_cast<double>(view.scheme->scale(place));
    if constexpr (std::is_same_v<Scheme, shared_exponent>) result = std::ldexp(1.0, view.scheme->exponent(place));
    return result;
  }

  // The largest |code - zero point|: what decides how wide an exact sum has to be.
  std::uint64_t largest() const {
    std::uint64_t result = 0;
    const std::size_t count = view.scheme == nullptr ? 1 : view.scheme->count();
    for (std::size_t place = 0; place < count; ++place) {
      const std::int64_t zero = zero_point(place);
      result = std::max(
          {result, static_cast<std::uint64_t>(E::max_code - zero), static_cast<std::uint64_t>(zero - E::min_code)});
    }
    return result;
  }

  std::int64_t zero_point(std::size_t place) const {
    if constexpr (is_affine && is_fixed) {
      return view.scheme->zero_point(place);
    } else {
      return 0;
    }
  }

  // Element (i, j): code - zero point for integers, the encoding's value for floats; with_scale makes it the real.
  template <class Compute>
  Compute value(std::size_t i, std::size_t j, bool with_scale) const {
    if (with_scale) {
      if constexpr (std::is_floating_point_v<Compute>) {
        return view.scheme->template decode<E, Compute>(widen_code<bits_of<Compute>>(code(i, j)), place(i, j));
      }
    }
    if constexpr (is_fixed) {
      return static_cast<Compute>(static_cast<std::int64_t>(code(i, j)) - zero_point(place(i, j)));
    } else if constexpr (std::is_floating_point_v<Compute>) {
      return E::template decode<Compute>(widen_code<bits_of<Compute>>(code(i, j)));
    } else {
      return Compute{};
    }
  }
};

template <class T>
auto operand_of(const matrix_view<T>& x) {
  using value = std::remove_cv_t<T>;
  if constexpr (real_element<value>) {
    return real_operand<value>{x};
  } else {
    static_assert(coded_element<value>, "an operand holds floats, doubles, integers or narrow numbers");
    return coded_operand<value, unscaled_scheme>{{x, &unscaled, per_tensor}, 0};
  }
}
template <class T, class Scheme>
auto operand_of(const quantized_view<T, 2, Scheme>& x) {
  return coded_operand<T, Scheme>{x, 0};
}
template <class T, class Scheme>
auto operand_of(const quantized_tensor<T, 2, Scheme>& x) {
  return coded_operand<T, Scheme>{x.view(), 0};
}

template <class X>
concept matrix_operand = requires(const X& x) {
  detail::operand_of(x);
};

// The operand as a dense matrix, row-major.
template <class Compute, class Operand>
dense<Compute> lower(const Operand& x, bool with_scale) {
  dense<Compute> result{x.rows(), x.columns(), {}};
  result.values.resize(checked_product(x.rows(), x.columns(), "gemm"));
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      result.values[i * x.columns() + j] = x.template value<Compute>(i, j, with_scale);
    }
  }
  return result;
}

}  // namespace narrow::detail
