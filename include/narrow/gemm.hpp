// Matrix product: c = epilogues(alpha * a b + beta * c), any operand formats, any strides.
//
//   auto xq = quantize<uint8>(x, affine::fit(x));
//   auto wq = quantize<int8>(w, affine::fit(w, symmetric, per_column));
//   gemm(xq, wq, y, bias(b), relu);
//
// Operands: views of float or double, of narrow numbers or of standard integers, and quantized tensors or views under
// a scheme; `transposed(x)` costs nothing.
// Sums: integers and fixed point exactly, whatever the depth (int32, double up to 53 bits, int64, 128 bits), zero
// points included; floats of at most 8 significand bits in the bf16 class (accumulator.hpp), where nothing but bfloat16
// itself could be flushed; other reals in float, with one FMA chain for each element, depth ascending; in double where
// an operand is double, or with accumulate_in<double>{}; those of posits exactly, with accumulate_in<quire<N, ES>>
// (detail/gemm/quire.hpp); in a narrow type, simulated, with accumulate_in<T> or float32_chunks<T> (emulated.hpp).
// NVFP4 is such a float too: the scales of its blocks go into the elements, which bfloat16 holds, and that of the
// tensor is factored out; so does any scheme of which that is true. Other block formats, of floats of the bf16 class or
// of integers of up to 8 bits, sum each block along the depth by itself, and then under its scales (block_sums in
// accumulator.hpp): two whose lengths, up to 65,536, are multiples of 4 of which one divides the other, or one beside
// such elements under scales that do not vary along the depth, as int8 activations beside grouped<int4, 32>. There b
// has no zero points, and a at most one. Any other scale that varies along the depth, and a scheme that says no factor
// (scheme/scheme.hpp), are multiplied into the operands first, as reals. Outputs: reals; narrow numbers, rounded once
// by the type's policy or by one among the options; quantized tensors, whose scheme is given; those of a block format,
// along either axis, which get the codes and the scales that `quantize` would make of the product's elements, all of
// which a workspace holds until then; standard integers, which take the raw integer accumulator (saturating, unless
// told otherwise).
//
// Between the sum and the output an element is a float, if the output is no wider (float, floats of up to 16 bits,
// codes of up to 24) and the sum is float, or an exact integer under affine scales: float(sum) * float(scale). Else,
// and so for every double and every code of more than 24 bits, it is a double: an exact sum is converted once, powers
// of two scale it exactly, and affine scales round once.
//
// Options, in any order: alpha, beta, accumulate_in, float32_chunks, a rounding policy or stochastic_sequence (indexed
// by i * n + j), an overflow policy, an executor (executor.hpp); and epilogues, applied in the order given: bias,
// integer_bias, relu, clamp, requantize, requantize_float, any callable (value, i, j).
//
// Batches: c[t] = a[t] b[t] where all three have rank 3. An extent of 1 in a or b serves every t. Element (t, i, j) of
// a stochastic output has the index (t * m + i) * n + j.
//
// Errors (std::invalid_argument): shapes that do not match, a scheme that does not fit its operand, an output that
// overlaps an operand, an epilogue's values or itself, an epilogue of the wrong length, alpha or beta that an integer
// output cannot take or that is not finite in the type of an element, a stochastic_sequence of too few or many bits.
// Nothing is written in that case.
#pragma once

#include "narrow/detail/gemm/batch.hpp"
#include "narrow/detail/gemm/block_output.hpp"
#include "narrow/detail/gemm/block_product.hpp"
#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/emulated.hpp"
#include "narrow/detail/gemm/fast.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/operand.hpp"
#include "narrow/detail/gemm/product.hpp"
#include "narrow/detail/gemm/quire.hpp"

