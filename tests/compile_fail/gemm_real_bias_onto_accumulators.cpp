// expect: use integer_bias for a bias
// An output of accumulators has the unit of the operands' scales.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<std::int32_t> c, const std::vector<float>& reals) {
  narrow::gemm(a, b, c, narrow::bias(reals));
}
