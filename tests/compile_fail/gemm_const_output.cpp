// expect: the output is written, so its elements cannot be const
// The output is given last, and must be mutable.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const float> a, narrow::matrix_view<const float> b, narrow::matrix_view<const float> c) {
  narrow::gemm(a, b, c);
}
