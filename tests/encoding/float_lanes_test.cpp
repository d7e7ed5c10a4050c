// Vector lanes give the bits that scalars give.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "narrow/detail/lanes.hpp"
#include "narrow/encoding/float_format.hpp"
#include "narrow/random.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::saturate;
using narrow::to_infinity;
using narrow::detail::lanes;
using namespace support;

template <class Real, int N, class Word>
lanes<Real, N> load(const Word* from) {
  lanes<Real, N> result;
  std::memcpy(&result, from, sizeof result);
  return result;
}

template <class Format>
class FloatLanes : public testing::Test {
 protected:
  // Every value and midpoint with its neighbours on both sides of zero, and the edges, in whole vectors.
  template <class Real>
  static std::vector<Real> inputs() {
    const float_oracle oracle{Format::descriptor};
    std::vector<Real> result = edge_cases<Real>();
    for (std::uint32_t i = 0; i <= oracle.largest(); ++i) {
      const double low = oracle.magnitude(i);
      for (const double x : {low, low + (oracle.magnitude(i + 1) - low) / 2}) {
        for_neighbours<Real>(x, [&](Real r) { result.push_back(r); });
        for_neighbours<Real>(-x, [&](Real r) { result.push_back(r); });
      }
    }
    while (result.size() % 16 != 0) result.push_back(std::numeric_limits<Real>::infinity());
    return result;
  }

  template <class Overflow, class Real, int N, class Rounding, class At>
  static void check(const std::vector<Real>& x, const Rounding& rounding, const At& scalar_rounding) {
    using word = narrow::detail::bits_of<Real>;
    for (std::size_t i = 0; i < x.size(); i += N) {
      const lanes<word, N> codes = Format::template encode<Overflow>(load<Real, N>(&x[i]), rounding(i));
      for (std::size_t j = 0; j < N; ++j) {
        const word scalar = Format::template encode<Overflow>(x[i + j], scalar_rounding(i + j));
        ASSERT_EQ(codes.v[j], scalar) << std::hexfloat << x[i + j];
      }
    }
  }

  template <class Overflow, class Real, int N>
  static void check_modes() {
    const std::vector<Real> x = inputs<Real>();
    for_each_mode([&](auto mode, const char* name) {
      SCOPED_TRACE(name);
      const auto same = [&](std::size_t) { return mode; };
      check<Overflow, Real, N>(x, same, same);
    });
    // One word for all lanes, and one for each.
    const narrow::stochastic shared{0x9e3779b9, 16, false};
    check<Overflow, Real, N>(
        x, [&](std::size_t) { return shared; }, [&](std::size_t) { return shared; });
    for (const bool pre_round : {false, true}) {
      const auto bits = [](std::size_t i) { return narrow::random_bits(7, 8, i); };
      const auto vector_rounding = [&](std::size_t first) {
        narrow::detail::stochastic_lanes<lanes<std::uint32_t, N>> result;
        for (std::size_t j = 0; j < N; ++j) result.bits.v[j] = bits(first + j);
        result.count = 20;
        result.pre_round = pre_round;
        return result;
      };
      check<Overflow, Real, N>(x, vector_rounding, [&](std::size_t i) {
        return narrow::stochastic{bits(i), 20, pre_round};
      });
    }
  }

  template <class Real, int N>
  static void check_decode() {
    using word = narrow::detail::bits_of<Real>;
    constexpr word codes = word{1} << Format::bits;
    for (word first = 0; first < codes; first += N) {
      word source[std::size_t{N}];
      for (word j = 0; j < N; ++j) source[j] = (first + j) % codes;
      const lanes<Real, N> values = Format::template decode<lanes<Real, N>>(load<word, N>(source));
      for (std::size_t j = 0; j < N; ++j) {
        const Real scalar = Format::template decode<Real>(source[j]);
        const Real vector = values.v[j];
        ASSERT_EQ(std::memcmp(&vector, &scalar, sizeof scalar), 0) << source[j];
      }
    }
  }
};
// One format for every branch of the codecs: they are long, and each of them is compiled here some thirty times.
using branches = testing::Types<float16, bfloat16, float8_e4m3fn, float8_e5m2fnuz, float8_e8m0fnu, float4_e2m1fn,
                                unsigned_e5m3, high_e8m3>;
TYPED_TEST_SUITE(FloatLanes, branches, format_name);

TYPED_TEST(FloatLanes, EncodeFloats) {
  this->template check_modes<saturate, float, 16>();
  if constexpr (TypeParam::has_nan) this->template check_modes<to_infinity, float, 16>();
}

TYPED_TEST(FloatLanes, EncodeDoubles) {
  this->template check_modes<saturate, double, 8>();
  if constexpr (TypeParam::has_nan) this->template check_modes<to_infinity, double, 8>();
}

TYPED_TEST(FloatLanes, Decode) {
  this->template check_decode<float, 16>();
  this->template check_decode<double, 8>();
}

}  // namespace
