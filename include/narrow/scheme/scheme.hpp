// The scheme concept: what the elements of a tensor share. A scheme turns a real lane into a code lane of any encoding
// and back, given the place of the element along the scheme's axis.
#pragma once

#include <concepts>
#include <cstddef>
#include <limits>

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
// Reals are float or double lanes; `place` is the index along the axis, 0 per tensor.
//
// A product decodes its operands, unless the scheme says what can be factored out of a sum, so that integer codes
// multiply as integers:
//   s.factor<E>(place)                                 double: real = factor * (code - zero_point) for fixed point,
//                                                      factor * E's value for others
//   s.zero_point(place)                                an integer; without it, 0
//   S::factor_is_power_of_two                          true where it always is: sums are then scaled without rounding
template <class S>
concept scheme = requires(const S& s) {
  { s.axis() } -> std::same_as<granularity>;
  { s.count() } -> std::same_as<std::size_t>;
};

}  // namespace narrow
