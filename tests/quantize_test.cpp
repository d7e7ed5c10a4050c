// Quantization under schemes: any strides, any axis, rank 1 to 4, against the definition of each element.
#include "narrow/quantize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/quantize_reference.hpp"

namespace {

using namespace narrow;
using support::guarded;

// A view's place in memory: axes in any order and direction, with gaps.
template <std::size_t Rank>
struct layout {
  std::array<std::size_t, Rank> extents;
  std::array<std::ptrdiff_t, Rank> strides;
  std::size_t span = 1, origin = 0;

  // `choice` draws the order, the directions and the gaps; 0 is row-major.
  layout(const std::array<std::size_t, Rank>& shape, std::uint64_t choice) : extents(shape) {
    const auto draw = [&](std::uint64_t what, std::uint32_t below) {
      return choice == 0 ? 0U : random_bits(3, choice, what) % below;
    };
    std::array<std::size_t, Rank> order;
    for (std::size_t k = 0; k < Rank; ++k) order[k] = Rank - 1 - k;
    for (std::size_t k = 1; k < Rank; ++k) std::swap(order[k], order[k - draw(k, static_cast<std::uint32_t>(k + 1))]);
    std::size_t step = 1 + draw(10, 3) / 2;
    for (const std::size_t axis : order) {
      const std::size_t reach = (extents[axis] - 1) * step;
      strides[axis] = static_cast<std::ptrdiff_t>(step);
      if (draw(20 + axis, 2) != 0) {
        strides[axis] = -strides[axis];
        origin += reach;
      }
      span += reach;
      step = reach + step + draw(30 + axis, 3);
    }
  }
  template <class T>
  tensor_view<T, Rank> over(T* memory) const {
    return {memory + origin, extents, strides};
  }
  // Where row-major element i lies, and its index along an axis.
  std::size_t offset(std::size_t i) const {
    auto at = static_cast<std::ptrdiff_t>(origin);
    for (std::size_t axis = 0; axis < Rank; ++axis) at += static_cast<std::ptrdiff_t>(index(i, axis)) * strides[axis];
    return static_cast<std::size_t>(at);
  }
  std::size_t index(std::size_t i, std::size_t axis) const {
    for (std::size_t k = Rank; k-- > axis + 1;) i /= extents[k];
    return i % extents[axis];
  }
  std::size_t size() const {
    std::size_t count = 1;
    for (const std::size_t extent : extents) count *= extent;
    return count;
  }
};

// int8 codes of a scheme, by definition.
template <class Rounding>
int code_of(float x, const affine& scheme, std::size_t place, const Rounding& rounding) {
  const support::fixed_oracle wide{32, true};
  const float quotient = x / scheme.scale(place);
  const auto rounded = wide.encode<saturate>(static_cast<double>(quotient), 0, rounding);
  return static_cast<int>(std::clamp<std::int64_t>(rounded + scheme.zero_point(place), -128, 127));
}
template <class Rounding>
int code_of(float x, const shared_exponent& scheme, std::size_t place, const Rounding& rounding) {
  const support::fixed_oracle narrow_code{8, true};
  return static_cast<int>(narrow_code.encode<saturate>(static_cast<double>(x), -scheme.exponent(place), rounding));
}
float value_of(int code, const affine& scheme, std::size_t place) {
  return static_cast<float>(code - scheme.zero_point(place)) * scheme.scale(place);
}
float value_of(int code, const shared_exponent& scheme, std::size_t place) {
  return std::ldexp(static_cast<float>(code), scheme.exponent(place));
}

// Nothing but the elements of a view is written to memory that was guarded.
template <class T, std::size_t Rank>
void expect_only_elements_written(const guarded<T>& memory, const layout<Rank>& where) {
  ASSERT_TRUE(memory.is_intact());
  std::vector<bool> in_view(where.span);
  for (std::size_t i = 0; i < where.size(); ++i) in_view[where.offset(i)] = true;
  for (std::size_t k = 0; k < where.span; ++k) ASSERT_TRUE(in_view[k] || memory.is_canary_at(k)) << k;
}

template <std::size_t Rank, class Scheme>
void check_layout(const layout<Rank>& from, const layout<Rank>& to, const Scheme& scheme) {
  std::vector<float> x(from.span);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(random_bits(1, 1, i) / 0x1p31 - 1) * 40;
  const auto source = from.over(std::as_const(x).data());
  const auto place = [&](std::size_t i) {
    return scheme.axis().is_per_tensor() ? 0 : from.index(i, scheme.axis().axis);
  };
  guarded<int8> nearest(to.span, 0), random(to.span, 0);
  quantize_into(source, to.over(nearest.data()), scheme);
  quantize_into(source, to.over(random.data()), scheme, stochastic_sequence{6, 7, 8});
  for (std::size_t i = 0; i < from.size(); ++i) {
    const float v = x[from.offset(i)];
    ASSERT_EQ(nearest.data()[to.offset(i)].storage(), code_of(v, scheme, place(i), nearest_even{})) << i << ' ' << v;
    const stochastic bits{random_bits(6, 7, 8 + i)};
    ASSERT_EQ(random.data()[to.offset(i)].storage(), code_of(v, scheme, place(i), bits)) << i << ' ' << v;
  }
  expect_only_elements_written(nearest, to);
  expect_only_elements_written(random, to);

  guarded<float> back(from.span, 0);
  const tensor_view<const int8, Rank> codes = to.over(nearest.data());
  dequantize_into(quantized_view<int8, Rank, Scheme>{codes, &scheme, scheme.axis()}, from.over(back.data()));
  for (std::size_t i = 0; i < from.size(); ++i) {
    ASSERT_EQ(back.data()[from.offset(i)], value_of(nearest.data()[to.offset(i)].storage(), scheme, place(i))) << i;
  }
  expect_only_elements_written(back, from);
}

// Schemes with different parameters at each place.
affine affine_along(granularity axis, std::size_t count) {
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (std::size_t k = 0; k < count; ++k) {
    scales.push_back(0.07F * static_cast<float>(k + 1));
    zero_points.push_back(static_cast<std::int32_t>(k * 29 % 256) - 128);
  }
  return affine(axis, scales, zero_points);
}
shared_exponent exponents_along(granularity axis, std::size_t count) {
  std::vector<int> exponents;
  for (std::size_t k = 0; k < count; ++k) exponents.push_back(static_cast<int>(k * 5 % 7) - 4);
  return shared_exponent(axis, exponents);
}

template <std::size_t Rank>
void check_rank(const std::vector<std::array<std::size_t, Rank>>& shapes) {
  for (const auto& shape : shapes) {
    for (std::uint64_t choice = 0; choice < 12; ++choice) {
      SCOPED_TRACE(choice);
      // Row-major with row-major, with another layout, and both others.
      const layout<Rank> from(shape, choice % 3 == 1 ? 0 : choice), to(shape, choice % 3 == 2 ? 0 : choice * 17);
      check_layout(from, to, affine_along(per_tensor, 1));
      check_layout(from, to, exponents_along(per_tensor, 1));
      for (std::size_t axis = 0; axis < Rank; ++axis) {
        check_layout(from, to, affine_along(per_axis(axis), shape[axis]));
        check_layout(from, to, exponents_along(per_axis(axis), shape[axis]));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(Quantize, Rank1) { check_rank<1>({{1}, {15}, {16}, {17}, {50}}); }
TEST(Quantize, Rank2) { check_rank<2>({{1, 1}, {3, 5}, {5, 33}, {20, 2}}); }
TEST(Quantize, Rank3) { check_rank<3>({{2, 3, 19}, {4, 1, 5}}); }
TEST(Quantize, Rank4) { check_rank<4>({{2, 3, 4, 5}, {1, 2, 2, 18}}); }

TEST(Quantize, ATransposedTensorIsReadAlongItsOwnAxis) {
  std::vector<float> x(6 * 4);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 9.5F;
  const auto codes = quantize<int8>(view(x, 6, 4), affine::fit(view(x, 6, 4), per_column));
  std::vector<float> plain(24), turned(24);
  dequantize_into(codes, view(plain, 6, 4));
  dequantize_into(transposed(codes), view(turned, 4, 6));
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 4; ++j) EXPECT_EQ(turned[j * 6 + i], plain[i * 4 + j]);
  }
  EXPECT_EQ(dequantize(codes), plain);
  EXPECT_EQ(dequantize(transposed(codes)), turned);
}

TEST(Quantize, OverflowOfTheCallersChoice) {
  const std::vector<float> x{1e6F, -1e6F, 1.5F};
  const auto own = quantize<float8_e5m2>(view(x, x.size()), unscaled, nearest_even{}, nullptr, saturate{});
  EXPECT_EQ(dequantize(own), (std::vector<float>{57344, -57344, 1.5F}));
  const auto infinite = quantize<float8_e5m2>(view(x, x.size()), unscaled, nearest_even{}, nullptr, to_infinity{});
  EXPECT_EQ(dequantize(infinite), (std::vector<float>{HUGE_VALF, -HUGE_VALF, 1.5F}));
  conversion_counts counts;
  const auto wrapped = quantize<int8>(view(x, x.size()), affine(1000.0F), nearest_even{}, &counts, wrap{});
  EXPECT_EQ(dequantize(wrapped), (std::vector<float>{-24000, 24000, 0}));
  EXPECT_EQ(counts.elements, 3U);
}

TEST(Quantize, NothingOfNothing) {
  const tensor_view<float, 2> none;
  conversion_counts counts;
  EXPECT_EQ(quantize<int8>(none, affine(1), nearest_even{}, &counts).size(), 0U);
  EXPECT_EQ(counts.elements, 0U);
  std::vector<float> empty;
  EXPECT_EQ(quantize<int8>(view(empty, 3, 0), affine_along(per_row, 3)).size(), 0U);
  EXPECT_TRUE(dequantize(quantize<int8>(view(empty, 0, 3), affine_along(per_column, 3))).empty());
}

}  // namespace
