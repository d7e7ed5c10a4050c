// From sums to the output: scale, alpha and beta, epilogues, conversion. Shared by gemm and conv2d.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>
#include <vector>

#include "narrow/detail/gemm/options.hpp"
#include "narrow/detail/gemm/output.hpp"
#include "narrow/quantize.hpp"
#include "narrow/residual.hpp"

namespace narrow::detail {

// An exact sum as an integer with room for biases and the output's old value. Sums in int32 and in double, integers of
// up to 53 bits, have it in 64 bits; wider ones need 128.
template <class Sum>
constexpr auto to_accumulator(Sum sum) {
  constexpr bool is_wide = std::is_same_v<Sum, std::int64_t> || std::is_same_v<Sum, int128>;
  return static_cast<std::conditional_t<is_wide, int128, std::int64_t>>(sum);
}

constexpr std::int64_t saturated_to_64_bits(int128 v) {
  constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                         high = std::numeric_limits<std::int64_t>::max();
  return v < low ? low : v > high ? high : static_cast<std::int64_t>(v);
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

// Both are used in Value, which the compute class decides: in float, a finite double may be infinite.
template <class Value>
void check_scaling_fits(const scaling& s, const char* what) {
  constexpr double most = std::numeric_limits<Value>::max();
  const auto check = [&](const char* name, double value) {
    require(std::fabs(value) <= most, what, ": ", name, " is ", value, "; its magnitude must be at most ", most,
            ", since the elements of this product are scaled as floats");
  };
  check("alpha", s.alpha);
  check("beta", s.beta);
}

// The types that an epilogue's parameters name, to which its arguments are converted: a lambda of floats serves
// products whose elements are doubles.
template <class F>
struct named_parameters {};
template <class R, class V, class I, class J>
struct named_parameters<R (*)(V, I, J)> {
  using value = std::remove_cvref_t<V>;
  using row = std::remove_cvref_t<I>;
  using column = std::remove_cvref_t<J>;
};
template <class R, class V, class I, class J>
struct named_parameters<R (*)(V, I, J) noexcept> : named_parameters<R (*)(V, I, J)> {};
template <class F, class R, class V, class I, class J>
struct named_parameters<R (F::*)(V, I, J) const> : named_parameters<R (*)(V, I, J)> {};
template <class F, class R, class V, class I, class J>
struct named_parameters<R (F::*)(V, I, J) const noexcept> : named_parameters<R (*)(V, I, J)> {};

template <class Op, class Value>
struct epilogue_parameters : named_parameters<std::size_t (*)(Value, std::size_t, std::size_t)> {};
template <class Op, class Value>
requires requires { typename named_parameters<std::decay_t<Op>>::value; }
struct epilogue_parameters<Op, Value> : named_parameters<std::decay_t<Op>> {};
template <class Op, class Value>
requires requires { typename named_parameters<decltype(&Op::operator())>::value; }
struct epilogue_parameters<Op, Value> : named_parameters<decltype(&Op::operator())> {};

// Everything an element passes on its way out; for Value see value_type_of (compute_class.hpp).
//
// It takes any piece of a row, so that whoever sums, by tiles or by rows, calls it as sums become ready.
template <class Value, bool ExactInteger, class Output, class Ops, class Conversion>
struct finisher {
  using value_type = Value;
  using ops_type = Ops;
  using T = typename Output::value_type;
  Output out;
  scaling s;
  const Ops& ops;
  Conversion conversion;
  std::size_t columns;      // of a whole row
  std::size_t first_index;  // of element (0, 0): the random bits of (i, j) have the index first_index + i * columns + j

  static constexpr std::size_t op_count = std::tuple_size_v<Ops>;
  static constexpr bool saturates = std::is_same_v<typename Conversion::overflow, saturate>;
  static constexpr bool leaves_integers = Output::is_raw || gives_codes<Ops>;  // and so has no use for scales
  static constexpr bool takes_integers = leaves_integers || has_accumulator_epilogue<Ops>;
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
      using Op = op_type<I>;
      static_assert(!on_accumulator<Op>, "epilogues on the integer accumulator come before those on reals");
      using given = epilogue_parameters<Op, Value>;
      using V = typename given::value;
      using Row = typename given::row;
      using Column = typename given::column;
      constexpr bool callable = std::is_constructible_v<V, Value> && std::is_invocable_v<const Op&, V, Row, Column>;
      static_assert(callable,
                    "an option is neither a setting nor an epilogue: a const callable (value, row, column) -> value "
                    "(not a mutable lambda)");
      if constexpr (callable && !on_accumulator<Op>) {
        v = static_cast<Value>(std::get<I>(ops)(static_cast<V>(v), static_cast<Row>(i), static_cast<Column>(j)));
        return on_reals<I + 1>(v, i, j);
      } else {
        return v;
      }
    }
  }

