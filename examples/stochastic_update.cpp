// Why stochastic rounding: a float16 weight that takes ten thousand steps, each too small to move it by itself.
#include <cstdint>
#include <cstdio>
#include <narrow/narrow.hpp>

int main() {
  using narrow::float16;
  const std::uint64_t seed = 42, weight = 7;
  const double step = 1e-4;  // a tenth of the spacing of float16 at 1 (2^-10)
  float16 nearest{1.0F}, stochastic{1.0F};
  for (std::uint64_t t = 0; t < 10000; ++t) {
    nearest = narrow::convert<float16>(double(nearest) + step);
    const narrow::stochastic bits{narrow::random_bits(seed, weight, t)};
    stochastic = narrow::convert<float16>(double(stochastic) + step, bits);
  }
  std::printf("after 10000 steps of %g from 1: nearest %g, stochastic %g, exact 2\n", step, double(nearest),
              double(stochastic));
  return double(nearest) == 1.0 && double(stochastic) > 1.9 && double(stochastic) < 2.1 ? 0 : 1;
}
