// Operands, made uniform: a view of reals, of coded elements, or of codes under a scheme, as a matrix whose elements
// are `value * scale`, with a value that a compute class multiplies exactly and a scale that is factored out of the
// sum. A scale that varies along the depth, or that a scheme does not tell (scheme/scheme.hpp), cannot be factored out,
// and goes into the value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "narrow/detail/gemm/bfloat16_fit.hpp"
#include "narrow/encoding/binary.hpp"
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
  static constexpr bool is_unscaled = true;
  static constexpr bool is_fixed = false, is_binary = false, has_integer_values = false;
  static constexpr bool has_factor = true;
  static constexpr bool has_real_factor = false;
  using bfloat16_fit = fits_no_bfloat16;
  static constexpr bool needs_double = sizeof(T) == 8;
  static constexpr bool factor_is_one = true;
  static constexpr bool takes_vectors = true;
  static constexpr std::size_t block_length = 0;
  static constexpr bool has_blocks = false, folds_scales = false;

  matrix_view<const T> view;

  std::size_t rows() const { return view.extent(0); }
  std::size_t columns() const { return view.extent(1); }
  const matrix_view<const T>& elements() const { return view; }
  real_operand transposed() const { return {narrow::transposed(view)}; }
  static std::size_t place(std::size_t, std::size_t) { return 0; }
  bool varies_along(std::size_t) const { return false; }
  bool has_blocks_along(std::size_t) const { return false; }
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
  static constexpr bool is_unscaled = std::is_same_v<Scheme, unscaled_scheme>;
  static constexpr bool has_factor = requires(const Scheme& s) { s.template factor<E>(0); };
  // What multiplies as integers: fixed point by its codes; binary, and others that say so, by their values.
  static constexpr bool is_binary = std::is_same_v<E, binary_format> && has_factor;
  static constexpr bool has_integer_values = integer_valued_encoding<E> && has_factor;
  static constexpr bool is_fixed = (fixed_point_encoding<E> && has_factor) || has_integer_values;
  static constexpr bool has_real_factor = !requires { requires Scheme::factor_is_power_of_two; };
  static constexpr bool needs_double = sizeof(typename E::real_type) == 8;
  static constexpr bool has_blocks = block_scheme<Scheme>;
  // Whether values have the scales of their blocks in them, exactly: only the tensor's is then left to factor out.
  static constexpr bool folds_scales = [] {
    if constexpr (requires { Scheme::template folds<E>(); }) return Scheme::template folds<E>();
    return false;
  }();
  using bfloat16_fit = std::conditional_t<folds_scales, fits_folded<E, Scheme>,
                                          std::conditional_t<has_factor, fits_bfloat16<E>, fits_no_bfloat16>>;
  static constexpr bool takes_vectors = narrow::detail::takes_vectors<Scheme>;
  // Of what scales vary by; 0: of nothing.
  static constexpr std::size_t block_length = [] {
    if constexpr (has_blocks && !folds_scales) return std::size_t{Scheme::block_length};
    return std::size_t{0};
  }();
  static constexpr bool factor_is_one = [] {
    if constexpr (!std::is_same_v<Scheme, unscaled_scheme>) {
      return false;
    } else if constexpr (fixed_point_encoding<E>) {
      return E::fraction_bits == 0;
    } else {
      return true;
    }
  }();

  quantized_view<T, 2, Scheme> view;
  std::size_t first_place = 0;  // where the matrix begins along the scheme's axis
  std::size_t line_step = 1;    // of blocks: lines of the scheme from one of the matrix to the next

  std::size_t rows() const { return view.codes.extent(0); }
  std::size_t columns() const { return view.codes.extent(1); }
  const matrix_view<const T>& elements() const { return view.codes; }
  coded_operand transposed() const { return {narrow::transposed(view), first_place, line_step}; }
  // Blocks are of one line each, so that they vary along both axes.
  bool varies_along(std::size_t axis) const {
    if constexpr (has_blocks) return !folds_scales;
    return (!view.axis.is_per_tensor() && view.axis.axis == axis);
  }
  bool has_blocks_along(std::size_t axis) const { return has_blocks && view.axis.axis == axis; }

  auto code(std::size_t i, std::size_t j) const { return storage_of(T(view.codes(i, j))); }
  // The integer that multiplies, zero point included.
  auto integer(std::size_t i, std::size_t j) const { return integer_of_code(code(i, j)); }
  static auto integer_of_code(typename E::storage_type code) {
    if constexpr (has_integer_values) {
      return static_cast<std::int16_t>(E::integer_of(widen_code<std::uint32_t>(code)));
    } else {
      return code;
    }
  }
  // The element's place along the scheme's axis.
  std::size_t place(std::size_t i, std::size_t j) const {
    if constexpr (block_scheme<Scheme>) {
      const bool down = view.axis.axis == 0;
      return first_place + view.scheme->place((down ? j : i) * line_step, down ? i : j);
    }
    return first_place + (view.axis.is_per_tensor() ? 0 : view.axis.axis == 0 ? i : j);
  }

  // The factor of the index along the scheme's axis: what value(..., false) leaves out.
  double scale(std::size_t index) const {
    if constexpr (folds_scales) {
      return view.scheme->tensor_scale();
    } else if constexpr (has_factor) {
      return view.scheme->template factor<E>(first_place + (view.axis.is_per_tensor() ? 0 : index));
    } else {
      return 1;
    }
  }

  // The same of a place, for blocks.
  double factor(std::size_t place) const { return view.scheme->template factor<E>(place); }

  // The largest |code - zero point|: what decides how wide an exact sum has to be.
  std::uint64_t largest() const {
    if constexpr (has_integer_values) {
      return E::largest_integer;
    } else {
      const auto [low, high] = zero_point_range();
      const auto magnitude = [](std::int64_t x) {
        return x < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
      };
      return std::max(magnitude(E::max_code - low), magnitude(E::min_code - high));
    }
  }
  // The least and the greatest zero point.
  std::pair<std::int64_t, std::int64_t> zero_point_range() const {
    if constexpr (is_fixed && !has_integer_values && requires { view.scheme->zero_point_range(); }) {
      return view.scheme->zero_point_range();
    } else if constexpr (is_fixed && !has_integer_values && requires { view.scheme->zero_point(0); }) {
      if (view.scheme->count() == 0) return {0, 0};
      std::pair<std::int64_t, std::int64_t> range(zero_point(0), zero_point(0));
      for (std::size_t place = 1; place < view.scheme->count(); ++place) {
        range = {std::min(range.first, zero_point(place)), std::max(range.second, zero_point(place))};
      }
      return range;
    } else {
      return {0, 0};
    }
  }
  bool zero_points_vary_along(std::size_t axis) const {
    const auto [low, high] = zero_point_range();
    return low != high && varies_along(axis);
  }

  std::int64_t zero_point(std::size_t place) const {
    if constexpr (is_fixed && !has_integer_values && requires { view.scheme->zero_point(place); }) {
      return view.scheme->zero_point(place);
    } else {
      return 0;
    }
  }

  // Element (i, j): integer - zero point for integers, the encoding's value for floats; with_scale makes it the real.
  template <class Compute>
  Compute value(std::size_t i, std::size_t j, bool with_scale) const {
    if (with_scale) {
      if constexpr (std::is_floating_point_v<Compute>) {
        return view.scheme->template decode<E, Compute>(widen_code<bits_of<Compute>>(code(i, j)), place(i, j));
      }
    }
    if constexpr (is_fixed) {
      return static_cast<Compute>(static_cast<std::int64_t>(integer(i, j)) - zero_point(place(i, j)));
    } else if constexpr (folds_scales && std::is_floating_point_v<Compute>) {
      return view.scheme->template in_tensor<E, Compute>(widen_code<bits_of<Compute>>(code(i, j)), place(i, j));
    } else if constexpr (std::is_floating_point_v<Compute>) {
      return E::template decode<Compute>(widen_code<bits_of<Compute>>(code(i, j)));
    } else {
      return Compute{};
    }
  }
};

