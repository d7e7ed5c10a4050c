// Epilogues: what happens to a product's element between the accumulator and the output, in the order given:
//
//   gemm(x, w, y, bias(b), relu);        gemm(x, w, y, [](float v, std::size_t i, std::size_t j) { return v * v; });
//
// An epilogue is any callable (value, i, j) -> value on reals (float or double). One with a member
// `acts_on_accumulator` sees the integer accumulator, before any scale, instead.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "narrow/detail/exact.hpp"
#include "narrow/element.hpp"
#include "narrow/requantize.hpp"
#include "narrow/scheme/fit.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

// Adds b[j] to column j (in a convolution: to output channel j). Views the values: they must outlive the call.
template <class T>
struct column_bias {
  vector_view<const T> values;
  template <class Value>
  Value operator()(Value v, std::size_t, std::size_t j) const {
    return detail::sum(v, static_cast<Value>(detail::real_value(values(j))));
  }
  void check(std::size_t, std::size_t n) const {
    detail::require(values.size() == n, "bias: it has ", values.size(), " elements; the output has ", n, " columns");
  }
};
template <class T>
auto bias(const vector_view<T>& values) {
  return column_bias<std::remove_cv_t<T>>{values};
}
template <class T>
auto bias(const std::vector<T>& values) {
  return column_bias<T>{view(values, values.size())};
}

// Adds an int32 bias to the integer accumulator of column j: in units of scale_a * scale_b, as integer-only networks
// do.
struct accumulator_bias {
  static constexpr bool acts_on_accumulator = true;
  vector_view<const std::int32_t> values;
  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t j) const { return v + values(j); }
  void check(std::size_t, std::size_t n) const {
    detail::require(values.size() == n, "bias: it has ", values.size(), " elements; the output has ", n, " columns");
  }
};
inline accumulator_bias integer_bias(const std::vector<std::int32_t>& values) { return {view(values, values.size())}; }

struct relu_epilogue {
  template <class Value>
  constexpr Value operator()(Value v, std::size_t, std::size_t) const {
    return v < Value{0} ? Value{0} : v;  // keeps NaN
  }
};
inline constexpr relu_epilogue relu{};

struct clamp {
  double low, high;
  clamp(double lowest, double highest) : low(lowest), high(highest) {
    detail::require(lowest <= highest, "clamp: low is ", lowest, "; it must be at most high, ", highest);
  }
  template <class Value>
  constexpr Value operator()(Value v, std::size_t, std::size_t) const {
    return v < static_cast<Value>(low)    ? static_cast<Value>(low)
           : v > static_cast<Value>(high) ? static_cast<Value>(high)
                                          : v;
  }
};

// Integer-only requantization to codes: clamp(accumulator * multiplier + zero_point). One multiplier, or one a column.
// The accumulator must fit int32 (it saturates).
struct requantize {
  static constexpr bool acts_on_accumulator = true;
  std::vector<fixed_multiplier> multipliers;
  std::int32_t zero_point = 0;
  std::int32_t lowest = -128, highest = 127;
  multiplier_rounding how = multiplier_rounding::tflite_double;

  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t j) const {
    constexpr std::int64_t low = std::numeric_limits<std::int32_t>::min(),
                           high = std::numeric_limits<std::int32_t>::max();
    const auto accumulator = static_cast<std::int32_t>(std::clamp(v, low, high));
    const fixed_multiplier m = multipliers[multipliers.size() == 1 ? 0 : j];
    const std::int64_t code = std::int64_t{multiply_by_quantized_multiplier(accumulator, m, how)} + zero_point;
    return std::clamp<std::int64_t>(code, lowest, highest);
  }
  void check(std::size_t, std::size_t n) const {
    detail::require(multipliers.size() == 1 || multipliers.size() == n, "requantize: ", multipliers.size(),
                    " multipliers; there must be 1, or one for each of the ", n, " columns");
    detail::require(lowest <= highest, "requantize: lowest is ", lowest, "; it must be at most highest, ", highest);
  }
};

// alpha * (a b), before the epilogues.
struct alpha {
  double value;
};
// + beta * c, the output's old value, before the epilogues. beta(1) accumulates into the output.
struct beta {
  double value;
};
// The type that a product of reals accumulates in: float (the default) or double.
template <real_element Real>
struct accumulate_in {};

namespace detail {

template <class Op>
inline constexpr bool on_accumulator = false;
template <class Op>
requires requires { Op::acts_on_accumulator; }
inline constexpr bool on_accumulator<Op> = Op::acts_on_accumulator;

template <class T>
inline constexpr bool is_rounding = false;
template <>
inline constexpr bool is_rounding<stochastic_sequence> = true;
template <class T>
requires requires(const T& t, discarded<std::uint32_t> d) { t.round_up(d); }
inline constexpr bool is_rounding<T> = true;

template <class T>
inline constexpr bool is_accumulate_in = false;
template <class Real>
inline constexpr bool is_accumulate_in<accumulate_in<Real>> = true;

template <class T>
inline constexpr bool is_setting =
    is_rounding<T> || is_accumulate_in<T> || std::is_same_v<T, alpha> || std::is_same_v<T, beta>;

}  // namespace detail
}  // namespace narrow
