// Every code of the short floats through products with 1, in every layout that packing tells apart.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "narrow/formats.hpp"
#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using namespace narrow;

template <class T>
void check(std::size_t codes_across) {
  constexpr std::size_t codes = std::size_t{1} << T::encoding_type::bits;
  // As a of codes x depth and as b of depth x codes, anywhere along the depth, with zeros for the rest of it.
  for (const std::size_t depth : {1U, 2U, 5U, 48U}) {
    std::vector<T> a(codes * depth), ones(depth * codes_across, T(1.0F));
    std::vector<float> c(codes * codes_across), d(codes_across * codes);
    for (std::size_t i = 0; i < codes; ++i) {
      a[i * depth + i % depth] = T::from_bits(static_cast<typename T::bits_type>(i));
    }
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

enum class summed { in_bfloat16_pairs, in_float };

// Numbers at random against the reference, bit for bit.
template <class T>
void check_sums(summed how) {
  const std::size_t m = 5, n = 19, depth = 37;
  narrow_test::generator random(7);
  std::vector<T> a(m * depth), b(depth * n);
  for (T& x : a) x = narrow_test::random_element<T>(random);
  for (T& x : b) x = narrow_test::random_element<T>(random);
  std::vector<float> c(m * n), row(depth), column(depth);
  gemm(view(a, m, depth), view(b, depth, n), view(c, m, n));
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < depth; ++k) row[k] = a[i * depth + k], column[k] = b[k * n + j];
      const float want = how == summed::in_float ? narrow_test::chain_sum(row, column, false)
                                                 : narrow_test::pair_sum(row, column, false);
      ASSERT_TRUE(narrow_test::same(c[i * n + j], want)) << c[i * n + j] << ", not " << want;
    }
  }
}

TEST(GemmShortFloats, E4M3FN) { check<float8_e4m3fn>(33); }
TEST(GemmShortFloats, E5M2) { check<float8_e5m2>(33); }
TEST(GemmShortFloats, E4M3FNUZ) { check<float8_e4m3fnuz>(17); }
TEST(GemmShortFloats, E3M2FN) { check<float6_e3m2fn>(17); }
TEST(GemmShortFloats, E2M1FN) { check<float4_e2m1fn>(17); }
TEST(GemmShortFloats, SumAsTheReference) {
  check_sums<float8_e4m3fnuz>(summed::in_bfloat16_pairs);
  check_sums<float6_e3m2fn>(summed::in_bfloat16_pairs);
  check_sums<float4_e2m1fn>(summed::in_bfloat16_pairs);
  check_sums<ibm_1_6_9>(summed::in_float);
}

}  // namespace
