// Products with an emulated accumulator: operands as dense floats, panels of b, tiles on the current target, and the
// scalar definition (emulated.hpp) where there is no kernel: on the portable target, for operands beyond float, and for
// fixed-point accumulators that double lanes cannot carry.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/emulated_rounding.hpp"
#include "narrow/detail/gemm/fast.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/operand.hpp"
#include "narrow/detail/simd/sums.hpp"
#include "narrow/target.hpp"

namespace narrow::detail {

// What a kernel is told of a tile. a: a pointer to each row; b: a panel, `columns` floats for each k, zeros beyond the
// matrix; NaN terms are the quiet NaN. totals: rows x columns, of the kernel's own element type.
struct emulated_arguments {
  const float* const* a = nullptr;
  const float* b = nullptr;
  std::size_t depth = 0, chunk = 0;
  double start = 0;  // of each sum
  void* totals = nullptr;
  // For random bits: the index of the tile's first element, of the next row's less that, and of the next element's
  // bits.
  std::uint64_t element = 0, row_elements = 0, index_stride = 0;
  std::size_t columns = 0;
  stochastic_sequence random;
};

struct emulated_kernel {
  static constexpr std::size_t most_rows = 8;
  std::size_t rows = 0, columns = 0;  // of a tile
  std::size_t row_columns = 0;        // of a tile of one row
  bool in_double = false;
  void (*tile)(const emulated_arguments&) = nullptr;
  void (*row)(const emulated_arguments&) = nullptr;
};

}  // namespace narrow::detail

#if NARROW_HAS_X86_TARGETS
NARROW_BEGIN_AVX2
namespace narrow::detail::avx2 {
#include "narrow/detail/gemm/emulated_tile.inl"
}
NARROW_END_TARGET
NARROW_BEGIN_AVX512
namespace narrow::detail::avx512 {
#include "narrow/detail/gemm/emulated_tile.inl"
}
NARROW_END_TARGET
#endif

