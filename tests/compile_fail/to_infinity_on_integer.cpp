// expect: fixed point has no infinity: saturate or wrap
// Neither an integer nor a fixed-point number can be infinite.
#include <narrow/number.hpp>

auto code = narrow::convert<narrow::int8>(1e9F, narrow::nearest_even{}, narrow::to_infinity{});
