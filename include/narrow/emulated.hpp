// Emulated accumulators, for research: what a product gives when its sums are held in a narrow type. Simulated on wider
// hardware, bit for bit; the loops below are the specification, and kernels equal them on every target.
//
//   gemm(a, b, c, accumulate_in<float16>{});                        one chain over the whole depth ("naive")
//   gemm(a, b, c, accumulate_in<ibm>{.chunk = 64});                 chunks (Wang et al. 2018)
//   gemm(a, b, c, accumulate_in<float16, toward_zero>{});           another rounding than the type's own
//   gemm(a, b, c, accumulate_in<ibm, stochastic_sequence>{.chunk = 64, .rounding = {.seed = 1}});
//   gemm(a, b, c, float32_chunks<float16>{64});                     another thing: float32 inside a chunk
//
// T is any narrow number: float, posit or fixed point. Each step rounds the exact value once, by the option's rounding,
// and overflows as T does. (Not through float: for float16 that differs in 74 of 2 million steps.)
//
//   accumulate_in<T>   sum <- T(sum + a * b), the depth ascending, from code zero (+0); a chunk of `chunk` terms has a
//                      sum of its own, and once it is complete total <- T(total + sum). The first chunk's sum is the
//                      first total.
//   float32_chunks<T>  inside a chunk, sum <- fma(a, b, sum) in float32, the depth ascending, from +0; at its end
//                      part <- T(sum) and total <- T(total + part). The first part is the first total.
//
// The order is the same for every shape, one row or column included. Terms are values where operands have no scheme;
// under one they are code - zero point, as integer hardware has them, and the scales act on the sum, unless a scale
// varies along the depth: then terms are the scaled values, as floats. A total of NaN is the quiet NaN.
//
// Stochastic: rounding number s (from 0, in the order above) of element (i, j) takes
//   random_bits(seed, stream, first + (i * n + j) * S + s)
// with S the number of roundings of an element, rounded up to a multiple of 64; in a batch, (t * m + i) * n + j.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/element.hpp"

