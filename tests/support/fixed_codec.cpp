#include "support/fixed_codec.hpp"

#include <cstdlib>
#include <vector>

#include "narrow/encoding/encoding.hpp"

namespace support {

namespace {

using narrow::fixed_point;
using narrow::signedness;
using narrow::detail::bits_of;

template <class Format, class Real>
struct functions_of {
  using code = bits_of<Real>;

  static Real decode(code x) { return Format::template decode<Real>(x); }
  static Real decode_scaled(code x, int fraction) { return Format::template decode_scaled<Real>(x, fraction); }
  template <class Overflow, class Rounding>
  static code encode(Real x, const narrow::stochastic& random) {
    return Format::template encode<Overflow>(x, mode_with<Rounding>(random));
  }
  template <class Overflow, class Rounding>
  static code encode_scaled(Real x, int fraction, const narrow::stochastic& random) {
    return Format::template encode_scaled<Overflow>(x, fraction, mode_with<Rounding>(random));
  }
  static std::int64_t to_storage(code x) { return narrow::detail::to_storage<Format>(x); }

  template <bool Scaled, class... Modes>
  static fixed_codec::functions<Real> all(type_list<Modes...>) {
    using narrow::saturate;
    using narrow::saturate_symmetric;
    using narrow::wrap;
    if constexpr (Scaled) {
      return {decode,
              decode_scaled,
              {{encode<saturate, Modes>...}, {encode<saturate_symmetric, Modes>...}, {encode<wrap, Modes>...}},
              to_storage,
              {{encode_scaled<saturate, Modes>...},
               {encode_scaled<saturate_symmetric, Modes>...},
               {encode_scaled<wrap, Modes>...}}};
    } else {
      return {decode,
              decode_scaled,
              {{encode<saturate, Modes>...}, {encode<saturate_symmetric, Modes>...}, {encode<wrap, Modes>...}},
              to_storage,
              {}};
    }
  }
};

template <class Format, bool Scaled>
fixed_codec codec_of() {
  const std::string fraction = std::to_string(std::abs(Format::fraction_bits));
  const std::string name = std::string(Format::is_signed ? "s" : "u") + std::to_string(Format::bits) +
                           (Format::fraction_bits < 0 ? "_minus_" : "_") + fraction;
  return {name,
          Format::bits,
          Format::fraction_bits,
          Format::is_signed,
          Format::min_code,
          Format::max_code,
          std::is_same_v<typename Format::real_type, float>,
          Scaled,
          functions_of<Format, float>::template all<Scaled>(modes{}),
          functions_of<Format, double>::template all<Scaled>(modes{})};
}

// One format for each storage type, and the narrowest.
using scaled_formats =
    type_list<fixed_point<2, 0>, fixed_point<8, 0>, fixed_point<16, 14>, fixed_point<32, 16>,
              fixed_point<1, 0, signedness::is_unsigned>, fixed_point<8, 0, signedness::is_unsigned>,
              fixed_point<16, 8, signedness::is_unsigned>, fixed_point<32, 0, signedness::is_unsigned>>;
// Fractions of every kind: none, some, all, more than the bits, and negative.
using formats =
    type_list<fixed_point<3, 5>, fixed_point<4, -3>, fixed_point<5, 4>, fixed_point<6, 6>, fixed_point<7, 0>,
              fixed_point<8, 7>, fixed_point<9, 20>, fixed_point<10, -40>, fixed_point<11, 3>, fixed_point<12, 8>,
              fixed_point<13, 13>, fixed_point<14, 0>, fixed_point<15, 1>, fixed_point<17, 3>, fixed_point<20, 14>,
              fixed_point<24, 24>, fixed_point<25, 0>, fixed_point<31, 40>, fixed_point<32, 0>,
              fixed_point<2, -1, signedness::is_unsigned>, fixed_point<3, 3, signedness::is_unsigned>,
              fixed_point<4, 0, signedness::is_unsigned>, fixed_point<12, 100, signedness::is_unsigned>,
              fixed_point<23, -4, signedness::is_unsigned>>;

template <class... Scaled, class... Others>
std::vector<fixed_codec> codecs_of(type_list<Scaled...>, type_list<Others...>) {
  return {codec_of<Scaled, true>()..., codec_of<Others, false>()...};
}

}  // namespace

std::span<const fixed_codec> fixed_codecs() {
  static const std::vector<fixed_codec> codecs = codecs_of(scaled_formats{}, formats{});
  return codecs;
}
std::span<const fixed_codec> scaled_fixed_codecs() { return fixed_codecs().first(scaled_formats::size); }

}  // namespace support
