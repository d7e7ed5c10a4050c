#include "narrow/training/alpha_blending.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "support/thrown.hpp"

namespace {

using narrow::alpha_blending;
using narrow::view;

using reals = std::vector<float>;

reals blend(double alpha, const reals& w, const reals& quantized) {
  reals result(w.size());
  alpha_blending(alpha).forward(view(w, w.size()), view(quantized, w.size()), view(result, w.size()));
  return result;
}
reals gradient(double alpha, const reals& dblended) {
  reals result(dblended.size());
  alpha_blending(alpha).backward(view(dblended, dblended.size()), view(result, result.size()));
  return result;
}

const reals weights{0.3F, -1.7F, 0.1F}, binary{1, -1, 1};

TEST(AlphaBlending, IsTheWeightsFirstAndTheQuantizedOnesLast) {
  EXPECT_EQ(blend(0, weights, binary), weights);
  EXPECT_EQ(blend(1, weights, binary), binary);
  EXPECT_EQ(blend(0.25, {4, -8}, {0, 4}), (reals{3, -5}));
}

// Of the blend's own differences, with the quantized weights held: they are constant between their thresholds.
TEST(AlphaBlending, HasTheGradientOfItsDifferences) {
  for (const double alpha : {0.0, 0.25, 0.5, 1.0}) {
    const float step = 1.0F / 64;
    const float up = blend(alpha, {0.5F + step}, {1})[0], down = blend(alpha, {0.5F - step}, {1})[0];
    EXPECT_EQ(gradient(alpha, {3})[0], 3 * (up - down) / (2 * step)) << alpha;
  }
}

TEST(AlphaBlending, WorksInPlace) {
  reals w = weights, d{1, 2, 3};
  alpha_blending(0.5).forward(view(w, 3), view(binary, 3), view(w, 3));
  EXPECT_EQ(w, blend(0.5, weights, binary));
  alpha_blending(0.5).backward(view(d, 3), view(d, 3));
  EXPECT_EQ(d, (reals{0.5F, 1, 1.5F}));
}

TEST(AlphaBlending, Errors) {
  const auto message = [](double alpha) { return support::thrown([=] { alpha_blending{alpha}; }); };
  EXPECT_EQ(message(1.5), "alpha_blending: alpha is 1.5; it must be between 0 and 1");
  EXPECT_NE(message(-0.1), "");
  EXPECT_NE(message(std::numeric_limits<double>::quiet_NaN()), "");
  reals two(2);
  const alpha_blending half(0.5);
  EXPECT_EQ(support::thrown([&] { half.forward(view(weights, 3), view(two, 2), view(two, 2)); }),
            "alpha_blending: quantized has 2 elements; weights has 3");
  EXPECT_EQ(support::thrown([&] { half.forward(view(weights, 3), view(weights, 3), view(two, 2)); }),
            "alpha_blending: blended has 2 elements; weights has 3");
  EXPECT_EQ(support::thrown([&] { half.backward(view(weights, 3), view(two, 2)); }),
            "alpha_blending: dweights has 2 elements; dblended has 3");
}

}  // namespace
