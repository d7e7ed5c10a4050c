// Every code of the short floats through products with 1, in every layout that packing tells apart.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "narrow/gemm.hpp"

namespace {

using namespace narrow;

template <class T>
void check(std::size_t codes_across) {
  constexpr std::size_t codes = std::size_t{1} << T::encoding_type::bits;
  // As a of codes x depth and as b of depth x codes, with zeros for what pads the depth.
  for (const std::size_t depth : {1U, 2U, 5U}) {
    std::vector<T> a(codes * depth), ones(depth * codes_across, T(1.0F));
    std::vector<float> c(codes * codes_across), d(codes_across * codes);
    for (std::size_t i = 0; i < codes; ++i) a[i * depth] = T::from_bits(static_cast<typename T::bits_type>(i));
    for (const bool by_columns : {false, true}) {
      std::vector<T> turned = a;
      if (by_columns) {
        for (std::size_t i = 0; i < codes; ++i) {
          for (std::size_t k = 0; k < depth; ++k) turned[k * codes + i] = a[i * depth + k];
        }
      }
      const auto rows = by_columns ? transposed(view(turned, depth, codes)) : view(turned, codes, depth);
      gemm(rows, view(ones, depth, codes_across), view(c, codes, codes_across));
      gemm(view(ones, codes_across, depth), transposed(rows), view(d, codes_across, codes));
      for (std::size_t i = 0; i < codes; ++i) {
        const float want = static_cast<float>(T::from_bits(static_cast<typename T::bits_type>(i)));
        for (std::size_t j = 0; j < codes_across; ++j) {
          for (const float got : {c[i * codes_across + j], d[j * codes + i]}) {
            ASSERT_TRUE(std::isnan(want) ? std::isnan(got) : got == want) << "code " << i << ": " << got;
          }
        }
      }
    }
  }
}

template <int E, int M, int Bias, specials Special>
using float_of = number<float_format<float_descriptor{E, M, Bias, Special}>>;

TEST(GemmShortFloats, E4M3FN) { check<float8_e4m3fn>(33); }
TEST(GemmShortFloats, E5M2) { check<float8_e5m2>(33); }
TEST(GemmShortFloats, E4M3FNUZ) { check<float_of<4, 3, 8, specials::nan_negative_zero>>(17); }
TEST(GemmShortFloats, E3M2WithoutSpecials) { check<float_of<3, 2, 3, specials::none>>(17); }

}  // namespace
