#include "support/float_codec.hpp"

#include <algorithm>
#include <array>

#include "support/formats.hpp"

namespace support {

namespace {

using narrow::detail::bits_of;

template <class Format, class Overflow, class Real, class Rounding>
bits_of<Real> encode(Real x, const narrow::stochastic& random) {
  return Format::template encode<Overflow>(x, mode_with<Rounding>(random));
}
template <class Format, class Real>
Real decode(bits_of<Real> code) {
  return Format::template decode<Real>(code);
}

template <class Format, class Real, class... Modes>
constexpr float_codec::functions<Real> functions_of(type_list<Modes...>) {
  using narrow::saturate;
  using narrow::to_infinity;
  if constexpr (Format::has_nan) {
    return {decode<Format, Real>,
            {{encode<Format, saturate, Real, Modes>...}, {encode<Format, to_infinity, Real, Modes>...}}};
  } else {
    return {decode<Format, Real>, {{encode<Format, saturate, Real, Modes>...}, {}}};
  }
}

template <class... Formats>
constexpr std::array<float_codec, sizeof...(Formats)> codecs_of(testing::Types<Formats...>) {
  return {float_codec{Formats::name, Formats::descriptor, Formats::bits, Formats::lowest_exponent,
                      Formats::max_exponent, Formats::max_code, Formats::has_nan, Formats::has_infinity,
                      std::is_same_v<typename Formats::real_type, float>, functions_of<Formats, float>(modes{}),
                      functions_of<Formats, double>(modes{})}...};
}

constexpr auto codecs = codecs_of(all_formats{});

template <class... Formats>
constexpr std::size_t count(testing::Types<Formats...>) {
  return sizeof...(Formats);
}

}  // namespace

std::span<const float_codec> float_codecs() { return codecs; }
const float_codec& float_codec_named(std::string_view name) {
  return *std::ranges::find(codecs, name, &float_codec::name);
}
std::span<const float_codec> float_codecs_with_vectors() { return float_codecs().first(count(formats_with_vectors{})); }

}  // namespace support
