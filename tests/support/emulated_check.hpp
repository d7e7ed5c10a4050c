// Products with an emulated accumulator against the slow oracle, on every target.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "narrow/formats.hpp"
#include "narrow/gemm.hpp"
#include "support/emulated_oracle.hpp"

namespace support {

using narrow::view;

using narrow::ibm_1_6_9;
using a_users_own =
    narrow::number<narrow::float_format<narrow::float_descriptor{4, 6, 9, narrow::specials::nan_negative_zero}>>;

class EmulatedTargets : public testing::Test {
 protected:
  ~EmulatedTargets() override { narrow::set_target(narrow::best_target()); }
};

template <class Action>
void on_every_target(const Action& action) {
  for (const auto t : {narrow::target::portable, narrow::target::avx2, narrow::target::avx512}) {
    if (t > narrow::best_target()) continue;
    narrow::set_target(t);
    SCOPED_TRACE(narrow::name_of(t));
    action();
  }
}

// Numbers around 1 with a few of other sizes, zeros among them.
template <class Term>
std::vector<Term> terms(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Term> result(count);
  for (auto& x : result) {
    const int size = static_cast<int>(random() % 16);
    x = Term(size == 0 ? 0.0 : std::ldexp(normal(random), size < 10 ? 0 : size - 14));
  }
  return result;
}

// One product on every target, bit for bit.
template <class Term, class Option>
void check(const Option& option, std::size_t m, std::size_t depth, std::size_t n) {
  const auto a = terms<Term>(m * depth, 1), b = terms<Term>(depth * n, 2);
  std::vector<double> want(m * n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      want[i * n + j] = slow_sum(
          option, depth, [&](std::size_t k) { return double(a[i * depth + k]); },
          [&](std::size_t k) { return double(b[k * n + j]); }, i * n + j);
    }
  }
  on_every_target([&] {
    std::vector<double> c(m * n, -99.0);
    narrow::gemm(view(a, m, depth), view(b, depth, n), view(c, m, n), option);
    for (std::size_t at = 0; at < c.size(); ++at) {
      if (std::isnan(c[at]) && std::isnan(want[at])) continue;
      ASSERT_EQ(c[at], want[at]) << "element " << at << " of " << m << " x " << depth << " x " << n << ", chunk "
                                 << option.chunk;
      ASSERT_EQ(std::signbit(c[at]), std::signbit(want[at])) << at;
    }
  });
}

template <class Term, class Option>
void check_sizes(Option option) {
  for (const std::size_t chunk : {narrow::whole_depth, std::size_t{1}, std::size_t{5}, std::size_t{64}}) {
    option.chunk = chunk;
    for (std::size_t size = 1; size <= 9; ++size) check<Term>(option, size, 10 - size, size);
    check<Term>(option, 1, 70, 131);
    check<Term>(option, 131, 65, 1);
    check<Term>(option, 7, 33, 35);
    check<Term>(option, 3, 600, 17);
  }
}

}  // namespace support
