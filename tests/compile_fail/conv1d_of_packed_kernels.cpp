// expect: conv1d takes views and quantized tensors of rank 3, and no packed kernels
#include <narrow/conv1d.hpp>
#include <narrow/pack_kernels.hpp>

void f(narrow::tensor_view<const float, 3> x, narrow::tensor_view<const float, 4> w, narrow::tensor_view<float, 3> y) {
  narrow::conv1d(x, narrow::pack_kernels(w), y);
}
