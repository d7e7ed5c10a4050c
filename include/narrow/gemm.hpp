// Matrix product: c = epilogues(alpha * a b + beta * c), any operand formats, any strides.
//
//   auto xq = quantize<uint8>(x, affine::fit(x));
//   auto wq = quantize<int8>(w, affine::fit(w, symmetric, per_column));
//   gemm(xq, wq, y, bias(b), relu);
//
// Operands: views of float or double, of narrow numbers or of standard integers, and quantized tensors or views under
// a scheme; `transposed(x)` costs nothing.
// Sums: integers and fixed point exactly, whatever the depth (int32, double up to 53 bits, int64, 128 bits), zero
// points included; floats of at most 8 significand bits in the bf16 class (accumulator.hpp); other reals in float, with
// one FMA chain for each element, depth ascending; in double where an operand is double, or with
// accumulate_in<double>{}. Outputs: reals; narrow numbers, rounded once by the type's policy or by one among the
// options; quantized tensors, whose scheme is given; standard integers, which take the raw integer accumulator
// (saturating).
//
// Between the sum and the output an element is a float, if the output is no wider (float, floats of up to 16 bits,
// codes of up to 24) and the sum is float, or an exact integer under affine scales: float(sum) * float(scale). Else,
// and so for every double and every code of more than 24 bits, it is a double: an exact sum is converted once, powers
// of two scale it exactly, and affine scales round once.
//
// Options, in any order: alpha, beta, accumulate_in, a rounding policy or stochastic_sequence (indexed by i * n + j);
// and epilogues, applied in the order given: bias, integer_bias, relu, clamp, requantize, any callable (value, i, j).
//
// Errors (std::invalid_argument): shapes that do not match, an output that overlaps an operand, an epilogue of the
// wrong length, alpha or beta that an integer output cannot take. Nothing is written in that case.
#pragma once

#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/operand.hpp"
#include "narrow/detail/gemm/product.hpp"

