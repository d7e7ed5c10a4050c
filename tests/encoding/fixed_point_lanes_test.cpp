// Vector lanes of fixed point give the bits that scalars give.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "narrow/detail/lanes.hpp"
#include "narrow/encoding/fixed_point.hpp"
#include "narrow/random.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::fixed_point;
using narrow::detail::lanes;
using namespace support;

template <class Real, int N, class Word>
lanes<Real, N> load(const Word* from) {
  lanes<Real, N> result;
  std::memcpy(&result, from, sizeof result);
  return result;
}

template <class Format>
class FixedPointLanes : public testing::Test {
 protected:
  // Codes and halves of codes with their neighbours, in and beyond the range, and the edges, in whole vectors.
  template <class Real>
  static std::vector<Real> inputs(int fraction) {
    std::vector<Real> result = edge_cases<Real>();
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const double random = static_cast<std::int32_t>(narrow::random_bits(1, 2, i));
      const double code = std::floor(std::ldexp(random, Format::bits - 31 - static_cast<int>(i % 4))) / 2;
      for_neighbours<Real>(std::ldexp(code, -fraction), [&](Real r) { result.push_back(r); });
    }
    while (result.size() % 16 != 0) result.push_back(Real{1});
    return result;
  }

  template <class Overflow, class Real, int N, class Rounding>
  static void check(const std::vector<Real>& x, int fraction, const Rounding& rounding) {
    using word = narrow::detail::bits_of<Real>;
    for (std::size_t i = 0; i < x.size(); i += N) {
      const lanes<Real, N> source = load<Real, N>(&x[i]);
      const lanes<word, N> codes = Format::template encode_scaled<Overflow>(source, fraction, rounding);
      const lanes<Real, N> values = Format::template decode_scaled<lanes<Real, N>>(codes, 3);
      for (std::size_t j = 0; j < N; ++j) {
        const word scalar = Format::template encode_scaled<Overflow>(x[i + j], fraction, rounding);
        ASSERT_EQ(codes.v[j], scalar) << std::hexfloat << x[i + j];
        ASSERT_EQ(values.v[j], Format::template decode_scaled<Real>(scalar, 3)) << std::hexfloat << x[i + j];
      }
    }
  }

  template <class Real, int N>
  static void check_all() {
    for (const int fraction : {Format::fraction_bits, 0, -100, 40}) {
      const std::vector<Real> x = inputs<Real>(fraction);
      const auto each_overflow = [&](auto mode, const char* name) {
        SCOPED_TRACE(name);
        check<narrow::saturate, Real, N>(x, fraction, mode);
        check<narrow::saturate_symmetric, Real, N>(x, fraction, mode);
        check<narrow::wrap, Real, N>(x, fraction, mode);
      };
      for_each_mode(each_overflow);
      each_overflow(narrow::stochastic{0x9e3779b9, 16, false}, "stochastic");
      each_overflow(narrow::stochastic{0x9e3779b9, 16, true}, "stochastic, pre_round");
    }
  }
};
using formats = testing::Types<fixed_point<8, 0>, fixed_point<16, 14>, fixed_point<32, 16>,
                               fixed_point<4, 2, narrow::signedness::is_unsigned>,
                               fixed_point<32, 0, narrow::signedness::is_unsigned>>;
TYPED_TEST_SUITE(FixedPointLanes, formats);

TYPED_TEST(FixedPointLanes, Floats) { this->template check_all<float, 16>(); }
TYPED_TEST(FixedPointLanes, Doubles) { this->template check_all<double, 8>(); }

}  // namespace
