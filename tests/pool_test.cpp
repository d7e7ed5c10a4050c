// Pooling of reals and of numbers, forward and backward, against its definition and by finite differences.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "narrow/formats.hpp"
#include "narrow/interop/threads.hpp"
#include "narrow/number_traits.hpp"
#include "support/pool_reference.hpp"
#include "support/targets.hpp"

namespace {

using narrow::view;
using narrow_test::at;
using narrow_test::for_each_pool_problem;
using narrow_test::gapped;
using narrow_test::generator;
using narrow_test::pool_place;
using narrow_test::pool_problem;

// Elements of the window, in order.
template <class T>
std::vector<T> window_of(const gapped<T>& x, const pool_problem& p, std::size_t n, std::size_t c,
                         const std::vector<pool_place>& places) {
  std::vector<T> result;
  for (const auto& place : places) result.push_back(at(x.view(), p.geometry.layout, n, place.h, place.w, c));
  return result;
}
template <class T>
std::size_t first_greatest(const std::vector<T>& window) {
  std::size_t best = 0;
  for (std::size_t t = 1; t < window.size(); ++t) {
    if (!std::isnan(double(window[best])) && !(double(window[t]) <= double(window[best]))) best = t;
  }
  return best;
}
template <class T>
void expect_same(T is, T want) {
  if (std::isnan(double(want))) {
    EXPECT_TRUE(std::isnan(double(is)));
  } else {
    EXPECT_EQ(double(is), double(want));
    EXPECT_EQ(std::signbit(double(is)), std::signbit(double(want)));
  }
}

// Few values, so that many are equal; zeros of both signs and, where T has them, infinities and NaN.
template <class T>
void fill_with_special(const gapped<T>& x, generator& random) {
  x.for_each([&](T& element) {
    const std::uint64_t kind = random() % 60;
    const double infinity = std::numeric_limits<double>::infinity();
    element = T(static_cast<double>(random() % 5) - 2);
    if (kind == 0) element = T(std::numeric_limits<double>::quiet_NaN());
    if (kind == 1) element = T(infinity);
    if (kind == 2) element = T(-infinity);
    if (kind < 10 && kind > 2) element = T(-0.0);
  });
}

template <class T>
void check_max(const pool_problem& p, generator& random) {
  const gapped<T> x(p.x_extents()), y(p.y_extents());
  fill_with_special(x, random);
  narrow::max_pool2d(x.view(), y.view(), p.geometry);
  for_each_pool_window(p, [&](std::size_t n, std::size_t i, std::size_t j, const auto& places, std::size_t) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      const auto window = window_of(x, p, n, c, places);
      expect_same(at(y.view(), p.geometry.layout, n, i, j, c), window[first_greatest(window)]);
    }
  });
  EXPECT_TRUE(y.canaries_live());
}

TEST(Pool, MaxIsTheFirstGreatest) {
  generator random(1);
  for (const auto target : support::supported_targets()) {
    const support::on_target use(target);
    SCOPED_TRACE(narrow::name_of(target));
    for_each_pool_problem(11, [&](const pool_problem& p) { check_max<float>(p, random); });
    for_each_pool_problem(31, [&](const pool_problem& p) { check_max<narrow::float16>(p, random); });
  }
}

TEST(Pool, MaxOfDoublesAndOfInfinitiesThatSaturate) {
  using saturating = narrow::number<narrow::float8_e5m2::encoding_type, narrow::nearest_even, narrow::saturate>;
  const std::vector<saturating> x{saturating::from_bits(0x7C), saturating(1.0)};  // infinity is a value like others
  std::vector<saturating> y(1);
  narrow::max_pool2d(view(x, 1, 2, 1, 1), view(y, 1, 1, 1, 1), {.kernel_h = 2});
  EXPECT_EQ(y[0].bits(), 0x7C);
  const std::vector<double> a{1e300, 0x1.0000000000001p0, 1e300, 0x1.0000000000002p0};
  std::vector<double> b(2);
  narrow::max_pool2d(view(a, 1, 2, 2, 1), view(b, 1, 1, 2, 1), {.kernel_h = 2});
  EXPECT_EQ(b, (std::vector<double>{1e300, 0x1.0000000000002p0}));
}