  // Epilogue I of an integer. One of the caller's sees 64 bits, saturated, and may give any of them, so what comes
  // after it on integers has 128. Where the output is real it may give a real.
  template <std::size_t I, class Integer>
  auto on_integer(Integer v, std::size_t i, std::size_t j) const {
    if constexpr (takes_wide_integers<op_type<I>>) {
      return std::get<I>(ops)(v, i, j);
    } else {
      constexpr bool more = leaves_integers ? I + 1 < op_count : op_on_accumulator<I + 1>;
      const auto result = std::get<I>(ops)(saturated_to_64_bits(v), i, j);
      if constexpr (leaves_integers || std::is_integral_v<std::remove_const_t<decltype(result)>>) {
        return static_cast<std::conditional_t<more, int128, std::int64_t>>(static_cast<std::int64_t>(result));
      } else {
        return result;
      }
    }
  }

  template <std::size_t I, class Sum>
  Value to_value(Sum sum, double scale, std::size_t i, std::size_t j) const {
    if constexpr (op_on_accumulator<I>) {
      static_assert(ExactInteger, "an epilogue on the accumulator sees an exact sum");
      return to_value<I + 1>(on_integer<I>(to_accumulator(sum), i, j), scale, i, j);
    } else {
      return on_reals<I>(real(sum, scale, i, j), i, j);
    }
  }

  // For raw integer outputs and for codes: every epilogue sees the integer.
  template <std::size_t I, class Integer>
  int128 on_integers(Integer v, std::size_t i, std::size_t j) const {
    if constexpr (I == op_count) {
      return v;
    } else {
      return on_integers<I + 1>(on_integer<I>(v, i, j), i, j);
    }
  }

  // Where sums of type Sum, left as they are, are the output: the address of its first element, row-major; else null.
  template <class Sum>
  Sum* sums_in_place(bool factor_is_one) const {
    if constexpr (std::is_same_v<T, Sum> && op_count == 0 && requires { out.view.data(); }) {
      const bool as_they_are = out.view.stride(1) == 1 && s.alpha == 1 && s.beta == 0;
      return as_they_are && (Output::is_raw || factor_is_one) ? out.view.data() : nullptr;
    } else {
      return nullptr;
    }
  }

  // Elements [first_column, first_column + n) of row i, from their n sums.
  //   scale(j)   the factor of column j, counted from the beginning of the row
  //   buffer     memory for n Values (not touched where the output takes integers)
  template <class Sum, class Scale>
  void row(const Sum* sums, std::size_t i, std::size_t first_column, std::size_t n, const Scale& scale,
           Value* buffer) const {
    if constexpr (leaves_integers) {
      static_assert(ExactInteger, "an integer output holds an exact sum");
      using E = encoding_of<T>;
      using overflow = typename Conversion::overflow;
      for (std::size_t j = first_column; j < first_column + n; ++j) {
        auto v = to_accumulator(sums[j - first_column]);
        if (s.beta != 0) v += static_cast<std::int64_t>(out.old_value(i, j));
        out.view(i, j) = from_storage<T>(fit_fixed<E, overflow>(on_integers<0>(v, i, j), 0, nearest_even{}));
      }
    } else {
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t j = first_column + k;
        buffer[k] = to_value<0>(sums[k], scale(j), i, j);
      }
      store(buffer, i, first_column, n);
    }
  }

  // All of the output from dense sums, row-major, and factors of its rows and columns.
  template <class Sum>
  void rows(const Sum* sums, const std::vector<double>& row_scales, const std::vector<double>& column_scales) const {
    const std::size_t n = column_scales.size();
    std::vector<Value> buffer(n);
    for (std::size_t i = 0; i < row_scales.size(); ++i) {
      const auto scale = [&](std::size_t j) { return row_scales[i] * column_scales[j]; };
      row(sums + i * n, i, 0, n, scale, buffer.data());
    }
  }

  void store(const Value* values, std::size_t i, std::size_t first_column, std::size_t n) const {
    if constexpr (real_element<T>) {
      for (std::size_t k = 0; k < n; ++k) out.view(i, first_column + k) = static_cast<T>(values[k]);
    } else {
      const std::ptrdiff_t stride = out.view.stride(1);
      T* const to = &out.view(i, first_column);
      const std::size_t index = first_index + i * columns + first_column;
      const typename Conversion::overflow overflow{};
      if (out.axis == per_column) {
        for (std::size_t k = 0; k < n; ++k) {
          quantize_row(values + k, 1, to + static_cast<std::ptrdiff_t>(k) * stride, stride, 1, index + k, *out.scheme,
                       out.place(i, first_column + k), conversion.rounding, overflow);
        }
      } else {
        quantize_row(values, 1, to, stride, n, index, *out.scheme, out.place(i, first_column), conversion.rounding,
                     overflow);
      }
    }
  }
};

}  // namespace narrow::detail
