// Affine codes in every rounding mode, against the definition: the quotient in the source's type, rounded once to an
// integer by the slow oracle, plus the zero point, limited.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "narrow/number.hpp"
#include "narrow/scheme/affine.hpp"
#include "support/oracle.hpp"

namespace {

using namespace narrow;

template <class E, class Real, class Rounding>
std::int64_t code_of(Real x, const affine& scheme, const Rounding& rounding) {
  return detail::to_storage<E>(scheme.template encode<E, saturate>(x, std::size_t{0}, rounding));
}

// The quotient of two floats, rounded to float: through double, whose 53 bits are more than 2 * 24 + 1, so that the
// second rounding changes nothing.
float quotient(float x, float scale) { return static_cast<float>(static_cast<double>(x) / static_cast<double>(scale)); }
double quotient(double x, float scale) { return x / static_cast<double>(scale); }

template <class E, class Real>
void check_around(float scale, std::int32_t zero_point) {
  const affine scheme(scale, zero_point);
  const support::fixed_oracle wide{40, true};
  support::for_each_mode([&](const auto& rounding, const char* name) {
    for (int k = -300; k <= 300; ++k) {
      for (const double half : {0.0, 0.5}) {
        const auto middle = static_cast<Real>((k + half) * static_cast<double>(scale));
        for (const Real x : {middle, std::nextafter(middle, std::numeric_limits<Real>::infinity()),
                             std::nextafter(middle, -std::numeric_limits<Real>::infinity())}) {
          const auto integer = wide.template encode<saturate>(static_cast<double>(quotient(x, scale)), 0, rounding);
          const auto want =
              std::clamp<std::int64_t>(integer + zero_point, std::int64_t{E::min_code}, std::int64_t{E::max_code});
          ASSERT_EQ((code_of<E>(x, scheme, rounding)), want) << x << " / " << scale << ' ' << name;
        }
      }
    }
  });
}

template <class E>
void check_scales(std::int32_t zero_point) {
  for (const float scale : {0.25F, 0.1F, 0.0103030121F, 1.0F / 1.5F, 37.3F}) {
    check_around<E, float>(scale, zero_point);
    check_around<E, double>(scale, zero_point);
  }
}

TEST(AffineRounding, Int8) { check_scales<signed_integer<8>>(-5); }
TEST(AffineRounding, Uint8) { check_scales<unsigned_integer<8>>(131); }

// What the documentation says of the quotient: in float for floats, in double for the same values as doubles.
TEST(AffineRounding, TheQuotientHasTheSourcesType) {
  using E = signed_integer<8>;
  const affine scheme(1.0F / 1.5F);
  EXPECT_EQ((code_of<E>(1.0F, scheme, nearest_even{})), 2) << "1.4999999553 is 1.5 as a float";
  EXPECT_EQ((code_of<E>(1.0, scheme, nearest_even{})), 1);
}

}  // namespace