namespace narrow {

namespace detail {

template <class Output, class Ops>
void check_scaling(const scaling& s, const Output&, const Ops&, const char* what) {
  require(std::isfinite(s.alpha), what, ": alpha is ", s.alpha, "; it must be finite");
  require(std::isfinite(s.beta), what, ": beta is ", s.beta, "; it must be finite");
  if constexpr (Output::is_raw) {
    require(s.alpha == 1, what, ": alpha is ", s.alpha, "; an output of integer accumulators takes only 1");
    require(s.beta == 0 || s.beta == 1, what, ": beta is ", s.beta, "; an output of integer accumulators takes 0 or 1");
  }
  if constexpr (ends_in_requantize<Ops>) {
    require(s.alpha == 1, what, ": alpha is ", s.alpha, "; requantize takes only 1");
    require(s.beta == 0, what, ": beta is ", s.beta, "; requantize takes only 0");
  }
}

// Lowers both operands to the class's type, multiplies, and finishes row by row.
template <class Class, class A, class B, class Output, class Ops, class Conversion>
void multiply_and_finish(const A& a, const B& b, const Output& out, const scaling& s, const Ops& ops,
                         const Conversion& conversion, std::size_t first_index, bool with_scale) {
  using Accumulator = typename Class::accumulator;
  using Operand = typename Accumulator::operand_type;
  using Sum = typename Accumulator::sum_type;
  if constexpr (needs_integer_sum<A, B, Output, Ops>() && !Class::exact_integer) {
    fail(
        "gemm: c or an epilogue takes integer accumulators, but the sum is real: a scale varies along the depth, or "
        "accumulate_in was given");
  } else {
    const std::size_t m = a.rows(), depth = a.columns(), n = b.columns();
    const auto x = lower<Operand>(a, with_scale);
    const auto y = lower<Operand>(b, with_scale);
    std::vector<Sum> sums(checked_product(m, n, "gemm"));
    multiply_any_shape<Accumulator>(x.values.data(), y.values.data(), sums.data(), m, depth, n);
    std::vector<double> column_scale(n, 1.0);
    for (std::size_t j = 0; j < n && !with_scale; ++j) column_scale[j] = b.scale(j);
    using Value = value_type_of<Class, A, B, typename Output::value_type>;
    const finisher<Value, Class::exact_integer, Output, Ops, Conversion> last{out, s, ops, conversion, n, first_index};
    std::vector<Value> buffer(n);
    for (std::size_t i = 0; i < m; ++i) {
      const double row_scale = with_scale ? 1.0 : a.scale(i);
      last.row(
          sums.data() + i * n, i, 0, n, [&](std::size_t j) { return row_scale * column_scale[j]; }, buffer.data());
    }
  }
}

template <class A, class B, class Output, class... Option>
void gemm_matrices(const A& a, const B& b, const Output& out, std::size_t first_index, const Option&... option) {
  const std::size_t m = a.rows(), depth = a.columns(), n = b.columns();
  require(b.rows() == depth, "gemm: b has ", b.rows(), " rows; a has ", depth, " columns");
  require(out.view.extent(0) == m && out.view.extent(1) == n, "gemm: c is ", out.view.extent(0), " x ",
          out.view.extent(1), "; the product is ", m, " x ", n);
  const byte_range written = bytes_of(out.view);
  require(!written.overlaps(bytes_of(a.elements())), "gemm: c overlaps a");
  require(!written.overlaps(bytes_of(b.elements())), "gemm: c overlaps b");
  scaling s;
  (read_scaling(s, option), ...);
  const auto ops = epilogues_of(option...);
  check_scaling(s, out, ops, "gemm");
  check_epilogues(ops, m, n);
  const auto conversion = conversion_of_options<typename Output::value_type>(option...);
  if (m == 0 || n == 0) return;
  with_accumulator<A, B, Option...>(
      a, b, depth, a.varies_along(1) || b.varies_along(0), [&](auto chosen, bool with_scale) {
        multiply_and_finish<decltype(chosen)>(a, b, out, s, ops, conversion, first_index, with_scale);
      });
}

}  // namespace detail

template <class A, class B, class C, class... Option>
requires detail::matrix_operand<A> && detail::matrix_operand<B> && detail::matrix_output<C>
void gemm(const A& a, const B& b, C&& c, const Option&... option) {
  detail::gemm_matrices(detail::operand_of(a), detail::operand_of(b), detail::output_of(c), 0, option...);
}

// Batches: c[t] = a[t] b[t]. An extent of 1 in a or b serves every t. Element (t, i, j) of a stochastic output has the
// index (t * m + i) * n + j.
template <tensor_element TA, tensor_element TB, class TC, class... Option>
void gemm(const tensor_view<TA, 3>& a, const tensor_view<TB, 3>& b, const tensor_view<TC, 3>& c,
          const Option&... option) {
  const std::size_t batch = c.extent(0);
  detail::require(a.extent(0) == batch || a.extent(0) == 1, "gemm: a has ", a.extent(0), " matrices; c has ", batch);
  detail::require(b.extent(0) == batch || b.extent(0) == 1, "gemm: b has ", b.extent(0), " matrices; c has ", batch);
  const detail::byte_range written = detail::bytes_of(c);
  detail::require(!written.overlaps(detail::bytes_of(a)), "gemm: c overlaps a");
  detail::require(!written.overlaps(detail::bytes_of(b)), "gemm: c overlaps b");
  const auto matrix = [](const auto& x, std::size_t t) {
    using element = typename std::remove_cvref_t<decltype(x)>::element_type;
    const auto at = static_cast<std::ptrdiff_t>(x.extent(0) == 1 ? 0 : t);
    return matrix_view<element>(x.data() + at * x.stride(0), {x.extent(1), x.extent(2)}, {x.stride(1), x.stride(2)});
  };
  for (std::size_t t = 0; t < batch; ++t) {
    detail::gemm_matrices(detail::operand_of(matrix(a, t)), detail::operand_of(matrix(b, t)),
                          detail::output_of(matrix(c, t)), t * c.extent(1) * c.extent(2), option...);
  }
}

}  // namespace narrow
