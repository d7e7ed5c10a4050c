// expect: an overflow policy is for an output of codes
// Floats and doubles overflow as they do.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<float> c) {
  narrow::gemm(a, b, c, narrow::saturate{});
}
