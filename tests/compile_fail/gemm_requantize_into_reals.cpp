// expect: requantize gives codes, so the output must hold integers
// Codes under no scheme mean nothing as floats.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<float> c, const narrow::requantize& last) {
  narrow::gemm(a, b, c, last);
}
