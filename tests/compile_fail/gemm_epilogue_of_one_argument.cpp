// expect: neither a setting nor an epilogue: a const callable
// A callable takes the value, the row and the column.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<float> c) {
  narrow::gemm(a, b, c, [](float v) { return v; });
}
