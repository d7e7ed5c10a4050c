// Pooling of integer codes, fixed point and quantized tensors: the greatest code, and exact means rounded once.
#include <gtest/gtest.h>

#include "narrow/formats.hpp"
#include "support/pool_reference.hpp"
#include "support/targets.hpp"

namespace {

using narrow::affine;
using narrow::count_include_pad;
using narrow::view;
using narrow_test::at;
using narrow_test::for_each_pool_problem;
using narrow_test::gapped;
using narrow_test::pool_problem;

// sum / divisor rounded: to nearest even, or up from the floor where `goes_up` says so of the remainder.
std::int64_t nearest_even_quotient(std::int64_t sum, std::int64_t divisor) {
  std::int64_t floor = sum / divisor, rest = sum % divisor;
  if (rest < 0) --floor, rest += divisor;
  const bool up = 2 * rest > divisor || (2 * rest == divisor && (floor & 1) != 0);
  return floor + (up ? 1 : 0);
}
template <class GoesUp>
std::int64_t quotient(std::int64_t sum, std::int64_t divisor, const GoesUp& goes_up) {
  std::int64_t floor = sum / divisor, rest = sum % divisor;
  if (rest < 0) --floor, rest += divisor;
  return floor + (goes_up(floor, rest) ? 1 : 0);
}

// want(sum of the codes, elements, places in the padded image, index) for each code of y.
template <class T, class Want>
void expect_codes(const pool_problem& p, const gapped<T>& x, const gapped<T>& y, const Want& want) {
  for_each_pool_window(p, [&](std::size_t n, std::size_t i, std::size_t j, const auto& places, std::size_t padded) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      std::int64_t sum = 0;
      for (const auto& place : places) {
        sum += narrow_test::code_of(at(x.view(), p.geometry.layout, n, place.h, place.w, c));
      }
      const std::size_t index = ((n * p.out_height() + i) * p.out_width() + j) * p.channels + c;
      EXPECT_EQ(narrow_test::code_of(at(y.view(), p.geometry.layout, n, i, j, c)),
                want(sum, static_cast<std::int64_t>(places.size()), static_cast<std::int64_t>(padded), index));
    }
  });
  EXPECT_TRUE(y.canaries_live());
}

template <class T>
void check_forward(const pool_problem& p, narrow_test::generator& random) {
  const gapped<T> x(p.x_extents(), random), y(p.y_extents());
  narrow::max_pool2d(x.view(), y.view(), p.geometry);
  for_each_pool_window(p, [&](std::size_t n, std::size_t i, std::size_t j, const auto& places, std::size_t) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      std::int64_t most = std::numeric_limits<std::int64_t>::min();
      for (const auto& place : places) {
        most =
            std::max<std::int64_t>(most, narrow_test::code_of(at(x.view(), p.geometry.layout, n, place.h, place.w, c)));
      }
      EXPECT_EQ(narrow_test::code_of(at(y.view(), p.geometry.layout, n, i, j, c)), most);
    }
  });
  EXPECT_TRUE(y.canaries_live());
  narrow::average_pool2d(x.view(), y.view(), p.geometry);
  expect_codes(p, x, y, [](std::int64_t sum, std::int64_t count, std::int64_t, std::size_t) {
    return nearest_even_quotient(sum, count);
  });
  narrow::average_pool2d(x.view(), y.view(), p.geometry, count_include_pad);
  expect_codes(p, x, y, [](std::int64_t sum, std::int64_t, std::int64_t padded, std::size_t) {
    return nearest_even_quotient(sum, padded);
  });
}

TEST(PoolIntegers, Forward) {
  narrow_test::generator random(1);
  for (const auto target : support::supported_targets()) {
    const support::on_target use(target);
    SCOPED_TRACE(narrow::name_of(target));
    for_each_pool_problem(17, [&](const pool_problem& p) { check_forward<narrow::int8>(p, random); });
    for_each_pool_problem(41, [&](const pool_problem& p) { check_forward<narrow::fixed<4, 12>>(p, random); });
    for_each_pool_problem(43, [&](const pool_problem& p) { check_forward<std::uint32_t>(p, random); });
  }
}

TEST(PoolIntegers, Roundings) {
  narrow_test::generator random(2);
  for_each_pool_problem(37, [&](const pool_problem& p) {
    const gapped<narrow::int8> x(p.x_extents(), random), y(p.y_extents());
    const auto check = [&](const auto& rounding, const auto& goes_up) {
      narrow::average_pool2d(x.view(), y.view(), p.geometry, rounding);
      expect_codes(p, x, y, [&](std::int64_t sum, std::int64_t count, std::int64_t, std::size_t index) {
        return quotient(sum, count,
                        [&](std::int64_t floor, std::int64_t rest) { return goes_up(floor, rest, count, index); });
      });
    };
    using integer = std::int64_t;
    check(narrow::toward_positive{}, [](integer, integer rest, integer, std::size_t) { return rest > 0; });
    check(narrow::stochastic_sequence{3, 4, 5}, [](integer, integer rest, integer n, std::size_t index) {
      return (rest << 32) / n + narrow::random_bits(3, 4, 5 + index) >= integer{1} << 32;
    });
  });
}

