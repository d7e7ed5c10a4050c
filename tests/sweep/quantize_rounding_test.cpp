// Bulk conversion under every rounding mode, against the slow definition.
#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/quantize_reference.hpp"

namespace {

using namespace narrow;
using support::format_reference;

template <class T, class Real>
struct conversion {
  using type = T;
  using real = Real;
};

template <class Conversion>
class QuantizeRounding : public testing::Test {
 protected:
  using T = typename Conversion::type;
  using Real = typename Conversion::real;
  // 2 rows, so that the second begins where a block of lanes does not.
  static constexpr std::size_t rows = 2, columns = 3 * 16 + 7;
  const std::vector<Real> x = support::mixed_inputs<T, Real>(rows * columns);
  const format_reference<T> format{};

  // `at(i)` is the rounding of element i.
  template <class Rounding, class At>
  void check(const Rounding& rounding, const At& at) {
    const auto codes = quantize<T>(view(x, rows, columns), unscaled, rounding);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto got = codes.storage()[i].bits();
      ASSERT_EQ(std::uint32_t{got}, format.code(static_cast<double>(x[i]), at(i))) << i << ": " << x[i];
      ASSERT_EQ(got, convert<T>(x[i], at(i)).bits()) << i << ": " << x[i];
    }
  }
};
using conversions = testing::Types<conversion<float8_e5m2, float>, conversion<fixed<4, 6>, double>>;
TYPED_TEST_SUITE(QuantizeRounding, conversions);

TYPED_TEST(QuantizeRounding, EveryMode) {
  support::for_each_mode([&](auto mode, const char* name) {
    SCOPED_TRACE(name);
    this->check(mode, [&](std::size_t) { return mode; });
  });
}

// Element i takes the bits of index first + i, wherever its row begins.
TYPED_TEST(QuantizeRounding, StochasticSequence) {
  for (const bool pre_round : {false, true}) {
    for (const int count : {1, 3, 8, 31}) {
      for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{5}, ~std::uint64_t{0} - 20}) {
        const stochastic_sequence sequence{11, 3, first, count, pre_round};
        this->check(sequence, [&](std::size_t i) {
          return stochastic{random_bits(11, 3, first + i), count, pre_round};
        });
      }
    }
  }
  this->check(stochastic_sequence{1, 2}, [](std::size_t i) { return stochastic{random_bits(1, 2, i)}; });
}

// Parts of a tensor get what the whole gets.
TYPED_TEST(QuantizeRounding, StochasticInParts) {
  using element = typename TypeParam::type;
  const auto& all = this->x;
  const auto whole = quantize<element>(view(all, all.size()), unscaled, stochastic_sequence{9, 4, 1000});
  for (const std::size_t cut : {1UL, 15UL, 16UL, 33UL, 109UL}) {
    std::vector<element> parts(all.size());
    quantize_into(view(all.data(), cut), view(parts.data(), cut), unscaled, stochastic_sequence{9, 4, 1000});
    const std::size_t rest = all.size() - cut;
    quantize_into(view(all.data() + cut, rest), view(parts.data() + cut, rest), unscaled,
                  stochastic_sequence{9, 4, 1000 + cut});
    for (std::size_t i = 0; i < all.size(); ++i)
      ASSERT_EQ(parts[i].bits(), whole.storage()[i].bits()) << cut << ' ' << i;
  }
}

}  // namespace