namespace narrow::detail {

// The terms of an operand whose scale, if any, does not vary along the depth.
template <class Operand>
constexpr term_range terms_of() {
  using T = typename Operand::value_type;
  if constexpr (real_element<T> || Operand::has_blocks) {
    return {};
  } else {
    using E = encoding_of<T>;
    if constexpr (float_encoding<E>) {
      return {E::descriptor.mantissa_bits + 1, E::min_exponent - E::descriptor.mantissa_bits, E::max_exponent + 1};
    } else if constexpr (!fixed_point_encoding<E>) {
      return {E::digits, E::lowest_exponent, E::max_exponent + 1};  // multiples of the smallest one
    } else if constexpr (Operand::is_unscaled) {
      return {E::bits, -E::fraction_bits, E::bits - E::fraction_bits};
    } else {
      return {E::bits + 1, 0, E::bits + 1};  // less a zero point, which is a code
    }
  }
}

// The kernel for the target in use; none if the scalar definition has to do. `bounded`: terms_of holds.
template <class Option, class A, class B>
emulated_kernel choose_emulated_kernel([[maybe_unused]] bool bounded) {
#if NARROW_HAS_X86_TARGETS
  using T = typename Option::accumulator_type;
  using Rounding = typename Option::rounding_type;
  if constexpr (!A::needs_double && !B::needs_double) {
    constexpr term_range a = terms_of<A>(), b = terms_of<B>();
    constexpr bool in_float = fits_float_lanes<T, Rounding>(), in_double = fits_double_lanes<T, Rounding>(a, b);
    constexpr bool wraps = std::is_same_v<overflow_of<T>, wrap>;
    const target where = current_target();
    if (where == target::portable || (wraps && !bounded)) return {};
    if (where == target::avx512) {
      if constexpr (in_float) return avx512::emulated_kernel_of<avx512::f32x16, Option>();
      if constexpr (!in_float && in_double) return avx512::emulated_kernel_of<avx512::f64x8, Option>();
    } else {
      constexpr bool exact = in_float && exact_in_float(a, b) && accumulates_below_2_to_126<T>();
      if constexpr (exact) {
        if (bounded) return avx2::emulated_kernel_of<avx2::f32x8, Option>();
      }
      if constexpr (!exact && in_double) return avx2::emulated_kernel_of<avx2::f64x4, Option>();
    }
  }
#endif
  return {};
}

template <class From, class To>
void copy_totals(const From* from, std::size_t n, To* to) {
  if constexpr (std::is_same_v<From, To>) {
    std::copy_n(from, n, to);
  } else {
    for (std::size_t j = 0; j < n; ++j) to[j] = static_cast<To>(from[j]);
  }
}

// `width` columns of b, `columns` apart in the panel: row by row where a row is contiguous, else in blocks of a cache
// line of each column.
inline void pack_panel(const float* b, std::size_t b_row, std::size_t b_column, std::size_t depth, std::size_t width,
                       std::size_t columns, float* panel) {
  if (b_column == 1) {
    for (std::size_t k = 0; k < depth; ++k) std::copy_n(b + k * b_row, width, panel + k * columns);
    return;
  }
  constexpr std::size_t line = 64 / sizeof(float);
  for (std::size_t first = 0; first < depth; first += line) {
    const std::size_t last = std::min(first + line, depth);
    for (std::size_t j = 0; j < width; ++j) {
      for (std::size_t k = first; k < last; ++k) panel[k * columns + j] = b[k * b_row + j * b_column];
    }
  }
}

// sums (m x n) = a (m x depth) b (depth x n) by the kernel, a panel of b after the other. b has strides, so that a
// single column can be multiplied as a row.
template <class Option, class Sum>
void multiply_emulated(const Option& option, const emulated_kernel& kernel, const float* a, const float* b,
                       std::size_t b_row, std::size_t b_column, Sum* sums, std::size_t m, std::size_t depth,
                       std::size_t n, std::uint64_t first_index) {
  const std::size_t rows = m == 1 ? 1 : kernel.rows;
  const std::size_t columns = m == 1 ? kernel.row_columns : kernel.columns;
  // Vectors that straddle cache lines would cost a load each.
  constexpr std::size_t line = 64 / sizeof(float);
  std::vector<float> memory(checked_product(depth, columns, "gemm") + line);
  float* const panel = memory.data() + (line - reinterpret_cast<std::uintptr_t>(memory.data()) / sizeof(float) % line);
  alignas(64) std::array<double, 256> totals;  // of either element type
  require(rows * columns <= totals.size(), "gemm: a tile of an emulated accumulator is too large");
  emulated_arguments t{nullptr,
                       panel,
                       depth,
                       option.chunk,
                       double{typename Option::accumulator_type{}},
                       totals.data(),
                       0,
                       n,
                       index_stride(option, depth),
                       columns,
                       {}};
  if constexpr (std::is_same_v<typename Option::rounding_type, stochastic_sequence>) t.random = option.rounding;
  for (std::size_t j0 = 0; j0 < n; j0 += columns) {
    const std::size_t width = std::min(columns, n - j0);
    pack_panel(b + j0 * b_column, b_row, b_column, depth, width, columns, panel);
    // The columns beyond the matrix keep what they held, whose sums nobody reads.
    for (std::size_t i0 = 0; i0 < m; i0 += rows) {
      const std::size_t height = std::min(rows, m - i0);
      const float* pointers[emulated_kernel::most_rows];
      // Rows beyond the matrix repeat its last one.
      for (std::size_t r = 0; r < rows; ++r) pointers[r] = a + (i0 + std::min(r, height - 1)) * depth;
      t.a = pointers;
      t.element = first_index + i0 * n + j0;
      (m == 1 ? kernel.row : kernel.tile)(t);
      for (std::size_t r = 0; r < height; ++r) {
        Sum* const to = sums + (i0 + r) * n + j0;
        if (kernel.in_double) {
          copy_totals(totals.data() + r * columns, width, to);
        } else {
          copy_totals(reinterpret_cast<const float*>(totals.data()) + r * columns, width, to);
        }
      }
    }
  }
}

template <class Option, class Sum, class Real>
void multiply_by_definition(const Option& option, const Real* a, const Real* b, Sum* sums, std::size_t m,
                            std::size_t depth, std::size_t n, std::uint64_t first_index) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t at = i * n + j;
      sums[at] = static_cast<Sum>(
          emulated_sum(option, depth == 0 ? a : a + i * depth, 1, depth == 0 ? b : b + j, n, depth, first_index + at));
    }
  }
}

