// Winograd's F(2x2, 3x3) against the direct sum in double, within the bound that winograd.hpp derives.
#include "narrow/winograd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "narrow/formats.hpp"
#include "narrow/interop/threads.hpp"
#include "support/conv_reference.hpp"
#include "support/targets.hpp"
#include "support/thrown.hpp"

namespace {

using narrow::conv_geometry;
using narrow::view;
using narrow_test::at;
using narrow_test::conv_problem;
using narrow_test::gapped;
using narrow_test::generator;
using support::thrown;

double gamma(std::size_t n) { return static_cast<double>(n) * 0x1p-24 / (1 - static_cast<double>(n) * 0x1p-24); }

template <std::size_t R, std::size_t S>
using matrix = std::array<std::array<double, S>, R>;

// left * middle * left^T.
template <std::size_t R, std::size_t S>
matrix<R, R> both_sides(const matrix<R, S>& left, const matrix<S, S>& middle) {
  matrix<R, S> half{};
  matrix<R, R> result{};
  for (std::size_t i = 0; i < R; ++i) {
    for (std::size_t t = 0; t < S; ++t) {
      for (std::size_t s = 0; s < S; ++s) half[i][t] += left[i][s] * middle[s][t];
    }
    for (std::size_t j = 0; j < R; ++j) {
      for (std::size_t t = 0; t < S; ++t) result[i][j] += half[i][t] * left[j][t];
    }
  }
  return result;
}

// |A^T| (sum of (|G| |g| |G^T|) . (|B^T| |d| |B|)) |A| at output (n, i, j, o).
template <class T>
double magnitude(const conv_problem& p, const gapped<T>& x, const gapped<T>& w, std::size_t n, std::size_t i,
                 std::size_t j, std::size_t o) {
  const matrix<2, 4> a{{{1, 1, 1, 0}, {0, 1, 1, 1}}};
  const matrix<4, 4> b{{{1, 0, 1, 0}, {0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 0, 1}}};
  const matrix<4, 3> g{{{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {0, 0, 1}}};
  matrix<4, 4> total{};
  for (std::size_t c = 0; c < p.channels; ++c) {
    matrix<4, 4> d{};
    matrix<3, 3> k{};
    for (std::size_t r = 0; r < 4; ++r) {
      for (std::size_t s = 0; s < 4; ++s) {
        const std::size_t h = i / 2 * 2 + r - p.geometry.pad_top, v = j / 2 * 2 + s - p.geometry.pad_left;
        if (h < p.height && v < p.width) d[r][s] = std::fabs(double(at(x.view(), p.geometry.layout, n, h, v, c)));
        if (r < 3 && s < 3) k[r][s] = std::fabs(double(at(w.view(), p.geometry.layout, o, r, s, c)));
      }
    }
    const auto u = both_sides(g, k), v = both_sides(b, d);
    for (std::size_t r = 0; r < 4; ++r) {
      for (std::size_t s = 0; s < 4; ++s) total[r][s] += u[r][s] * v[r][s];
    }
  }
  return both_sides(a, total)[i % 2][j % 2];
}

// check(value, exact value, bound of the error before the output is rounded) for each output.
template <class T, class Y, class Check>
void for_each_error(const conv_problem& p, const gapped<T>& x, const gapped<T>& w, const gapped<Y>& y,
                    const Check& check) {
  for_each_output(
      p, [&](auto... k) { return double(at(x.view(), p.geometry.layout, k...)); },
      [&](auto... k) { return double(at(w.view(), p.geometry.layout, k...)); },
      [&](std::size_t n, std::size_t i, std::size_t j, std::size_t o, const auto& a, const auto& b) {
        double exact = 0;
        for (std::size_t k = 0; k < a.size(); ++k) exact += a[k] * b[k];
        check(double(at(y.view(), p.geometry.layout, n, i, j, o)), exact,
              gamma(p.channels + 7) * magnitude(p, x, w, n, i, j, o));
      });
}

// Odd and even images, every kind of padding, channels around the vectors of all targets, deep sums.
std::vector<conv_problem> problems() {
  std::vector<conv_problem> result;
  const std::size_t channels[][2] = {{1, 1}, {3, 5}, {16, 4}, {21, 19}, {64, 2}, {300, 3}};
  const conv_geometry paddings[] = {{},
                                    {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1},
                                    {.pad_top = 2, .pad_right = 3},
                                    {.pad_left = 4, .pad_bottom = 1}};
  for (const auto& c : channels) {
    for (const conv_geometry& padding : paddings) {
      const bool other = result.size() % 2 == 1;
      conv_geometry g = padding;
      g.layout = other ? narrow::nchw : narrow::nhwc;
      result.push_back({2, other ? 5U : 6U, other ? 4U : 7U, c[0], c[1], 3, 3, g});
    }
  }
  result.push_back({1, 23, 9, 3, 2, 3, 3, {}});
  return result;
}

TEST(Winograd, ErrorWithinItsBound) {
  generator random(1);
  double worst = 0;
  for (const conv_problem& p : problems()) {
    SCOPED_TRACE(p);
    const gapped<float> x(image_extents(p), random), w(kernel_extents(p), random);
    std::vector<float> first;
    for (const auto target : support::supported_targets()) {
      const support::on_target use(target);
      SCOPED_TRACE(narrow::name_of(target));
      const gapped<float> y(output_extents(p));
      narrow::conv2d_winograd(x.view(), w.view(), y.view(), p.geometry);
      EXPECT_TRUE(y.canaries_live());
      std::vector<float> values;
      y.for_each([&](float value) { values.push_back(value); });
      if (first.empty()) first = values;
      if (p.outputs > 1) {
        EXPECT_EQ(values, first);
        if (target != narrow::target::portable) continue;
      }  // else gemm's order is another where it has kernels
      for_each_error(p, x, w, y, [&](double value, double exact, double bound) {
        EXPECT_LE(std::fabs(value - exact), bound);
        worst = std::max(worst, std::fabs(value - exact) / bound);
      });
    }
  }
  EXPECT_GT(worst, 1e-2);  // the bound says something
}

TEST(Winograd, HalvesLoseNothingOnTheWayIn) {
  using narrow::float16;
  generator random(2);
  const conv_problem p{1, 6, 7, 40, 3, 3, 3, {.pad_top = 1, .pad_left = 1}};
  const gapped<float16> x(image_extents(p), random), w(kernel_extents(p), random), y(output_extents(p));
  const gapped<float> wide(output_extents(p));
  narrow::conv2d_winograd(x.view(), w.view(), wide.view(), p.geometry);
  narrow::conv2d_winograd(x.view(), w.view(), y.view(), p.geometry);
  for_each_error(p, x, w, wide,
                 [](double value, double exact, double bound) { EXPECT_LE(std::fabs(value - exact), bound); });
  for_each_error(p, x, w, y, [](double value, double exact, double bound) {
    EXPECT_LE(std::fabs(value - exact), bound + (std::fabs(exact) + bound) * 0x1p-11 + 0x1p-25);
  });
}

// A large pixel under a weight of zero takes the bits of its neighbours, where the direct sum is exact.
TEST(Winograd, LargePixelsUnderSmallWeights) {
  generator random(3);
  const conv_problem p{1, 4, 4, 8, 1, 3, 3, {}};
  const gapped<float> x(image_extents(p)), w(kernel_extents(p)), y(output_extents(p)), direct(output_extents(p));
  x.for_each([&](float& value) { value = static_cast<float>(random() % 9) - 4; });
  w.for_each([&](float& value) { value = static_cast<float>(random() % 9) - 4; });
  for (std::size_t c = 0; c < p.channels; ++c) x.view()(0, 1, 1, c) = 0x1p30F, w.view()(0, 1, 1, c) = 0;
  narrow::conv2d_winograd(x.view(), w.view(), y.view(), p.geometry);
  narrow::conv2d(x.view(), w.view(), direct.view(), p.geometry);
  std::vector<double> errors;
  for_each_error(p, x, w, y, [&](double value, double exact, double bound) {
    EXPECT_LE(std::fabs(value - exact), bound);
    if (std::fabs(exact) < 0x1p20) errors.push_back(std::fabs(value - exact));
  });
  for_each_error(p, x, w, direct, [&](double value, double exact, double) {
    if (std::fabs(exact) < 0x1p20) {
      EXPECT_EQ(value, exact);
    }
  });
  ASSERT_EQ(errors.size(), 1);
  EXPECT_GT(errors[0], 1);
}

// What comes after the sums is what comes after those of conv2d; kernels may be packed before; threads change nothing.
TEST(Winograd, OptionsAndThreads) {
  generator random(4);
  const conv_problem p{2, 33, 20, 24, 70, 3, 3, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1}};
  const gapped<float> x(image_extents(p), random), w(kernel_extents(p), random), sums(output_extents(p)),
      y(output_extents(p), random), old(output_extents(p)), shared(output_extents(p));
  const auto bias = narrow_test::random_reals(p.outputs, random);
  std::vector<float> before, is, want;
  y.for_each([&](float value) { before.push_back(value); });
  const narrow::winograd_kernels kernels(w.view());
  narrow::conv2d_winograd(x.view(), w.view(), sums.view(), p.geometry);
  narrow::conv2d_winograd(x.view(), kernels, y.view(), p.geometry, narrow::alpha{0.5}, narrow::beta{2},
                          narrow::bias(bias), narrow::relu);
  sums.for_each([&](float value) {
    const std::size_t k = want.size();
    want.push_back(std::max(0.0F, 0.5F * value + 2 * before[k] + bias[k % p.outputs]));
  });
  y.for_each([&](float value) { is.push_back(value); });
  EXPECT_EQ(is, want);

  const narrow::thread_pool pool(2);
  const auto clamped = narrow::clamp{-3, 5};
  narrow::conv2d_winograd(x.view(), kernels, old.view(), p.geometry, narrow::bias(bias), clamped);
  narrow::conv2d_winograd(x.view(), kernels, shared.view(), p.geometry, narrow::bias(bias), clamped, pool);
  is.clear(), want.clear();
  old.for_each([&](float value) { want.push_back(value); });
  shared.for_each([&](float value) { is.push_back(value); });
  EXPECT_EQ(is, want);
  EXPECT_TRUE(y.canaries_live() && shared.canaries_live());
}

TEST(Winograd, Errors) {
  const std::vector<float> x(2 * 5 * 5 * 4), w(6 * 3 * 3 * 4), wide(6 * 5 * 5 * 4);
  std::vector<float> y(2 * 3 * 3 * 6, 7.0F);
  const auto to = view(y, 2, 3, 3, 6);
  const auto with = [&](const conv_geometry& g) {
    return thrown([&] { narrow::conv2d_winograd(view(x, 2, 5, 5, 4), view(w, 6, 3, 3, 4), to, g); });
  };
  EXPECT_EQ(with({.stride_h = 2}), "conv2d_winograd: stride_h is 2; it must be 1");
  EXPECT_EQ(with({.dilation_w = 2}), "conv2d_winograd: dilation_w is 2; it must be 1");
  EXPECT_EQ(with({.groups = 2}), "conv2d_winograd: groups is 2; it must be 1");
  EXPECT_EQ(with({.pad_top = 1}), "conv2d_winograd: y is 2 x 3 x 3 x 6; it must be 2 x 4 x 3 x 6");
  EXPECT_EQ(thrown([&] { narrow::conv2d_winograd(view(x, 2, 5, 5, 4), view(wide, 6, 5, 5, 4), to); }),
            "winograd_kernels: the kernels are 5 x 5; they must be 3 x 3");
  EXPECT_EQ(thrown([&] { narrow::conv2d_winograd(to, view(w, 6, 3, 3, 4), to); }),
            "conv2d_winograd: w has 4 channels; it must have 6, the channels of x over groups");
  EXPECT_EQ(thrown([&] {
              narrow::conv2d_winograd(view(y.data(), 1, 5, 5, 4), view(w, 6, 3, 3, 4), view(y.data(), 1, 3, 3, 6));
            }),
            "conv2d_winograd: y overlaps x; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] {
              narrow::conv2d_winograd(view(x.data(), 1, 5, 5, 1), view(y.data() + 8, 1, 3, 3, 1),
                                      view(y.data(), 1, 3, 3, 1));
            }),
            "conv2d_winograd: y overlaps w; it must lie apart from both operands");
  EXPECT_EQ(thrown([&] {
              const narrow::tensor_view<float, 4> twice(y.data(), {1, 3, 3, 1}, {9, 0, 1, 1});
              narrow::conv2d_winograd(view(x.data(), 1, 5, 5, 1), view(w.data(), 1, 3, 3, 1), twice);
            }),
            "conv2d_winograd: y, with strides 9, 0, 1 and 1 for image, row, column and channel, overlaps itself; each "
            "element must have a place of its own");
  EXPECT_EQ(y, std::vector<float>(y.size(), 7.0F));
}

}  // namespace
