// Bulk codecs against the scalar codec for every float there is.
#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/codec_check.hpp"

namespace {

using namespace narrow;
using namespace support;

// Blocks of 2^16 floats: all of them, or every `stride`-th (41 leaves 10^8 floats).
template <class T, class Scheme, class Rounding>
void check_floats(const Scheme& scheme, const Rounding& rounding, std::uint32_t stride) {
  constexpr std::uint32_t block = 65536;
  std::vector<float> x(block);
  std::vector<T> wanted(block), got(block);
  for (std::uint32_t b = 0; b < block; b += stride) {
    for (std::uint32_t i = 0; i < block; ++i) {
      x[i] = std::bit_cast<float>(b * block + i);
      wanted[i] = scalar_code<T, overflow_of<T>>(x[i], scheme, 0, rounding, i);
    }
    for (const target t : supported_targets()) {
      const on_target guard(t);
      quantize_into(view(std::as_const(x), block), view(got, block), scheme, rounding);
      ASSERT_TRUE(same_codes(got, wanted, x)) << name_of(t);
    }
  }
}

constexpr stochastic_sequence draws{9, 8, 7};

TEST(CodecAllFloats, Float16) { check_floats<float16>(unscaled, nearest_even{}, 1); }
TEST(CodecAllFloats, Bfloat16) { check_floats<bfloat16>(unscaled, nearest_even{}, 1); }
TEST(CodecAllFloats, Float8E4M3FN) { check_floats<float8_e4m3fn>(unscaled, nearest_even{}, 1); }
TEST(CodecAllFloats, Float8E5M2) { check_floats<float8_e5m2>(unscaled, nearest_even{}, 1); }
TEST(CodecAllFloats, Affine) { check_floats<std::int8_t>(affine(0.0123F, 3), nearest_even{}, 1); }
TEST(CodecAllFloats, Fixed) { check_floats<fixed<4, 12>>(unscaled, nearest_even{}, 1); }

TEST(CodecManyFloats, StochasticFloat16) { check_floats<float16>(unscaled, draws, 41); }
TEST(CodecManyFloats, StochasticBfloat16) { check_floats<bfloat16>(unscaled, draws, 41); }
TEST(CodecManyFloats, StochasticFloat8) { check_floats<float8_e4m3fn>(unscaled, draws, 41); }
TEST(CodecManyFloats, StochasticAffine) { check_floats<std::int8_t>(affine(0.0123F, 3), draws, 41); }
TEST(CodecManyFloats, StochasticFixed) { check_floats<fixed<4, 12>>(unscaled, draws, 41); }
TEST(CodecManyFloats, ScaledFloat8) { check_floats<float8_e5m2>(affine(0.37F), nearest_even{}, 41); }

}  // namespace
