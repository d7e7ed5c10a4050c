// expect: a text that no compiler prints
#include <narrow/random.hpp>

static_assert(narrow::random_bits(1, 2, 3) != narrow::random_bits(1, 2, 3), "bits are a function of their arguments");
