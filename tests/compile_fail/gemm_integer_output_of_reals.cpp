// expect: an integer output holds accumulators, so both operands must be integers
// Standard integers take raw accumulators; rounded values go to narrow::int8 and its like.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const float> a, narrow::matrix_view<const float> b, narrow::matrix_view<std::int32_t> c) {
  narrow::gemm(a, b, c);
}