namespace narrow {

template <class A, class B, class C, class... Option>
void gemm(const A& a, const B& b, C&& c, const Option&... option);

namespace detail {

template <class...>
inline constexpr bool unsupported = false;

template <class Output, class Ops>
void check_scaling(const scaling& s, const Output&, const Ops&, const char* what) {
  require(std::isfinite(s.alpha), what, ": alpha is ", s.alpha, "; it must be finite");
  require(std::isfinite(s.beta), what, ": beta is ", s.beta, "; it must be finite");
  if constexpr (gives_codes<Ops>) {
    require(s.alpha == 1, what, ": alpha is ", s.alpha, "; requantize takes only 1");
    require(s.beta == 0, what, ": beta is ", s.beta, "; requantize takes only 0");
  } else if constexpr (Output::is_raw) {
    require(s.alpha == 1, what, ": alpha is ", s.alpha, "; an output of integer accumulators takes only 1");
    require(s.beta == 0 || s.beta == 1, what, ": beta is ", s.beta, "; an output of integer accumulators takes 0 or 1");
  }
}

// By the kernels of the target in use, where they have the class; else lowers both operands to the class's type,
// multiplies, and finishes row by row.
template <class Class, class A, class B, class Output, class Ops, class Conversion, executor Executor>
void multiply_and_finish(const A& a, const B& b, const Output& out, const scaling& s, const Ops& ops,
                         const Conversion& conversion, std::size_t first_index, bool with_scale, const Executor& e) {
  using Accumulator = typename Class::accumulator;
  using Operand = typename Accumulator::operand_type;
  using Sum = typename Accumulator::sum_type;
  if constexpr (needs_integer_sum<A, B, Output, Ops>() && !Class::exact_integer) {
    fail(
        "gemm: c or an epilogue takes integer accumulators, but the sum is real: a scale varies along the depth, or "
        "accumulate_in was given");
  } else {
    const std::size_t m = a.rows(), depth = a.columns(), n = b.columns();
    using Value = value_type_of<Class, A, B, typename Output::value_type>;
    check_scaling_fits<Value>(s, "gemm");
    const finisher<Value, Class::exact_integer, Output, Ops, Conversion> last{out, s, ops, conversion, n, first_index};
    if (multiply_fast<Class>(a, b, last, with_scale, e)) return;
    const auto x = lower<Operand>(a, with_scale);
    const auto y = lower<Operand>(b, with_scale);
    std::vector<Sum> sums(checked_product(m, n, "gemm"));
    multiply_any_shape<Accumulator>(x.values.data(), y.values.data(), sums.data(), m, depth, n);
    last.rows(sums.data(), scales_of(a, m, with_scale), scales_of(b, n, with_scale));
  }
}

// The product of checked operands.
template <class A, class B, class Output, class... Option>
void gemm_matrices(const A& a, const B& b, const Output& out, std::size_t first_index, const Option&... option) {
  const auto ops = epilogues_of(option...);
  const auto conversion = conversion_of_options<typename Output::value_type>(option...);
  if constexpr (check_epilogue_types<Output, std::remove_const_t<decltype(ops)>>()) {
    if (a.rows() == 0 || b.columns() == 0) return;
    scaling s;
    (read_scaling(s, option), ...);
    if constexpr ((is_emulated<Option> || ...)) {
      multiply_emulated_and_finish(a, b, out, s, ops, conversion, first_index, option...);
    } else if constexpr ((sums_in_quire<Option> || ...)) {
      multiply_in_quire_and_finish(a, b, out, s, ops, conversion, first_index, executor_of_options(option...),
                                   option...);
    } else {
      if constexpr (multiplies_blocks<A, B, Option...>()) {
        if (sums_blocks(a, b)) {
          return multiply_blocks_and_finish(a, b, out, s, ops, conversion, first_index, executor_of_options(option...));
        }
      }
      with_accumulator<A, B, Option...>(
          a, b, a.columns(), a.varies_along(1) || b.varies_along(0), [&](auto chosen, bool with_scale) {
            multiply_and_finish<decltype(chosen)>(a, b, out, s, ops, conversion, first_index, with_scale,
                                                  executor_of_options(option...));
          });
    }
  }
}

// a, b and c have the same rank, and c's last two extents are of a matrix; `out` is any matrix of c.
template <class A, class B, class C, class Output, class... Option>
void check_gemm(const A& a, const B& b, const C& c, const Output& out, const Option&... option) {
  constexpr std::size_t row = C::rank - 2, column = C::rank - 1;
  check_operand(a, "gemm", "a");
  check_operand(b, "gemm", "b");
  const auto& x = elements_of(a);
  const auto& y = elements_of(b);
  const std::size_t m = x.extent(row), depth = x.extent(column), n = y.extent(column);
  require(y.extent(row) == depth, "gemm: b has ", y.extent(row), " rows; it must have ", depth,
          ", as many as a has columns");
  require(c.extent(row) == m && c.extent(column) == n, "gemm: c is ", c.extent(row), " x ", c.extent(column),
          "; it must be ", m, " x ", n, ", as the product is");
  if constexpr (C::rank == 3) {
    const std::size_t batch = c.extent(0), in_a = x.extent(0), in_b = y.extent(0);
    require(in_a == batch || in_a == 1, "gemm: a has ", in_a, " matrices; it must have ", batch, ", as c has, or 1");
    require(in_b == batch || in_b == 1, "gemm: b has ", in_b, " matrices; it must have ", batch, ", as c has, or 1");
  }
  const footprint written = footprint_of(c);
  require(!overlap(written, footprint_of(x)), "gemm: c, ", m, " x ", n, ", overlaps a; they must lie apart");
  require(!overlap(written, footprint_of(y)), "gemm: c, ", m, " x ", n, ", overlaps b; they must lie apart");
  require(!overlaps_itself(written), "gemm: c, ", m, " x ", n, " with strides ", c.stride(row), " and ",
          c.stride(column), ", overlaps itself; each element must have a place of its own");
  scaling s;
  (read_scaling(s, option), ...);
  const auto ops = epilogues_of(option...);
  check_scaling(s, out, ops, "gemm");
  check_epilogues(ops, m, n, written, "gemm", "c", "columns");
  check_roundings("gemm", option...);
}

// c in a block format (block_output.hpp), whose codes must lie apart from both operands as well.
template <class A, class B, class C, class... Option>
void gemm_into_blocks(const A& a, const B& b, C& c, const Option&... option) {
  const auto codes = c.codes();
  constexpr std::size_t rank = decltype(codes)::rank, row = rank - 2, column = rank - 1;
  const auto check_apart = [&](const footprint& operand, const char* name) {
    require(!overlap(footprint_of(codes), operand), "gemm: c, ", codes.extent(row), " x ", codes.extent(column),
            ", overlaps ", name, "; they must lie apart");
  };
  check_apart(footprint_of(elements_of(a)), "a");
  check_apart(footprint_of(elements_of(b)), "b");
  const auto operand = [](const auto& x) {
    if constexpr (rank == 2) {
      return operand_of(x);
    } else {
      return operand_of(x, 0);
    }
  };
  using value = block_output_value<decltype(operand(a)), decltype(operand(b)), Option...>;
  const auto product = [&](const auto& values, const auto&... kept) { narrow::gemm(a, b, values, kept...); };
  write_blocks<value>(c, "gemm", product, option...);
}

template <class C>
auto written_elements(C& c) {
  if constexpr (requires { c.codes(); }) {
    return c.codes();
  } else {
    return c;
  }
}

}  // namespace detail

template <class A, class B, class C, class... Option>
void gemm(const A& a, const B& b, C&& c, const Option&... option) {
  if constexpr (detail::is_block_output<std::remove_reference_t<C>>) {
    detail::gemm_into_blocks(a, b, c, option...);
  } else if constexpr (detail::matrix_operand<A> && detail::matrix_operand<B> && detail::matrix_output<C>) {
    const auto out = detail::output_of(c);
    detail::check_gemm(a, b, out.view, out, option...);
    detail::gemm_matrices(detail::operand_of(a), detail::operand_of(b), out, 0, option...);
  } else if constexpr (detail::batch_operand<A> && detail::batch_operand<B> && detail::batch_output<C>) {
    const auto elements = detail::written_elements(c);
    detail::check_gemm(a, b, elements, detail::output_of(c, 0), option...);
    const std::size_t matrices_a = detail::elements_of(a).extent(0), matrices_b = detail::elements_of(b).extent(0);
    for (std::size_t t = 0; t < elements.extent(0); ++t) {
      detail::gemm_matrices(detail::operand_of(a, matrices_a == 1 ? 0 : t),
                            detail::operand_of(b, matrices_b == 1 ? 0 : t), detail::output_of(c, t),
                            t * elements.extent(1) * elements.extent(2), option...);
    }
  } else {
    static_assert(detail::unsupported<A, B, C>,
                  "gemm takes views, as view(vector, rows, columns), and quantized tensors, all of rank 2 or all of "
                  "rank 3; a quantized output must not be const");
  }
}

}  // namespace narrow
