// expect: too few arguments | no matching function
// There is no hidden state to draw from: the bits of an element need its index.
#include <narrow/random.hpp>

auto bits = narrow::random_bits(1, 2);
