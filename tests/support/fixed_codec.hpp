// The codecs of fixed point as tables of functions, compiled once for all tests, as float_codec.hpp has those of
// floats.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string>

#include "narrow/detail/lanes.hpp"
#include "narrow/overflow.hpp"
#include "support/modes.hpp"

namespace support {

struct fixed_codec {
  using overflows = type_list<narrow::saturate, narrow::saturate_symmetric, narrow::wrap>;

  template <class Real>
  struct functions {
    using code = narrow::detail::bits_of<Real>;
    Real (*decode)(code);
    Real (*decode_scaled)(code, int fraction);
    code (*encode[overflows::size][modes::size])(Real, const narrow::stochastic&);
    std::int64_t (*to_storage)(code);
    code (*encode_scaled[overflows::size][modes::size])(Real, int fraction, const narrow::stochastic&);
  };

  std::string name;  // such as s16_14: signed, 16 bits, 14 of them of the fraction
  int bits, fraction_bits;
  bool is_signed;
  std::int64_t min_code, max_code;
  bool fits_float;  // real_type is float
  bool has_scaled;  // encode_scaled is there
  functions<float> of_float;
  functions<double> of_double;

  template <class Real>
  const functions<Real>& of() const {
    return of_real<Real>(of_float, of_double);
  }
  template <class Overflow, class Real, class Rounding>
  narrow::detail::bits_of<Real> encode(Real x, const Rounding& rounding) const {
    constexpr std::size_t overflow = overflows::index_of<Overflow>(), mode = modes::index_of<Rounding>();
    return of<Real>().encode[overflow][mode](x, random_of(rounding));
  }
  template <class Overflow, class Real, class Rounding>
  narrow::detail::bits_of<Real> encode_scaled(Real x, int fraction, const Rounding& rounding) const {
    constexpr std::size_t overflow = overflows::index_of<Overflow>(), mode = modes::index_of<Rounding>();
    return of<Real>().encode_scaled[overflow][mode](x, fraction, random_of(rounding));
  }
};

// All formats, and the first of them, whose encode_scaled is there too: it is what encode calls, so that these tell
// about the others.
std::span<const fixed_codec> fixed_codecs();
std::span<const fixed_codec> scaled_fixed_codecs();

// What GoogleTest prints.
inline void PrintTo(const fixed_codec& codec, std::ostream* out) { *out << codec.name; }

}  // namespace support
