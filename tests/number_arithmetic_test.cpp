// The arithmetic of float numbers, in every mode, against exact rational arithmetic.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "narrow/number.hpp"
#include "narrow/random.hpp"
#include "support/exact.hpp"
#include "support/formats.hpp"

namespace {

using narrow::number;
using namespace support;

// IEEE 754, 6.3: the sign of an exact zero sum is + unless rounding is toward negative; equal signs stay.
template <class Rounding>
double zero_sum(double a, double b) {
  if (std::signbit(a) == std::signbit(b)) return a;
  return std::is_same_v<Rounding, narrow::toward_negative> ? -0.0 : 0.0;
}

// The expected codes of one format under one mode.
template <class E, class Rounding, class Overflow>
class expectation {
 public:
  std::uint32_t add(double a, double b) const {
    if (!std::isfinite(a) || !std::isfinite(b)) return special(a + b);
    if (a == -b) return special(zero_sum<Rounding>(a, b));
    return finite(sum(exactly(a), exactly(b)));
  }
  std::uint32_t multiply(double a, double b) const {
    if (!std::isfinite(a) || !std::isfinite(b) || a == 0 || b == 0) return special(a * b);
    return finite(product(exactly(a), exactly(b)));
  }
  std::uint32_t divide(double a, double b) const {
    if (b == 0 && std::isfinite(a) && a != 0) {
      return special(
          std::copysign(std::numeric_limits<double>::infinity(), std::signbit(a) == std::signbit(b) ? 1 : -1));
    }
    if (a == 0 && b == 0) return special(std::numeric_limits<double>::quiet_NaN());
    if (!std::isfinite(a) || !std::isfinite(b) || a == 0) return special(a / (b == 0 ? std::copysign(1.0, b) : b));
    return finite(quotient(exactly(a), exactly(b)));
  }
  std::uint32_t fma(double a, double b, double c) const {
    const double ab = a * b;  // exact
    if (!std::isfinite(ab) || !std::isfinite(c)) return special(ab + c);
    if (ab == -c) return special(zero_sum<Rounding>(ab, c));
    return finite(sum(ab == 0 ? exactly(0) : product(exactly(a), exactly(b)), exactly(c)));
  }
  std::uint32_t square_root(double a) const {
    if (!(a > 0) || std::isinf(a)) return special(std::sqrt(a));
    return finite(support::square_root(exactly(a)));
  }
  double value(std::uint32_t code) const { return oracle_.value(code); }
  std::uint32_t codes() const { return oracle_.codes(); }
  bool same(std::uint32_t got, std::uint32_t want) const {
    return got == want || (oracle_.is_nan(got) && oracle_.is_nan(want));
  }

