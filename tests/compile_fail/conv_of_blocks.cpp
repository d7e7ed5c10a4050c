// expect: convolutions take no blocks
#include <narrow/block_formats.hpp>
#include <narrow/conv.hpp>

void f(const narrow::tensor_view<float, 4>& x, const narrow::tensor_view<float, 4>& y) {
  narrow::conv2d(x, narrow::quantize<narrow::mxfp8>(x, 3), y, {});
}
