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
#include "support/sweep.hpp"

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
template <class Rounding, class Overflow>
class expectation {
 public:
  explicit expectation(const narrow::float_descriptor& descriptor) : oracle_(descriptor), descriptor_(descriptor) {}

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
  const narrow::float_descriptor& descriptor() const { return descriptor_; }
  bool same(std::uint32_t got, std::uint32_t want) const {
    return got == want || (oracle_.is_nan(got) && oracle_.is_nan(want));
  }

 private:
  std::uint32_t special(double x) const { return oracle_.encode<Overflow>(oracle_.locate(x), Rounding{}); }
  std::uint32_t finite(const exact& x) const {
    return oracle_.encode<Overflow>(locate(oracle_, descriptor_, x), Rounding{});
  }
  float_oracle oracle_;
  narrow::float_descriptor descriptor_;
};

// The operators of one type on codes. They are compiled for every format and policy, and the sweeps only for a policy.
struct operations {
  using code = std::uint32_t;
  code (*add)(code, code);
  code (*subtract)(code, code);
  code (*multiply)(code, code);
  code (*divide)(code, code);
  code (*fma)(code, code, code);
  code (*sqrt)(code);
};

template <class T>
T from_code(std::uint32_t code) {
  return T::from_bits(static_cast<typename T::bits_type>(code));
}
template <class T>
constexpr operations operations_of() {
  using code = std::uint32_t;
  return {[](code a, code b) -> code { return (from_code<T>(a) + from_code<T>(b)).bits(); },
          [](code a, code b) -> code { return (from_code<T>(a) - from_code<T>(b)).bits(); },
          [](code a, code b) -> code { return (from_code<T>(a) * from_code<T>(b)).bits(); },
          [](code a, code b) -> code { return (from_code<T>(a) / from_code<T>(b)).bits(); },
          [](code a, code b, code c) -> code { return fma(from_code<T>(a), from_code<T>(b), from_code<T>(c)).bits(); },
          [](code a) -> code { return sqrt(from_code<T>(a)).bits(); }};
}

template <class Rounding, class Overflow>
void check_triple(const operations& tested, const expectation<Rounding, Overflow>& expected, std::uint32_t a,
                  std::uint32_t b, std::uint32_t c) {
  const double x = expected.value(a), y = expected.value(b), z = expected.value(c);
  const auto check = [&](const char* operation, std::uint32_t got, std::uint32_t want) {
    ASSERT_TRUE(expected.same(got, want)) << operation << " of " << x << ", " << y << ", " << z << ": "
                                          << expected.value(got) << " instead of " << expected.value(want);
  };
  check("a + b", tested.add(a, b), expected.add(x, y));
  check("a - b", tested.subtract(a, b), expected.add(x, -y));
  check("a * b", tested.multiply(a, b), expected.multiply(x, y));
  check("a / b", tested.divide(a, b), expected.divide(x, y));
  check("fma", tested.fma(a, b, c), expected.fma(x, y, z));
}

// check(operations, expectation) for each mode and overflow of a format.
template <class E, class Check>
void for_each_policy_of(const Check& check) {
  for_each_mode([&](auto rounding, const char* name) {
    SCOPED_TRACE(name);
    using rule = decltype(rounding);
    check(operations_of<number<E, rule, narrow::saturate>>(), expectation<rule, narrow::saturate>(E::descriptor));
    if constexpr (E::has_nan) {
      check(operations_of<number<E, rule, narrow::to_infinity>>(),
            expectation<rule, narrow::to_infinity>(E::descriptor));
    }
  });
}

template <class E>
class SmallFloatArithmetic : public testing::Test {};
using small_formats =
    testing::Types<float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz, float8_e4m3b11fnuz, float8_e4m3,
                   float8_e3m4, float8_e8m0fnu, float6_e2m3fn, float6_e3m2fn, float4_e2m1fn, float8_e4m3b4,
                   unsigned_e5m3, unsigned_e3m2_without_zero, powers_of_two_with_zero>;
TYPED_TEST_SUITE(SmallFloatArithmetic, small_formats, format_name);

struct every_pair {
  template <class Rounding, class Overflow>
  void operator()(const operations& tested, const expectation<Rounding, Overflow>& expected) const {
    for (std::uint32_t i = 0; i < expected.codes(); ++i) {
      for (std::uint32_t j = i % every(23); j < expected.codes(); j += every(23)) {
        const std::uint32_t k = narrow::random_bits(1, 2, i * expected.codes() + j) % expected.codes();
        check_triple(tested, expected, i, j, k);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
};
TYPED_TEST(SmallFloatArithmetic, EveryPair) { for_each_policy_of<TypeParam>(every_pair{}); }

template <class E>
class FloatArithmetic : public testing::Test {};
using large_formats = testing::Types<float16, bfloat16, ibm_1_6_9, wide_e9m4, high_e8m3>;
TYPED_TEST_SUITE(FloatArithmetic, large_formats, format_name);

// Codes at random, so that exponents are mostly far apart; then with exponents close to each other.
struct random_operands {
  template <class Rounding, class Overflow>
  void operator()(const operations& tested, const expectation<Rounding, Overflow>& expected) const {
    const std::uint32_t magnitudes = expected.codes() / 2;
    const std::uint32_t near = std::uint32_t{3} << expected.descriptor().mantissa_bits;
    for (std::uint64_t n = 0; n < 30000 / every(15); ++n) {
      const auto random = [n](std::uint64_t stream) { return narrow::random_bits(3, stream, n); };
      const std::uint32_t i = random(0) % expected.codes();
      std::uint32_t j = random(1) % expected.codes(), k = random(2) % expected.codes();
      if (n % 2 == 1) j = (i + random(1) % near) % magnitudes + (random(3) % 2) * magnitudes;
      if (n % 4 == 3) {
        // c near -a * b, where the sum cancels.
        const std::uint32_t close = expected.multiply(-expected.value(i), expected.value(j));
        k = (close + random(2) % 3) % expected.codes();
      }
      check_triple(tested, expected, i, j, k);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
};
TYPED_TEST(FloatArithmetic, RandomOperands) { for_each_policy_of<TypeParam>(random_operands{}); }

template <class E>
class SquareRoot : public testing::Test {};
TYPED_TEST_SUITE(SquareRoot, all_formats, format_name);

struct every_root {
  template <class Rounding, class Overflow>
  void operator()(const operations& tested, const expectation<Rounding, Overflow>& expected) const {
    const std::uint32_t step = expected.codes() > 256 ? every(7) : 1;
    for (std::uint32_t code = 0; code < expected.codes(); code += step) {
      const std::uint32_t got = tested.sqrt(code);
      ASSERT_TRUE(expected.same(got, expected.square_root(expected.value(code)))) << expected.value(code);
    }
  }
};
TYPED_TEST(SquareRoot, EveryCode) { for_each_policy_of<TypeParam>(every_root{}); }

}  // namespace
