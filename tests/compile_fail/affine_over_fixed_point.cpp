// expect: affine codes are integers of up to 16 bits
// An affine scale on top of a binary point would say the same thing twice.
#include <narrow/quantize.hpp>

void f(const std::vector<float>& x) {
  narrow::quantize<narrow::fixed<8, 8>>(narrow::view(x, x.size()), narrow::affine(0.1F));
}