// In the window's order in float, divided, and rounded to T; and within the bound of that from the mean in double.
template <class T, class... Option>
void check_average(const pool_problem& p, generator& random, const Option&... option) {
  constexpr bool include = sizeof...(Option) > 0;
  const gapped<T> x(p.x_extents(), random), y(p.y_extents());
  narrow::average_pool2d(x.view(), y.view(), p.geometry, option...);
  for_each_pool_window(p, [&](std::size_t n, std::size_t i, std::size_t j, const auto& places, std::size_t padded) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      const auto window = window_of(x, p, n, c, places);
      const std::size_t divisor = include ? padded : window.size();
      auto sum = static_cast<float>(window[0]);
      double exact = 0, size = 0;
      for (std::size_t t = 1; t < window.size(); ++t) sum += static_cast<float>(window[t]);
      for (const T& value : window) exact += double(value), size += std::fabs(double(value));
      const T is = at(y.view(), p.geometry.layout, n, i, j, c);
      EXPECT_EQ(double(is), double(T(sum / static_cast<float>(divisor))));
      const double steps = static_cast<double>(window.size()) * std::numeric_limits<float>::epsilon() +
                           static_cast<double>(std::numeric_limits<T>::epsilon());
      EXPECT_NEAR(double(is), exact / static_cast<double>(divisor), steps * size / static_cast<double>(divisor));
    }
  });
  EXPECT_TRUE(y.canaries_live());
}

TEST(Pool, AverageIsSummedInOrder) {
  generator random(2);
  for (const auto target : support::supported_targets()) {
    const support::on_target use(target);
    SCOPED_TRACE(narrow::name_of(target));
    for_each_pool_problem(23, [&](const pool_problem& p) { check_average<float>(p, random); });
    for_each_pool_problem(29,
                          [&](const pool_problem& p) { check_average<float>(p, random, narrow::count_include_pad); });
    for_each_pool_problem(41, [&](const pool_problem& p) { check_average<narrow::bfloat16>(p, random); });
  }
}

// Every window adds its part to sums in float, windows in order.
template <class T>
void check_max_backward(const pool_problem& p, generator& random) {
  const gapped<T> x(p.x_extents()), dx(p.x_extents());
  const gapped<float> dy(p.y_extents(), random);
  fill_with_special(x, random);
  narrow::max_pool2d_backward(x.view(), dy.view(), dx.view(), p.geometry);
  const gapped<float> want(p.x_extents());
  want.for_each([](float& value) { value = 0; });
  for_each_pool_window(p, [&](std::size_t n, std::size_t i, std::size_t j, const auto& places, std::size_t) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      const pool_place to = places[first_greatest(window_of(x, p, n, c, places))];
      at(want.view(), p.geometry.layout, n, to.h, to.w, c) += at(dy.view(), p.geometry.layout, n, i, j, c);
    }
  });
  std::vector<T> is, must;
  dx.for_each([&](const T& value) { is.push_back(value); });
  want.for_each([&](const float& value) { must.push_back(T(value)); });
  EXPECT_EQ(is, must);
  EXPECT_TRUE(dx.canaries_live());
}
void check_average_backward(const pool_problem& p, generator& random) {
  const gapped<float> dx(p.x_extents()), dy(p.y_extents(), random), want(p.x_extents());
  narrow::average_pool2d_backward(dy.view(), dx.view(), p.geometry, narrow::count_include_pad);
  want.for_each([](float& value) { value = 0; });
  for_each_pool_window(p, [&](std::size_t n, std::size_t i, std::size_t j, const auto& places, std::size_t padded) {
    for (std::size_t c = 0; c < p.channels; ++c) {
      const float share = at(dy.view(), p.geometry.layout, n, i, j, c) / static_cast<float>(padded);
      for (const auto& to : places) at(want.view(), p.geometry.layout, n, to.h, to.w, c) += share;
    }
  });
  std::vector<float> is, must;
  dx.for_each([&](const float& value) { is.push_back(value); });
  want.for_each([&](const float& value) { must.push_back(value); });
  EXPECT_EQ(is, must);
  EXPECT_TRUE(dx.canaries_live());
}

