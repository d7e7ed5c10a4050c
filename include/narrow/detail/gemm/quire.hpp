// Products of posits that are summed in the quire:
//
//   gemm(a, b, c, accumulate_in<quire<8>>{});        a and b hold posit<8>
//
// Every sum is exact, whatever its order; NaR among its terms makes it NaR. On its way out it is one double, on which
// scales and epilogues act: rounded to odd, so that without those the output's rounding is the only one (a stochastic
// one, if the output has at most 16 significant bits), or to nearest even where the output is double.
//
// Numbers of posit<8, 2>, posit<16, 1> and narrower ones are integers of 62 bits in units of the smallest one, whose
// products are added up in 128 bits as long as the depth leaves room. Deeper sums and wider posits take as many words
// as their quire has.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/operand.hpp"
#include "narrow/executor.hpp"
#include "narrow/quire.hpp"

namespace narrow {

// The quire as a product's accumulator. Operands are posits of its format.
template <int N, int ES>
struct accumulate_in<quire<N, ES>, nearest_even> {
  using quire_type = quire<N, ES>;
};

namespace detail {

template <class Option>
inline constexpr bool sums_in_quire = requires {
  typename Option::quire_type;
};
template <class Option, class... Rest>
struct first_quire : first_quire<Rest...> {};
template <class Option, class... Rest>
requires sums_in_quire<Option>
struct first_quire<Option, Rest...> {
  using type = typename Option::quire_type;
};

// An exact sum as a double: to odd, or to nearest even.
template <class Rounding>
double to_double(const wide_real& x) {
  if (x.is_nan) return std::numeric_limits<double>::quiet_NaN();
  if (x.is_zero()) return 0;
  constexpr int bits = std::is_same_v<Rounding, to_odd> ? 53 : 64;
  const auto significand = static_cast<std::uint64_t>(shift_right_to_odd(x.significand, wide_real::top + 1 - bits));
  const double result = std::ldexp(static_cast<double>(significand), x.exponent + 1 - bits);
  return x.negative ? -result : result;
}

// A dense matrix of what posits become, and which of its rows have a NaR.
template <class Format, class Element>
struct posit_rows {
  std::size_t depth = 0;
  std::vector<Element> values;
  std::vector<std::uint8_t> has_nan;

  posit_rows(std::size_t rows, std::size_t depth_) : depth(depth_), values(rows * depth_), has_nan(rows) {}
  void set(std::size_t row, std::size_t k, double value) {
    const double_bits x{to_bits(value)};
    if (x.is_nan()) {
      has_nan[row] = 1;
    } else if (!x.is_zero()) {
      values[row * depth + k] = Element::template of<Format>(x);
    }
  }
  const Element* row(std::size_t i) const { return values.data() + i * depth; }
};

// An integer in units of the smallest number.
struct integer_term {
  std::int64_t value = 0;

  template <class Format>
  static constexpr bool exists = Format::max_exponent <= 30;
  // The sums of this depth cannot reach 2^127.
  template <class Format>
  static constexpr std::size_t most_depth = (std::size_t{1} << (127 - 4 * std::max(Format::max_exponent, 24))) - 1;

  template <class Format>
  static integer_term of(const double_bits& x) {
    return {static_cast<std::int64_t>(x.value() * static_cast<double>(1 << Format::max_exponent))};
  }
  template <class Quire>
  static wide_real sum(const integer_term* a, const integer_term* b, std::size_t depth) {
    int128 result = 0;
    for (std::size_t k = 0; k < depth; ++k) result += int128{a[k].value} * b[k].value;
    const bool negative = result < 0;
    const auto magnitude = static_cast<uint128>(result);
    return make_wide_real(negative, negative ? 0 - magnitude : magnitude, Quire::unit_exponent);
  }
};

// significand * 2^place such units, below zero if `negative` is 1. Positive and negative products are summed apart, so
// that no carry runs through the words of a sum that changes its sign.
struct placed_term {
  std::uint32_t significand = 0;
  std::uint16_t place = 0, negative = 0;

  template <class Format>
  static constexpr std::size_t most_depth = (std::size_t{1} << 31) - 1;

