// How the library multiplies: asked of the library itself for the operands at hand, so that the report says what ran.
// This is the one place to change when products gain other ways of being computed.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "narrow/gemm.hpp"

namespace compare {

// The ways in which some products are computed. Native: each pair of values is multiplied as it is, integers in integer
// instructions and float32 in those of float32. Otherwise simulated: the values are decoded to a wider type first.
struct products {
  bool native = true;
  std::vector<std::string> ways;

  void add(const products& more) {
    native = native && more.native;
    for (const std::string& way : more.ways) {
      if (std::ranges::find(ways, way) == ways.end()) ways.push_back(way);
    }
  }
  std::string kind() const { return native ? "native" : "simulated"; }
  std::string text() const {
    std::string result;
    for (const std::string& way : ways) result += (result.empty() ? "" : ", ") + way;
    return result;
  }
};

namespace detail {

// Without it, std::fma is a function that computes the same by other instructions.
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
inline constexpr bool has_fma = true;
#else
inline constexpr bool has_fma = false;
#endif

template <class Class, class A, class B>
products products_of_class() {
  using accumulator = typename Class::accumulator;
  using operand = typename accumulator::operand_type;
  constexpr bool reals = narrow::real_element<typename A::value_type> && narrow::real_element<typename B::value_type>;
  if constexpr (std::is_integral_v<operand>) {
    const std::string sum = sizeof(typename accumulator::sum_type) == 16 ? " into 128 bits" : "";
    return {true, {(sizeof(operand) == 4 ? "int32" : "int64") + sum}};
  } else {
    const std::string type = std::is_same_v<operand, double> ? "float64" : "float32";
    const std::string how = std::is_same_v<accumulator, narrow::bfloat16_pairs> ? " as bfloat16 pairs"
                            : Class::exact_integer                              ? ", exact"
                                                                                : "";
    return {reals && has_fma, {type + how + (has_fma ? "" : ", fma in software")}};
  }
}

}  // namespace detail

// What narrow::gemm does for a (rows x depth) and b (depth x columns), several of each.
template <class MatrixA, class MatrixB>
products products_of(const MatrixA& a, const MatrixB& b, std::size_t depth) {
  const auto x = narrow::detail::operand_of(a);
  const auto y = narrow::detail::operand_of(b);
  using A = std::remove_const_t<decltype(x)>;
  using B = std::remove_const_t<decltype(y)>;
  products result;
  narrow::detail::with_accumulator<A, B>(
      x, y, depth, false, [&](auto chosen, bool) { result = detail::products_of_class<decltype(chosen), A, B>(); });
  return result;
}

}  // namespace compare
