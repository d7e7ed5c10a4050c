// expect: only gemm and conv2d write block formats
#include <narrow/block_formats.hpp>
#include <narrow/conv_backward.hpp>

using blocks = narrow::mxfp8;
void f(narrow::quantized_tensor<blocks::element_type, 4, blocks::scheme_type>& dx,
       const narrow::tensor_view<float, 4>& x) {
  narrow::conv2d_backward_data(x, x, dx, {});
}
