// The formats by name: each has the encoding that the codecs' tests sweep over, and is a number of its own.
#include "narrow/formats.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/number_traits.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::number;

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

}  // namespace
