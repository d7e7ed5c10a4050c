// expect: half_wave_levels needs unsigned codes
#include <narrow/quantize.hpp>
#include <narrow/scheme/half_wave.hpp>

void f(const std::vector<float>& x) {
  narrow::quantize<narrow::int8>(narrow::view(x, x.size()), narrow::half_wave_levels_fit<3>());
}