  template <class Format>
  static placed_term of(const double_bits& x) {
    constexpr int cut = 53 - Format::digits;
    const std::uint64_t fraction = (x.bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52;
    const int place = static_cast<int>(x.magnitude() >> 52) - 1075 + cut - Format::lowest_exponent;
    // Bits below the unit are zeros.
    return {static_cast<std::uint32_t>(fraction >> (cut + std::max(-place, 0))),
            static_cast<std::uint16_t>(std::max(place, 0)), x.is_negative()};
  }
  template <class Quire>
  static wide_real sum(const placed_term* a, const placed_term* b, std::size_t depth) {
    constexpr std::size_t words = Quire::word_count;
    std::array<std::uint64_t, words + 1> parts[2] = {};
    for (std::size_t k = 0; k < depth; ++k) {
      auto& part = parts[a[k].negative ^ b[k].negative];
      const int place = a[k].place + b[k].place;
      std::size_t w = static_cast<std::size_t>(place) / 64;
      const uint128 product = uint128{std::uint64_t{a[k].significand} * b[k].significand} << place % 64;
      const uint128 low = uint128{part[w]} + static_cast<std::uint64_t>(product);
      part[w] = static_cast<std::uint64_t>(low);
      uint128 high = uint128{part[++w]} + static_cast<std::uint64_t>(product >> 64) + (low >> 64);
      for (part[w] = static_cast<std::uint64_t>(high); high >> 64 != 0; part[w] = static_cast<std::uint64_t>(high)) {
        high = uint128{part[++w]} + 1;
      }
    }
    const auto& [plus, minus] = parts;
    const bool negative = std::lexicographical_compare(plus.rbegin(), plus.rend(), minus.rbegin(), minus.rend());
    std::array<std::uint64_t, words + 1> difference;
    std::uint64_t borrow = 0;
    for (std::size_t w = 0; w <= words; ++w) {
      const uint128 d = uint128{parts[negative][w]} - parts[!negative][w] - borrow;
      difference[w] = static_cast<std::uint64_t>(d);
      borrow = static_cast<std::uint64_t>(d >> 64) & 1;
    }
    return real_of_words(negative, difference, Quire::unit_exponent);
  }
};

template <class Term, class Quire, class A, class B, class Last, class Scale, executor E>
void sum_terms_and_finish(const A& a, const B& b, const Last& last, const Scale& scale, const E& e) {
  using T = typename Last::T;
  using rounding = std::conditional_t<std::is_same_v<T, double>, nearest_even, to_odd>;
  const std::size_t m = a.rows(), depth = a.columns(), n = b.columns();
  posit_rows<typename Quire::format, Term> x(m, depth), y(n, depth);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < depth; ++k) x.set(i, k, a.template value<double>(i, k, false));
  }
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t j = 0; j < n; ++j) y.set(j, k, b.template value<double>(k, j, false));
  }
  const std::size_t rows = std::max<std::size_t>(1, m / (4 * concurrency_of(e)));
  e.parallel_for((m + rows - 1) / rows, [&](std::size_t piece) {
    std::vector<double> sums(n), buffer(n);
    for (std::size_t i = piece * rows; i < std::min(m, (piece + 1) * rows); ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const bool nan = x.has_nan[i] != 0 || y.has_nan[j] != 0;
        sums[j] = to_double<rounding>(nan ? wide_nan : Term::template sum<Quire>(x.row(i), y.row(j), depth));
      }
      const double row_scale = a.scale(i);
      last.row(
          sums.data(), i, 0, n, [&](std::size_t j) { return row_scale * scale[j]; }, buffer.data());
    }
  });
}

// gemm's own steps, from lowering to the output, with the quire that is among the options.
template <class A, class B, class Output, class Ops, class Conversion, executor E, class... Option>
void multiply_in_quire_and_finish(const A& a, const B& b, const Output& out, const scaling& s, const Ops& ops,
                                  const Conversion& conversion, std::size_t first_index, const E& e, const Option&...) {
  using Quire = typename first_quire<Option...>::type;
  using format = typename Quire::format;
  static_assert((is_accumulate_in<Option> + ...) == 1, "a product has one accumulator");
  static_assert(!Output::is_raw && !has_accumulator_epilogue<Ops>,
                "a quire gives reals: c holds reals or narrow numbers, and epilogues take reals");
  constexpr bool fit = [] {
    if constexpr (real_element<typename A::value_type> || real_element<typename B::value_type>) {
      return false;
    } else {
      return std::is_same_v<typename A::E, format> && std::is_same_v<typename B::E, format> && A::has_factor &&
             B::has_factor;
    }
  }();
  static_assert(fit, "the operands of accumulate_in<quire<N, ES>> are posit<N, ES>, under schemes that have a factor");
  if constexpr (fit) {
    require(!a.varies_along(1) && !b.varies_along(0),
            "gemm: a scale varies along the depth; accumulate_in<quire> takes scales along rows and columns only");
    const std::size_t depth = a.columns(), n = b.columns();
    require(depth <= placed_term::most_depth<format>, "gemm: the depth is ", depth, "; a quire holds the sum of ",
            placed_term::most_depth<format>, " products");
    check_scaling_fits<double>(s, "gemm");
    const finisher<double, false, Output, Ops, Conversion> last{out, s, ops, conversion, n, first_index};
    std::vector<double> scale(n);
    for (std::size_t j = 0; j < n; ++j) scale[j] = b.scale(j);
    if constexpr (integer_term::exists<format>) {
      if (depth <= integer_term::most_depth<format>) {
        return sum_terms_and_finish<integer_term, Quire>(a, b, last, scale, e);
      }
    }
    sum_terms_and_finish<placed_term, Quire>(a, b, last, scale, e);
  }
}

}  // namespace detail
}  // namespace narrow
