// No scheme: an element means what its encoding says.
#pragma once

#include <cmath>

#include "narrow/encoding/encoding.hpp"
#include "narrow/scheme/scheme.hpp"

namespace narrow {

struct unscaled_scheme {
  static constexpr granularity axis() { return per_tensor; }
  static constexpr std::size_t count() { return 1; }

  static constexpr bool factor_is_power_of_two = true;
  template <encoding E>
  static double factor(std::size_t) {
    if constexpr (fixed_point_encoding<E>) {
      return std::ldexp(1.0, -E::fraction_bits);
    } else {
      return 1;
    }
  }

  template <encoding E, class Overflow, class Real, class Rounding>
  [[gnu::always_inline]] constexpr detail::bits_of<Real> encode(const Real& x, std::size_t,
                                                                const Rounding& rounding) const {
    return E::template encode<Overflow>(x, rounding);
  }
  template <encoding E, class Real>
  [[gnu::always_inline]] constexpr Real decode(const detail::bits_of<Real>& code, std::size_t) const {
    return E::template decode<Real>(code);
  }
};
inline constexpr unscaled_scheme unscaled{};

}  // namespace narrow
