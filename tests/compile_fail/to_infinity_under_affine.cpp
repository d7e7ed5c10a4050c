// expect: fixed point has no infinity: saturate or wrap
// Nor has an integer code under an affine scheme.
#include <narrow/quantize.hpp>

void f(const std::vector<float>& x, std::vector<narrow::int8>& codes) {
  narrow::quantize_into(narrow::view(x, x.size()), narrow::view(codes, codes.size()), narrow::affine(0.1F),
                        narrow::nearest_even{}, nullptr, narrow::to_infinity{});
}
