// expect: a float format overflows by saturate, saturate_finite or to_infinity
// The low bits of a float's code mean nothing.
#include <narrow/number.hpp>

auto half = narrow::convert<narrow::float16>(1e9F, narrow::nearest_even{}, narrow::wrap{});
