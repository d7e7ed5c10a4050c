// Epilogues: what happens to a product's element between the accumulator and the output, in the order given:
//
//   gemm(x, w, y, bias(b), relu);        gemm(x, w, y, [](float v, std::size_t i, std::size_t j) { return v * v; });
//
// Another tensor is added by residual.hpp.
//
// An epilogue is any const callable (value, i, j) -> value on reals: float or double, as a parameter that names its
// type says, else the type that the product has on its way out. It may have members:
//   static constexpr bool acts_on_accumulator = true   it sees the integer accumulator (std::int64_t, saturated where
//                                                      sums are wider), before any scale
//   static constexpr bool keeps_integers = true        of an integer it makes an integer: it may act on accumulators
//                                                      too, before `requantize` or a raw integer output
//   static constexpr bool gives_codes = true           and makes it the output's code: always the last one
//   void check(rows, columns, columns_name) const      throws where the output's shape does not suit it
//   auto elements() const                              a view of what it reads, which the output must not overlap
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "narrow/detail/exact.hpp"
#include "narrow/detail/integer_rounding.hpp"
#include "narrow/element.hpp"
#include "narrow/emulated.hpp"
#include "narrow/executor.hpp"
#include "narrow/requantize.hpp"
#include "narrow/scheme/fit.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

namespace detail {

// One value for each column: a vector_view, or a container of its own.
template <class Values>
struct column_values {
  Values values;

  const auto& at(std::size_t j) const {
    if constexpr (requires { values(j); }) {
      return values(j);
    } else {
      return values[j];
    }
  }
  auto elements() const {
    if constexpr (requires { values(0); }) {
      return values;
    } else {
      return view(values.data(), values.size());
    }
  }
  void check(std::size_t, std::size_t n, const char* columns) const {
    require(values.size() == n, "bias: it has ", values.size(), " elements; it must have ", n, ", one for each of the ",
            columns);
  }
};

// Eight at a time: one after the other they take 25 of the 450 nanoseconds of a call that requantizes 32x32x32.
inline bool all_positive_normal(std::span<const float> values) {
  typedef std::int32_t words __attribute__((vector_size(16)));
  constexpr std::int32_t least = 0x0080'0000, infinity = 0x7F80'0000;
  words outside[2] = {};
  std::size_t j = 0;
  for (; j + 8 <= values.size(); j += 8) {
    for (std::size_t h = 0; h < 2; ++h) {
      words bits;
      __builtin_memcpy(&bits, values.data() + j + 4 * h, sizeof bits);
      outside[h] |= (bits < least) | (bits >= infinity);
    }
  }
  const words either = outside[0] | outside[1];
  bool all = (either[0] | either[1] | either[2] | either[3]) == 0;
  for (; j < values.size(); ++j) all = all && is_normal(values[j]) && values[j] > 0;
  return all;
}

// What lives on is viewed; a temporary is kept.
template <class Values>
auto keep_or_view(Values&& values) {
  using owner = std::remove_cvref_t<Values>;
  using value = std::remove_cv_t<typename decltype(std::span(values))::element_type>;
  if constexpr (std::is_lvalue_reference_v<Values> || std::ranges::enable_borrowed_range<owner>) {
    return column_values<vector_view<const value>>{view(std::as_const(values).data(), values.size())};
  } else {
    return column_values<owner>{std::forward<Values>(values)};
  }
}

template <class Values>
concept contiguous_values = requires(Values& values) {
  std::span(values);
  requires tensor_element<std::remove_cv_t<typename decltype(std::span(values))::element_type>>;
};

}  // namespace detail

// Adds b[j] to column j (in a convolution: to output channel j). Views the values, which must outlive it.
template <class Values>
struct column_bias : detail::column_values<Values> {
  template <class Value>
  Value operator()(Value v, std::size_t, std::size_t j) const {
    return detail::sum(v, static_cast<Value>(detail::real_value(this->at(j))));
  }
};
template <class T>
auto bias(const vector_view<T>& values) {
  return column_bias<vector_view<const T>>{{values}};
}
// Of a std::vector, std::array or std::span. Those of a temporary are kept.
template <detail::contiguous_values Values>
auto bias(Values&& values) {
  auto kept = detail::keep_or_view(std::forward<Values>(values));
  return column_bias<decltype(kept.values)>{std::move(kept)};
}

