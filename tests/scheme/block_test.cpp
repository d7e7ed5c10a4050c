// Block schemes against their definition, elements by search among all values of the format; blocks of odd lengths, of
// zeros, and with what is not finite.
#include "narrow/scheme/block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/random.hpp"

namespace {

using namespace narrow;

constexpr float infinity = std::numeric_limits<float>::infinity();

float random_real(std::uint64_t stream, std::uint64_t i, int range) {
  const double unit = random_bits(7, stream, 2 * i) / 0x1p31 - 1;
  return static_cast<float>(
      std::ldexp(unit, static_cast<int>(random_bits(7, stream, 2 * i + 1) >> 1) % (2 * range) - range));
}
std::vector<float> random_reals(std::size_t n, std::uint64_t stream, int range = 6) {
  std::vector<float> result(n);
  for (std::size_t i = 0; i < n; ++i) result[i] = random_real(stream, i, range);
  return result;
}

// The value of the format that is nearest to x, of two the one whose code is even; the largest beyond it.
template <class T>
double nearest_value(double x) {
  using bits = typename T::bits_type;
  double best = 0, distance = HUGE_VAL;
  bool even = false;
  for (unsigned code = 0; code < 1U << encoding_of<T>::bits; ++code) {
    const auto value = double(T::from_bits(static_cast<bits>(code)));
    const double gap = std::fabs(value - x);
    if (!std::isfinite(value) || gap > distance || (gap == distance && even)) continue;
    best = value, distance = gap, even = code % 2 == 0;
  }
  return best;
}

// Every element is the nearest value of the format to the quotient by the scale.
template <class Format>
void check_elements(int range) {
  using T = typename Format::element_type;
  constexpr std::size_t block = Format::scheme_type::block_length, length = 2 * block + 5;
  const auto x = random_reals(3 * length, 5, range);
  const auto rows = quantize<Format>(view(x, 3, length), 1);
  const auto values = dequantize(rows);
  ASSERT_EQ(rows.scheme().count(), 9U);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < length; ++k) {
      const float factor = rows.scheme().tensor_scale() * float(rows.scheme().scale(i * 3 + k / block));
      const float quotient = x[i * length + k] / factor;
      EXPECT_EQ(double(T(rows.codes()(i, k))), nearest_value<T>(double{quotient})) << i << ", " << k;
      const float in_tensor = float(T(rows.codes()(i, k))) * float(rows.scheme().scale(i * 3 + k / block));
      EXPECT_EQ(values[i * length + k], in_tensor * rows.scheme().tensor_scale()) << i << ", " << k;
    }
  }
  // The same numbers as columns, and as the middle axis of a tensor; and read as transposed.
  std::vector<float> down(3 * length), read(3 * length);
  for (std::size_t i = 0; i < 3 * length; ++i) down[i % length * 3 + i / length] = x[i];
  const auto columns = quantize<Format>(view(down, length, 3), 0);
  const auto middle = quantize<Format>(view(down, 1, length, 3), 1);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < length; ++k) {
      EXPECT_EQ(T(columns.codes()(k, i)).bits(), T(rows.codes()(i, k)).bits()) << i << ", " << k;
      EXPECT_EQ(T(middle.codes()(0, k, i)).bits(), T(rows.codes()(i, k)).bits()) << i << ", " << k;
      EXPECT_EQ(columns.scheme().scale(k / block * 3 + i).bits(), rows.scheme().scale(i * 3 + k / block).bits());
    }
  }
  dequantize_into(transposed(columns), view(read, 3, length));
  EXPECT_EQ(read, values);
  dequantize_into(transposed(rows), view(read, length, 3));
  EXPECT_EQ(read, dequantize(columns));
}

TEST(BlockScaled, Microscaling) {
  check_elements<mxfp8_e5m2>(20);
  check_elements<mxfp4>(3);
}
TEST(BlockScaled, Nvfp4) { check_elements<nvfp4>(5); }
TEST(BlockScaled, Integers) {
  check_elements<msfp<12>>(4);
  check_elements<block_floating_point<10, 7>>(4);
  check_elements<grouped<int4, 24>>(4);
}

TEST(BlockScaled, NothingSaturatesInBlockFloatingPoint) {
  const auto x = random_reals(160, 9);
  const auto codes = quantize<msfp<12>>(view(x, 160), 0);
  const auto values = dequantize(codes);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float scale(codes.scheme().scale(i / 16));
    EXPECT_LE(std::fabs(values[i] - x[i]), scale / 2) << i;
  }
}

TEST(BlockScaled, ZerosAndWhatIsNotFinite) {
  constexpr std::size_t length = 40;
  std::vector<float> x(4 * length, 1.0F);
  std::fill_n(x.begin(), length, 0.0F);
  x[length + 5] = infinity;
  x[2 * length + 31] = std::numeric_limits<float>::quiet_NaN();
  const auto check = [&]<class Format>(Format, double of_zeros) {
    const auto codes = quantize<Format>(view(x, 4, length), 1);
    const auto values = dequantize(codes);
    EXPECT_EQ(double(codes.scheme().scale(0)), of_zeros);
    constexpr std::size_t block = Format::scheme_type::block_length, blocks = (length + block - 1) / block;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t place = i / length * blocks + i % length / block;
      const bool finite = place != blocks + 5 / block && place != 2 * blocks + 31 / block;
      EXPECT_EQ(std::isnan(double(codes.scheme().scale(place))), !finite) << i;
      EXPECT_EQ(std::isnan(values[i]), !finite) << i;
      EXPECT_TRUE(!finite || std::fabs(values[i] - x[i]) < 0.1F) << i;
    }
  };
  check(mxfp8_e5m2{}, 0x1p-127);
  check(mxfp4{}, 0x1p-127);
  check(msfp<12>{}, 0x1p-127);
  check(grouped<int4, 24>{}, 1);
  check(nvfp4{}, 0x1p-6);
}

