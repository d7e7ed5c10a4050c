// The formats by name: each has the encoding that the codecs' tests sweep over, and is a number of its own; and the
// overflow presets in them.
#include "narrow/formats.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "narrow/number_traits.hpp"
#include "narrow/quantize.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::convert;
using narrow::ieee;
using narrow::nearest_even;
using narrow::number;
using narrow::ocp;
using narrow::onnx;
using narrow::overflow_for;
using narrow::saturate;
using narrow::to_infinity;

// ---- names ------------------------------------------------------------------------------------------------------
template <class Name, class Swept>
constexpr bool is = std::is_base_of_v<typename Name::encoding_type, Swept>;
static_assert(is<narrow::float16, support::float16> && is<narrow::bfloat16, support::bfloat16>);
static_assert(is<narrow::float8_e4m3fn, support::float8_e4m3fn> && is<narrow::float8_e5m2, support::float8_e5m2>);
static_assert(is<narrow::float8_e4m3fnuz, support::float8_e4m3fnuz>);
static_assert(is<narrow::float8_e5m2fnuz, support::float8_e5m2fnuz>);
static_assert(is<narrow::float8_e4m3b11fnuz, support::float8_e4m3b11fnuz>);
static_assert(is<narrow::float8_e4m3, support::float8_e4m3> && is<narrow::float8_e3m4, support::float8_e3m4>);
static_assert(is<narrow::float8_e8m0fnu, support::float8_e8m0fnu>);
static_assert(is<narrow::float6_e2m3fn, support::float6_e2m3fn> && is<narrow::float6_e3m2fn, support::float6_e3m2fn>);
static_assert(is<narrow::float4_e2m1fn, support::float4_e2m1fn>);
static_assert(is<narrow::ibm_1_6_9, support::ibm_1_6_9> && is<narrow::ibm_1_5_2, support::float8_e5m2>);
static_assert(is<narrow::hfp8_1_4_3, support::float8_e4m3b11fnuz>);

using own_float7 = number<narrow::float_format<narrow::float_descriptor{3, 3, 5}>>;

template <class T>
class Format : public testing::Test {};
using names =
    testing::Types<narrow::float8_e4m3fnuz, narrow::float8_e5m2fnuz, narrow::float8_e4m3b11fnuz, narrow::float8_e4m3,
                   narrow::float8_e3m4, narrow::float8_e8m0fnu, narrow::float6_e2m3fn, narrow::float6_e3m2fn,
                   narrow::float4_e2m1fn, narrow::ibm_1_6_9, narrow::ibm_1_5_2, narrow::hfp8_1_4_3, own_float7>;
TYPED_TEST_SUITE(Format, names);

TYPED_TEST(Format, IsANumber) {
  using T = TypeParam;
  using E = typename T::encoding_type;
  using limits = std::numeric_limits<T>;
  const support::float_oracle oracle(E::descriptor);
  static_assert(sizeof(T) == (E::bits > 8 ? 2 : 1));
  for (std::uint32_t code = 0; code < oracle.codes(); ++code) {
    const T x = T::from_bits(static_cast<typename T::bits_type>(code));
    const double value = oracle.value(code);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(double(x))) << code;
    } else {
      ASSERT_EQ(double(x), value) << code;
      ASSERT_EQ(T(value).bits(), code);
    }
  }
  // Halfway, to the even code.
  for (std::uint32_t i = 0; i < oracle.largest(); ++i) {
    const double middle = (oracle.magnitude(i) + oracle.magnitude(i + 1)) / 2;
    ASSERT_EQ(T(middle).bits(), i + i % 2) << middle;
  }
  EXPECT_EQ(double(limits::max()), oracle.magnitude(oracle.largest()));
  EXPECT_EQ(double(limits::lowest()), E::is_signed ? -double(limits::max()) : oracle.magnitude(0));
  EXPECT_EQ(double(limits::denorm_min()), oracle.magnitude(E::descriptor.has_zero ? 1 : 0));
}

// ---- presets ----------------------------------------------------------------------------------------------------
template <class Policy, class Preset, class... T>
constexpr bool chooses = (std::is_same_v<overflow_for<typename T::encoding_type, Preset>, Policy> && ...);
static_assert(chooses<saturate, ocp, narrow::float8_e4m3fn, narrow::float8_e5m2, narrow::float8_e4m3fnuz,
                      narrow::float8_e8m0fnu, narrow::float6_e3m2fn, narrow::float4_e2m1fn, narrow::int8>);
static_assert(chooses<saturate, onnx, narrow::float8_e4m3fn, narrow::float8_e5m2, narrow::float8_e5m2fnuz,
                      narrow::float8_e8m0fnu, narrow::float4_e2m1fn, narrow::int4, narrow::uint16>);
static_assert(chooses<to_infinity, ocp, narrow::float16, narrow::bfloat16> &&
              chooses<to_infinity, onnx, narrow::float16, narrow::bfloat16>);
static_assert(chooses<to_infinity, ieee, narrow::float16, narrow::float8_e4m3fn, narrow::float8_e5m2fnuz> &&
              chooses<saturate, ieee, narrow::float6_e2m3fn, narrow::float4_e2m1fn, narrow::int16>);
static_assert(chooses<saturate, ieee, narrow::posit<8>, narrow::posit<16>> &&
              chooses<saturate, ocp, narrow::posit<8>, narrow::posit<16>>);
static_assert(chooses<narrow::wrap, narrow::wrap, narrow::int8> && !narrow::overflow_preset<narrow::wrap>);

