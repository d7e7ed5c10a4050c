// expect: conv3d takes views and quantized tensors of rank 5, and no packed kernels
#include <narrow/conv3d.hpp>
#include <narrow/pack_kernels.hpp>

void f(narrow::tensor_view<const float, 5> x, narrow::tensor_view<const float, 4> w, narrow::tensor_view<float, 5> y) {
  narrow::conv3d(x, narrow::pack_kernels(w), y);
}
