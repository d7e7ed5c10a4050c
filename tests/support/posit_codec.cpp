#include "support/posit_codec.hpp"

#include <array>

#include "narrow/encoding/encoding.hpp"
#include "narrow/encoding/posit.hpp"

namespace support {

namespace {

using narrow::posit_format;
using narrow::detail::bits_of;

template <class Format, class Real, class Rounding>
std::int64_t encode(Real x, const narrow::stochastic& random) {
  using lane = bits_of<Real>;
  return static_cast<std::make_signed_t<lane>>(
      Format::template encode<narrow::saturate>(x, mode_with<Rounding>(random)));
}
template <class Format, class Real>
Real decode(std::int64_t code) {
  return Format::template decode<Real>(static_cast<bits_of<Real>>(code));
}

template <class Format, class Real, class... Modes>
constexpr posit_codec::functions<Real> functions_of(type_list<Modes...>) {
  return {decode<Format, Real>, {encode<Format, Real, Modes>...}};
}

template <int N, int ES>
constexpr posit_codec codec_of(const char* name) {
  using format = posit_format<N, ES>;
  static_assert(narrow::encoding<format>);
  return {name,
          {N, ES},
          format::digits,
          format::max_exponent,
          std::is_same_v<typename format::real_type, float>,
          functions_of<format, float>(modes{}),
          functions_of<format, double>(modes{})};
}

// Odd widths, exponents longer than codes, and ranges beyond float's follow the industry's formats.
constexpr std::array codecs{
    codec_of<8, 0>("posit8es0"),   codec_of<8, 1>("posit8es1"),   codec_of<8, 2>("posit8es2"),
    codec_of<16, 1>("posit16es1"), codec_of<16, 2>("posit16es2"), codec_of<32, 2>("posit32es2"),
    codec_of<3, 2>("posit3es2"),   codec_of<5, 4>("posit5es4"),   codec_of<12, 0>("posit12es0"),
    codec_of<23, 3>("posit23es3"), codec_of<32, 0>("posit32es0"), codec_of<32, 4>("posit32es4")};

}  // namespace

std::span<const posit_codec> posit_codecs() { return codecs; }
std::span<const posit_codec> posit_codecs_with_vectors() { return posit_codecs().first(5); }

}  // namespace support