// The codes of what lies beyond the largest number, of its negative, of the infinities, and of NaN.
struct beyond {
  unsigned above, below, infinity, minus_infinity, nan;
  bool operator==(const beyond&) const = default;
};
template <class T, class Preset>
beyond codes_beyond(Preset preset) {
  const float highest = float(std::numeric_limits<T>::max()), infinity = std::numeric_limits<float>::infinity();
  const auto code = [&](float x) { return unsigned{convert<T>(x, nearest_even{}, preset).bits()}; };
  const double wide = 2 * double(highest);
  EXPECT_EQ(unsigned{convert<T>(wide, nearest_even{}, preset).bits()}, code(2 * highest));
  return {code(2 * highest), code(-2 * highest), code(infinity), code(-infinity),
          code(std::numeric_limits<float>::quiet_NaN())};
}

// The tables of the specifications: OCP 8-bit Floating Point, "Conversions"; ONNX, "Float stored in 8 bits" and "Float
// stored in 4 bits".
TEST(Presets, FollowTheirSpecifications) {
  const beyond e4m3fn_saturating{0x7E, 0xFE, 0x7E, 0xFE, 0x7F}, e4m3fn_other{0x7F, 0xFF, 0x7F, 0xFF, 0x7F};
  EXPECT_EQ(codes_beyond<narrow::float8_e4m3fn>(ocp{}), e4m3fn_saturating);
  EXPECT_EQ(codes_beyond<narrow::float8_e4m3fn>(onnx{}), e4m3fn_saturating);
  EXPECT_EQ(codes_beyond<narrow::float8_e4m3fn>(ieee{}), e4m3fn_other);
  const beyond e5m2_saturating{0x7B, 0xFB, 0x7B, 0xFB, 0x7E}, e5m2_other{0x7C, 0xFC, 0x7C, 0xFC, 0x7E};
  EXPECT_EQ(codes_beyond<narrow::float8_e5m2>(ocp{}), e5m2_saturating);
  EXPECT_EQ(codes_beyond<narrow::float8_e5m2>(onnx{}), e5m2_saturating);
  EXPECT_EQ(codes_beyond<narrow::float8_e5m2>(ieee{}), e5m2_other);
  EXPECT_EQ(codes_beyond<narrow::float8_e4m3fnuz>(onnx{}), (beyond{0x7F, 0xFF, 0x7F, 0xFF, 0x80}));
  EXPECT_EQ(codes_beyond<narrow::float8_e4m3fnuz>(ieee{}), (beyond{0x80, 0x80, 0x80, 0x80, 0x80}));
  for (const beyond& codes : {codes_beyond<narrow::float4_e2m1fn>(ocp{}), codes_beyond<narrow::float4_e2m1fn>(onnx{}),
                              codes_beyond<narrow::float4_e2m1fn>(ieee{})}) {
    EXPECT_EQ(codes, (beyond{0x7, 0xF, 0x7, 0xF, 0x8}));
  }
  EXPECT_EQ(codes_beyond<narrow::float16>(onnx{}), (beyond{0x7C00, 0xFC00, 0x7C00, 0xFC00, 0x7E00}));
  EXPECT_EQ(codes_beyond<narrow::int8>(onnx{}), (beyond{127, 128, 127, 128, 0}));
}

struct clipped {
  template <class E>
  using policy = narrow::saturate_symmetric;
};

TEST(Presets, GoWhereverPoliciesGo) {
  const std::vector<float> x{1e6F, -1e6F, 1};
  const auto tensor = narrow::view(x, 3);
  narrow::conversion_counts counts;
  const auto codes = narrow::quantize<narrow::float8_e5m2>(tensor, narrow::unscaled, nearest_even{}, &counts, ocp{});
  EXPECT_EQ(narrow::dequantize(codes), (std::vector<float>{57344, -57344, 1}));
  EXPECT_EQ(counts.overflow, 2U);
  std::vector<narrow::int8> bytes(3);
  narrow::quantize_into(tensor, narrow::view(bytes, 3), narrow::unscaled, nearest_even{}, &counts, clipped{});
  EXPECT_EQ(int(bytes[1]), -127);
  EXPECT_EQ(int(convert<narrow::int8>(-1e6, nearest_even{}, clipped{})), -127);
  EXPECT_EQ(int(convert<narrow::int8>(-1000000, nearest_even{}, clipped{})), -127);
  EXPECT_EQ(int(convert<narrow::int8>(narrow::int16(-1000), nearest_even{}, clipped{})), -127);
}

// A type that overflows by a preset, as one that names the policy would.
TEST(Presets, AreATypesOwn) {
  using saturating = number<narrow::float8_e5m2::encoding_type, nearest_even, ocp>;
  using symmetric = number<narrow::int8::encoding_type, nearest_even, clipped>;
  const saturating large(57344);
  EXPECT_EQ(float(large * large), 57344);
  EXPECT_EQ(float(narrow::float8_e5m2(57344) * narrow::float8_e5m2(57344)), std::numeric_limits<float>::infinity());
  EXPECT_EQ(float(saturating(narrow::float8_e5m2(1e9F))), 57344);  // an infinity, by the new policy
  EXPECT_EQ(int(symmetric(-100) + symmetric(-100)), -127);
  EXPECT_EQ(int(std::numeric_limits<symmetric>::lowest()), -127);
  static_assert(std::numeric_limits<number<narrow::float16::encoding_type, nearest_even, ieee>>::is_iec559);
}

}  // namespace
