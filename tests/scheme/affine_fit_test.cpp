// The parameters that affine::fit chooses, against their definitions.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "narrow/quantize.hpp"
#include "narrow/random.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;
using support::thrown;

struct chosen {
  float scale;
  int zero;
};

// Numbers spread over [-2^power, 2^power), times `skew` below zero: few large, many small.
std::vector<double> samples(std::uint64_t stream, std::size_t count, int power = 0, double skew = 1) {
  std::vector<double> result;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double unit = random_bits(5, stream, i) / 0x1p31 - 1;
    const double x = std::ldexp(unit * unit * unit, power) * (unit < 0 ? skew : 1);
    result.push_back(static_cast<double>(static_cast<float>(x)));
  }
  return result;
}

template <class T>
class AffineFit : public testing::Test {
 protected:
  using E = encoding_of<T>;
  static constexpr double bottom = static_cast<double>(E::min_code), top = static_cast<double>(E::max_code);

  // [low, high], which holds zero, onto the codes; symmetric: [-high, high], zero on the middle code.
  static chosen parameters(double low, double high, symmetry how) {
    if (how == symmetric) {
      const double middle = bottom < 0 ? 0 : (top + 1) / 2;
      return {high == 0 ? 1 : static_cast<float>(high / (top - middle)), static_cast<int>(middle)};
    }
    const auto scale = low == high ? 1 : static_cast<float>((high - low) / (top - bottom));
    const double zero = std::nearbyint(bottom - low / static_cast<double>(scale));
    return {scale, static_cast<int>(std::min(std::max(zero, bottom), top))};
  }
  static chosen min_max_of(const std::vector<double>& x, symmetry how) {
    double low = 0, high = 0;
    for (const double v : x) low = std::min(low, v), high = std::max(high, v);
    if (how == symmetric) high = std::max(-low, high), low = -high;
    return parameters(low, high, how);
  }
  static double error(const std::vector<double>& x, const chosen& p) {
    double total = 0;
    for (const double v : x) {
      double code = std::nearbyint(v / static_cast<double>(p.scale)) + p.zero;
      code = code < bottom ? bottom : code > top ? top : code;
      total += std::pow((code - p.zero) * static_cast<double>(p.scale) - v, 2);
    }
    return total;
  }
  static void expect(const affine& got, std::size_t place, const chosen& want) {
    EXPECT_EQ(got.scale(place), want.scale) << place;
    EXPECT_EQ(got.zero_point(place), want.zero) << place;
  }
};
using types = testing::Types<int4, uint4, int8, uint8, int16>;
TYPED_TEST_SUITE(AffineFit, types);

TYPED_TEST(AffineFit, MinMaxOfEveryMagnitudeAndSkew) {
  for (const double skew : {0.0, 0.3, 1.0}) {
    for (int power = -100; power <= 127; power += 3) {
      for (const double sign : {1.0, -1.0}) {
        auto x = samples(1, 40, power, skew);
        for (double& v : x) v *= sign;
        for (const auto how : {asymmetric, symmetric}) {
          const auto got = affine::fit_for<TypeParam>(view(x, 40), how);
          this->expect(got, 0, this->min_max_of(x, how));
          // No element lies further than half a step from a code's value; zero is one.
          const double half = 0.5001 * static_cast<double>(got.scale());
          for (const double v : x) {
            ASSERT_LE(this->error({v}, {got.scale(), got.zero_point()}), half * half) << v << ' ' << power;
          }
        }
      }
    }
  }
}

