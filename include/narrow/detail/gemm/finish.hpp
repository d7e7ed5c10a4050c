// From sums to the output: scale, alpha and beta, epilogues, conversion. Shared by gemm and conv2d.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>
#include <vector>

#include "narrow/accumulator.hpp"
#include "narrow/epilogue.hpp"
#include "narrow/quantize.hpp"

namespace narrow::detail {

// ---- the output, made uniform -------------------------------------------------------------------------------------

// A matrix of reals, of raw accumulators (standard integers), or of codes under a scheme. A view has operator()(i, j)
// and, along j, a stride; the axis is the scheme's, as one of the matrix.
template <class T, class Scheme, class View = matrix_view<T>>
struct output_matrix {
  using value_type = T;
  static constexpr bool is_raw = std::is_integral_v<T>;
  View view;
  const Scheme* scheme;
  granularity axis;

  double old_value(std::size_t i, std::size_t j) const {
    if constexpr (real_element<T> || is_raw) {
      return static_cast<double>(view(i, j));
    } else {
      const std::size_t place = axis.is_per_tensor() ? 0 : axis.axis == 0 ? i : j;
      return scheme->template decode<encoding_of<T>, double>(widen_code<std::uint64_t>(storage_of(view(i, j))), place);
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

// ---- options ------------------------------------------------------------------------------------------------------

struct scaling {
  double alpha = 1, beta = 0;
};

template <class Option>
void read_scaling(scaling& s, const Option& option) {
  if constexpr (std::is_same_v<Option, alpha>) s.alpha = option.value;
  if constexpr (std::is_same_v<Option, beta>) s.beta = option.value;
}

// The epilogues among the options, in order.
template <class... Option>
auto epilogues_of(const Option&... option) {
  return std::tuple_cat([&] {
    if constexpr (is_setting<Option>) {
      return std::tuple<>();
    } else {
      return std::tuple<const Option&>(option);
    }
  }()...);
}

// The rounding among the options, else the output type's own.
template <class T>
auto rounding_of_options() {
  if constexpr (coded_element<T>) {
    static_assert(!std::is_same_v<rounding_of<T>, stochastic>,
                  "an output that rounds stochastically needs a stochastic_sequence{seed, stream} among the options");
    return rounding_of<T>{};
  } else {
    return nearest_even{};
  }
}
template <class T, class First, class... Rest>
auto rounding_of_options(const First& first, const Rest&... rest) {
  if constexpr (is_rounding<First>) {
    static_assert(!std::is_same_v<First, stochastic>, "a product needs bits for each element: a stochastic_sequence");
    return first;
  } else {
    return rounding_of_options<T>(rest...);
  }
}

template <class... Option>
constexpr bool accumulates_in_double = (std::is_same_v<Option, accumulate_in<double>> || ...);
template <class... Option>
constexpr bool accumulates_in_float = (std::is_same_v<Option, accumulate_in<float>> || ...);

template <class Tuple>
void check_epilogues(const Tuple& ops, std::size_t m, std::size_t n) {
  std::apply(
      [&](const auto&... op) {
        [[maybe_unused]] const auto check = [&](const auto& one) {
          if constexpr (requires { one.check(m, n); }) one.check(m, n);
        };
        (check(op), ...);
      },
      ops);
}

// An epilogue on the accumulator sees an exact integer sum, which not every compute class gives.
template <class Ops>
inline constexpr bool has_accumulator_epilogue = false;
template <class... Op>
inline constexpr bool has_accumulator_epilogue<std::tuple<const Op&...>> = (on_accumulator<Op> || ...);

// With requantize last, the output takes codes.
template <class Ops>
inline constexpr bool ends_in_requantize = [] {
  if constexpr (std::tuple_size_v<Ops> == 0) {
    return false;
  } else {
    return std::is_same_v<std::remove_cvref_t<std::tuple_element_t<std::tuple_size_v<Ops> - 1, Ops>>, requantize>;
  }
}();

template <class A, class B, class Output, class Ops>
constexpr bool needs_integer_sum() {
  constexpr bool integers = A::is_fixed && B::is_fixed;
  static_assert(integers || !Output::is_raw,
                "an integer output holds accumulators, so both operands must be integers; "
                "for rounded values use a narrow:: number type");
  static_assert(integers || !has_accumulator_epilogue<Ops>,
                "this epilogue acts on integer accumulators; an operand here is not an integer");
  return Output::is_raw || has_accumulator_epilogue<Ops>;
}

// ---- one element --------------------------------------------------------------------------------------------------

template <class Sum>
constexpr std::int64_t to_accumulator(Sum sum) {
  if constexpr (std::is_same_v<Sum, int128>) {
    constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                           high = std::numeric_limits<std::int64_t>::max();
    return sum < low ? low : sum > high ? high : static_cast<std::int64_t>(sum);
  } else {
    return static_cast<std::int64_t>(sum);  // a double sum is an exact integer
  }
}

// A wide integer as a double with a sticky last bit: a later rounding to fewer bits is then the only one.
template <class Sum>
double to_odd_double(Sum sum) {
  const bool negative = sum < 0;
  uint128 magnitude = negative ? uint128{0} - static_cast<uint128>(sum) : static_cast<uint128>(sum);
  int shift = 0;
  for (; magnitude >> 53 != 0; ++shift) magnitude = (magnitude >> 1) | (magnitude & 1);
  const double result = std::ldexp(static_cast<double>(static_cast<std::uint64_t>(magnitude)), shift);
  return negative ? -result : result;
}

// Everything an element passes on its way out. Value is float where a scale is any real, else double (whose scales are
// powers of two, so that a sum is converted once).
template <class Value, bool ExactInteger, class Output, class Ops, class Rounding>
struct finisher {
  using T = typename Output::value_type;
  Output out;
  scaling s;
  const Ops& ops;
  Rounding rounding;
  std::size_t first_index;  // of element (0, 0), for stochastic rounding

  static constexpr std::size_t op_count = std::tuple_size_v<Ops>;
  template <std::size_t I>
  using op_type = std::remove_cvref_t<std::tuple_element_t<I, Ops>>;

  template <std::size_t I>
  static constexpr bool op_on_accumulator = [] {
    if constexpr (I < op_count) {
      return on_accumulator<op_type<I>>;
    } else {
      return false;
    }
  }();

  static constexpr bool gives_codes = ends_in_requantize<Ops>;

  template <class Sum>
  Value real(Sum sum, double scale, std::size_t i, std::size_t j) const {
    Value v = static_cast<Value>(sum);
    if constexpr (std::is_same_v<Value, double> && !std::is_same_v<T, double> && !std::is_floating_point_v<Sum> &&
                  sizeof(Sum) >= 8) {
      v = to_odd_double(sum);
    }
    v = product(v, static_cast<Value>(scale));
    if (s.alpha != 1) v = product(static_cast<Value>(s.alpha), v);
    if (s.beta != 0) {
      v = detail::sum(v, product(static_cast<Value>(s.beta), static_cast<Value>(out.old_value(i, j))));
    }
    return v;
  }

  template <std::size_t I>
  Value on_reals(Value v, std::size_t i, std::size_t j) const {
    if constexpr (I == op_count) {
      return v;
    } else {
      static_assert(!on_accumulator<op_type<I>>, "epilogues on the integer accumulator come before those on reals");
      return on_reals<I + 1>(static_cast<Value>(std::get<I>(ops)(v, i, j)), i, j);
    }
  }
  template <std::size_t I, class Sum>
  Value to_value(Sum sum, double scale, std::size_t i, std::size_t j) const {
    if constexpr (op_on_accumulator<I>) {
      static_assert(ExactInteger, "an epilogue on the accumulator sees an exact sum");
      return to_value<I + 1>(std::get<I>(ops)(to_accumulator(sum), i, j), scale, i, j);
    } else {
      return on_reals<I>(real(sum, scale, i, j), i, j);
    }
  }

  // For raw integer outputs and for codes: every epilogue sees the integer.
  template <std::size_t I>
  std::int64_t on_integers(std::int64_t v, std::size_t i, std::size_t j) const {
    if constexpr (I == op_count) {
      return v;
    } else {
      return on_integers<I + 1>(static_cast<std::int64_t>(std::get<I>(ops)(v, i, j)), i, j);
    }
  }

  // Row i of the output from its n sums; scale(j) is the factor of column j.
  template <class Sum, class Scale>
  void row(const Sum* sums, std::size_t i, std::size_t n, const Scale& scale, std::vector<Value>& buffer) const {
    if constexpr (Output::is_raw || gives_codes) {
      static_assert(ExactInteger, "an integer output holds an exact sum");
      using E = encoding_of<T>;
      for (std::size_t j = 0; j < n; ++j) {
        std::int64_t v = to_accumulator(sums[j]);
        if (s.beta != 0) v += static_cast<std::int64_t>(out.old_value(i, j));
        out.view(i, j) = from_storage<T>(fit_fixed<E, saturate>(on_integers<0>(v, i, j), 0, nearest_even{}));
      }
    } else {
      buffer.resize(n);
      for (std::size_t j = 0; j < n; ++j) buffer[j] = to_value<0>(sums[j], scale(j), i, j);
      store(buffer.data(), i, n);
    }
  }

  void store(const Value* values, std::size_t i, std::size_t n) const {
    if constexpr (real_element<T>) {
      for (std::size_t j = 0; j < n; ++j) out.view(i, j) = static_cast<T>(values[j]);
    } else {
      const std::ptrdiff_t stride = out.view.stride(1);
      T* const to = &out.view(i, 0);
      const std::size_t index = first_index + i * n;
      using overflow = overflow_of<T>;
      if (out.axis == per_column) {
        for (std::size_t j = 0; j < n; ++j) {
          quantize_row(values + j, 1, to + static_cast<std::ptrdiff_t>(j) * stride, stride, 1, index + j, *out.scheme,
                       j, rounding, overflow{});
        }
      } else {
        quantize_row(values, 1, to, stride, n, index, *out.scheme, out.axis.is_per_tensor() ? 0 : i, rounding,
                     overflow{});
      }
    }
  }
};

// ---- the compute class --------------------------------------------------------------------------------------------

template <class Accumulator, bool ExactInteger>
struct compute_class {
  using accumulator = Accumulator;
  static constexpr bool exact_integer = ExactInteger;
};

// What an element is on its way out: float where the sum is float or a scale any real, else double, whose scales are
// powers of two.
template <class Class, class A, class B>
using value_type_of = std::conditional_t<std::is_same_v<typename Class::accumulator::sum_type, float> ||
                                             (Class::exact_integer && (A::is_affine || B::is_affine)),
                                         float, double>;

// Calls body(compute_class, with_scale) for the class that the operands' join lowers to.
template <class A, class B, class... Option, class Body>
void with_accumulator(const A& a, const B& b, std::size_t depth, bool varies_along_depth, const Body& body) {
  constexpr bool forced = accumulates_in_double<Option...> || accumulates_in_float<Option...>;
  if constexpr (A::is_fixed && B::is_fixed && !forced) {
    if (!varies_along_depth) {
      const uint128 bound = uint128{a.largest()} * b.largest() * (depth == 0 ? 1 : depth);
      constexpr uint128 one = 1;
      if (bound < one << 31) return body(compute_class<integer_sum<std::int32_t>, true>{}, false);
      if (bound <= one << 53) return body(compute_class<fma_chain<double>, true>{}, false);
      if (bound < one << 63) return body(compute_class<integer_sum<std::int64_t>, true>{}, false);
      return body(compute_class<integer_sum<std::int64_t, int128>, true>{}, false);
    }
  }
  constexpr bool wide =
      accumulates_in_double<Option...> || ((A::needs_double || B::needs_double) && !accumulates_in_float<Option...>);
  if constexpr (wide) {
    body(compute_class<fma_chain<double>, false>{}, varies_along_depth);
  } else {
    if constexpr (A::fits_bfloat16 && B::fits_bfloat16 && !forced) {
      if (!varies_along_depth) return body(compute_class<bfloat16_pairs, false>{}, false);
    }
    body(compute_class<fma_chain<float>, false>{}, varies_along_depth);
  }
}

}  // namespace narrow::detail
