// Bulk codecs: the bits of the scalar codec on every target, in every format, scheme and rounding.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "narrow/formats.hpp"
#include "narrow/quantize.hpp"
#include "support/codec_check.hpp"

namespace {

using namespace narrow;
using namespace support;

template <class T, class Overflow = overflow_of<T>, class Scheme = unscaled_scheme, class Rounding = nearest_even>
void check_encode(const Scheme& scheme, const Rounding& rounding, float scale = 1) {
  const std::vector<float> x = difficult_floats<encoding_of<T>>(scale, 20000);
  std::vector<T> wanted(x.size()), got(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) wanted[i] = scalar_code<T, Overflow>(x[i], scheme, 0, rounding, i);
  for (const target t : supported_targets()) {
    SCOPED_TRACE(name_of(t));
    const on_target guard(t);
    quantize_into(view(x, x.size()), view(got, got.size()), scheme, rounding, nullptr, Overflow{});
    ASSERT_TRUE(same_codes(got, wanted, x));
  }
}

template <class T, class Scheme, class Real = float>
void check_decode(const Scheme& scheme) {
  using E = encoding_of<T>;
  std::vector<T> codes;
  for (std::uint32_t c = 0; c < std::uint32_t{1} << E::bits; ++c) {
    codes.push_back(detail::from_storage<T>(detail::to_storage<E>(c)));
  }
  std::vector<Real> got(codes.size());
  for (const target t : supported_targets()) {
    SCOPED_TRACE(name_of(t));
    const on_target guard(t);
    dequantize_into(quantized_view<T, 1, Scheme>{view(std::as_const(codes), codes.size()), &scheme, scheme.axis()},
                    view(got, got.size()));
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const auto code = detail::widen_code<detail::bits_of<Real>>(detail::storage_of(codes[i]));
      const Real wanted = scheme.template decode<E, Real>(code, std::size_t{0});
      ASSERT_EQ(std::memcmp(&got[i], &wanted, sizeof wanted), 0)
          << "code " << i << ": " << got[i] << ", not " << wanted;
    }
  }
}

template <class T>
void check_float_format() {
  check_encode<T>(unscaled, nearest_even{});
  check_encode<T>(unscaled, draws);
  check_encode<T>(affine(0.37F), nearest_even{}, 0.37F);
  check_decode<T>(unscaled);
  check_decode<T, affine, double>(affine(0.37F));
}
TEST(Codec, Float16) { check_float_format<float16>(); }
TEST(Codec, Bfloat16) { check_float_format<bfloat16>(); }
TEST(Codec, Float8E4M3FN) { check_float_format<float8_e4m3fn>(); }
TEST(Codec, Float8E5M2) { check_float_format<float8_e5m2>(); }
TEST(Codec, Float8E4M3FNUZ) { check_float_format<float8_e4m3fnuz>(); }
TEST(Codec, Float8E8M0FNU) { check_float_format<float8_e8m0fnu>(); }
TEST(Codec, Float6E2M3FN) { check_float_format<float6_e2m3fn>(); }
TEST(Codec, OtherOverflow) {
  check_encode<float16, saturate>(unscaled, nearest_even{});
  check_encode<bfloat16, saturate>(unscaled, nearest_even{});
  check_encode<float8_e4m3fn, to_infinity>(unscaled, nearest_even{});
  check_encode<float8_e4m3fn, to_infinity>(unscaled, draws);
  check_encode<int8, wrap>(unscaled, nearest_even{});
  check_encode<int4, wrap>(unscaled, draws);
  check_encode<int8, saturate_symmetric>(shared_exponent(-3), nearest_even{}, 0.125F);
}

TEST(Codec, EveryRounding) {
  check_encode<float16>(unscaled, nearest_away{});
  check_encode<float16>(unscaled, toward_zero{});
  check_encode<float16>(unscaled, toward_positive{});
  check_encode<float8_e5m2>(unscaled, toward_negative{});
  check_encode<float8_e5m2>(unscaled, to_odd{});
  check_encode<int8>(affine(0.1F, -3), toward_positive{}, 0.1F);
  check_encode<int8>(affine(0.1F, -3), to_odd{}, 0.1F);
  for (const int count : {1, 8, 31}) {
    for (const bool pre_round : {false, true}) {
      check_encode<float16>(unscaled, stochastic_sequence{1, 2, 3, count, pre_round});
      check_encode<int8>(affine(0.1F, -3), stochastic_sequence{1, 2, 3, count, pre_round}, 0.1F);
    }
  }
}

// Steps that are a power of two, ordinary, and at the ends of the floats; zero points at both ends.
TEST(Codec, Affine) {
  for (const float scale : {0.0123F, 0.5F, 1.0F / 3, 0x1p-126F, 0x1.8p-101F, 0x1.fffffep100F, 0x1p127F, 3e38F}) {
    check_encode<std::int8_t>(affine(scale, -128), nearest_even{}, scale);
    check_encode<std::uint8_t>(affine(scale, 131), nearest_even{}, scale);
    check_encode<std::int8_t>(affine(scale, 127), draws, scale);
  }
  check_encode<int4>(affine(0.7F, -3), nearest_even{}, 0.7F);
  check_encode<uint4>(affine(0.7F, 9), draws, 0.7F);
  check_encode<std::int16_t>(affine(0.003F, -32768), nearest_even{}, 0.003F);
  check_encode<std::uint16_t>(affine(0.003F, 65535), draws, 0.003F);
  check_decode<std::int8_t>(affine(0.0123F, -128));
  check_decode<std::int8_t, affine, double>(affine(0.0123F, -128));
  check_decode<std::uint16_t>(affine(0.0123F, 40000));
}

TEST(Codec, Fixed) {
  check_encode<fixed<4, 12>>(unscaled, nearest_even{});
  check_encode<fixed<4, 12>>(unscaled, draws);
  check_encode<fixed<2, 6>>(unscaled, draws);
  check_encode<fixed<8, 16>>(unscaled, nearest_even{});
  check_encode<int16>(shared_exponent(-9), nearest_even{}, 0x1p-9F);
  check_encode<int8>(shared_exponent(100), draws, 0x1p100F);
  check_decode<fixed<4, 12>>(unscaled);
  check_decode<int8>(shared_exponent(-9));
}

}  // namespace
