// What a quantization did to its elements, counted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/classify.hpp"
#include "narrow/element.hpp"

namespace narrow {

//   overflow    once rounded, beyond the largest or below the lowest finite value of the format (infinities too); the
//               lowest under saturate_symmetric is minus the largest. Formats that are neither fixed point nor a float
//               count what is beyond those values before it is rounded
//   underflow   not zero, but zero as a code, and no overflow
//   nan         not a number
struct conversion_counts {
  std::size_t elements = 0, overflow = 0, underflow = 0, nan = 0;
};

namespace detail {

// `Rounding`, but overflow never stays finite: under to_infinity every overflow then shows.
template <class Rounding>
struct showing_overflow {
  const Rounding& rounding;
  template <class U>
  constexpr U round_up(const discarded<U>& d) const {
    return rounding.round_up(d);
  }
  template <class U>
  static constexpr U overflow_stays_finite(const U&) {
    return U(0);
  }
};

// Beyond a float format's largest magnitude once rounded, for x of a sign that the format has. The same conversion
// tells, under a policy that shows it; where the format has none, of a number some binades lower, which is in range and
// whose code is as odd or even.
template <float_encoding E, class Real, class Scheme, class Rounding>
bool overflows_float(Real x, const Scheme& scheme, std::size_t place, const Rounding& rounding) {
  if constexpr (E::has_nan) {
    const auto code = scheme.template encode<E, to_infinity>(x, place, showing_overflow<Rounding>{rounding});
    return !value_of_code<E>(to_storage<E>(code)).is_finite();
  } else {
    constexpr int M = E::descriptor.mantissa_bits, binades = M == 0 ? 2 : 1;
    if constexpr (E::max_exponent - E::min_exponent < binades) {
      const double largest = scheme.template decode<E, double>(E::max_code, place);
      return x > static_cast<Real>(largest) || x < -static_cast<Real>(largest);  // no such number: before rounding
    } else {
      const auto code = scheme.template encode<E, saturate>(x / (1 << binades), place, rounding);
      return (static_cast<std::uint32_t>(code) & E::magnitude_mask) > E::max_code - (std::uint32_t{binades} << M);
    }
  }
}

// As an integer in steps of the code, whatever its range.
template <fixed_point_encoding E, class Overflow, class Real, class Scheme, class Rounding>
bool overflows_fixed(Real x, const Scheme& scheme, std::size_t place, const Rounding& rounding) {
  constexpr std::int64_t lowest =
      std::is_same_v<Overflow, saturate_symmetric> && E::is_signed ? -E::max_code : E::min_code;
  const auto beyond = [](std::int64_t code) { return code > E::max_code || code < lowest; };
  if constexpr (E::bits <= 30) {
    using wider = fixed_point<E::bits + 2, E::fraction_bits>;
    return beyond(to_storage<wider>(scheme.template encode<wider, saturate>(x, place, rounding)));
  } else {
    // Double's lanes have room for the integer itself, up to 2^63; beyond twice the range no rounding matters.
    const double wide = static_cast<double>(x);
    const auto value = [&](std::int64_t code) {
      return scheme.template decode<E, double>(static_cast<std::uint64_t>(code), place);
    };
    if (!is_finite(wide) || std::abs(wide) > 2 * std::max(value(E::max_code), -value(E::min_code))) return true;
    return beyond(static_cast<std::int64_t>(scheme.template encode<E, wrap>(wide, place, rounding)));
  }
}

template <encoding E, class Overflow, class Real, class Scheme, class Rounding>
bool overflows(Real x, const Scheme& scheme, std::size_t place, const Rounding& rounding) {
  if constexpr (fixed_point_encoding<E>) {
    return overflows_fixed<E, Overflow>(x, scheme, place, rounding);
  } else if constexpr (float_encoding<E>) {
    if (E::is_signed || !(x < 0)) return overflows_float<E>(x, scheme, place, rounding);
    const auto code = to_storage<E>(scheme.template encode<E, saturate>(-x, place, rounding));
    return !E::descriptor.has_zero || !value_of_code<E>(code).is_zero();
  } else {
    using U = bits_of<double>;
    const auto value = [&](typename E::real_type end) {
      const auto code = to_storage<E>(E::template encode<saturate>(end, nearest_even{}));
      return scheme.template decode<E, double>(widen_code<U>(code), place);
    };
    return static_cast<double>(x) > value(E::highest()) || static_cast<double>(x) < value(E::lowest());
  }
}

// Counts x, whose code is `code`.
template <encoding E, class Overflow, class Real, class Scheme, class Rounding>
void count_element(conversion_counts& counts, Real x, typename E::storage_type code, const Scheme& scheme,
                   std::size_t place, const Rounding& rounding) {
  ++counts.elements;
  if (is_nan(x)) {
    ++counts.nan;
  } else if (overflows<E, Overflow>(x, scheme, place, rounding)) {
    ++counts.overflow;
  } else if (!is_zero(x) && is_zero(scheme.template decode<E, double>(widen_code<std::uint64_t>(code), place))) {
    ++counts.underflow;
  }
}

}  // namespace detail
}  // namespace narrow