 private:
  std::uint32_t special(double x) const { return oracle_.template encode<Overflow>(oracle_.locate(x), Rounding{}); }
  std::uint32_t finite(const exact& x) const {
    return oracle_.template encode<Overflow>(locate(oracle_, E::descriptor, x), Rounding{});
  }
  float_oracle oracle_{E::descriptor};
};

template <class E, class Rounding, class Overflow>
void check_pair(const expectation<E, Rounding, Overflow>& expected, std::uint32_t i, std::uint32_t j, std::uint32_t k) {
  using T = number<E, Rounding, Overflow>;
  const auto from = [](std::uint32_t code) { return T::from_bits(static_cast<typename T::bits_type>(code)); };
  const T a = from(i), b = from(j), c = from(k);
  const double x = expected.value(i), y = expected.value(j), z = expected.value(k);
  const auto check = [&](const char* operation, T got, std::uint32_t want) {
    ASSERT_TRUE(expected.same(got.bits(), want))
        << operation << " of " << x << ", " << y << ", " << z << ": " << expected.value(got.bits()) << " instead of "
        << expected.value(want);
  };
  check("a + b", a + b, expected.add(x, y));
  check("a - b", a - b, expected.add(x, -y));
  check("a * b", a * b, expected.multiply(x, y));
  check("a / b", a / b, expected.divide(x, y));
  check("fma", fma(a, b, c), expected.fma(x, y, z));
}

template <class E, class Overflow, class Check>
void for_each_mode_of(const Check& check) {
  for_each_mode([&](auto rounding, const char* name) {
    SCOPED_TRACE(name);
    check(expectation<E, decltype(rounding), Overflow>{});
  });
}
template <class E, class Check>
void for_each_policy_of(const Check& check) {
  for_each_mode_of<E, narrow::saturate>(check);
  if constexpr (E::has_nan) for_each_mode_of<E, narrow::to_infinity>(check);
}

template <class E>
class SmallFloatArithmetic : public testing::Test {};
using small_formats =
    testing::Types<float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz, float8_e4m3b11fnuz, float8_e4m3,
                   float8_e3m4, float8_e8m0fnu, float6_e2m3fn, float6_e3m2fn, float4_e2m1fn, hfp8_1_4_3, unsigned_e5m3,
                   unsigned_e3m2_without_zero, powers_of_two_with_zero>;
TYPED_TEST_SUITE(SmallFloatArithmetic, small_formats, format_name);

TYPED_TEST(SmallFloatArithmetic, EveryPair) {
  for_each_policy_of<TypeParam>([](const auto& expected) {
    for (std::uint32_t i = 0; i < expected.codes(); ++i) {
      for (std::uint32_t j = 0; j < expected.codes(); ++j) {
        const std::uint32_t k = narrow::random_bits(1, 2, i * expected.codes() + j) % expected.codes();
        check_pair(expected, i, j, k);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  });
}

template <class E>
class FloatArithmetic : public testing::Test {};
using large_formats = testing::Types<float16, bfloat16, ibm_1_6_9, wide_e9m4, high_e8m3>;
TYPED_TEST_SUITE(FloatArithmetic, large_formats, format_name);

// Codes at random, so that exponents are mostly far apart; then with exponents close to each other.
TYPED_TEST(FloatArithmetic, RandomOperands) {
  for_each_policy_of<TypeParam>([](const auto& expected) {
    const std::uint32_t magnitudes = expected.codes() / 2;
    const std::uint32_t near = std::uint32_t{3} << TypeParam::descriptor.mantissa_bits;
    for (std::uint64_t n = 0; n < 30000; ++n) {
      const auto random = [n](std::uint64_t stream) { return narrow::random_bits(3, stream, n); };
      const std::uint32_t i = random(0) % expected.codes();
      std::uint32_t j = random(1) % expected.codes(), k = random(2) % expected.codes();
      if (n % 2 == 1) j = (i + random(1) % near) % magnitudes + (random(3) % 2) * magnitudes;
      if (n % 4 == 3) {
        // c near -a * b, where the sum cancels.
        const double ab = expected.value(i) * expected.value(j);
        const auto close = number<TypeParam, narrow::nearest_even, narrow::saturate>(-ab).bits();
        k = (close + random(2) % 3) % expected.codes();
      }
      check_pair(expected, i, j, k);
      if (testing::Test::HasFatalFailure()) return;
    }
  });
}

template <class E>
class SquareRoot : public testing::Test {};
TYPED_TEST_SUITE(SquareRoot, all_formats, format_name);

TYPED_TEST(SquareRoot, EveryCode) {
  for_each_policy_of<TypeParam>(
      []<class E, class Rounding, class Overflow>(const expectation<E, Rounding, Overflow>& expected) {
        using T = number<E, Rounding, Overflow>;
        for (std::uint32_t code = 0; code < expected.codes(); ++code) {
          const auto got = sqrt(T::from_bits(static_cast<typename T::bits_type>(code))).bits();
          ASSERT_TRUE(expected.same(got, expected.square_root(expected.value(code)))) << expected.value(code);
        }
      });
}

}  // namespace
