// The codecs of posits as tables of functions, compiled once for all tests, which sweep over formats at run time:
// codec.encode(x, nearest_even{}), codec.decode<double>(code). Codes are sign-extended.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>

#include "support/modes.hpp"
#include "support/posit_oracle.hpp"

namespace support {

struct posit_codec {
  template <class Real>
  struct functions {
    Real (*decode)(std::int64_t);
    std::int64_t (*encode[modes::size])(Real, const narrow::stochastic&);
  };

  const char* name;
  posit_oracle oracle;
  int digits, max_exponent;
  bool fits_float;  // real_type is float
  functions<float> of_float;
  functions<double> of_double;

  template <class Real>
  const functions<Real>& of() const {
    return of_real<Real>(of_float, of_double);
  }
  template <class Real, class Rounding>
  std::int64_t encode(Real x, const Rounding& rounding) const {
    return of<Real>().encode[modes::index_of<Rounding>()](x, random_of(rounding));
  }
  template <class Real>
  Real decode(std::int64_t code) const {
    return of<Real>().decode(code);
  }
};

// All formats, and the first of them, which shared data covers.
std::span<const posit_codec> posit_codecs();
std::span<const posit_codec> posit_codecs_with_vectors();

// What GoogleTest prints.
inline void PrintTo(const posit_codec& codec, std::ostream* out) { *out << codec.name; }

}  // namespace support
