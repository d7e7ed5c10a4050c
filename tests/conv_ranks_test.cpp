// Convolution of signals and of volumes against their definitions: exact integers, so that any order will do.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "narrow/conv1d.hpp"
#include "narrow/conv3d.hpp"
#include "narrow/formats.hpp"
#include "support/thrown.hpp"

namespace {

using narrow::affine;
using narrow::tensor_view;
using support::thrown;

template <std::size_t Rank>
std::size_t count_of(const std::array<std::size_t, Rank>& extents) {
  std::size_t count = 1;
  for (const std::size_t extent : extents) count *= extent;
  return count;
}
template <class T>
std::vector<T> random_codes(std::size_t n, std::mt19937& random) {
  std::vector<T> result(n);
  for (T& code : result) code = T::from_bits(static_cast<typename T::bits_type>(random()));
  return result;
}
// Extents with the channels last, in a layout.
template <std::size_t Rank>
std::array<std::size_t, Rank> in_layout(std::array<std::size_t, Rank> last, narrow::image_layout layout) {
  if (layout == narrow::nchw) {
    for (std::size_t k = Rank - 1; k > 1; --k) std::swap(last[k], last[k - 1]);
  }
  return last;
}
template <class T>
T at(const tensor_view<const T, 5>& x, narrow::image_layout layout, std::size_t n, std::size_t d, std::size_t h,
     std::size_t w, std::size_t c) {
  return layout == narrow::nhwc ? x(n, d, h, w, c) : x(n, c, d, h, w);
}

// x 2 x 5 x 4 x 6 x 4, w 6 x 3 x 2 x 2 x 2, in two groups.
struct volume_problem {
  narrow::conv3d_geometry g;
  std::array<std::size_t, 5> x{2, 5, 4, 6, 4}, w{6, 3, 2, 2, 2};

