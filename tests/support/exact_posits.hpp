// The exact results of arithmetic on posits of up to 32 bits, whose exponents lie within 2^+-124, and their places
// among the codes: a quotient or a root is compared with a number by multiplying back.
#pragma once

#include <cstdint>

#include "support/posit_oracle.hpp"
#include "support/wide_integer.hpp"

namespace support {

// Codes are sign-extended.
class exact_posits {
 public:
  using integer = wide_integer<12>;
  static integer zero() { return integer(-384); }

  struct result {
    bool is_nan, is_zero;
    posit_place place;
  };

  explicit exact_posits(const posit_oracle& oracle) : oracle_(oracle) {}
  const posit_oracle& oracle() const { return oracle_; }
  bool is_nan(std::int64_t code) const { return code == not_a_real(oracle_); }
  dyadic magnitude(std::int64_t code) const {
    if (code == 0) return {0, 0};
    return oracle_.value(static_cast<std::uint64_t>(code < 0 ? -code : code));
  }

  // The sign of sum - v, for a positive sum.
  static auto above(const integer& sum) {
    return [&sum](const dyadic& v) {
      integer difference = sum;
      difference.add(true, v.significand, v.exponent);
      return difference.sign();
    };
  }

  // a * b + c.
  result fused(std::int64_t a, std::int64_t b, std::int64_t c) const {
    if (is_nan(a) || is_nan(b) || is_nan(c)) return {true, false, {}};
    integer sum = zero();
    add_product(sum, a, b);
    add_product(sum, c, one());
    return place_of(sum);
  }
  result sum(std::int64_t a, std::int64_t b) const { return fused(a, one(), b); }
  result product(std::int64_t a, std::int64_t b) const { return fused(a, b, 0); }
  result quotient(std::int64_t a, std::int64_t b) const {
    if (is_nan(a) || is_nan(b) || b == 0) return {true, false, {}};
    if (a == 0) return {false, true, {}};
    const dyadic x = magnitude(a), y = magnitude(b);
    return {false, false, locate(oracle_, (a < 0) != (b < 0), [&](const dyadic& v) {
              integer difference = zero();
              difference.add(false, x.significand, x.exponent);
              difference.add(true, uint128{v.significand} * y.significand, v.exponent + y.exponent);
              return difference.sign();
            })};
  }
  result root(std::int64_t a) const {
    if (a < 0) return {true, false, {}};
    if (a == 0) return {false, true, {}};
    const dyadic x = magnitude(a);
    return {false, false, locate(oracle_, false, [&](const dyadic& v) {
              integer difference = zero();
              difference.add(false, x.significand, x.exponent);
              difference.add(true, uint128{v.significand} * v.significand, 2 * v.exponent);
              return difference.sign();
            })};
  }

  void add_product(integer& sum, std::int64_t a, std::int64_t b) const {
    const dyadic x = magnitude(a), y = magnitude(b);
    if (a != 0 && b != 0) sum.add((a < 0) != (b < 0), uint128{x.significand} * y.significand, x.exponent + y.exponent);
  }
  result place_of(integer sum) const {
    const bool negative = sum.sign() < 0;
    if (sum.sign() == 0) return {false, true, {}};
    if (negative) sum.negate();
    return {false, false, locate(oracle_, negative, above(sum))};
  }
  template <class Rounding>
  std::int64_t code(const result& r, const Rounding& rounding) const {
    return r.is_nan ? not_a_real(oracle_) : r.is_zero ? 0 : posit_code(r.place, rounding);
  }

 private:
  std::int64_t one() const { return std::int64_t{1} << (oracle_.bits - 2); }
  posit_oracle oracle_;
};

}  // namespace support
