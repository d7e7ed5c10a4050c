// expect: requantize gives codes, so it must be the last epilogue
// A clamp of codes is in requantize itself; after it nothing is left to do.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<narrow::int8> c, const narrow::requantize& codes) {
  narrow::gemm(a, b, c, codes, narrow::relu);
}
