// The codecs of the float formats as tables of functions, compiled once for all tests, which sweep over formats at run
// time: codec.encode<saturate>(x, nearest_even{}), codec.decode<double>(code).
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string_view>

#include "narrow/detail/lanes.hpp"
#include "narrow/encoding/float_format.hpp"
#include "support/modes.hpp"

namespace support {

struct float_codec {
  using overflows = type_list<narrow::saturate, narrow::to_infinity>;

  template <class Real>
  struct functions {
    using code = narrow::detail::bits_of<Real>;
    Real (*decode)(code);
    code (*encode[overflows::size][modes::size])(Real, const narrow::stochastic&);  // to_infinity: null without a NaN
  };

  const char* name;
  narrow::float_descriptor descriptor;
  int bits, lowest_exponent, max_exponent;
  std::uint32_t max_code;
  bool has_nan, has_infinity;
  bool fits_float;  // real_type is float
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
  template <class Real>
  Real decode(narrow::detail::bits_of<Real> code) const {
    return of<Real>().decode(code);
  }
};

// All formats, and the first of them, which shared data covers.
std::span<const float_codec> float_codecs();
std::span<const float_codec> float_codecs_with_vectors();
const float_codec& float_codec_named(std::string_view name);

// What GoogleTest prints.
inline void PrintTo(const float_codec& codec, std::ostream* out) { *out << codec.name; }

}  // namespace support
