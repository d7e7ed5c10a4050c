// expect: a threshold tells -1, 0 and +1 apart
// Codes chosen against a threshold would go on to 127 in steps that mean nothing.
#include <narrow/quantize.hpp>

void f(const std::vector<float>& w) {
  const auto x = narrow::view(w, w.size());
  narrow::quantize<narrow::int8>(x, narrow::ternary_fit(x, narrow::mean_threshold{}));
}
