// The options of a product, read: scaling, epilogues in order, rounding; and the checks they ask for.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "narrow/detail/check_rounding.hpp"
#include "narrow/detail/overlap.hpp"
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

// The overflow policy among the options, else the output type's own; integer accumulators saturate.
template <class T>
struct overflow_of_output {
  static_assert(real_element<T>);
  using type = saturate;
};
template <coded_element T>
struct overflow_of_output<T> {
  using type = std::conditional_t<std::is_integral_v<T>, saturate, overflow_of<T>>;
};
template <class T, class... Option>
struct chosen_overflow : overflow_of_output<T> {};
template <class T, class First, class... Rest>
struct chosen_overflow<T, First, Rest...> : chosen_overflow<T, Rest...> {};
template <class T, class First, class... Rest>
requires is_overflow<First>
struct chosen_overflow<T, First, Rest...> {
  static_assert(coded_element<T>, "an overflow policy is for an output of codes; floats and doubles have their own");
  using type = First;
};

template <class T, class... Option>
auto conversion_of_options(const Option&... option) {
  const auto rounding = rounding_of_options<T>(option...);
  return conversion<std::remove_const_t<decltype(rounding)>, typename chosen_overflow<T, Option...>::type>{rounding};
}

// The executor among the options, else the calling thread alone.
inline serial_executor executor_of_options() { return {}; }
template <class First, class... Rest>
decltype(auto) executor_of_options(const First& first, const Rest&... rest) {
  if constexpr (executor<First>) {
    return (first);
  } else {
    return executor_of_options(rest...);
  }
}

template <class... Option>
constexpr bool accumulates_in_double = (std::is_same_v<Option, accumulate_in<double>> || ...);
template <class... Option>
constexpr bool accumulates_in_float = (std::is_same_v<Option, accumulate_in<float>> || ...);

// `what` is the call and `written` the output, which `output` names; its columns are `columns` to the caller.
template <class Ops>
void check_epilogues(const Ops& ops, std::size_t m, std::size_t n, const footprint& written, const char* what,
                     const char* output, const char* columns) {
  std::apply(
      [&](const auto&... op) {
        [[maybe_unused]] const auto check = [&](const auto& one) {
          if constexpr (requires { one.check(m, n, columns); }) one.check(m, n, columns);
          if constexpr (requires { footprint_of(one.elements()); }) {
            require(!overlap(written, footprint_of(one.elements())), what, ": ", output, " overlaps the ",
                    one.elements().size(), " values of an epilogue; they must lie apart");
          }
        };
        (check(op), ...);
      },
      ops);
}

// The counts of random bits, of the output's rounding and of an emulated accumulator's. `what` is the call.
template <class... Option>
void check_roundings(const char* what, const Option&... option) {
  [[maybe_unused]] const auto check = [&](const auto& one) {
    using type = std::remove_cvref_t<decltype(one)>;
    if constexpr (is_rounding<type>) check_rounding(one, what);
    if constexpr (is_emulated<type>) check_rounding(one.rounding, what);
  };
  (check(option), ...);
}

// An epilogue on the accumulator sees an exact integer sum, which not every compute class gives.
template <class Ops>
inline constexpr bool has_accumulator_epilogue = false;
template <class... Op>
inline constexpr bool has_accumulator_epilogue<std::tuple<const Op&...>> = (on_accumulator<Op> || ...);

// With requantize, which is always last, the output takes codes.
template <class Ops>
inline constexpr bool gives_codes = false;
template <class... Op>
inline constexpr bool gives_codes<std::tuple<const Op&...>> = (is_requantization<Op> || ...);

template <class Ops>
inline constexpr bool requantizes_early = false;
template <class First, class... Rest>
inline constexpr bool requantizes_early<std::tuple<const First&, const Rest&...>> =
    (sizeof...(Rest) > 0 && is_requantization<First>) || requantizes_early<std::tuple<const Rest&...>>;

template <class Ops>
inline constexpr bool all_keep_integers = true;
template <class... Op>
inline constexpr bool all_keep_integers<std::tuple<const Op&...>> = (keeps_integers<Op> && ...);

// What the types alone tell about a product's epilogues.
template <class Output, class Ops>
constexpr bool check_epilogue_types() {
  using T = typename Output::value_type;
  constexpr bool early = requantizes_early<Ops>;
  static_assert(!early,
                "requantize gives codes, so it must be the last epilogue; its `lowest` and `highest` clamp them");
  constexpr bool codes_fit = !gives_codes<Ops> || fixed_point_element<T>;
  static_assert(codes_fit, "requantize gives codes, so the output must hold integers, as narrow::int8 or std::int8_t");
  constexpr bool on_integers = Output::is_raw || gives_codes<Ops>;
  constexpr bool units_fit = !on_integers || all_keep_integers<Ops>;
  static_assert(units_fit,
                "before requantize, and on an output of integer accumulators, an epilogue must act on accumulators: "
                "use integer_bias for a bias");
  return !early && codes_fit && units_fit;
}

template <class A, class B, class Output, class Ops>
constexpr bool needs_integer_sum() {
  constexpr bool integers = A::is_fixed && B::is_fixed;
  static_assert(integers || !Output::is_raw,
                "an integer output holds accumulators, so both operands must be integers (whose scheme has a factor); "
                "for rounded values use a narrow:: number type");
  static_assert(integers || !has_accumulator_epilogue<Ops>,
                "this epilogue acts on integer accumulators; an operand here is not an integer");
  return Output::is_raw || has_accumulator_epilogue<Ops>;
}

}  // namespace narrow::detail
