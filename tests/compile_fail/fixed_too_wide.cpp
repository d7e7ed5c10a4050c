// expect: fixed point has 1 to 32 bits
// The product of two numbers must fit 64 bits.
#include <narrow/number.hpp>

narrow::fixed<40, 0> wide{1.0};
