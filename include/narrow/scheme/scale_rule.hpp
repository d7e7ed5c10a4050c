// How the scale of a block follows from amax, its largest magnitude, for elements of encoding E:
//
//   scale_floor        2^(floor(log2 amax) - emax)   OCP Microscaling's: what lies above E's largest value saturates
//   scale_ceil         2^(ceil(log2 amax) - emax)
//   scale_even         scale_floor of amax rounded to E's significand, so that no element rounds out of its binade
//   scale_ratio_ceil   2^ceil(log2(amax / max))      the smallest power of two under which nothing saturates
//   scale_ratio        amax / max                    to the nearest scale: group-wise integers
//   scale_two_level    NVFP4: block scales under a scale of the tensor
//   scale_ternary      of all magnitudes: the least square error of -a, 0, +a (sign_fit.hpp)
//
// where max is E's largest value and emax its exponent. Exponents are taken from the bits, and the power of two above a
// quotient from both significands: exactly. A block of zeros has the smallest scale under the rules of powers of two,
// 1 under scale_ratio; a block with an infinity or a NaN has the scale NaN, and all of its values are NaN.
// Sources: OCP Microscaling Formats (MX) 1.0, 2023; the others after the modes of that name in PyTorch's torchao.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/detail/classify.hpp"
#include "narrow/detail/exact.hpp"
#include "narrow/element.hpp"

namespace narrow {

// A rule R:
//   R::choose<E, Scale>(amax)   the scale of each block, and one of the tensor; amax[b] is a NaN where block b has an
//                               element that is not finite
// or, where amax does not tell enough,
//   R::of_block<E>(magnitudes)  the scale of one block, a positive double, from the magnitudes of its elements
template <class R>
concept magnitude_rule = requires {
  R::takes_magnitudes;
};

template <class Scale>
struct fitted_scales {
  std::vector<Scale> of_blocks;
  float of_tensor = 1;
};

namespace detail {

// x > 0 as (1 + fraction / 2^52) * 2^exponent. Subnormal doubles, below every scale, have the exponent -1023.
struct binary_parts {
  int exponent;
  std::uint64_t fraction;
};
constexpr binary_parts parts_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  return {static_cast<int>(bits >> 52) - 1023, bits & ((std::uint64_t{1} << 52) - 1)};
}
constexpr double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

template <encoding E>
inline constexpr binary_parts largest_parts = parts_of(static_cast<double>(E::highest()));

// The nearest scale to x > 0, within the range of scales. Not finite: NaN.
template <class Scale>
Scale to_scale(double x) {
  using E = encoding_of<Scale>;
  if (!is_finite(x)) return Scale(std::numeric_limits<double>::quiet_NaN());
  return Scale(std::clamp(x, static_cast<double>(E::smallest()), static_cast<double>(E::highest())));
}

// Rules of powers of two: Rule::exponent<E>(parts of amax). What lies beyond Scale's range saturates to its ends.
template <class Rule>
struct power_of_two_rule {
  template <encoding E, class Scale>
  static fitted_scales<Scale> choose(const std::vector<double>& amax) {
    fitted_scales<Scale> result;
    for (const double x : amax) {
      const int exponent = is_zero(x) || !is_finite(x) ? -1000 : Rule::template exponent<E>(parts_of(x));
      result.of_blocks.push_back(to_scale<Scale>(is_finite(x) ? power_of_two(std::clamp(exponent, -1000, 1000)) : x));
    }
    return result;
  }
};

}  // namespace detail

struct scale_floor : detail::power_of_two_rule<scale_floor> {
  template <encoding E>
  static constexpr int exponent(const detail::binary_parts& amax) {
    return amax.exponent - detail::largest_parts<E>.exponent;
  }
};

struct scale_ceil : detail::power_of_two_rule<scale_ceil> {
  template <encoding E>
  static constexpr int exponent(const detail::binary_parts& amax) {
    return amax.exponent + (amax.fraction != 0 ? 1 : 0) - detail::largest_parts<E>.exponent;
  }
};

struct scale_even : detail::power_of_two_rule<scale_even> {
  template <encoding E>
  static constexpr int exponent(const detail::binary_parts& amax) {
    // The tie below the next power of two follows an odd significand, and so goes up.
    constexpr std::uint64_t one = std::uint64_t{1} << 52, half = one >> E::digits;
    return amax.exponent + (amax.fraction + half >= one ? 1 : 0) - detail::largest_parts<E>.exponent;
  }
};

struct scale_ratio_ceil : detail::power_of_two_rule<scale_ratio_ceil> {
  template <encoding E>
  static constexpr int exponent(const detail::binary_parts& amax) {
    constexpr detail::binary_parts largest = detail::largest_parts<E>;
    return amax.exponent - largest.exponent + (amax.fraction > largest.fraction ? 1 : 0);
  }
};

struct scale_ratio {
  template <encoding E, class Scale>
  static fitted_scales<Scale> choose(const std::vector<double>& amax) {
    fitted_scales<Scale> result;
    for (const double x : amax) {
      const double ratio = detail::quotient(x, static_cast<double>(E::highest()));
      result.of_blocks.push_back(detail::to_scale<Scale>(detail::is_zero(x) ? 1 : detail::is_finite(x) ? ratio : x));
    }
    return result;
  }
};

// The tensor's scale is its amax / (largest block scale * max), rounded to a normal float, or 1 where all is zero; that
// of a block is amax / max / tensor's scale, in floats, between eps and the largest. A block of zeros has eps. Blocks
// that are not finite count for themselves only. The largest block scale must lie well within float's range.
struct scale_two_level {
  // The smallest normal scale: those below would have fewer significant bits.
  template <class Scale>
  static constexpr float eps = static_cast<float>(detail::power_of_two(encoding_of<Scale>::min_exponent));

  template <encoding E, class Scale>
  static fitted_scales<Scale> choose(const std::vector<double>& amax) {
    constexpr auto max = static_cast<float>(E::highest());
    constexpr auto largest = static_cast<float>(encoding_of<Scale>::highest());
    static_assert(largest <= std::numeric_limits<float>::max() / max,
                  "scales of two levels: those of blocks are small");
    const auto to_float = [](double x) {
      return static_cast<float>(std::min(x, double{std::numeric_limits<float>::max()}));
    };
    double of_all = 0;
    for (const double x : amax) of_all = detail::is_finite(x) ? std::max(of_all, x) : of_all;
    fitted_scales<Scale> result;
    if (!detail::is_zero(of_all)) {
      result.of_tensor = std::max(detail::quotient(to_float(of_all), largest * max), std::numeric_limits<float>::min());
    }
    for (const double x : amax) {
      const float ratio = detail::quotient(detail::quotient(to_float(x), max), result.of_tensor);
      result.of_blocks.push_back(detail::to_scale<Scale>(
          detail::is_finite(x) ? static_cast<double>(std::clamp(ratio, eps<Scale>, largest)) : x));
    }
    return result;
  }
};

}  // namespace narrow
