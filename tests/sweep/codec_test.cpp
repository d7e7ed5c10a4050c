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
void check_floats(const std::vector<float>& x, const Scheme& scheme, const Rounding& rounding) {
  std::vector<T> wanted(x.size()), got(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) wanted[i] = scalar_code<T, Overflow>(x[i], scheme, 0, rounding, i);
  for (const target t : supported_targets()) {
    SCOPED_TRACE(name_of(t));
    const on_target guard(t);
    quantize_into(view(x, x.size()), view(got, got.size()), scheme, rounding, nullptr, Overflow{});
    ASSERT_TRUE(same_codes(got, wanted, x));
  }
}
template <class T, class Overflow = overflow_of<T>, class Scheme = unscaled_scheme, class Rounding = nearest_even>
void check_encode(const Scheme& scheme, const Rounding& rounding, float scale = 1) {
  check_floats<T, Overflow>(difficult_floats<encoding_of<T>>(scale, 20000), scheme, rounding);
}

// One difficult float among ordinary ones, of twice the range of codes: blocks of these take a codec's shortest way,
// and the one must not. `zero` is what the zero point stands for.
template <class T, class Overflow = overflow_of<T>, class Scheme = unscaled_scheme, class Rounding = nearest_even>
void check_among_ordinary(const Scheme& scheme, const Rounding& rounding, float range, float scale, float zero = 0) {
  std::vector<float> x;
  const std::vector<float> difficult = difficult_floats<encoding_of<T>>(scale, 300);
  for (std::size_t k = 0; k < difficult.size(); k += 5) {
    x.push_back(difficult[k] - zero);
    for (int i = 0; i < 82; ++i) {
      x.push_back((static_cast<float>(random_bits(3, 8, x.size())) * 0x1p-30F - 2) * range - zero);
    }
  }
  check_floats<T, Overflow>(x, scheme, rounding);
}

// Among ordinary floats, some that their random bits carry to the next code, or nearly: low + (high - low)(1 - R /
// 2^32) for codes of these values.
template <class T, class Scheme = unscaled_scheme>
void check_carries(const Scheme& scheme, float range, float scale = 1, float zero = 0) {
  using E = encoding_of<T>;
  const auto value = [](std::uint32_t code) {
    return E::template decode<double>(detail::widen_code<std::uint64_t>(detail::to_storage<E>(code)));
  };
  std::vector<float> x;
  for (std::uint32_t i = 0; i < 60000; ++i) {
    x.push_back((static_cast<float>(random_bits(3, 8, i)) * 0x1p-31F - 1) * range - zero);
    const std::uint32_t code = i * 40503U % ((1U << E::bits) - 1);
    const double low = value(code), high = value(code + 1), between = 1 - draws.at(i).bits * 0x1p-32;
    if (i % 37 != 0 || low - low != 0 || high - high != 0) continue;
    const auto carried = static_cast<float>((low + (high - low) * between) * double{scale} - double{zero});
    x.back() = i % 3 == 0 ? carried : std::nextafter(carried, i % 3 == 1 ? 1e30F : -1e30F);
  }
  check_floats<T>(x, scheme, draws);
}
TEST(Codec, Carries) {
  check_carries<float16>(unscaled, 100);
  check_carries<float16>(unscaled, 0x1p-14F);
  check_carries<bfloat16>(unscaled, 100);
  check_carries<float8_e4m3fn>(unscaled, 8);
  check_carries<float8_e5m2>(unscaled, 0x1p-14F);
  check_carries<float8_e4m3fnuz>(unscaled, 240);
  check_carries<float6_e2m3fn>(unscaled, 6);
  check_carries<fixed<4, 12>>(unscaled, 9);
  check_carries<fixed<2, 6>>(unscaled, 2);
  check_carries<int16>(shared_exponent(-3), 4095, 0.125F);
  check_carries<std::int8_t>(affine(0.0123F, 3), 1.6F, 0.0123F, 3 * 0.0123F);
  check_carries<std::uint8_t>(affine(0.1F, 255), 13, 0.1F, 25.5F);
  check_carries<std::int8_t>(affine(0.25F, -128), 32, 0.25F, -32);
  check_carries<std::uint16_t>(affine(0.003F, 40000), 100, 0.003F, 120);
  check_carries<int4>(affine(0.7F, -3), 5, 0.7F, -2.1F);
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
  for (const float scale : {0x1p-126F, 0x1.8p-101F, 0x1.fffffep100F, 3e38F}) {
    check_decode<std::uint8_t>(affine(scale, 131));
    check_decode<int4>(affine(scale, -3));
  }
}

TEST(Codec, AmongOrdinary) {
  const float third = 1.0F / 3;
  check_among_ordinary<std::int8_t>(affine(0.0123F, 3), nearest_even{}, 1.6F, 0.0123F, 3 * 0.0123F);
  check_among_ordinary<std::int8_t>(affine(third, -128), nearest_even{}, 128 * third, third, -128 * third);
  check_among_ordinary<std::uint8_t>(affine(0.1F, 255), nearest_even{}, 12.8F, 0.1F, 25.5F);
  check_among_ordinary<std::uint8_t>(affine(0x1p-100F, 7), nearest_even{}, 0x1p-93F, 0x1p-100F);
  check_among_ordinary<std::int8_t>(affine(0x1.0p99F, 7), nearest_even{}, 0x1p106F, 0x1.0p99F);
  check_among_ordinary<std::int8_t>(affine(0x1.fp99F, 7), nearest_even{}, 0x1p106F, 0x1.fp99F);
  check_among_ordinary<std::int8_t>(affine(0.25F, 7), nearest_even{}, 32, 0.25F);
  check_among_ordinary<std::int8_t, saturate_symmetric>(affine(0.7F), nearest_even{}, 90, 0.7F);
  check_among_ordinary<int4>(affine(0.7F, -3), nearest_even{}, 5.6F, 0.7F, -2.1F);
  check_among_ordinary<std::int8_t>(affine(0.0123F, 3), draws, 1.6F, 0.0123F, 3 * 0.0123F);
  check_among_ordinary<std::uint8_t>(affine(third, 255), draws, 128 * third, third, 255 * third);
  check_among_ordinary<int8, saturate_symmetric>(shared_exponent(-3), draws, 16, 0.125F);
  check_among_ordinary<fixed<2, 6>>(unscaled, draws, 2, 1);
}

TEST(Codec, Fixed) {
  check_encode<fixed<4, 12>>(unscaled, nearest_even{});
  check_encode<fixed<4, 12>>(unscaled, draws);
  check_encode<fixed<2, 6>>(unscaled, draws);
  check_encode<fixed<8, 16>>(unscaled, nearest_even{});
  check_encode<int16>(shared_exponent(-9), nearest_even{}, 0x1p-9F);
  check_encode<int8>(shared_exponent(100), draws, 0x1p100F);
  check_decode<fixed<4, 12>>(unscaled);
  for (const int exponent : {-100, -99, -9, 99, 100}) check_decode<int8>(shared_exponent(exponent));
}

}  // namespace