// All sums of two to ten codes, through float and through double: no quotient is rounded over a tie.
TEST(PoolIntegers, QuotientsAreRoundedOnce) {
  for (std::size_t count = 2; count <= 10; ++count) {
    const std::size_t columns = 255 * count + 1;
    std::vector<narrow::int8> x(columns * count), y(columns);
    std::vector<narrow::fixed<4, 12>> a(columns * count), b(columns);
    for (std::size_t j = 0; j < columns; ++j) {
      for (std::size_t t = 0; t < count; ++t) {
        const auto code = static_cast<int>(j / count + (t < j % count ? 1 : 0)) - 128;
        x[t * columns + j] = narrow::int8(code);
        a[t * columns + j] =
            narrow::fixed<4, 12>::from_bits(static_cast<std::uint16_t>(250 * code - static_cast<int>(t)));
      }
    }
    const narrow::pool_geometry g{.kernel_h = count};
    narrow::average_pool2d(view(x, 1, count, columns, 1), view(y, 1, 1, columns, 1), g);
    narrow::average_pool2d(view(a, 1, count, columns, 1), view(b, 1, 1, columns, 1), g);
    for (std::size_t j = 0; j < columns; ++j) {
      std::int64_t sum_x = 0, sum_a = 0;
      for (std::size_t t = 0; t < count; ++t)
        sum_x += x[t * columns + j].storage(), sum_a += a[t * columns + j].storage();
      ASSERT_EQ(y[j].storage(), nearest_even_quotient(sum_x, static_cast<std::int64_t>(count)));
      ASSERT_EQ(b[j].storage(), nearest_even_quotient(sum_a, static_cast<std::int64_t>(count)));
    }
  }
}

// Windows whose sums need more than 32 bits, or whose mean is next to a tie.
TEST(PoolIntegers, WideWindow) {
  constexpr std::size_t width = 70000;
  const narrow::pool_geometry g{.kernel_w = width};
  using wide = narrow::fixed<4, 12>;
  std::vector<wide> x(width, wide::from_bits(0x8000)), y(1);
  x[0] = wide{};
  narrow::average_pool2d(view(x, 1, 1, width, 1), view(y, 1, 1, 1, 1), g);
  EXPECT_EQ(y[0].storage(), -32768);  // -32767.53
  std::vector<narrow::int8> codes(width, narrow::int8(127)), mean(1);
  for (std::size_t i = 0; i < width / 2; ++i) codes[i] = narrow::int8(126);  // a tie
  narrow::average_pool2d(view(codes, 1, 1, width, 1), view(mean, 1, 1, 1, 1), g);
  EXPECT_EQ(mean[0].storage(), 126);
  codes[0] = narrow::int8(127);
  narrow::average_pool2d(view(codes, 1, 1, width, 1), view(mean, 1, 1, 1, 1), g);
  EXPECT_EQ(mean[0].storage(), 127);
}

// Padding is the zero point of its channel; the result has the scheme.
TEST(PoolIntegers, QuantizedTensors) {
  narrow_test::generator random(3);
  const affine scheme(narrow::per_axis(1), {0.5F, 0.25F, 3.0F}, {-7, 100, 0});
  narrow::quantized_tensor<narrow::int8, 4, affine> x({2, 3, 4, 5}, scheme);
  for (std::size_t k = 0; k < x.size(); ++k) x.codes().data()[k] = narrow_test::random_element<narrow::int8>(random);
  const narrow::pool_geometry g{
      .kernel_h = 3, .kernel_w = 2, .stride_w = 2, .pad_top = 1, .pad_right = 1, .layout = narrow::nchw};
  const auto most = narrow::max_pool2d(x, g);
  const auto mean = narrow::average_pool2d(x, g, count_include_pad);
  ASSERT_EQ(most.codes().extents(), (std::array<std::size_t, 4>{2, 3, 3, 3}));
  const pool_problem p{2, 4, 5, 3, g};
  for_each_pool_window(p, [&](std::size_t n, std::size_t i, std::size_t j, const auto& places, std::size_t padded) {
    for (std::size_t c = 0; c < 3; ++c) {
      double greatest = -1e9;
      auto sum = static_cast<std::int64_t>(padded - places.size()) * scheme.zero_point(c);
      for (const auto& place : places) {
        const int code = x.codes()(n, c, place.h, place.w).storage();
        greatest = std::max(greatest, static_cast<double>(scheme.scale(c)) * (code - scheme.zero_point(c)));
        sum += code;
      }
      EXPECT_EQ(static_cast<double>(narrow::dequantize(most)[((n * 3 + c) * 3 + i) * 3 + j]), greatest);
      EXPECT_EQ(mean.codes()(n, c, i, j).storage(), nearest_even_quotient(sum, static_cast<std::int64_t>(padded)));
    }
  });
  EXPECT_EQ(mean.scheme().zero_point(1), 100);
}

// Gradients of a layer of codes are reals, or numbers rounded under the options.
TEST(PoolIntegers, Backward) {
  const std::vector<std::int8_t> x{1, 5, 5, -3};
  const std::vector<float> dy{0.75F};
  std::vector<narrow::fixed<7, 1>> dx(4);
  narrow::max_pool2d_backward(view(x, 1, 2, 2, 1), view(dy, 1, 1, 1, 1), view(dx, 1, 2, 2, 1),
                              {.kernel_h = 2, .kernel_w = 2}, narrow::toward_zero{});
  EXPECT_EQ(float(dx[0]), 0);
  EXPECT_EQ(float(dx[1]), 0.5F);
  EXPECT_EQ(float(dx[2]), 0);
}

}  // namespace
