// expect: no error, for this program is good
#include <narrow/random.hpp>

static_assert(narrow::random_bits(1, 2, 3) == narrow::random_bits(1, 2, 3));