// One NaN for all: a product's sign and payload depend on the order of its factors.
template <class Real>
void make_nans_quiet(Real* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) x[i] = x[i] != x[i] ? std::numeric_limits<Real>::quiet_NaN() : x[i];
}

template <class Sum>
struct emulated_class {
  struct accumulator {
    using sum_type = Sum;
  };
  static constexpr bool exact_integer = false;
};

// The emulated accumulator among the options.
template <class First, class... Rest>
const auto& emulated_option(const First& first, const Rest&... rest) {
  if constexpr (is_emulated<First>) {
    return first;
  } else {
    return emulated_option(rest...);
  }
}

// gemm's own steps, from lowering to the output, with the accumulator that is among the options.
template <class A, class B, class Output, class Ops, class Conversion, class... Option>
void multiply_emulated_and_finish(const A& a, const B& b, const Output& out, const scaling& s, const Ops& ops,
                                  const Conversion& conversion, std::size_t first_index, const Option&... options) {
  static_assert((is_accumulate_in<Option> + ...) == 1, "a product has one accumulator");
  static_assert(!Output::is_raw && !has_accumulator_epilogue<Ops>,
                "an emulated accumulator gives reals: c holds reals or narrow numbers, and epilogues take reals");
  static_assert(terms_of<A>().significand_bits <= 24 && terms_of<B>().significand_bits <= 24 &&
                    !std::is_same_v<typename A::value_type, double> && !std::is_same_v<typename B::value_type, double>,
                "operands of an emulated accumulator have at most 24 significant bits, as float has");
  const auto& option = emulated_option(options...);
  using Chosen = std::remove_cvref_t<decltype(option)>;
  using Sum = typename Chosen::accumulator_type::real_type;
  using Operand = std::conditional_t<A::needs_double || B::needs_double, double, float>;
  require(option.chunk != 0, "gemm: chunk is 0; it must be at least 1");
  const std::size_t m = a.rows(), depth = a.columns(), n = b.columns();
  if (m == 0 || n == 0) return;
  using Value = value_type_of<emulated_class<Sum>, A, B, typename Output::value_type>;
  check_scaling_fits<Value>(s, "gemm");

  const bool varies = a.varies_along(1) || b.varies_along(0) || !A::has_factor || !B::has_factor;
  const bool a_scaled = varies || A::is_unscaled, b_scaled = varies || B::is_unscaled;
  auto x = lower_by_vectors<Operand>(a, a_scaled);
  auto y = lower_by_vectors<Operand>(b, b_scaled);
  make_nans_quiet(x.values.data(), x.values.size());
  make_nans_quiet(y.values.data(), y.values.size());
  std::vector<Sum> sums(checked_product(m, n, "gemm"));
  if constexpr (std::is_same_v<Operand, float>) {
    const emulated_kernel kernel = choose_emulated_kernel<Chosen, A, B>(!varies);
    if (kernel.tile == nullptr || depth == 0) {
      multiply_by_definition(option, x.values.data(), y.values.data(), sums.data(), m, depth, n, first_index);
    } else if (n == 1) {
      multiply_emulated(option, kernel, y.values.data(), x.values.data(), 1, depth, sums.data(), 1, depth, m,
                        first_index);
    } else {
      multiply_emulated(option, kernel, x.values.data(), y.values.data(), n, 1, sums.data(), m, depth, n, first_index);
    }
  } else {
    multiply_by_definition(option, x.values.data(), y.values.data(), sums.data(), m, depth, n, first_index);
  }
  make_nans_quiet(sums.data(), sums.size());

  const finisher<Value, false, Output, Ops, Conversion> last{out, s, ops, conversion, n, first_index};
  last.rows(sums.data(), scales_of(a, m, a_scaled), scales_of(b, n, b_scaled));
}

}  // namespace narrow::detail
