// expect: could not convert | too many initializers | no matching function | excess elements
// The key has 64 bits.
#include <narrow/random.hpp>

auto words = narrow::philox4x32({0, 0, 0, 0}, {0, 0, 0});
