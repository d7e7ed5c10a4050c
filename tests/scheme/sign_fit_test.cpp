// Binary and ternary weights: the fitted scales against a search over every choice of zeros.
#include "narrow/scheme/sign_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/quantize.hpp"
#include "narrow/random.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;
using support::thrown;

// Few large, many small; every fourth a multiple of 1/8, so that magnitudes repeat and meet thresholds.
std::vector<float> weights(std::uint64_t stream, std::size_t count) {
  std::vector<float> result;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double unit = random_bits(11, stream, i) / 0x1p31 - 1;
    result.push_back(static_cast<float>(i % 4 == 0 ? std::round(unit * 8) / 8 : unit * unit * unit));
  }
  return result;
}

double error(const std::vector<float>& w, const std::vector<double>& q) {
  double total = 0;
  for (std::size_t i = 0; i < w.size(); ++i) total += std::pow(double{w[i]} - q[i], 2);
  return total;
}

// The least error of {-a, 0, +a}: zero up to each magnitude in turn (or to none), with the mean of the rest as a.
double least_ternary_error(const std::vector<float>& w) {
  double least = std::numeric_limits<double>::infinity();
  std::vector<double> thresholds{-1};
  for (const float x : w) thresholds.push_back(std::fabs(double{x}));
  for (const double threshold : thresholds) {
    double sum = 0, kept = 0;
    for (const float x : w) {
      if (std::fabs(double{x}) > threshold) sum += std::fabs(double{x}), kept += 1;
    }
    std::vector<double> q;
    for (const float x : w) q.push_back(std::fabs(double{x}) > threshold ? std::copysign(sum / kept, double{x}) : 0);
    least = std::min(least, error(w, q));
  }
  return least;
}

template <class Quantized>
std::vector<double> values(const Quantized& q) {
  const auto floats = dequantize(q);
  return {floats.begin(), floats.end()};
}

TEST(Ternary, HasThreeCodesInTwoBits) {
  EXPECT_EQ(ternary::encoding_type::bits, 2);
  const std::vector<float> x{-std::numeric_limits<float>::infinity(), -9, -1, -0.5F, 0, 0.5F, 0.51F, 3};
  const std::array<float, 8> expected{-1, -1, -1, 0, 0, 0, 1, 1};
  const auto codes = quantize<ternary>(view(x, 8));
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(float(ternary(x[i])), expected[i]) << i;
    EXPECT_EQ(float(codes.storage()[i]), expected[i]) << i;
  }
  EXPECT_EQ(ternary(-1) + ternary(-1), ternary(-1));
}

TEST(TernaryFit, HasTheLeastErrorOfAllChoicesOfZeros) {
  for (std::uint64_t stream = 0; stream < 40; ++stream) {
    const auto w = weights(stream, 1 + stream * 3);
    const auto q = quantize<ternary>(view(w, w.size()), ternary_fit(view(w, w.size())));
    EXPECT_NEAR(error(w, values(q)), least_ternary_error(w), 1e-6 * least_ternary_error(w) + 1e-12) << stream;
  }
}

// Ternary Weight Networks: zero where |w| <= 0.7 mean |w|, the rest the mean magnitude of the rest.
TEST(TernaryFit, MeanThreshold) {
  for (std::uint64_t stream = 0; stream < 40; ++stream) {
    const auto w = weights(100 + stream, 2 + stream * 3);
    for (const double factor : {0.7, 0.0, 0.3}) {
      double mean = 0, sum = 0, kept = 0;
      for (const float x : w) mean += std::fabs(double{x}) / static_cast<double>(w.size());
      for (const float x : w) {
        if (std::fabs(double{x}) > factor * mean) sum += std::fabs(double{x}), kept += 1;
      }
      const auto q = quantize<ternary>(view(w, w.size()), ternary_fit(view(w, w.size()), mean_threshold{factor}));
      EXPECT_NEAR(double{q.scheme().scale()}, sum / kept, 1e-6 * sum / kept);
      for (std::size_t i = 0; i < w.size(); ++i) {
        const int sign = std::fabs(double{w[i]}) > factor * mean ? (w[i] < 0 ? -1 : 1) : 0;
        ASSERT_EQ(q.storage()[i].storage(), sign) << stream << ' ' << i << ' ' << w[i];
      }
    }
  }
}

