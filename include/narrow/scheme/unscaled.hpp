// No scheme: an element means what its encoding says.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "narrow/encoding/encoding.hpp"
#include "narrow/scheme/scheme.hpp"

namespace narrow {

struct unscaled_scheme {
  static constexpr bool takes_vectors = true;
  static constexpr bool is_unscaled = true, has_binary_steps = true;
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

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] constexpr detail::bits_of<Real> encode(const Real& x, const Place&,
                                                                const Rounding& rounding) const {
    return E::template encode<Overflow>(x, rounding);
  }
  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] constexpr Real decode(const detail::bits_of<Real>& code, const Place&) const {
    return E::template decode<Real>(code);
  }
  template <fixed_point_encoding E>
  static constexpr detail::linear_codes linear(std::size_t) {
    return {std::bit_cast<double>(static_cast<std::uint64_t>(1023 - E::fraction_bits) << 52), 0};
  }
};
inline constexpr unscaled_scheme unscaled{};

}  // namespace narrow