namespace narrow {

// The length of the only chunk of a naive sum.
inline constexpr std::size_t whole_depth = std::numeric_limits<std::size_t>::max();

namespace detail {

template <class T>
struct accumulator_rounding {
  using type = nearest_even;
};
template <any_number T>
struct accumulator_rounding<T> {
  using type = std::conditional_t<std::is_same_v<rounding_of<T>, stochastic>, stochastic_sequence, rounding_of<T>>;
};

}  // namespace detail

// The type that a product accumulates in. For products of reals: float (the default) or double.
template <class T, class Rounding = typename detail::accumulator_rounding<T>::type>
struct accumulate_in;
template <real_element T>
struct accumulate_in<T, nearest_even> {};

// A narrow accumulator, rounded at each step. chunk >= 1.
template <any_number T, class Rounding>
struct accumulate_in<T, Rounding> {
  static_assert(!std::is_same_v<Rounding, stochastic>, "a sum needs bits for each step: a stochastic_sequence");
  using accumulator_type = T;
  using rounding_type = Rounding;
  std::size_t chunk = whole_depth;
  Rounding rounding{};
};

// Float32 inside a chunk, rounded to a narrow type at its end and added in that type. chunk >= 1.
template <any_number T, class Rounding = typename detail::accumulator_rounding<T>::type>
struct float32_chunks {
  static_assert(!std::is_same_v<Rounding, stochastic>, "a sum needs bits for each chunk: a stochastic_sequence");
  using accumulator_type = T;
  using rounding_type = Rounding;
  std::size_t chunk = 64;
  Rounding rounding{};
};

namespace detail {

template <class Option>
inline constexpr bool rounds_each_step = false;
template <any_number T, class Rounding>
inline constexpr bool rounds_each_step<accumulate_in<T, Rounding>> = true;
template <class Option>
inline constexpr bool rounds_each_chunk = false;
template <any_number T, class Rounding>
inline constexpr bool rounds_each_chunk<float32_chunks<T, Rounding>> = true;
template <class Option>
inline constexpr bool is_emulated = rounds_each_step<Option> || rounds_each_chunk<Option>;

// An exact x + sum in T, for a finite x of at most 53 bits. Fixed point: both as integers, in units of T's step.
template <any_number T, class Rounding>
T add_to_fixed(T sum, double x, const Rounding& rounding) {
  using E = encoding_of<T>;
  using Overflow = overflow_of<T>;
  constexpr bool wraps = std::is_same_v<Overflow, wrap>;
  int exponent = 0;
  const double significand = std::frexp(x, &exponent);
  // Beyond 2^+-200 units nothing changes any more.
  const double units = std::ldexp(significand, std::clamp(exponent + E::fraction_bits, -200, 200));
  int128 code = sum.storage();
  if (std::fabs(units) >= 0x1p62) {  // an integer
    constexpr int128 huge = int128{1} << 62;
    code = wraps ? code + static_cast<int128>(std::fmod(units, 0x1p40)) : units > 0 ? huge : -huge;
  } else {
    const double whole = std::trunc(units), fraction = std::ldexp(difference(units, whole), 60);
    const double kept = std::trunc(fraction);
    const int sticky = fraction > kept ? 1 : fraction < kept ? -1 : 0;
    const int128 wide =
        (code + static_cast<int128>(whole)) * (int128{1} << 61) + 2 * static_cast<int128>(kept) + sticky;
    code = shift_right(wide, 61, rounding);
  }
  return from_storage<T>(fit_fixed<E, Overflow>(code, E::fraction_bits, toward_zero{}));
}

// T(sum + a * b), for an a * b that double holds exactly. A sum of zero has its IEEE 754 sign.
template <any_number T, class Rounding>
T accumulate_step(T sum, double a, double b, const Rounding& rounding) {
  using E = encoding_of<T>;
  const double x = product(a, b), y = static_cast<double>(sum);
  double exact = detail::sum(x, y);
  if (x - x == 0 && y - y == 0) {
    if constexpr (fixed_point_encoding<E>) {
      return add_to_fixed(sum, x, rounding);
    } else if constexpr (wide_encoding<E>) {
      const wide_real wide = add(to_wide_real({to_bits(x)}), operand_of_code<E>(sum.storage()));
      return from_storage<T>(encode_scalar<E, overflow_of<T>>(wide, rounding));
    } else if (exact != 0) {
      exact = sum_to_odd(x, y);
    } else if (std::is_same_v<Rounding, toward_negative>) {
      exact = std::signbit(x) || std::signbit(y) ? -0.0 : 0.0;
    }
  }
  return from_storage<T>(encode_scalar<E, overflow_of<T>>(exact, rounding));
}

// How often an element is rounded.
template <class Option>
constexpr std::uint64_t roundings_of(const Option& option, std::size_t depth) {
  if (depth == 0) return 0;
  const std::uint64_t chunks = (depth - 1) / option.chunk + 1;
  return (rounds_each_chunk<Option> ? chunks : depth) + chunks - 1;
}
// The distance of the random bits of one element from those of the next.
template <class Option>
constexpr std::uint64_t index_stride(const Option& option, std::size_t depth) {
  return (roundings_of(option, depth) + 63) / 64 * 64;
}

// The roundings of one element, in order.
template <class Rounding>
struct rounding_steps {
  const Rounding& rounding;
  std::uint64_t index;
  auto next() {
    if constexpr (std::is_same_v<Rounding, stochastic_sequence>) {
      return rounding.at(index++);
    } else {
      return rounding;
    }
  }
};

// The specification: the sum of a[k * a_stride] * b[k * b_stride], k < depth, as the number of this index.
template <class Option, class Real>
typename Option::accumulator_type emulated_sum(const Option& option, const Real* a, std::size_t a_stride, const Real* b,
                                               std::size_t b_stride, std::size_t depth, std::uint64_t element) {
  using T = typename Option::accumulator_type;
  rounding_steps<typename Option::rounding_type> steps{option.rounding, element * index_stride(option, depth)};
  T total{};
  for (std::size_t first = 0, length = 0; first < depth; first += length) {
    length = std::min(option.chunk, depth - first);
    T sum{};
    if constexpr (rounds_each_chunk<Option>) {
      float chain = 0;
      for (std::size_t k = first; k < first + length; ++k) {
        chain = std::fma(static_cast<float>(a[k * a_stride]), static_cast<float>(b[k * b_stride]), chain);
      }
      sum = convert<T>(chain, steps.next());
    } else {
      for (std::size_t k = first; k < first + length; ++k) {
        sum = accumulate_step(sum, static_cast<double>(a[k * a_stride]), static_cast<double>(b[k * b_stride]),
                              steps.next());
      }
    }
    total = first == 0 ? sum : accumulate_step(total, static_cast<double>(sum), 1.0, steps.next());
  }
  return total;
}

}  // namespace detail
}  // namespace narrow