// ---- what is checked of an argument, of any rank -------------------------------------------------------------------

template <class T, std::size_t Rank>
const tensor_view<T, Rank>& elements_of(const tensor_view<T, Rank>& x) {
  return x;
}
template <class T, std::size_t Rank, class Scheme>
const tensor_view<const T, Rank>& elements_of(const quantized_view<T, Rank, Scheme>& x) {
  return x.codes;
}
template <class T, std::size_t Rank, class Scheme>
tensor_view<const T, Rank> elements_of(const quantized_tensor<T, Rank, Scheme>& x) {
  return x.view().codes;
}

template <class T, std::size_t Rank>
void check_operand(const tensor_view<T, Rank>&, const char*, const char*) {}
template <class T, std::size_t Rank, class Scheme>
void check_operand(const quantized_view<T, Rank, Scheme>& x, const char* what, const char* name) {
  check_view(x, what, name);
}
template <class T, std::size_t Rank, class Scheme>
void check_operand(const quantized_tensor<T, Rank, Scheme>&, const char*, const char*) {}

// ---- an argument as an operand -------------------------------------------------------------------------------------

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

// What makes its own: a packed matrix.
template <class X>
requires requires(const X& x) { x.operand(); }
auto operand_of(const X& x) { return x.operand(); }
template <class X>
requires requires(const X& x) { x.operand(); }
auto elements_of(const X& x) { return x.operand().elements(); }
template <class X>
requires requires(const X& x) { x.operand(); }
void check_operand(const X&, const char*, const char*) {}

template <class X>
concept matrix_operand = requires(const X& x) {
  detail::operand_of(x);
};

// The bits of a coded operand's elements, as integers where they multiply as such; of reals, more than any class of
// integers takes.
template <class Operand>
inline constexpr int bits_of_codes = [] {
  if constexpr (Operand::has_integer_values) {
    return Operand::E::integer_bits;
  } else if constexpr (requires { typename Operand::E; }) {
    return Operand::E::bits;
  } else {
    return 64;
  }
}();

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

// The factors of n rows of a left operand or columns of a right one; 1 where its elements are scaled already.
template <class Operand>
std::vector<double> scales_of(const Operand& x, std::size_t n, bool with_scale) {
  std::vector<double> result(n, 1.0);
  for (std::size_t t = 0; t < n && !with_scale; ++t) result[t] = x.scale(t);
  return result;
}

}  // namespace narrow::detail
