// expect: use integer_bias for a bias
// Added to an accumulator, a real bias would be in the wrong unit, and truncated.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<narrow::int8> c, const std::vector<float>& reals, const narrow::requantize& last) {
  narrow::gemm(a, b, c, narrow::bias(reals), last);
}
