// expect: posits have no infinity, and finite numbers never become NaR: they can only saturate
// The standard knows no other overflow.
#include <narrow/number.hpp>

auto code = narrow::convert<narrow::posit<8>>(1e9F, narrow::nearest_even{}, narrow::to_infinity{});
