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
// instructions, float32 in those of float32, bfloat16 in those of its pairs. Otherwise simulated: the values are
// decoded to a wider type first.
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

// Instructions that the kernels in use have.
inline bool has_pairs() {
  return narrow::current_target() == narrow::target::avx512 && narrow::detail::this_cpu().bf16;
}
inline bool has_limbs() {
  return narrow::current_target() == narrow::target::avx512 && narrow::detail::this_cpu().vnni;
}

template <class Class, class A, class B>
products products_of_class() {
  using accumulator = typename Class::accumulator;
  using operand = typename accumulator::operand_type;
  constexpr bool reals = narrow::real_element<typename A::value_type> && narrow::real_element<typename B::value_type>;
  constexpr int bits = std::max(narrow::detail::bits_of_codes<A>, narrow::detail::bits_of_codes<B>);
  const bool fused = has_fma || narrow::current_target() != narrow::target::portable;
  if constexpr (Class::exact_integer && bits <= 16) {
    if (bits <= 8 || has_limbs()) return {true, {bits <= 8 ? "int8 into int32" : "int16 into int64"}};
  }
  if constexpr (std::is_integral_v<operand>) {
    const std::string sum = sizeof(typename accumulator::sum_type) == 16 ? " into 128 bits" : "";
    return {true, {(sizeof(operand) == 4 ? "int32" : "int64") + sum}};
  } else if constexpr (std::is_same_v<accumulator, narrow::bfloat16_pairs>) {
    if (has_pairs()) return {true, {"bfloat16 pairs"}};
    return {false, {std::string("float32 as bfloat16 pairs") + (fused ? "" : ", fma in software")}};
  } else {
    const std::string type = std::is_same_v<operand, double> ? "float64" : "float32";
    return {reals && fused, {type + (Class::exact_integer ? ", exact" : "") + (fused ? "" : ", fma in software")}};
  }
}

// How integers are multiplied in the bits of binary numbers; empty where they are not.
template <class Class, class A, class B>
std::string way_of_bits(const B& b, std::size_t depth) {
  std::string way;
  narrow::detail::on_target([&]([[maybe_unused]] auto target) {
    using Target = decltype(target);
    if constexpr (narrow::detail::multiplies_bits<Class, A, B>) {
      if (Target::template kernel<narrow::detail::bit_panel>() != nullptr) way = "bits into int32";
    } else if constexpr (Class::exact_integer && narrow::detail::multiplies_planes<A, B>) {
      if (narrow::detail::plane_kernel<Target, A>(b, depth) != nullptr) way = "bit planes into int32";
    }
    return true;
  });
  return way;
}

}  // namespace detail

// What narrow::gemm does for a (rows x depth) and b (depth x columns), several of each, with these options.
template <class MatrixA, class MatrixB, class... Option>
products products_of(const MatrixA& a, const MatrixB& b, std::size_t depth, const Option&...) {
  if constexpr ((narrow::detail::sums_in_quire<Option> || ...)) return {true, {"posits into a quire"}};
  const auto x = narrow::detail::operand_of(a);
  const auto y = narrow::detail::operand_of(b);
  using A = std::remove_const_t<decltype(x)>;
  using B = std::remove_const_t<decltype(y)>;
  products result;
  if constexpr (narrow::detail::multiplies_blocks<A, B>()) {
    if (narrow::detail::sums_blocks(x, y)) {
      using sums = narrow::detail::element_sums<A, B>;
      constexpr bool integers = std::is_integral_v<typename sums::sum_type>;
      result = detail::products_of_class<narrow::detail::compute_class<sums, integers>, A, B>();
      for (std::string& way : result.ways) way += ", by blocks";
      return result;
    }
  }
  narrow::detail::with_accumulator<A, B>(x, y, depth, false, [&](auto chosen, bool) {
    result = detail::products_of_class<decltype(chosen), A, B>();
    const std::string bits = detail::way_of_bits<decltype(chosen), A, B>(y, depth);
    if (!bits.empty()) result = {true, {bits}};
  });
  return result;
}

}  // namespace compare