  std::array<std::size_t, 5> y() const {
    return {x[0], (x[1] + g.pad_front + g.pad_back - 1 - g.dilation_d * (w[1] - 1)) / g.stride_d + 1,
            (x[2] + g.pad_top + g.pad_bottom - 1 - g.dilation_h * (w[2] - 1)) / g.stride_h + 1,
            (x[3] + g.pad_left + g.pad_right - 1 - g.dilation_w * (w[3] - 1)) / g.stride_w + 1, w[0]};
  }
};

// Sums of (x - zero_x) * w.
std::vector<std::int32_t> reference(const volume_problem& p, const tensor_view<const narrow::uint8, 5>& x,
                                    const tensor_view<const narrow::int8, 5>& w, std::int32_t zero_x) {
  const auto& g = p.g;
  const auto to = p.y();
  std::vector<std::int32_t> result(count_of(to));
  const tensor_view<std::int32_t, 5> y(result.data(), in_layout(to, g.layout));
  for (std::size_t n = 0; n < to[0]; ++n) {
    for (std::size_t k = 0; k < to[1] * to[2] * to[3] * to[4]; ++k) {
      const std::size_t o = k % to[4], j = k / to[4] % to[3], i = k / (to[4] * to[3]) % to[2],
                        t = k / (to[4] * to[3] * to[2]), group = o / (to[4] / g.groups);
      std::int32_t sum = 0;
      for (std::size_t q = 0; q < p.w[1] * p.w[2] * p.w[3] * p.w[4]; ++q) {
        const std::size_t c = q % p.w[4], s = q / p.w[4] % p.w[3], r = q / (p.w[4] * p.w[3]) % p.w[2],
                          u = q / (p.w[4] * p.w[3] * p.w[2]);
        const std::size_t d = t * g.stride_d + u * g.dilation_d - g.pad_front;
        const std::size_t h = i * g.stride_h + r * g.dilation_h - g.pad_top;
        const std::size_t v = j * g.stride_w + s * g.dilation_w - g.pad_left;
        if (d >= p.x[1] || h >= p.x[2] || v >= p.x[3]) continue;
        sum += (at(x, g.layout, n, d, h, v, group * p.w[4] + c).storage() - zero_x) *
               at(w, g.layout, o, u, r, s, c).storage();
      }
      (g.layout == narrow::nhwc ? y(n, t, i, j, o) : y(n, o, t, i, j)) = sum;
    }
  }
  return result;
}

TEST(ConvRanks, Volumes) {
  std::mt19937 random(1);
  const narrow::conv3d_geometry geometries[] = {
      {},
      {.stride_d = 2, .stride_w = 2, .pad_front = 1, .pad_top = 1, .pad_back = 2, .pad_right = 1},
      {.pad_front = 4, .pad_left = 1, .pad_back = 3, .dilation_d = 2, .dilation_h = 2},
      {.stride_d = 3, .pad_back = 1, .dilation_d = 2}};
  for (const auto& geometry : geometries) {
    for (const auto layout : {narrow::nhwc, narrow::nchw}) {
      volume_problem p{geometry};
      p.g.layout = layout, p.g.groups = 2;
      const auto a = random_codes<narrow::uint8>(count_of(p.x), random);
      const auto b = random_codes<narrow::int8>(count_of(p.w), random);
      const tensor_view<const narrow::uint8, 5> x(a.data(), in_layout(p.x, layout));
      const tensor_view<const narrow::int8, 5> w(b.data(), in_layout(p.w, layout));
      const affine of_x(0.5F, 77), of_w(narrow::per_axis(0), std::vector<float>{1, 2, 3, 4, 5, 6});
      std::vector<std::int32_t> y(count_of(p.y()));
      const tensor_view<std::int32_t, 5> to(y.data(), in_layout(p.y(), layout));
      narrow::conv3d(quantized(x, of_x), quantized(w, of_w), to, p.g);
      EXPECT_EQ(y, reference(p, x, w, 77));
    }
  }
}

// Element (n, t, i, j, o) takes the random bits of its index, whatever slice it lies in.
TEST(ConvRanks, StochasticVolumes) {
  std::mt19937 random(3);
  const volume_problem p{{.groups = 2}};
  const auto a = random_codes<narrow::uint8>(count_of(p.x), random);
  const auto b = random_codes<narrow::int8>(count_of(p.w), random);
  const tensor_view<const narrow::uint8, 5> x(a.data(), p.x);
  const tensor_view<const narrow::int8, 5> w(b.data(), p.w);
  const affine of_x(0.5F, 77), of_w(0.25F);
  const auto sums = reference(p, x, w, 77);
  std::vector<narrow::bfloat16> y(sums.size());
  narrow::conv3d(quantized(x, of_x), quantized(w, of_w), tensor_view<narrow::bfloat16, 5>(y.data(), p.y()), p.g,
                 narrow::stochastic_sequence{7, 8, 9});
  for (std::size_t k = 0; k < y.size(); ++k) {
    const narrow::stochastic rounding{narrow::random_bits(7, 8, 9 + k)};
    EXPECT_EQ(y[k].bits(), narrow::convert<narrow::bfloat16>(sums[k] * 0.125, rounding).bits()) << k;
  }
}

// A signal is a volume of one slice and one row.
TEST(ConvRanks, Signals) {
  std::mt19937 random(2);
  for (const auto layout : {narrow::nhwc, narrow::nchw}) {
    volume_problem p{{.stride_w = 2, .pad_left = 3, .pad_right = 1, .dilation_w = 2, .groups = 2, .layout = layout},
                     {2, 1, 1, 11, 4},
                     {6, 1, 1, 3, 2}};
    const auto a = random_codes<narrow::uint8>(count_of(p.x), random);
    const auto b = random_codes<narrow::int8>(count_of(p.w), random);
    const auto want = reference(p, {a.data(), in_layout(p.x, layout)}, {b.data(), in_layout(p.w, layout)}, 9);
    const auto signal = [&](const std::array<std::size_t, 5>& e) {
      return in_layout(std::array<std::size_t, 3>{e[0], e[3], e[4]}, layout);
    };
    const tensor_view<const narrow::uint8, 3> x(a.data(), signal(p.x));
    const tensor_view<const narrow::int8, 3> w(b.data(), signal(p.w));
    const narrow::conv1d_geometry g{2, 3, 1, 2, 2, layout};
    const affine of_x(0.5F, 9), of_w(narrow::per_axis(0), std::vector<float>(6, 0.25F));
    std::vector<std::int32_t> y(want.size());
    narrow::conv1d(quantized(x, of_x), quantized(w, of_w), tensor_view<std::int32_t, 3>(y.data(), signal(p.y())), g);
    EXPECT_EQ(y, want);
    // An output of codes, its scheme along the channels.
    const std::size_t channel_axis = layout == narrow::nhwc ? 2 : 1;
    narrow::quantized_tensor<narrow::int16, 3, affine> codes(
        signal(p.y()), affine(narrow::per_axis(channel_axis), std::vector<float>{1, 2, 4, 8, 16, 32}));
    narrow::conv1d(quantized(x, of_x), quantized(w, of_w), codes, g);
    const std::size_t length = p.y()[3];
    for (std::size_t k = 0; k < want.size(); ++k) {
      const std::size_t o = layout == narrow::nhwc ? k % 6 : k / length % 6;
      const double real = want[k] * 0.125 / static_cast<double>(std::size_t{1} << o);
      EXPECT_EQ(codes.storage()[k].storage(), std::nearbyint(real)) << k;
    }
  }
}

TEST(ConvRanks, Errors) {
  const std::vector<float> x(2 * 3 * 4 * 5 * 2), w(3 * 2 * 2 * 2 * 2);
  std::vector<float> y(2 * 2 * 3 * 4 * 3, 7.0F);
  const auto with = [&](const narrow::conv3d_geometry& g) {
    return thrown([&] {
      narrow::conv3d(narrow::view(x, 2, 3, 4, 5, 2), narrow::view(w, 3, 2, 2, 2, 2), narrow::view(y, 2, 2, 3, 4, 3), g);
    });
  };
  EXPECT_EQ(with({.stride_d = 0}), "conv3d: stride_d is 0; it must be at least 1");
  EXPECT_EQ(with({.dilation_d = 0}), "conv3d: dilation_d is 0; it must be at least 1");
  EXPECT_EQ(with({.groups = 4}), "conv3d: groups is 4; it must divide the 2 channels of x");
  EXPECT_EQ(with({.pad_front = 1}), "conv3d: y has 2 slices; it must have 3");
  EXPECT_EQ(with({.dilation_d = 3}),
            "conv3d: the depth of w is 4 with its dilation; it must be at most 3, the padded depth of x");
  EXPECT_EQ(with({.pad_top = 1}), "conv2d: y is 1 x 3 x 4 x 3; it must be 1 x 4 x 4 x 3");
  const auto into = [&](const narrow::tensor_view<float, 5>& to, const float* from, const float* kernels) {
    return thrown([&] { narrow::conv3d(narrow::view(from, 1, 2, 3, 3, 2), narrow::view(kernels, 3, 2, 2, 2, 2), to); });
  };
  EXPECT_EQ(into(narrow::view(y.data(), 1, 1, 2, 2, 3), y.data() + 11, w.data()),
            "conv3d: y overlaps x; it must lie apart from both operands");
  EXPECT_EQ(into(narrow::view(y.data(), 1, 1, 2, 2, 3), x.data(), y.data() + 11),
            "conv3d: y overlaps w; it must lie apart from both operands");
  EXPECT_EQ(into({y.data(), {1, 1, 2, 2, 3}, {12, 12, 0, 3, 1}}, x.data(), w.data()),
            "conv3d: y overlaps itself; each element must have a place of its own");
  EXPECT_EQ(y, std::vector<float>(y.size(), 7.0F));
}

}  // namespace
