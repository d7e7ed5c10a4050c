// Bulk codecs under every floating-point environment that a caller may have set.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/codec_check.hpp"

#if NARROW_HAS_X86_TARGETS
#include <immintrin.h>

namespace {

using namespace narrow;
using namespace support;

// Directions, flushing and traps that the caller has set neither change results nor are changed.
template <class T, class Scheme, class Rounding>
void check_environment(const Scheme& scheme, const Rounding& rounding) {
  const std::vector<float> x = difficult_floats<encoding_of<T>>(1, 2000);
  std::vector<T> wanted(x.size()), got(x.size());
  std::vector<float> wanted_back(x.size()), back(x.size());
  for (const target t : supported_targets()) {
    const on_target guard(t);
    const auto run = [&](std::vector<T>& codes, std::vector<float>& reals) {
      quantize_into(view(x, x.size()), view(codes, codes.size()), scheme, rounding);
      dequantize_into(quantized_view<T, 1, Scheme>{view(std::as_const(codes), codes.size()), &scheme, scheme.axis()},
                      view(reals, reals.size()));
    };
    run(wanted, wanted_back);
    const unsigned before = _mm_getcsr();
    for (const unsigned mode :
         {0x8040U | before, 0x2000U | before, 0x4000U | before, 0x6000U | before, 0x8040U | (before & ~0x1FBFU)}) {
      _mm_setcsr(mode);
      run(got, back);
      const unsigned after = _mm_getcsr();
      _mm_setcsr(before);
      EXPECT_EQ(after, mode);
      ASSERT_TRUE(same_codes(got, wanted, x)) << name_of(t) << std::hex << ", control " << mode;
      ASSERT_EQ(std::memcmp(back.data(), wanted_back.data(), back.size() * sizeof(float)), 0) << name_of(t);
    }
  }
}
TEST(CodecEnvironment, Float16) { check_environment<float16>(unscaled, nearest_even{}); }
TEST(CodecEnvironment, Bfloat16) { check_environment<bfloat16>(unscaled, draws); }
TEST(CodecEnvironment, Float8) { check_environment<float8_e5m2>(affine(0.3F), nearest_even{}); }
TEST(CodecEnvironment, Affine) { check_environment<std::int8_t>(affine(0.3F, 4), nearest_even{}); }

}  // namespace
#endif