TYPED_TEST(AffineFit, DataOfOneKind) {
  const auto fitted = [](const std::vector<float>& x, symmetry how) {
    return affine::fit_for<TypeParam>(view(x, x.size()), how);
  };
  for (const auto how : {asymmetric, symmetric}) {
    const bool centred = how == symmetric && this->bottom == 0;
    for (const auto& nothing : {std::vector<float>{}, std::vector<float>{0}, std::vector<float>(9, -0.0F)}) {
      EXPECT_EQ(fitted(nothing, how).scale(), 1.0F);
      EXPECT_EQ(fitted(nothing, how).zero_point(), centred ? (this->top + 1) / 2 : how == symmetric ? 0 : this->bottom);
    }
    for (const float constant : {3.0F, -3.0F, 1e30F, -1e-30F}) {
      for (const std::size_t length : {1UL, 7UL}) {
        const auto p = fitted(std::vector<float>(length, constant), how);
        const double step = static_cast<double>(p.scale());
        const double error = std::sqrt(this->error({double{constant}}, {p.scale(), p.zero_point()}));
        // The constant is an end of the range, to the rounding of the scale.
        EXPECT_LE(error, step * this->top * 1e-7) << constant;
      }
    }
  }
  // Beyond what a float scale can say.
  std::vector<double> vast{1.7e308, -1.7e308}, tiny{5e-324, 1e-300};
  EXPECT_EQ(affine::fit_for<TypeParam>(view(vast, 2)).scale(), std::numeric_limits<float>::max());
  EXPECT_EQ(affine::fit_for<TypeParam>(view(tiny, 2)).scale(), std::numeric_limits<float>::min());
}

TYPED_TEST(AffineFit, EachIndexOfAnAxisOfRankFour) {
  constexpr std::array<std::size_t, 4> extents{2, 3, 4, 5};
  const auto data = samples(2, 120, 3, 0.5);
  // The same tensor stored with its axes in reverse order, backwards.
  std::vector<double> stored(120);
  const tensor_view<double, 4> reversed(stored.data() + 119, extents, {-1, -2, -6, -24});
  for (std::size_t axis = 0; axis < 4; ++axis) {
    std::vector<std::vector<double>> slices(extents[axis]);
    for (std::size_t i = 0; i < 120; ++i) {
      const std::array<std::size_t, 4> at{i / 60, i / 20 % 3, i / 5 % 4, i % 5};
      slices[at[axis]].push_back(data[i]);
      reversed(at[0], at[1], at[2], at[3]) = data[i];
    }
    for (const auto how : {asymmetric, symmetric}) {
      for (const auto& x : {view(data.data(), 2, 3, 4, 5), tensor_view<const double, 4>(reversed)}) {
        const auto got = affine::fit_for<TypeParam>(x, per_axis(axis), how);
        ASSERT_EQ(got.count(), extents[axis]);
        EXPECT_EQ(got.axis(), per_axis(axis));
        for (std::size_t k = 0; k < got.count(); ++k) this->expect(got, k, this->min_max_of(slices[k], how));
      }
    }
  }
}

// As many are left out above as below, by sorting.
TYPED_TEST(AffineFit, Percentile) {
  for (const std::size_t count : {1UL, 2UL, 3UL, 6UL, 10UL, 101UL, 1000UL}) {
    for (const double percent : {50.1, 70.0, 75.0, 90.0, 99.0, 99.9, 100.0}) {
      auto x = samples(count, count, 2, 0.4);
      const auto got = affine::fit_for<TypeParam>(view(x, count), percentile{percent});
      const auto even = affine::fit_for<TypeParam>(view(x, count), symmetric, percentile{percent});
      const auto kept = static_cast<std::size_t>(std::round(percent / 100 * static_cast<double>(count - 1)));
      std::sort(x.begin(), x.end());
      this->expect(got, 0, this->parameters(std::min(x[count - 1 - kept], 0.0), std::max(x[kept], 0.0), asymmetric));
      for (double& v : x) v = std::fabs(v);
      std::sort(x.begin(), x.end());
      this->expect(even, 0, this->parameters(-x[kept], x[kept], symmetric));
    }
  }
}