// Adds an int32 bias to the integer accumulator of column j: in units of scale_a * scale_b, as integer-only networks
// do. Accumulators of more than 53 bits come in 128, where no sum overflows.
template <class Values>
struct accumulator_bias : detail::column_values<Values> {
  static constexpr bool acts_on_accumulator = true;
  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t j) const { return v + this->at(j); }
  detail::int128 operator()(detail::int128 v, std::size_t, std::size_t j) const { return v + this->at(j); }
};
template <class T>
requires std::is_same_v<std::remove_cv_t<T>, std::int32_t>
auto integer_bias(const vector_view<T>& values) { return accumulator_bias<vector_view<const std::int32_t>>{{values}}; }
template <class Values>
requires requires(Values& values) {
  requires std::is_same_v<std::remove_cv_t<typename decltype(std::span(values))::element_type>, std::int32_t>;
}
auto integer_bias(Values&& values) {
  auto kept = detail::keep_or_view(std::forward<Values>(values));
  return accumulator_bias<decltype(kept.values)>{std::move(kept)};
}

struct relu_epilogue {
  static constexpr bool keeps_integers = true;
  template <class Value>
  constexpr Value operator()(Value v, std::size_t, std::size_t) const {
    return v < Value{0} ? Value{0} : v;  // keeps NaN
  }
};
inline constexpr relu_epilogue relu{};

// To [low, high]: in units of the real result, and on integer accumulators in theirs.
struct clamp {
  static constexpr bool keeps_integers = true;
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
  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t) const {
    return std::max(std::min(v, to_integer(std::floor(high))), to_integer(std::ceil(low)));
  }
  detail::int128 operator()(detail::int128 v, std::size_t, std::size_t) const {
    return std::max(std::min(v, to_wide_integer(std::floor(high))), to_wide_integer(std::ceil(low)));
  }

 private:
  static std::int64_t to_integer(double x) {
    using limits = std::numeric_limits<std::int64_t>;
    return x >= 0x1p63 ? limits::max() : x <= -0x1p63 ? limits::min() : static_cast<std::int64_t>(x);
  }
  static detail::int128 to_wide_integer(double x) {
    return static_cast<detail::int128>(std::clamp(x, -0x1p126, 0x1p126));  // beyond every sum
  }
};

// Integer-only requantization to codes: clamp(accumulator * multiplier + zero_point), always the last epilogue. One
// multiplier, or one a column. The accumulator must fit int32 (it saturates). The output holds integer codes, and
// saturates to its own range unless `lowest` and `highest` are narrower.
struct requantize {
  static constexpr bool acts_on_accumulator = true;
  static constexpr bool gives_codes = true;
  std::vector<fixed_multiplier> multipliers;
  std::int32_t zero_point = 0;
  std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  std::int32_t highest = std::numeric_limits<std::int32_t>::max();
  multiplier_rounding how = multiplier_rounding::tflite_double;

  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t j) const {
    constexpr std::int64_t low = std::numeric_limits<std::int32_t>::min(),
                           high = std::numeric_limits<std::int32_t>::max();
    const auto accumulator = static_cast<std::int32_t>(std::clamp(v, low, high));
    const fixed_multiplier m = multipliers[multipliers.size() == 1 ? 0 : j];
    const std::int64_t code = std::int64_t{detail::multiply_by_multiplier(accumulator, m, how)} + zero_point;
    return std::clamp<std::int64_t>(code, lowest, highest);
  }
  void check(std::size_t, std::size_t n, const char* columns) const {
    detail::require(multipliers.size() == 1 || multipliers.size() == n, "requantize: it has ", multipliers.size(),
                    " multipliers; it must have 1, or one for each of the ", n, " ", columns);
    for (std::size_t j = 0; j < multipliers.size(); ++j) {
      detail::require(detail::in_range(multipliers[j]), "requantize: the shift of multiplier ", j, " is ",
                      multipliers[j].shift, "; it must be between -31 and 30");
      detail::require(multipliers[j].multiplier > std::numeric_limits<std::int32_t>::min(), "requantize: multiplier ",
                      j, " is -2^31; it must be above");
    }
    detail::require(lowest <= highest, "requantize: lowest is ", lowest, "; it must be at most highest, ", highest);
  }
};

