// Binary matrices times floats, among which it is one: small sums are exact in any order. And panels for either.
#include <gtest/gtest.h>

#include "support/binary_product.hpp"

namespace {

using namespace narrow_test;

template <class T>
void check_with_floats(generator& random) {
  for (const shape& s : {shape{1, 50, 33}, shape{7, 130, 1}, shape{14, 99, 35}}) {
    matrix<T> a(s[0], s[1], layout::dense);
    matrix<binary> b(s[1], s[2], layout::dense);
    b.fill(random);
    for (std::size_t i = 0; i < s[0]; ++i) {
      for (std::size_t k = 0; k < s[1]; ++k) a(i, k) = T(static_cast<float>(random() % 9) * 0.5F - 2);
    }
    for (const narrow::target t : support::supported_targets()) {
      const support::on_target use(t);
      const matrix<float> c(s[0], s[2], layout::dense), d(s[2], s[0], layout::dense), e(s[0], s[2], layout::dense);
      narrow::gemm(a.view(), b.view(), c.view());
      narrow::gemm(narrow::transposed(b.view()), narrow::transposed(a.view()), d.view());
      narrow::gemm(a.view(), narrow::pack<T>(b.view()), e.view());
      const auto sum = [&](std::size_t i, std::size_t j) {
        double result = 0;
        for (std::size_t k = 0; k < s[1]; ++k) result += double(a(i, k)) * static_cast<double>(sign_of(b(k, j)));
        return static_cast<float>(result);
      };
      expect_all(c, sum, name_of(t));
      expect_all(
          d, [&](auto i, auto j) { return sum(j, i); }, name_of(t));
      expect_all(e, sum, name_of(t));
    }
  }
}
TEST(GemmBinaryFloats, WithFloat) {
  generator random(13);
  check_with_floats<float>(random);
}
TEST(GemmBinaryFloats, WithBfloat16) {
  generator random(14);
  check_with_floats<narrow::bfloat16>(random);
}
TEST(GemmBinaryFloats, WithFloat8) {
  generator random(15);
  check_with_floats<narrow::float8_e4m3fn>(random);
}

// Panels of one kind, read back where a product cannot use them.
TEST(GemmBinaryFloats, PackedForOtherOperands) {
  generator random(16);
  const shape s{6, 77, 34};
  const binary_problem<binary> p(s, random);
  for (const narrow::target made : support::supported_targets()) {
    const support::on_target first(made);
    const auto for_binary = narrow::pack(p.b.view());
    const auto for_int8 = narrow::pack<narrow::int8>(p.b.view());
    const auto for_int16 = narrow::pack<narrow::int16>(p.b.view());
    const auto for_bfloat16 = narrow::pack<narrow::bfloat16>(p.b.view());
    const auto for_double = narrow::pack<double>(p.b.view());
    for (const narrow::target t : support::supported_targets()) {
      const support::on_target use(t);
      const matrix<std::int32_t> c(s[0], s[2], layout::dense);
      const auto check_with = [&](const auto& packed) {
        narrow::gemm(p.a.view(), packed, c.view());
        expect_all(
            c, [&](auto i, auto j) { return p.sums[i * s[2] + j]; }, name_of(made) + std::string(name_of(t)));
      };
      check_with(for_binary), check_with(for_int8), check_with(for_int16);
      check_with(for_bfloat16), check_with(for_double);
    }
  }
}

}  // namespace
