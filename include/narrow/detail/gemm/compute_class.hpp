// The compute class of a product: what the operands' join lowers to. Chosen here and nowhere else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "narrow/accumulator.hpp"
#include "narrow/detail/gemm/operand.hpp"
#include "narrow/detail/gemm/options.hpp"

namespace narrow::detail {

template <class Accumulator, bool ExactInteger>
struct compute_class {
  using accumulator = Accumulator;
  static constexpr bool exact_integer = ExactInteger;
};

// More than float holds: double, and codes of more than 24 bits.
template <class T>
inline constexpr bool is_wide_output = sizeof(T) == 8;
template <coded_element T>
inline constexpr bool is_wide_output<T> = sizeof(typename encoding_of<T>::real_type) == 8;

// What an element is between the sum and the output. Float, where the output is no wider and the sum is float, or an
// exact integer under scales that are any real: float(sum) * float(scale). Else double, in which scales that are powers
// of two are exact, and others cost one rounding.
template <class Class, class A, class B, class T>
using value_type_of =
    std::conditional_t<!is_wide_output<T> && (std::is_same_v<typename Class::accumulator::sum_type, float> ||
                                              (Class::exact_integer && (A::has_real_factor || B::has_real_factor))),
                       float, double>;

// The bf16 class flushes what is subnormal: bfloat16 asks for that; other formats are taken where it cannot happen.
template <class A, class B>
constexpr bool fit_bfloat16_pairs() {
  constexpr bool a_fits = A::is_bfloat16 || A::has_values, b_fits = B::is_bfloat16 || B::has_values;
  constexpr bool normal_products =
      A::lowest_exponent + B::lowest_exponent >= -126 && A::highest_exponent + B::highest_exponent + 1 <= 127;
  return a_fits && b_fits && (normal_products || A::is_bfloat16 || B::is_bfloat16);
}

// Exact sums of binary times binary that int32 holds are counted in bits; as integers, binary is 1 or -1 otherwise.
template <class Class, class A, class B>
inline constexpr bool multiplies_bits = Class::exact_integer&&
    std::is_same_v<typename Class::accumulator::sum_type, std::int32_t>&& A::is_binary&& B::is_binary;

// Integers of up to 3 bits times binary: as bits too, a plane at a time (plane_product.hpp), from a depth on. GOP/s on
// Zen 4 at 1024^3, packed, by planes with AVX-512: 1 bit 1820, 2 bits 1010, 3 bits 670, 4 bits 500, and as bytes 456;
// with AVX2 558, 289, 192, 144, and 179. At 128^3 579, 405, 264, 196, and 433.
template <class A>
inline constexpr bool has_planes = [] {
  if constexpr (A::is_fixed && !A::has_integer_values) return A::E::bits <= 3;
  return false;
}();
template <class A, class B>
inline constexpr bool multiplies_planes = has_planes<A>&& B::is_binary;
constexpr std::size_t least_plane_depth(int bits) { return bits == 3 ? 1024 : static_cast<std::size_t>(bits) * 128; }

// What sums the elements of blocks: bytes exactly, and floats where the bf16 class takes them; void where neither does.
template <class A, class B>
auto sums_of_elements() {
  constexpr bool integers = A::is_fixed && B::is_fixed && !A::has_integer_values && !B::has_integer_values;
  if constexpr (integers && bits_of_codes<A> <= 8 && bits_of_codes<B> <= 8) {
    return std::type_identity<integer_sum<std::int32_t>>{};
  } else if constexpr (fit_bfloat16_pairs<typename A::bfloat16_fit, typename B::bfloat16_fit>()) {
    return std::type_identity<bfloat16_pairs>{};
  } else {
    return std::type_identity<void>{};
  }
}
template <class A, class B>
using element_sums = typename decltype(sums_of_elements<A, B>())::type;

// Blocks that kernels take: whole groups of every kernel, whose products int32 holds.
constexpr bool is_block_of_kernels(std::size_t length) {
  return length != 0 && length % 4 == 0 && length <= std::size_t{1} << 16;
}

// The blocks of a product: those of one operand, or the shorter ones of two.
template <class A, class B>
inline constexpr std::size_t shared_block_length = A::block_length == 0   ? B::block_length
                                                   : B::block_length == 0 ? A::block_length
                                                                          : std::min(A::block_length, B::block_length);

// Whether products may sum blocks before scales: each block of one operand is some of the other's, which has no blocks
// or such as well.
template <class A, class B, class... Option>
constexpr bool multiplies_blocks() {
  constexpr std::size_t a = A::block_length, b = B::block_length;
  constexpr bool forced = accumulates_in_double<Option...> || accumulates_in_float<Option...>;
  if constexpr (forced || (a == 0 && b == 0) || (a != 0 && !is_block_of_kernels(a)) ||
                (b != 0 && !is_block_of_kernels(b))) {
    return false;
  } else {
    return (a == 0 || b == 0 || a % b == 0 || b % a == 0) && !std::is_void_v<element_sums<A, B>>;
  }
}

// Whether they do, of operands of which that holds: scales vary along the depth by blocks or not at all; and of
// integers, int32 holds the sums of blocks, and there is one zero point at most, of a: sums of b's codes account for
// it.
template <class A, class B>
bool sums_blocks(const A& a, const B& b) {
  if constexpr (requires { b.panels->with_scale; }) {
    if (b.panels->with_scale) return false;  // packed as decoded reals
  }
  if (A::block_length != 0 ? !a.has_blocks_along(1) : a.varies_along(1)) return false;
  if (B::block_length != 0 ? !b.has_blocks_along(0) : b.varies_along(0)) return false;
  if constexpr (A::is_fixed && B::is_fixed) {
    if (b.zero_point_range() != std::pair<std::int64_t, std::int64_t>(0, 0) || a.zero_points_vary_along(0))
      return false;
    return uint128{a.largest()} * b.largest() * shared_block_length<A, B> < uint128{1} << 31;
  } else {
    return true;
  }
}

// Calls body(compute_class, with_scale) for the class that the operands' join lowers to.
template <class A, class B, class... Option, class Body>
void with_accumulator(const A& a, const B& b, std::size_t depth, bool varies_along_depth, const Body& body) {
  const bool with_scale = varies_along_depth || !A::has_factor || !B::has_factor;
  // Blocks vary along the depth whichever way they run.
  constexpr bool decodes = accumulates_in_double<Option...> || accumulates_in_float<Option...> ||
                           A::block_length != 0 || B::block_length != 0;
  if constexpr (A::is_fixed && B::is_fixed && !decodes) {
    if (!with_scale) {
      const uint128 bound = uint128{a.largest()} * b.largest() * (depth == 0 ? 1 : depth);
      constexpr uint128 one = 1;
      if (bound < one << 31) return body(compute_class<integer_sum<std::int32_t>, true>{}, false);
      if (bound <= one << 53) return body(compute_class<fma_chain<double>, true>{}, false);
      // No product of bytes ends whose depth reaches 2^47.
      constexpr bool bytes = bits_of_codes<A> <= 8 && bits_of_codes<B> <= 8;
      if (bytes || bound < one << 63) return body(compute_class<integer_sum<std::int64_t>, true>{}, false);
      if constexpr (!bytes) return body(compute_class<integer_sum<std::int64_t, int128>, true>{}, false);
    }
  }
  constexpr bool wide =
      accumulates_in_double<Option...> || ((A::needs_double || B::needs_double) && !accumulates_in_float<Option...>);
  if constexpr (wide) {
    body(compute_class<fma_chain<double>, false>{}, with_scale);
  } else {
    if constexpr (fit_bfloat16_pairs<typename A::bfloat16_fit, typename B::bfloat16_fit>() && !decodes) {
      if (!with_scale) return body(compute_class<bfloat16_pairs, false>{}, false);
    }
    body(compute_class<fma_chain<float>, false>{}, with_scale);
  }
}

}  // namespace narrow::detail