// Requantization to codes by a float, always the last epilogue: clamp(round(float(accumulator) * scale) + zero_point),
// to nearest even, as FBGEMM and QNNPACK do. One scale, or one a column. The accumulator must fit int32 (it saturates).
// The output holds integer codes of up to 16 bits, and saturates to its own range unless `lowest` and `highest` are
// narrower.
struct requantize_float {
  static constexpr bool acts_on_accumulator = true;
  static constexpr bool gives_codes = true;
  std::vector<float> scales;
  std::int32_t zero_point = 0;
  std::int32_t lowest = -65536;
  std::int32_t highest = 65535;

  float scale(std::size_t j) const { return scales[scales.size() == 1 ? 0 : j]; }
  std::int64_t operator()(std::int64_t v, std::size_t, std::size_t j) const {
    constexpr std::int64_t low = std::numeric_limits<std::int32_t>::min(),
                           high = std::numeric_limits<std::int32_t>::max();
    const float real = detail::product(static_cast<float>(std::clamp(v, low, high)), scale(j));
    // Bounds of integers may be applied first.
    const auto code = static_cast<std::int32_t>(
        detail::real_to_integer<saturate>(real, 0, nearest_even{}, {std::uint32_t{1} << 20, std::uint32_t{1} << 20}));
    return std::clamp(code + zero_point, lowest, highest);
  }
  void check(std::size_t, std::size_t n, const char* columns) const {
    detail::require(scales.size() == 1 || scales.size() == n, "requantize_float: it has ", scales.size(),
                    " scales; it must have 1, or one for each of the ", n, " ", columns);
    for (std::size_t j = detail::all_positive_normal(scales) ? scales.size() : 0; j < scales.size(); ++j) {
      detail::require(detail::is_normal(scales[j]) && scales[j] > 0, "requantize_float: scale ", j, " is ", scales[j],
                      "; it must be a positive normal number");
    }
    detail::require(lowest >= -65536 && lowest <= highest && highest <= 65535, "requantize_float: lowest is ", lowest,
                    " and highest ", highest, "; they must lie, in this order, between -65536 and 65535");
    detail::require(zero_point >= -65536 && zero_point <= 65535, "requantize_float: zero_point is ", zero_point,
                    "; it must be between -65536 and 65535");
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

namespace detail {

template <class Op>
inline constexpr bool on_accumulator = false;
template <class Op>
requires requires { Op::acts_on_accumulator; }
inline constexpr bool on_accumulator<Op> = Op::acts_on_accumulator;

// Requantization, of any kind.
template <class Op>
inline constexpr bool is_requantization = false;
template <class Op>
requires requires { Op::gives_codes; }
inline constexpr bool is_requantization<Op> = Op::gives_codes;

template <class Op>
inline constexpr bool keeps_integers = on_accumulator<Op>;
template <class Op>
requires requires { Op::keeps_integers; }
inline constexpr bool keeps_integers<Op> = Op::keeps_integers;

// Epilogues that take and give integers of 128 bits as well as of 64.
template <class Op>
inline constexpr bool takes_wide_integers = std::is_same_v<Op, relu_epilogue> || std::is_same_v<Op, clamp>;
template <class Values>
inline constexpr bool takes_wide_integers<accumulator_bias<Values>> = true;

template <class T>
inline constexpr bool is_rounding = false;
template <>
inline constexpr bool is_rounding<stochastic_sequence> = true;
template <class T>
requires requires(const T& t, discarded<std::uint32_t> d) { t.round_up(d); }
inline constexpr bool is_rounding<T> = true;

template <class T>
inline constexpr bool is_accumulate_in = is_emulated<T>;
template <class T, class Rounding>
inline constexpr bool is_accumulate_in<accumulate_in<T, Rounding>> = true;

template <class T>
inline constexpr bool is_overflow =
    std::is_same_v<T, saturate> || std::is_same_v<T, saturate_symmetric> || std::is_same_v<T, saturate_finite> ||
    std::is_same_v<T, to_infinity> || std::is_same_v<T, wrap> || overflow_preset<T>;

template <class T>
inline constexpr bool is_setting = executor<T> || is_rounding<T> || is_overflow<T> || is_accumulate_in<T> ||
                                   std::is_same_v<T, alpha> || std::is_same_v<T, beta>;

}  // namespace detail
}  // namespace narrow