// Of the hundred ranges, none has a smaller error.
TYPED_TEST(AffineFit, LeastSquares) {
  for (std::uint64_t stream = 0; stream < 4; ++stream) {
    auto x = samples(stream, 60, 1, 0.5);
    for (std::size_t i = 20; i < 40; ++i) x[i] *= 9;
    for (const auto how : {asymmetric, symmetric}) {
      const auto rows = affine::fit_for<TypeParam>(view(x, 3, 20), how, per_row, least_squares{});
      for (std::size_t row = 0; row < 3; ++row) {
        const auto from = x.begin() + static_cast<std::ptrdiff_t>(20 * row);
        const std::vector<double> slice(from, from + 20);
        double low = 0, high = 0, least = std::numeric_limits<double>::infinity();
        for (const double v : slice) low = std::min(low, v), high = std::max(high, v);
        if (how == symmetric) high = std::max(-low, high), low = -high;
        for (int k = 1; k <= 100; ++k) {
          least = std::min(least, this->error(slice, this->parameters(low * k / 100.0, high * k / 100.0, how)));
        }
        const double got = this->error(slice, {rows.scale(row), rows.zero_point(row)});
        EXPECT_LE(got, least * (1 + 1e-6)) << stream << ' ' << row;
      }
    }
  }
}

TEST(AffineFitRequest, IsResolvedForTheFormatOfTheCodes) {
  const std::vector<float> x{-1, 0, 0.5F, 3};
  const auto codes = quantize<uint8>(view(x, 4), affine::fit(view(x, 4)));
  EXPECT_EQ(codes.scheme().scale(), 4.0F / 255);
  EXPECT_EQ(codes.scheme().zero_point(), 64);
  EXPECT_EQ(codes.storage()[0].storage(), 0);
  EXPECT_EQ(codes.storage()[3].storage(), 255);
  EXPECT_EQ(dequantize(codes)[1], 0.0F);
  // Codes of other formats can be data.
  const std::vector<float16> halves{float16(2), float16(-6)};
  EXPECT_EQ(affine::fit_for<int8>(view(halves, 2), symmetric).scale(), static_cast<float>(6 / 127.0));
  // An axis of no elements, and slices of none.
  const std::vector<float> none;
  EXPECT_EQ(quantize<int8>(view(none, 0, 3), affine::fit(view(none, 0, 3), per_row)).scheme().count(), 0U);
  EXPECT_EQ(quantize<int8>(view(none, 0, 3), affine::fit(view(none, 0, 3), per_column)).scheme().scale(2), 1.0F);
}

// Around the middle of two codes, zero and what lies below it are left.
TEST(AffineFitRequest, OneBit) {
  using bit = number<unsigned_integer<1>>;
  const std::vector<float> x{-3, 2}, zeros(2);
  const auto even = affine::fit_for<bit>(view(x, 2), symmetric);
  EXPECT_EQ(even.scale(), 3.0F);
  EXPECT_EQ(even.zero_point(), 1);
  EXPECT_EQ(affine::fit_for<bit>(view(zeros, 2), symmetric).scale(), 1.0F);
  EXPECT_EQ(affine::fit_for<bit>(view(x, 2)).scale(), 5.0F);
}

TEST(AffineFitRequest, Errors) {
  for (const auto& [bad, name] : {std::pair{std::numeric_limits<float>::quiet_NaN(), "nan"},
                                  {std::numeric_limits<float>::infinity(), "inf"},
                                  {-std::numeric_limits<float>::infinity(), "-inf"}}) {
    std::vector<float> x(6, 1.0F);
    x[4] = bad;
    for (const auto axis : {per_tensor, per_row, per_column}) {
      EXPECT_EQ(thrown([&, at = axis] { affine::fit_for<int8>(view(x, 2, 3), at); }),
                std::string("fit: element 4 is ") + name + "; a range needs finite values");
    }
  }
  const std::vector<float> x(6, 1.0F);
  EXPECT_EQ(thrown([&] { affine::fit_for<int8>(view(x, 2, 3), per_axis(2)); }),
            "fit: axis is 2; the tensor has 2 axes");
  EXPECT_EQ(thrown([&] { affine::fit(view(x, 6), percentile{50}); }),
            "fit: percentile is 50; it must be above 50 and at most 100");
  EXPECT_NE(thrown([&] { affine::fit(view(x, 6), percentile{100.5}); }), "");
  EXPECT_NE(thrown([&] { affine::fit(view(x, 6), percentile{std::numeric_limits<double>::quiet_NaN()}); }), "");
}

}  // namespace
