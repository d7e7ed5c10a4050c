// Post-training rows of posits, unscaled (Carmichael et al., "Deep Positron", 2019): es = 0 to 2, in the
// decoded rows; those summed in the quire have no rounding before a layer's output.
#include "compare/post_training_formats.hpp"
#include "narrow/formats.hpp"

namespace compare {

namespace {

template <int N, int ES>
layer_maker in_quire() {
  return native<plain<narrow::posit<N, ES>>>(narrow::accumulate_in<narrow::quire<N, ES>>{});
}

}  // namespace

std::vector<post_training_row> posit_rows() {
  using narrow::posit;
  return {
      {"posit-5-0", simulated<plain<posit<5, 0>>>()},
      {"posit-5-1", simulated<plain<posit<5, 1>>>()},
      {"posit-5-2", simulated<plain<posit<5, 2>>>()},
      {"posit-6-0", simulated<plain<posit<6, 0>>>()},
      {"posit-6-1", simulated<plain<posit<6, 1>>>()},
      {"posit-6-2", simulated<plain<posit<6, 2>>>()},
      {"posit-7-0", simulated<plain<posit<7, 0>>>()},
      {"posit-7-1", simulated<plain<posit<7, 1>>>()},
      {"posit-7-2", simulated<plain<posit<7, 2>>>()},
      {"posit-8-0", simulated<plain<posit<8, 0>>>()},
      {"posit-8-1", simulated<plain<posit<8, 1>>>()},
      {"posit-8-2", simulated<plain<posit<8, 2>>>()},
      {"posit-5-1-quire", in_quire<5, 1>()},
      {"posit-8-1-quire", in_quire<8, 1>()},
      {"posit-16-1", simulated<plain<posit<16, 1>>>()},
      {"posit-16-2", simulated<plain<posit<16, 2>>>()},
  };
}

}  // namespace compare
