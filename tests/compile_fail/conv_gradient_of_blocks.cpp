// expect: blocks run along the input channels
#include <narrow/block_formats.hpp>
#include <narrow/conv_backward.hpp>

void f(const narrow::tensor_view<float, 4>& x, const narrow::tensor_view<float, 4>& y) {
  narrow::conv2d_backward_data(y, narrow::quantize<narrow::mxfp8>(x, 3), x, {});
}
