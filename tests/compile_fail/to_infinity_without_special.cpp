// expect: this format has neither infinity nor NaN: it can only saturate
// Every code of float6_e2m3fn is a finite number.
#include <narrow/number.hpp>

using float6_e2m3fn = narrow::number<narrow::float_format<narrow::float_descriptor{2, 3, 1, narrow::specials::none}>>;
auto code = narrow::convert<float6_e2m3fn>(1e9F, narrow::nearest_even{}, narrow::to_infinity{});
