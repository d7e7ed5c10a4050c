// expect: the operands of accumulate_in<quire<N, ES>> are posit<N, ES>
// A quire is as wide as the products of its own format ask for.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::posit<16>> a, narrow::matrix_view<const narrow::posit<8>> b,
       narrow::matrix_view<float> c) {
  narrow::gemm(a, b, c, narrow::accumulate_in<narrow::quire<8>>{});
}
