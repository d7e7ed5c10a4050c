// expect: deleted
// The view would outlive the scheme that it points to.
#include <narrow/quantized_tensor.hpp>

auto f(narrow::matrix_view<const narrow::int8> codes) { return narrow::quantized(codes, narrow::affine(0.5F)); }
