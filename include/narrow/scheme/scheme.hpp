// The scheme concept: what the elements of a tensor share. A scheme turns a real lane into a code lane of any encoding
// and back, given the place of the element along the scheme's axis.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <limits>

#include "narrow/detail/lanes.hpp"

namespace narrow {

// One set of parameters for the whole tensor, or one for each index along an axis.
struct granularity {
  static constexpr std::size_t whole_tensor = std::numeric_limits<std::size_t>::max();
  std::size_t axis = whole_tensor;

  constexpr bool is_per_tensor() const { return axis == whole_tensor; }
  constexpr bool operator==(const granularity&) const = default;
};

inline constexpr granularity per_tensor{};
inline constexpr granularity per_row{0};
inline constexpr granularity per_column{1};
constexpr granularity per_axis(std::size_t axis) { return {axis}; }

// A scheme S:
//   s.axis()                                           granularity
//   s.count()                                          sets of parameters (1 per tensor)
//   s.encode<E, Overflow>(real, place, rounding)       code lane
//   s.decode<E, Real>(code, place)                     real lane
// Reals are float or double; `place` is the index along the axis, 0 per tensor. A scheme may take vectors of them too:
//   S::takes_vectors                                   true: reals may be lanes, and `place`, for vectors along the
//   axis,
//                                                      detail::places, one for each lane. Both functions are then
//                                                      always_inline and take const references (detail/lanes.hpp).
//
// A product decodes its operands, unless the scheme says what can be factored out of a sum, so that integer codes
// multiply as integers:
//   s.factor<E>(place)                                 double: real = factor * (code - zero_point) for fixed point,
//                                                      factor * E's value for others
//   s.zero_point(place)                                an integer; without it, 0
//   s.zero_point_range()                               a pair, the least and the greatest; without it, all are asked
//   for S::factor_is_power_of_two                          true where it always is: sums are then scaled without
//   rounding
//
// Bulk conversion has shorter ways (detail/codec/) for a scheme that also says
//   s.linear<E>(place)       {step, zero_point}: fixed-point codes are round(real / step) + zero_point, saturated
//   Scheme::has_binary_steps those steps are powers of two
//   s.scale_of_float(place)  float codes are those of real / scale; or Scheme::is_unscaled: those of the real
//
// Parameters may be shared by blocks along the axis instead of by all that has an index along it. A place is then that
// of a block, in the order of a row-major tensor whose extent along the axis is the number of blocks:
//   S::block_length          elements of a block; the last one of a line may be shorter
//   s.extent()               along the axis
//   s.place(line, k)         of index k along the axis in a line of a matrix
// and may say s.factors(), the factors of floats in the order of places, as a vector of them.
// A product sums blocks before it scales them (gemm.hpp), unless the scheme says that values with the scales of their
// blocks in them are as narrow as bfloat16's:
//   S::folds<E>()                                      whether they are
//   s.in_tensor<E, Real>(code, place)                  such a value: exact; real = s.tensor_scale() * that
//   S::lowest_exponent<E>, S::highest_exponent<E>      of them all
template <class S>
concept scheme = requires(const S& s) {
  { s.axis() } -> std::same_as<granularity>;
  { s.count() } -> std::same_as<std::size_t>;
};
template <class S>
concept block_scheme = scheme<S> && requires(const S& s) {
  { S::block_length } -> std::convertible_to<std::size_t>;
  { s.extent() } -> std::same_as<std::size_t>;
  { s.place(std::size_t{}, std::size_t{}) } -> std::same_as<std::size_t>;
};

namespace detail {

template <class S>
inline constexpr bool takes_vectors = false;
template <class S>
requires requires { S::takes_vectors; }
inline constexpr bool takes_vectors<S> = S::takes_vectors;

// The indices first, first + 1, ... along the axis, one for each lane of a vector.
struct places {
  std::size_t first;
};

struct linear_codes {
  double step;  // a float, or a power of two
  std::int32_t zero_point;
};

// The parameter of a place for all lanes, or of each lane's own place.
template <class Lane, class T>
[[gnu::always_inline]] constexpr Lane parameter(const T* parameters, const std::size_t& place) {
  return Lane(parameters[place]);
}
template <class Lane, class T>
[[gnu::always_inline]] inline Lane parameter(const T* parameters, const places& place) {
  lanes<T, Lane::size> result;
  std::memcpy(&result, parameters + place.first, sizeof result);
  return Lane(__builtin_convertvector(result.v, typename Lane::vector));
}

// Blocks of a tensor, and the place of the one that an element lies in.
constexpr std::size_t divided_into(std::size_t extent, std::size_t length) {
  return extent / length + (extent % length != 0 ? 1 : 0);
}
template <std::size_t Rank>
constexpr std::size_t block_count(const std::array<std::size_t, Rank>& extents, std::size_t axis, std::size_t length) {
  std::size_t count = 1;
  for (std::size_t k = 0; k < Rank; ++k) count *= k == axis ? divided_into(extents[k], length) : extents[k];
  return count;
}
template <std::size_t Rank>
constexpr std::size_t block_place(const std::array<std::size_t, Rank>& extents, std::size_t axis, std::size_t length,
                                  const std::array<std::size_t, Rank>& at) {
  std::size_t place = 0;
  for (std::size_t k = 0; k < Rank; ++k) {
    place = k == axis ? place * divided_into(extents[k], length) + at[k] / length : place * extents[k] + at[k];
  }
  return place;
}

}  // namespace detail

}  // namespace narrow
