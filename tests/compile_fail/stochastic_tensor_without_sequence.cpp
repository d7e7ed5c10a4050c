// expect: a whole tensor needs bits for each element: pass a stochastic_sequence{seed, stream}
// One random word for all elements would round all of them the same way.
#include <narrow/quantize.hpp>
#include <vector>

void f(const std::vector<float>& x) {
  narrow::quantize<narrow::int8>(narrow::view(x, x.size()), narrow::affine(0.1F), narrow::stochastic{});
}