// A weight on the threshold is zero, the next number above it is not, whatever the binade: the quotient tells them
// apart.
TEST(TernaryFit, ThresholdIsExact) {
  for (const float t : {0.7F, 1.0F, 1.9999999F, 0x1p-120F, 1e37F}) {
    const std::vector<float> w{t, -t, std::nextafter(t, 2 * t), -std::nextafter(t, 2 * t)};
    const ternary_parameters p{affine(2 * t), affine(t)};
    const auto q = quantize<ternary>(view(w, 4), p);
    const std::array<int, 4> expected{0, 0, 1, -1};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(q.storage()[i].storage(), expected[i]) << t;
  }
  // Nor does a weight on the threshold count in the scale.
  const std::vector<float> w{1, -2, 3};
  const auto q = quantize<ternary>(view(w, 3), ternary_fit(view(w, 3), mean_threshold{1}));
  EXPECT_EQ(dequantize(q), (std::vector<float>{0, 0, 3}));
}

TEST(BinaryFit, HasTheLeastErrorOfAllScales) {
  const auto w = weights(3, 51);
  const auto q = quantize<binary>(view(w, 51), binary_fit(view(w, 51)));
  double mean = 0;
  for (const float x : w) mean += std::fabs(double{x}) / 51;
  EXPECT_NEAR(double{q.scheme().scale()}, mean, 1e-6 * mean);
  const double got = error(w, values(q));
  for (int step = 1; step <= 300; ++step) {
    std::vector<double> other;
    for (const float x : w) other.push_back(std::copysign(mean * step / 100, double{x}));
    EXPECT_LE(got, error(w, other) * (1 + 1e-6)) << step;
  }
}

TEST(SignFit, EachIndexOfAnAxis) {
  const auto w = weights(4, 60);
  std::vector<float> turned(60);
  for (std::size_t i = 0; i < 60; ++i) turned[i % 12 * 5 + i / 12] = w[i];
  const auto ternary_columns = ternary_fit(view(turned, 12, 5), per_column);
  const auto by_threshold = ternary_fit(view(turned, 12, 5), mean_threshold{}, per_column);
  const auto binary_columns = binary_fit(view(turned, 12, 5), per_column);
  ASSERT_EQ(ternary_columns.count(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto slice = view(w.data() + 12 * i, 12);
    EXPECT_EQ(ternary_columns.scale(i), ternary_fit(slice).scale());
    EXPECT_EQ(by_threshold.choice.scale(i), ternary_fit(slice, mean_threshold{}).choice.scale());
    EXPECT_EQ(by_threshold.reading.scale(i), ternary_fit(slice, mean_threshold{}).reading.scale());
    EXPECT_EQ(binary_columns.scale(i), binary_fit(slice).scale());
  }
  // Groups of four weights never fit worse than one scale for all.
  const auto groups = quantize<ternary>(view(w, 15, 4), ternary_fit(view(w, 15, 4), per_row));
  EXPECT_LT(error(w, values(groups)), least_ternary_error(w));
}

// Each group by itself, the last of a line shorter, as a vector under its own scale; scales in the groups' format.
template <std::size_t Length, class Scale>
void check_groups() {
  constexpr std::size_t length = 22, lines = 3, blocks = (length + Length - 1) / Length;
  auto w = weights(5, lines * length);
  std::fill_n(w.begin() + length, std::min(Length, length), 0.0F);  // a group of zeros
  std::vector<float> down(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) down[i % length * lines + i / length] = w[i];
  using format = grouped_ternary<Length, Scale>;
  const auto rows = quantize<format>(view(w, lines, length), 1);
  const auto columns = quantize<format>(view(down, length, lines), 0);
  const auto kept = quantize<format>(view(w, lines, length), 1, mean_threshold{0.6});
  for (std::size_t line = 0; line < lines; ++line) {
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t first = block * Length, size = std::min(Length, length - first);
      const auto group = view(w.data() + line * length + first, size);
      const std::size_t place = line * blocks + block;
      const Scale scale(ternary_fit(group).scale());
      EXPECT_EQ(rows.scheme().scale(place), scale) << place;
      EXPECT_EQ(columns.scheme().scale(block * lines + line), scale) << place;
      const auto by_scale = quantize<ternary>(group, affine(float(scale)));
      const auto parameters = ternary_fit(group, mean_threshold{0.6});
      EXPECT_EQ(kept.scheme().scale(place), Scale(parameters.reading.scale())) << place;
      const auto by_threshold = quantize<ternary>(group, parameters);
      for (std::size_t k = 0; k < size; ++k) {
        ASSERT_EQ(rows.codes()(line, first + k), by_scale.codes()(k)) << place;
        ASSERT_EQ(columns.codes()(first + k, line), by_scale.codes()(k)) << place;
        ASSERT_EQ(kept.codes()(line, first + k), by_threshold.codes()(k)) << place;
      }
    }
  }
  // The rounding of the scales costs next to nothing.
  double least = 0;
  for (std::size_t line = 0; line < lines; ++line) {
    for (std::size_t first = 0; first < length; first += Length) {
      const auto begin = w.begin() + static_cast<std::ptrdiff_t>(line * length + first);
      least += least_ternary_error({begin, begin + static_cast<std::ptrdiff_t>(std::min(Length, length - first))});
    }
  }
  const auto read = dequantize(rows);
  const double got = error(w, {read.begin(), read.end()});
  EXPECT_NEAR(got, least, 1e-3 * least + 1e-5);
}
TEST(SignFit, GroupsOfAnyLength) {
  check_groups<4, float16>();
  check_groups<3, bfloat16>();
  check_groups<64, float16>();
}
TEST(SignFit, GroupsThatAreNotFinite) {
  std::vector<float> w{1, -2, 3, 4, 5, std::numeric_limits<float>::infinity(), 1, -1};
  for (const auto& q :
       {quantize<grouped_ternary<4>>(view(w, 8), 0), quantize<grouped_ternary<4>>(view(w, 8), 0, mean_threshold{})}) {
    const auto values = dequantize(q);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(std::isnan(values[i]), i >= 4) << i;
  }
  EXPECT_EQ(thrown([&] { quantize<grouped_ternary<4>>(view(w, 8), 1); }), "fit: axis is 1; the tensor has 1 axes");
  EXPECT_EQ(thrown([&] { quantize<grouped_ternary<4>>(view(w, 8), 0, mean_threshold{-1}); }),
            "ternary_fit: mean_threshold is -1; it must be at least 0 and finite");
  static_assert(grouped_ternary<4>::bits_per_value == 6 && grouped_ternary<64>::bits_per_value == 2.25);
}