TEST(BlockScaled, Nvfp4Scales) {
  // The tensor's amax lies on the largest code under the largest block scale.
  std::vector<float> x(32, 0.0F);
  x[3] = -2688, x[20] = 3;
  auto s = quantize<nvfp4>(view(x, 32), 0).scheme();
  EXPECT_EQ(s.tensor_scale(), 1);
  EXPECT_EQ(float(s.scale(0)), 448);
  EXPECT_EQ(float(s.scale(1)), 0.5F);
  // Less than eps = 2^-6 is not taken.
  x[20] = 0x1p-6F;
  s = quantize<nvfp4>(view(x, 32), 0).scheme();
  EXPECT_EQ(float(s.scale(1)), 0x1p-6F);
  // All zero.
  std::fill(x.begin(), x.end(), 0.0F);
  const auto zeros = quantize<nvfp4>(view(x, 32), 0);
  EXPECT_EQ(zeros.scheme().tensor_scale(), 1);
  EXPECT_EQ(float(zeros.scheme().scale(0)), 0x1p-6F);
  EXPECT_EQ(dequantize(zeros), x);
  // The ends of float.
  x[0] = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(quantize<nvfp4>(view(x, 32), 0).scheme().tensor_scale(), std::numeric_limits<float>::min());
  x[0] = std::numeric_limits<float>::max();
  EXPECT_NEAR(dequantize(quantize<nvfp4>(view(x, 32), 0))[0] / x[0], 1, 1e-6);
}

TEST(BlockScaled, OtherSources) {
  std::vector<double> wide{1e-300, 3.0, -0x1p200, 0};
  EXPECT_EQ(double(quantize<mxfp4>(view(wide, 1, 4), 1).scheme().scale(0)), 0x1p127);
  wide[2] = 0;
  EXPECT_EQ(double(quantize<mxfp4>(view(wide, 1, 4), 1).scheme().scale(0)), 0x1p-1);
  std::vector<float16> halves{float16(6.0), float16(-1.5)};
  EXPECT_EQ(dequantize(quantize<mxfp4>(view(halves, 2), 0)), (std::vector<float>{6, -1.5F}));
  std::vector<float> none;
  EXPECT_EQ(quantize<mxfp4>(view(none, 3, 0), 1).scheme().count(), 0U);
  EXPECT_EQ(quantize<mxfp4>(view(none, 0, 3), 1).scheme().count(), 0U);
}

TEST(BlockScaled, BitsPerValue) {
  static_assert(mxfp8::bits_per_value == 8.25 && mxfp6::bits_per_value == 6.25 && mxfp4::bits_per_value == 4.25);
  static_assert(nvfp4::bits_per_value == 4.5 && msfp<12>::bits_per_value == 4.5 && msfp<16>::bits_per_value == 8.5);
  static_assert(grouped<int4, 128>::bits_per_value == 4.125 && mxint8::bits_per_value == 8.25);
}

TEST(BlockScaled, CountsAndRandomBits) {
  std::vector<float> x(40, 0.3F);
  x[0] = 1.99F, x[1] = 1e-9F;
  conversion_counts counts;
  quantize<mxfp4>(view(x, 40), 0, nearest_even{}, &counts);
  EXPECT_EQ(counts.elements, 40U);
  EXPECT_EQ(counts.overflow, 1U);  // 1.99 / 0.25 rounds to 8, above 6
  EXPECT_EQ(counts.underflow, 1U);
  const auto random = quantize<mxfp4>(view(x, 1, 40), 1, stochastic_sequence{1, 2});
  for (std::size_t i = 2; i < 40; ++i) {
    const float scale(random.scheme().scale(i / 32));
    const stochastic rounding{random_bits(1, 2, i)};
    EXPECT_EQ(random.codes()(0, i).bits(), convert<float4_e2m1fn>(0.3F / scale, rounding).bits()) << i;
  }
}

TEST(BlockScaled, Errors) {
  using scheme = mxfp4::scheme_type;
  const std::array<std::size_t, 2> shape{2, 33};
  const std::vector<float8_e8m0fnu> three(3, float8_e8m0fnu(1.0)), four(4, float8_e8m0fnu(1.0));
  EXPECT_THROW(scheme(shape, 2, four), std::invalid_argument);
  EXPECT_THROW(scheme(shape, 1, three), std::invalid_argument);
  EXPECT_THROW(scheme(shape, 1, four, 0), std::invalid_argument);
  EXPECT_THROW(scheme(shape, 1, four, infinity), std::invalid_argument);
  using grouped_scheme = grouped<int4, 24>::scheme_type;
  EXPECT_THROW(grouped_scheme(shape, 1, std::vector<float16>(4, float16(0.0))), std::invalid_argument);
  EXPECT_THROW(grouped_scheme(shape, 1, std::vector<float16>(4, float16(-1.0))), std::invalid_argument);
  const scheme s(shape, 1, four);
  std::vector<float> x(2 * 33);
  std::vector<float4_e2m1fn> codes(2 * 33);
  quantize_into(view(x, 2, 33), view(codes, 2, 33), s);
  EXPECT_THROW(quantize_into(view(x, 33, 2), view(codes, 33, 2), s), std::invalid_argument);
  EXPECT_THROW(quantize_into(view(x, 66, 1), view(codes, 66, 1), s), std::invalid_argument);
  EXPECT_THROW(quantize<mxfp4>(view(x, 2, 33), 2), std::invalid_argument);
}

}  // namespace
