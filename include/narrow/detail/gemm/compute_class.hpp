// The compute class of a product: what the operands' join lowers to. Chosen here and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "narrow/accumulator.hpp"
#include "narrow/detail/gemm/options.hpp"

namespace narrow::detail {

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
