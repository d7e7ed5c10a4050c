// Sums held in a posit and rounded at each step, on every target, against exact integers.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "narrow/gemm.hpp"
#include "support/exact_posits.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;
using support::exact_posits;

// Operands of posit<N, ES>, sums of posit<Wide, ES>, which has all of their numbers.
template <int N, int Wide, int ES, class Rounding>
void check(const Rounding& rounding, std::size_t chunk) {
  using T = posit<N, ES>;
  using Sum = posit<Wide, ES>;
  const std::size_t m = 3, depth = 70, n = 19;
  narrow_test::generator random(N);
  std::vector<T> a(m * depth), b(depth * n);
  for (auto* x : {&a, &b}) {
    // Around 1, and a few of any size.
    for (T& t : *x)
      t = T::from_bits(static_cast<typename T::bits_type>(
          random() % 8 == 0 ? random() : random() % 64 + (std::uint64_t{1} << (N - 2)) - 32));
    for (T& t : *x) t = std::isnan(double(t)) ? T(1) : random() % 2 == 0 ? -t : t;
  }
  const exact_posits exact({Wide, ES});
  const std::int64_t one = Sum(1).storage();
  std::vector<std::int64_t> want(m * n);
  for (std::size_t at = 0; at < want.size(); ++at) {
    std::uint64_t index = at * ((depth + (depth - 1) / chunk + 63) / 64 * 64);
    const auto step = [&](std::int64_t x, std::int64_t y, std::int64_t sum) {
      if constexpr (std::is_same_v<Rounding, stochastic_sequence>) {
        exact_posits::integer whole = exact_posits::zero();
        exact.add_product(whole, x, y), exact.add_product(whole, sum, one);
        const exact_posits::result r = exact.place_of(whole);
        const stochastic bits = rounding.at(index++);
        if (r.is_zero) return std::int64_t{0};
        if (whole.sign() < 0) whole.negate();
        const auto compare = exact_posits::above(whole);
        return support::posit_code(
            r.place, support::posit_fraction<decltype(compare)>{exact.oracle(), r.place.code, compare}, bits);
      } else {
        return exact.code(exact.fused(x, y, sum), rounding);
      }
    };
    std::int64_t total = 0;
    for (std::size_t first = 0; first < depth; first += chunk) {
      std::int64_t sum = 0;
      for (std::size_t k = first; k < std::min(first + chunk, depth); ++k) {
        sum = step(Sum(a[at / n * depth + k]).storage(), Sum(b[k * n + at % n]).storage(), sum);
      }
      total = first == 0 ? sum : step(sum, one, total);
    }
    want[at] = total;
  }
  for (const target t : support::supported_targets()) {
    const support::on_target use(t);
    std::vector<double> c(m * n);
    gemm(view(a, m, depth), view(b, depth, n), view(c, m, n), accumulate_in<Sum, Rounding>{chunk, rounding});
    for (std::size_t at = 0; at < c.size(); ++at) {
      ASSERT_EQ(Sum(c[at]).storage(), want[at]) << name_of(t) << " at " << at;
      ASSERT_EQ(double(Sum(c[at])), c[at]);
    }
  }
}

TEST(EmulatedPosit, Of8Bits) { check<8, 8, 1>(nearest_even{}, 70); }
TEST(EmulatedPosit, Of16BitsStochastic) { check<8, 16, 2>(stochastic_sequence{.seed = 1}, 32); }
TEST(EmulatedPosit, Of32Bits) { check<16, 32, 2>(toward_positive{}, 64); }
TEST(EmulatedPosit, Of32BitsStochastic) { check<16, 32, 2>(stochastic_sequence{.seed = 2}, 70); }

}  // namespace
