// expect: an epilogue must act on accumulators
// A callable acts on reals, unless its type says otherwise.
#include <narrow/gemm.hpp>

void f(narrow::matrix_view<const narrow::int8> a, narrow::matrix_view<const narrow::int8> b,
       narrow::matrix_view<std::int32_t> c) {
  narrow::gemm(a, b, c, [](float v, std::size_t, std::size_t) { return v; });
}
