// expect: half_wave needs integer codes
#include <narrow/quantize.hpp>
#include <narrow/scheme/half_wave.hpp>

void f(const std::vector<float>& x) {
  narrow::quantize<narrow::float8_e4m3fn>(narrow::view(x, x.size()), narrow::half_wave(0.5F));
}