TEST(SignFit, NothingToFit) {
  const std::vector<float> zeros(4), none;
  for (const auto& w : {view(zeros, 4), view(none, 0)}) {
    EXPECT_EQ(binary_fit(w).scale(), std::numeric_limits<float>::min());
    EXPECT_EQ(ternary_fit(w).scale(), 1.0F);
    const auto q = quantize<ternary>(w, ternary_fit(w, mean_threshold{}));
    EXPECT_EQ(q.scheme().scale(), 1.0F);
    for (const ternary code : q.storage()) EXPECT_EQ(code.storage(), 0);
  }
  const std::vector<double> vast{1.7e308, -1.7e308};
  EXPECT_EQ(ternary_fit(view(vast, 2)).scale(), std::numeric_limits<float>::max());
}

// Doubles whose sums overflow, or whose squares do or vanish: the scales are the nearest there are.
TEST(SignFit, VastAndTinyMagnitudes) {
  const std::vector<double> vast{-1.7e308, 1.7e308, 1.7e308, 1.0e308, 1.7e308, 0, 0, 0}, tiny{0, -1e-200, 5e-324, 0};
  const auto x = view(vast, 8), y = view(tiny, 4);
  for (const auto& q : {quantize<grouped_ternary<4>>(x, 0), quantize<grouped_ternary<4>>(x, 0, mean_threshold{})}) {
    EXPECT_EQ(values(q), (std::vector<double>{-65504, 65504, 65504, 65504, 65504, 0, 0, 0}));
  }
  using limits = std::numeric_limits<float>;
  EXPECT_EQ(ternary_fit(x).scale(), limits::max());
  EXPECT_EQ(binary_fit(x).scale(), limits::max());
  EXPECT_EQ(ternary_fit(y).scale(), limits::min());
  EXPECT_EQ(binary_fit(y).scale(), limits::min());
}

// A fit counts on the codes that the type's policy leaves: a ternary one has no -2.
TEST(SignFit, AffineFitsKnowTheCodes) {
  const std::vector<float> ends{-1, 1}, uneven{-2, 1};
  EXPECT_EQ(values(quantize<ternary>(view(ends, 2), affine::fit(view(ends, 2)))), (std::vector<double>{-1, 1}));
  const auto least = quantize<ternary>(view(uneven, 2), affine::fit(view(uneven, 2), symmetric, least_squares{}));
  EXPECT_LT(error(uneven, values(least)), 0.51);
}

TEST(SignFit, Errors) {
  std::vector<float> w(6, 1.0F);
  EXPECT_EQ(thrown([&] { ternary_fit(view(w, 2, 3), per_axis(2)); }), "fit: axis is 2; the tensor has 2 axes");
  EXPECT_EQ(thrown([&] { ternary_fit(view(w, 6), mean_threshold{-1}); }),
            "ternary_fit: mean_threshold is -1; it must be at least 0 and finite");
  w[4] = std::numeric_limits<float>::infinity();
  for (const auto& message : {thrown([&] { ternary_fit(view(w, 6)); }), thrown([&] { binary_fit(view(w, 6)); }),
                              thrown([&] { ternary_fit(view(w, 6), mean_threshold{}); })}) {
    EXPECT_EQ(message, "fit: element 4 is inf; a range needs finite values");
  }
}

}  // namespace
