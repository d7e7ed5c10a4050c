// expect: epilogues on the integer accumulator come before those on reals
// Once an accumulator has been scaled, an int32 bias has lost its unit.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<float> c, const std::vector<std::int32_t>& integers) {
  narrow::gemm(a, b, c, narrow::relu, narrow::integer_bias(integers));
}
