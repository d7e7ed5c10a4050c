// expect: scales of blocks come from the elements
#include <narrow/block_formats.hpp>
#include <narrow/gemm.hpp>

using blocks = narrow::mxfp8;
void f(narrow::quantized_tensor<blocks::element_type, 2, blocks::scheme_type>& c, const narrow::matrix_view<float>& x) {
  narrow::gemm(x, x, c);
}
