// expect: codes under a shared exponent are integers
// A shared exponent is the binary point; a second one would be dropped.
#include <narrow/quantize.hpp>

void f(const std::vector<float>& x) {
  narrow::quantize<narrow::fixed<4, 4>>(narrow::view(x, x.size()), narrow::shared_exponent(0));
}
