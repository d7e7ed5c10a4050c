// Posits in products: as bfloat16 pairs up to 8 bits, in float up to 16, in double beyond.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "narrow/gemm.hpp"
#include "support/gemm_reference.hpp"

namespace {

using namespace narrow;
using narrow_test::generator;

static_assert(detail::fits_bfloat16<posit_format<8>>::has_values &&
              detail::fits_bfloat16<posit_format<8, 0>>::has_values);
static_assert(!detail::fits_bfloat16<posit_format<16>>::has_values);

// Any code but NaR.
template <class T>
std::vector<T> random_numbers(std::size_t n, generator& random) {
  std::vector<T> result(n);
  for (T& x : result) {
    do x = T::from_bits(static_cast<typename T::bits_type>(random()));
    while (x == T(std::nan("")));
  }
  return result;
}

template <class T, class Out, class Real>
void check(Real (*reference)(const std::vector<Real>&, const std::vector<Real>&, bool)) {
  generator random(1);
  for (const std::size_t n : {1U, 9U, 40U}) {
    const std::size_t m = 7, depth = 75;
    auto a = random_numbers<T>(m * depth, random);
    const auto b = random_numbers<T>(depth * n, random);
    a[2 * depth + 5] = T(std::nan(""));
    std::vector<Out> c(m * n);
    gemm(view(a, m, depth), view(b, depth, n), view(c, m, n));
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        std::vector<Real> x(depth), y(depth);
        for (std::size_t k = 0; k < depth; ++k) x[k] = Real(a[i * depth + k]), y[k] = Real(b[k * n + j]);
        const Real got = Real(c[i * n + j]), want = Real(Out(reference(x, y, n == 1)));
        ASSERT_TRUE(i == 2 ? std::isnan(got) : got == want) << i << ", " << j << ": " << got << ", not " << want;
      }
    }
  }
}

float pairs(const std::vector<float>& a, const std::vector<float>& b, bool is_vector) {
  return narrow_test::pair_sum(a, b, is_vector);
}

TEST(GemmPosit, Of8BitsByPairs) { check<posit<8>, float>(pairs); }
TEST(GemmPosit, Of16BitsInFloat) { check<posit<16, 1>, float>(narrow_test::chain_sum<float>); }
TEST(GemmPosit, Of32BitsInDouble) { check<posit<32>, posit<32>>(narrow_test::chain_sum<double>); }

}  // namespace
