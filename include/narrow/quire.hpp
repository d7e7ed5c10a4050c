// The quire: sums of posits, and of products of posits, that are exact until they are rounded, once.
//
//   quire<16> q;
//   for (std::size_t k = 0; k < n; ++k) q.add_product(a[k], b[k]);
//   posit<16> dot = q.to_posit();
//
// An integer in two's complement, in units of the smallest product. The 2022 standard (ES = 2) has 16 N bits, in which
// 2^31 - 1 of the largest products fit; so they do for every other ES. What is no whole number of 64-bit words is
// rounded up to one. The code 10...0 is NaR: what NaR was added to, and a sum that no longer fits, until `clear`.
// Source: Posit Working Group, "Standard for Posit Arithmetic (2022)".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "narrow/detail/wide_real.hpp"
#include "narrow/number.hpp"

namespace narrow {

namespace detail {

// (-1)^negative * integer * 2^exponent, to odd in 65 bits or more; the integer's lowest word comes first.
template <std::size_t Words>
constexpr wide_real real_of_words(bool negative, const std::array<std::uint64_t, Words>& integer, int exponent) {
  std::size_t last = Words - 1;
  while (last > 0 && integer[last] == 0) --last;
  if (last == 0) return make_wide_real(negative, integer[0], exponent);
  bool more = false;
  for (std::size_t w = 0; w + 1 < last; ++w) more = more || integer[w] != 0;
  const uint128 upper = uint128{integer[last]} << 64 | integer[last - 1];
  return make_wide_real(negative, upper | (more ? 1 : 0), exponent + 64 * static_cast<int>(last - 1));
}

}  // namespace detail

template <int N, int ES = 2>
class quire {
 public:
  using format = posit_format<N, ES>;
  static constexpr int unit_exponent = 2 * format::lowest_exponent;
  static constexpr int standard_bits = 4 * format::max_exponent + 32;
  static constexpr std::size_t word_count = (standard_bits + 63) / 64;
  template <class Rounding>
  using posit_type = number<format, Rounding>;

  constexpr quire() = default;  // zero
  template <class Rounding>
  constexpr explicit quire(posit_type<Rounding> x) {
    add(x);
  }

  constexpr void clear() { words_ = {}; }

  template <class R1, class R2>
  constexpr void add_product(posit_type<R1> a, posit_type<R2> b) {
    accumulate(term_of(a), term_of(b), false);
  }
  template <class R1, class R2>
  constexpr void subtract_product(posit_type<R1> a, posit_type<R2> b) {
    accumulate(term_of(a), term_of(b), true);
  }
  template <class Rounding>
  constexpr void add(posit_type<Rounding> x) {
    accumulate(term_of(x), {1, 0, false, false}, false);
  }
  template <class Rounding>
  constexpr void subtract(posit_type<Rounding> x) {
    accumulate(term_of(x), {1, 0, false, false}, true);
  }
  constexpr quire& operator+=(const quire& other) {
    if (is_nan()) return *this;
    if (other.is_nan()) return *this = other;
    const bool negative = is_negative(), same_signs = negative == other.is_negative();  // other may be this one
    add_words(other.words_, 0);
    return ended(same_signs && is_negative() != negative);
  }
  constexpr quire& operator-=(const quire& other) { return *this += -other; }
  // NaR is its own opposite.
  constexpr quire operator-() const {
    quire result;
    for (std::size_t w = 0; w < word_count; ++w) result.words_[w] = ~words_[w];
    result.add_words({}, 1);
    return result;
  }

  constexpr bool is_nan() const { return words_ == nan_words; }
  constexpr bool is_negative() const { return words_.back() >> 63 != 0; }
  friend constexpr bool operator==(const quire&, const quire&) = default;

  // The sum, rounded once.
  // Errors: a stochastic rounding whose count of bits is out of range.
  template <class Rounding = nearest_even>
  constexpr posit<N, ES> to_posit(const Rounding& rounding = {}) const {
    detail::check_rounding(rounding, "quire::to_posit");
    const std::uint64_t code = format::template encode_exact<saturate>(value(), rounding);
    return posit<N, ES>::from_bits(static_cast<typename posit<N, ES>::bits_type>(code));
  }

  // The sum, to odd in 65 bits or more.
  constexpr detail::wide_real value() const {
    if (is_nan()) return detail::wide_nan;
    return detail::real_of_words(is_negative(), (is_negative() ? -*this : *this).words_, unit_exponent);
  }

  // The integer, the lowest word first.
  constexpr const std::array<std::uint64_t, word_count>& words() const { return words_; }

 private:
  using words_type = std::array<std::uint64_t, word_count>;
  static constexpr words_type nan_words = [] {
    words_type result{};
    result.back() = std::uint64_t{1} << 63;
    return result;
  }();

  // (-1)^negative * significand * 2^exponent; significand < 2^30.
  struct term {
    std::uint64_t significand;
    int exponent;
    bool negative, is_nan;
  };
  template <class Rounding>
  static constexpr term term_of(posit_type<Rounding> x) {
    const detail::double_bits real = detail::value_of(x);
    constexpr int cut = 53 - format::digits;
    const std::uint64_t fraction = (real.bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52;
    return {real.is_zero() ? 0 : fraction >> cut, static_cast<int>(real.magnitude() >> 52) - 1075 + cut,
            real.is_negative(), real.is_nan()};
  }

  constexpr void accumulate(const term& a, const term& b, bool minus) {
    if (is_nan()) return;
    if (a.is_nan || b.is_nan) {
      words_ = nan_words;
      return;
    }
    // Numbers are multiples of the smallest one: bits below the unit are zeros.
    std::uint64_t product = a.significand * b.significand;
    if (product == 0) return;
    int place = a.exponent + b.exponent - unit_exponent;
    if (place < 0) product >>= -place, place = 0;
    const bool negative = (a.negative != b.negative) != minus, before = is_negative();
    add_shifted(product, static_cast<std::size_t>(place), negative);
    ended(before == negative && before != is_negative());
  }
  constexpr quire& ended(bool overflowed) {
    if (overflowed) words_ = nan_words;
    return *this;
  }

  // Adds or subtracts product * 2^place.
  constexpr void add_shifted(std::uint64_t product, std::size_t place, bool negative) {
    std::size_t w = place / 64;
    const detail::uint128 shifted = detail::uint128{product} << place % 64;
    const auto low = static_cast<std::uint64_t>(shifted), high = static_cast<std::uint64_t>(shifted >> 64);
    bool carry = step(w, low, false, negative);
    if (++w < word_count) carry = step(w, high, carry, negative);
    while (carry && ++w < word_count) carry = step(w, 0, carry, negative);
  }
  // One word of a sum or a difference; the carry or the borrow.
  constexpr bool step(std::size_t w, std::uint64_t x, bool carry, bool negative) {
    const std::uint64_t before = words_[w], first = negative ? before - x : before + x;
    const std::uint64_t second = negative ? first - carry : first + carry;
    words_[w] = second;
    return negative ? first > before || second > first : first < before || second < first;
  }
  constexpr void add_words(const words_type& other, std::uint64_t carry) {
    detail::uint128 sum = carry;
    for (std::size_t w = 0; w < word_count; ++w) {
      sum += words_[w];
      sum += other[w];
      words_[w] = static_cast<std::uint64_t>(sum);
      sum >>= 64;
    }
  }

  words_type words_{};
};

}  // namespace narrow