TEST(Pool, BackwardSumsOverWindowsInOrder) {
  generator random(3);
  for (const auto target : support::supported_targets()) {
    const support::on_target use(target);
    SCOPED_TRACE(narrow::name_of(target));
    for_each_pool_problem(13, [&](const pool_problem& p) { check_max_backward<float>(p, random); });
    for_each_pool_problem(37, [&](const pool_problem& p) { check_max_backward<narrow::bfloat16>(p, random); });
    for_each_pool_problem(29, [&](const pool_problem& p) { check_average_backward(p, random); });
  }
}

TEST(Pool, ThreadsChangeNothing) {
  generator random(5);
  const pool_problem p{3, 17, 9, 21, {3, 3, 2, 1, 1, 0, 0, 2}};
  const gapped<narrow::bfloat16> x(p.x_extents(), random), y(p.y_extents()), dx(p.x_extents());
  const gapped<narrow::bfloat16> shared_y(p.y_extents()), shared_dx(p.x_extents());
  const auto expect_equal = [](const auto& is, const auto& want) {
    std::vector<narrow::bfloat16> a, b;
    is.for_each([&](narrow::bfloat16 value) { a.push_back(value); });
    want.for_each([&](narrow::bfloat16 value) { b.push_back(value); });
    EXPECT_EQ(a, b);
    EXPECT_TRUE(is.canaries_live());
  };
  const narrow::thread_pool pool(4);
  const narrow::stochastic_sequence rounding{1, 2, 3};
  narrow::max_pool2d(x.view(), y.view(), p.geometry);
  narrow::max_pool2d(x.view(), shared_y.view(), p.geometry, pool);
  expect_equal(shared_y, y);
  narrow::average_pool2d(x.view(), y.view(), p.geometry, rounding);
  narrow::average_pool2d(x.view(), shared_y.view(), p.geometry, rounding, pool);
  expect_equal(shared_y, y);
  narrow::max_pool2d_backward(x.view(), y.view(), dx.view(), p.geometry, rounding);
  narrow::max_pool2d_backward(x.view(), y.view(), shared_dx.view(), p.geometry, pool, rounding);
  expect_equal(shared_dx, dx);
  narrow::average_pool2d_backward(y.view(), dx.view(), p.geometry, rounding);
  narrow::average_pool2d_backward(y.view(), shared_dx.view(), p.geometry, pool, rounding);
  expect_equal(shared_dx, dx);
}

// The derivative of sum(dy y) along a direction, which is linear near an x without ties.
TEST(Pool, BackwardIsTheDerivative) {
  generator random(4);
  for_each_pool_problem(29, [&](const pool_problem& p) {
    const auto values = [&](const narrow_test::extents4& e) {
      std::vector<double> result(e[0] * e[1] * e[2] * e[3]);
      for (double& value : result) value = std::normal_distribution<double>()(random);
      return result;
    };
    const auto x = values(p.x_extents()), dy = values(p.y_extents()), direction = values(p.x_extents());
    const auto of = [](auto& memory, const narrow_test::extents4& e) { return view(memory, e[0], e[1], e[2], e[3]); };
    constexpr double step = 0x1p-20;
    const auto check = [&](const auto& forward, const auto& backward) {
      double slope = 0, gradient = 0;
      for (const double sign : {1.0, -1.0}) {
        std::vector<double> moved = x, y(dy.size());
        for (std::size_t k = 0; k < x.size(); ++k) moved[k] += sign * step * direction[k];
        forward(of(moved, p.x_extents()), of(y, p.y_extents()));
        for (std::size_t k = 0; k < y.size(); ++k) slope += sign * dy[k] * y[k] / (2 * step);
      }
      std::vector<double> dx(x.size());
      backward(of(dy, p.y_extents()), of(dx, p.x_extents()));
      for (std::size_t k = 0; k < dx.size(); ++k) gradient += dx[k] * direction[k];
      EXPECT_NEAR(slope, gradient, 1e-6);
    };
    check([&](const auto& from, const auto& to) { narrow::max_pool2d(from, to, p.geometry); },
          [&](const auto& from, const auto& to) {
            narrow::max_pool2d_backward(of(x, p.x_extents()), from, to, p.geometry);
          });
    check([&](const auto& from, const auto& to) { narrow::average_pool2d(from, to, p.geometry); },
          [&](const auto& from, const auto& to) { narrow::average_pool2d_backward(from, to, p.geometry); });
  });
}

}  // namespace
