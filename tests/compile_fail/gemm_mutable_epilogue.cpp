// expect: neither a setting nor an epilogue: a const callable
// An epilogue may be called from several threads, in any order.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<float> c) {
  narrow::gemm(a, b, c, [n = 0.0F](float v, std::size_t, std::size_t) mutable { return v + n++; });
}
