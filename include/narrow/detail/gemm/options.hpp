// The options of a product, read: scaling, epilogues in order, rounding; and the checks they ask for.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "narrow/epilogue.hpp"

namespace narrow::detail {

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

// How the output's codes are made.
template <class Rounding, class Overflow>
struct conversion {
  using overflow = Overflow;
  Rounding rounding;
};

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

template <class T>
struct overflow_of_output {
  using type = saturate;
};
template <coded_element T>
struct overflow_of_output<T> {
  using type = overflow_of<T>;
};
template <class T, class... Option>
auto conversion_of_options(const Option&... option) {
  const auto rounding = rounding_of_options<T>(option...);
  return conversion<std::remove_const_t<decltype(rounding)>, typename overflow_of_output<T>::type>{rounding};
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

}  // namespace narrow::detail
