// expect: conv2d takes views, as view(vector, n, h, w, c)
// An image has a batch and channels, be they of one.
#include <narrow/conv.hpp>

void f(narrow::matrix_view<const float> x, narrow::matrix_view<const float> w, narrow::matrix_view<float> y) {
  narrow::conv2d(x, w, y);
}
