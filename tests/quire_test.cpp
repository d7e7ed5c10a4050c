// The quire against integers of many words.
#include "narrow/quire.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>

#include "narrow/number_traits.hpp"
#include "support/exact_posits.hpp"
#include "support/sweep.hpp"

namespace {

using namespace support;
using narrow::posit;
using narrow::quire;
using narrow::random_bits;
using narrow::stochastic;

static_assert(quire<8>::standard_bits == 128 && quire<16>::standard_bits == 256 && quire<32>::standard_bits == 512);
static_assert(sizeof(quire<8>) == 16 && sizeof(quire<32>) == 64 && quire<3>::word_count == 1);

template <class T>
T from_code(std::int64_t code) {
  return T::from_bits(static_cast<typename T::bits_type>(code));
}

template <int N, int ES>
class checked_sum {
 public:
  using T = posit<N, ES>;

  void add_random(std::uint64_t i) {
    const std::int64_t a = code(1, i), b = code(2, i);
    const T x = from_code<T>(a), y = from_code<T>(b);
    switch (random_bits(7, 3, i) % 4) {
      case 0:
        sum_.subtract_product(x, y);
        return exact_.add_product(integer_, -a, b);
      case 1:
        sum_.add(x);
        return exact_.add_product(integer_, a, T(1).storage());
      case 2:
        sum_.subtract(x);
        return exact_.add_product(integer_, -a, T(1).storage());
      default:
        sum_.add_product(x, y);
        return exact_.add_product(integer_, a, b);
    }
  }

  void check(std::uint64_t i) const {
    const exact_posits::result place = exact_.place_of(integer_);
    for_each_mode([&](auto mode, const char* name) {
      ASSERT_EQ(sum_.to_posit(mode).storage(), exact_.code(place, mode)) << name << " after " << i;
    });
    if (place.is_zero) return;
    // Both sides of the threshold.
    exact_posits::integer magnitude = integer_;
    if (magnitude.sign() < 0) magnitude.negate();
    const auto compare = exact_posits::above(magnitude);
    const posit_fraction<decltype(compare)> d{exact_.oracle(), place.place.code, compare};
    const bool between = d.code != 0 && d.code != exact_.oracle().largest();
    const std::uint32_t steps = between ? static_cast<std::uint32_t>(d.floor(32)) : 0;
    for (const std::uint32_t bits : {0U - steps, ~steps}) {
      const stochastic rounding{bits};
      ASSERT_EQ(sum_.to_posit(rounding).storage(), posit_code(place.place, d, rounding)) << "after " << i;
    }
  }

 private:
  // Any code but NaR.
  static std::int64_t code(std::uint64_t stream, std::uint64_t i) {
    const std::int64_t any = static_cast<std::int32_t>(random_bits(7, stream, i)) >> (32 - N);
    return any == not_a_real({N, ES}) ? 1 : any;
  }

  quire<N, ES> sum_;
  exact_posits exact_{{N, ES}};
  exact_posits::integer integer_ = exact_posits::zero();
};

template <int N, int ES>
void check_sums() {
  std::uint64_t i = 0;
  for (unsigned run = 0; run < 60 / every(7); ++run) {
    checked_sum<N, ES> sum;
    for (unsigned k = 0; k < 40; ++k, ++i) {
      sum.add_random(i);
      if (k < 4 || k % 9 == 0) sum.check(i);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}
TEST(Quire, SumsOf8Bits) {
  check_sums<8, 2>();
  check_sums<8, 0>();
  check_sums<5, 1>();
}
TEST(Quire, SumsOf16Bits) {
  check_sums<16, 2>();
  check_sums<16, 1>();
  check_sums<12, 3>();
}
TEST(Quire, SumsOf32Bits) { check_sums<32, 2>(); }

// The largest product hides the smallest from everything but the quire.
template <int N, int ES>
void check_cancellation() {
  using T = posit<N, ES>;
  const T most = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::min();
  quire<N, ES> q;
  q.add_product(least, least);
  const quire<N, ES> tiny = q;
  for (int i = 0; i < 1000; ++i) q.add_product(most, most);
  EXPECT_EQ(q.to_posit(), most);
  for (int i = 0; i < 2000; ++i) q.subtract_product(most, most);
  EXPECT_EQ(q.to_posit(), -most);
  for (int i = 0; i < 1000; ++i) q.subtract_product(-most, most);
  EXPECT_EQ(q, tiny);
  EXPECT_EQ(q.words()[0], 1U);
  EXPECT_EQ(q.to_posit(), least);
  q -= tiny;
  EXPECT_EQ(q, (quire<N, ES>()));
  EXPECT_EQ(q.to_posit(), T(0));
  q.subtract(least);
  EXPECT_EQ(q.to_posit(), -least);
  EXPECT_TRUE(q.is_negative());
  q += -q;
  EXPECT_EQ(q.to_posit(), T(0));
}
TEST(Quire, CancelsExactly) {
  check_cancellation<8, 2>();
  check_cancellation<16, 1>();
  check_cancellation<32, 2>();
  check_cancellation<32, 4>();
}

TEST(Quire, HoldsAsManyProductsAsTheStandardSays) {
  const posit<16> most = std::numeric_limits<posit<16>>::max();
  for (const bool negative : {false, true}) {
    quire<16> q, sum;
    negative ? q.subtract_product(most, most) : q.add_product(most, most);
    for (int doublings = 0; doublings < 31; ++doublings) {
      sum += q;
      q += q;
    }
    // 2^31 of them are one too many, 2^31 - 1 are not.
    EXPECT_TRUE(q.is_nan());
    EXPECT_FALSE(sum.is_nan());
    EXPECT_EQ(sum.to_posit(), negative ? -most : most);
    negative ? sum.subtract_product(most, most) : sum.add_product(most, most);
    EXPECT_TRUE(sum.is_nan());
    // 3 * 2^30 are too many as well, added to themselves.
    quire<16> three;
    for (int k = 0; k < 3; ++k) negative ? three.subtract_product(most, most) : three.add_product(most, most);
    for (int doublings = 0; doublings < 30; ++doublings) three += three;
    EXPECT_TRUE(three.is_nan());
  }
}

TEST(Quire, NotARealStays) {
  const posit<8> nar = posit<8>(1) / posit<8>(0), one(1);
  for (int way = 0; way < 5; ++way) {
    quire<8> q(one), other;
    if (way == 0) q.add(nar);
    if (way == 1) q.subtract(nar);
    if (way == 2) q.add_product(posit<8>(0), nar);
    if (way == 3) q.subtract_product(nar, one);
    if (way == 4) other.add(nar), q += other;
    EXPECT_TRUE(q.is_nan());
    q.add(one);
    q += quire<8>(one);
    EXPECT_TRUE(q.is_nan());
    EXPECT_EQ(q.to_posit(), nar);
    EXPECT_TRUE((-q).is_nan());
    q.clear();
    q.add(one);
    EXPECT_EQ(q.to_posit(), one);
  }
}

TEST(Quire, RefusesImpossibleCountsOfBits) {
  EXPECT_THROW(quire<8>().to_posit(stochastic{1, 33}), std::invalid_argument);
}

constexpr double dot() {
  quire<16> q;
  q.add_product(posit<16>(3), posit<16>(0.5));
  q.subtract(posit<16>(1));
  return double(q.to_posit());
}
static_assert(dot() == 0.5);

}  // namespace
