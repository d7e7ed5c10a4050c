// What the tests of binary products share: sums of signs in 64 bits, and all ways of asking for them.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "narrow/gemm.hpp"
#include "narrow/pack.hpp"
#include "support/gemm_reference.hpp"
#include "support/targets.hpp"

namespace narrow_test {

using narrow::binary;

using shape = std::array<std::size_t, 3>;  // rows, depth, columns

inline std::string name(const shape& s) {
  return std::to_string(s[0]) + "x" + std::to_string(s[1]) + "x" + std::to_string(s[2]);
}

inline std::int64_t sign_of(binary x) { return x.bits() == 1 ? -1 : 1; }
template <class T>
std::int64_t integer_of(T x) {
  if constexpr (std::is_same_v<T, binary>) {
    return sign_of(x);
  } else if constexpr (narrow::coded_element<T> && !narrow::fixed_point_element<T>) {
    return static_cast<std::int64_t>(double(x));
  } else {
    return code_of(x);
  }
}

template <class A, class B = binary>
struct binary_problem {
  matrix<A> a;
  matrix<B> b;
  std::vector<std::int64_t> sums;

  binary_problem(const shape& s, generator& random, layout of_a = layout::dense, layout of_b = layout::dense)
      : a(s[0], s[1], of_a), b(s[1], s[2], of_b) {
    a.fill(random), b.fill(random);
    sums = integer_products(
        s[0], s[1], s[2], [&](std::size_t i, std::size_t k) { return integer_of(a(i, k)); },
        [&](std::size_t k, std::size_t j) { return integer_of(b(k, j)); });
  }
};

template <class T, class Expected>
void expect_all(const matrix<T>& c, const Expected& expected, const std::string& what) {
  ASSERT_TRUE(c.canaries_live()) << what;
  for (std::size_t i = 0; i < c.view().rows(); ++i) {
    for (std::size_t j = 0; j < c.view().columns(); ++j) {
      ASSERT_EQ(c(i, j), expected(i, j)) << what << " at " << i << ", " << j;
    }
  }
}

template <class A, class B>
void check_binary(const shape& s, const binary_problem<A, B>& p, layout of_c = layout::padded) {
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    const std::string what = name_of(t) + (" " + name(s));
    const matrix<std::int32_t> raw(s[0], s[2], of_c), packed(s[0], s[2], of_c);
    const matrix<float> real(s[0], s[2], of_c);
    narrow::gemm(p.a.view(), p.b.view(), raw.view());
    narrow::gemm(p.a.view(), narrow::pack<A>(p.b.view()), packed.view());
    narrow::gemm(p.a.view(), p.b.view(), real.view());
    const auto sum = [&](std::size_t i, std::size_t j) { return p.sums[i * s[2] + j]; };
    expect_all(raw, sum, what);
    expect_all(packed, sum, what + " packed");
    expect_all(
        real, [&](auto i, auto j) { return static_cast<float>(sum(i, j)); }, what + " in float");
  }
}

}  // namespace narrow_test
