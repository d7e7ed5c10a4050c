// The scalar: one number of an encoding, with the rounding and overflow its arithmetic uses.
//
//   narrow::fixed<4, 12> a{1.5f}, c = a * a;       narrow::float16 h{0.1};       float f = float(h);
//
// Construction from anything wider is explicit. Every operation is computed exactly and rounded once under the type's
// policies (for sqrt and division too). A number is trivially copyable and as large as its storage.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/exact.hpp"
#include "narrow/detail/integer_rounding.hpp"
#include "narrow/encoding/encoding.hpp"
#include "narrow/random.hpp"

namespace narrow {

template <encoding E, class Rounding = nearest_even, class Overflow = default_overflow<E>>
class number;

namespace detail {

template <class T>
struct is_number : std::false_type {};
template <class E, class R, class O>
struct is_number<number<E, R, O>> : std::true_type {};

}  // namespace detail

template <class T>
concept any_number = detail::is_number<T>::value;

// The stream that the operators of types with a stochastic policy draw from: one per thread, counted, so that a thread
// that seeds it gets the same results each time. Nothing else in the library draws from it: `convert` and the bulk
// calls take their bits, or an index, from the caller.
struct stochastic_stream {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  std::uint64_t index = 0;

  stochastic next() noexcept { return stochastic{random_bits(seed, stream, index++)}; }
};

inline stochastic_stream& this_thread_stochastic() noexcept {
  static thread_local stochastic_stream stream;
  return stream;
}

inline void seed_this_thread(std::uint64_t seed, std::uint64_t stream = 0) noexcept {
  this_thread_stochastic() = {seed, stream, 0};
}

namespace detail {

template <class Rounding>
constexpr Rounding default_rounding() {
  if constexpr (std::same_as<Rounding, stochastic>) {
    return this_thread_stochastic().next();
  } else {
    return Rounding{};
  }
}

// An integer as a double with a sticky last bit: exact up to 2^53, enough for one rounding beyond.
template <std::integral T>
constexpr double to_double_odd(T value) {
  const bool negative = value < 0;
  auto magnitude = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  int shift = 0;
  while (magnitude >> 53 != 0) {
    magnitude = (magnitude >> 1) | (magnitude & 1);
    ++shift;
  }
  const double result = static_cast<double>(magnitude) * static_cast<double>(std::uint64_t{1} << shift);
  return negative ? -result : result;
}

// An exact integer count of 2^-fraction, in the fixed-point encoding E, rounded once.
template <fixed_point_encoding E, class Overflow, class Rounding>
constexpr typename E::storage_type fit_fixed(int128 value, int fraction, const Rounding& rounding) {
  static_assert(!std::same_as<Overflow, to_infinity>, "fixed point has no infinity: saturate or wrap");
  const int left = E::fraction_bits - fraction;
  int128 code = 0;
  if (left > 64) {
    code = value == 0 || std::same_as<Overflow, wrap> ? 0 : (value > 0 ? int128{1} : int128{-1}) << 64;
  } else {
    code = shift_right(value, -left, rounding);
  }
  if constexpr (!std::same_as<Overflow, wrap>) {
    constexpr bool symmetric = std::same_as<Overflow, saturate_symmetric> && E::is_signed;
    constexpr int128 lowest = symmetric ? -E::max_code : E::min_code;
    code = code > E::max_code ? int128{E::max_code} : code < lowest ? lowest : code;
  }
  return to_storage<E>(static_cast<std::uint64_t>(code));
}

template <encoding E, class Overflow, class From, class Rounding>
constexpr typename E::storage_type encode_scalar(From x, const Rounding& rounding) {
  if constexpr (std::floating_point<From>) {
    static_assert(sizeof(From) <= 8, "long double would round twice; convert to double first");
    return to_storage<E>(E::template encode<Overflow>(x, rounding));
  } else if constexpr (fixed_point_encoding<E>) {
    return fit_fixed<E, Overflow>(int128{x}, 0, rounding);
  } else {
    return to_storage<E>(E::template encode<Overflow>(to_double_odd(x), rounding));
  }
}

}  // namespace detail

template <encoding E, class Rounding, class Overflow>
class number {
 public:
  using encoding_type = E;
  using rounding_type = Rounding;
  using overflow_type = Overflow;
  using storage_type = typename E::storage_type;
  using real_type = typename E::real_type;
  using bits_type = std::make_unsigned_t<storage_type>;

  number() = default;  // uninitialized, as a float is; number{} is code zero

  // From a real or an integer: one rounding under the type's policies.
  template <class From>
  requires std::floating_point<From> ||
      (std::integral<From> && !std::same_as<From, bool>)constexpr explicit number(From x)
      : storage_(detail::encode_scalar<E, Overflow>(x, detail::default_rounding<Rounding>())) {}

  // From another format, and from the same one under other policies (exact).
  template <encoding E2, class R2, class O2>
  constexpr explicit number(number<E2, R2, O2> x) : number(x, detail::default_rounding<Rounding>()) {}

  template <class Rule, encoding E2, class R2, class O2>
  constexpr number(number<E2, R2, O2> x, const Rule& rounding) {
    if constexpr (std::same_as<E, E2>) {
      storage_ = x.storage();
    } else if constexpr (fixed_point_encoding<E> && fixed_point_encoding<E2>) {
      storage_ = detail::fit_fixed<E, Overflow>(detail::int128{x.storage()}, E2::fraction_bits, rounding);
    } else {
      storage_ = detail::encode_scalar<E, Overflow>(x.to_real(), rounding);
    }
  }

  // The number with these bits; bits above the format's own are ignored.
  static constexpr number from_bits(bits_type bits) noexcept {
    number result{};
    result.storage_ = detail::to_storage<E>(static_cast<std::uint32_t>(bits));
    return result;
  }

  // This number's code in the low E::bits bits, zeros above.
  constexpr bits_type bits() const noexcept {
    constexpr auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << E::bits) - 1);
    return static_cast<bits_type>(static_cast<std::uint32_t>(storage_) & mask);
  }

  constexpr storage_type storage() const noexcept { return storage_; }

  // The exact value.
  constexpr real_type to_real() const noexcept {
    using U = detail::bits_of<real_type>;
    return E::template decode<real_type>(detail::widen_code<U>(storage_));
  }
  constexpr explicit operator double() const noexcept { return static_cast<double>(to_real()); }
  constexpr explicit operator float() const noexcept { return static_cast<float>(to_real()); }
  // Truncates, as a conversion from float does.
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr explicit operator T() const noexcept { return static_cast<T>(to_real()); }
  constexpr explicit operator bool() const noexcept { return to_real() != 0; }

  friend constexpr number operator+(number a) noexcept { return a; }
  friend constexpr number operator-(number a) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(-detail::int128{a.storage_}, E::fraction_bits);
    } else if constexpr (!E::is_signed) {
      return number(-a.to_real());
    } else {
      // The sign bit, except where the code of -0 means something else.
      const auto flipped = static_cast<bits_type>(a.bits() ^ (bits_type{1} << (E::bits - 1)));
      return a.to_real() == 0 || a.to_real() != a.to_real() ? number(-a.to_real()) : from_bits(flipped);
    }
  }

  friend constexpr number operator+(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(detail::int128{a.storage_} + b.storage_, E::fraction_bits);
    } else {
      return number(add_exact(double(a), double(b)));
    }
  }
  friend constexpr number operator-(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(detail::int128{a.storage_} - b.storage_, E::fraction_bits);
    } else {
      return number(add_exact(double(a), -double(b)));
    }
  }
  friend constexpr number operator*(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(detail::int128{a.storage_} * b.storage_, 2 * E::fraction_bits);
    } else {
      return number(double(a) * double(b));
    }
  }
  // Floats follow IEEE 754. Fixed point: x / 0 saturates toward the sign of x, 0 / 0 is 0; under wrap both are 0.
  friend constexpr number operator/(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return divide_fixed(a.storage_, b.storage_);
    } else {
      const double x = double(a), y = double(b);
      const bool ordinary = x - x == 0 && y - y == 0 && x != 0 && y != 0;
      if (!ordinary && y == 0 && std::is_constant_evaluated()) return number(divide_by_zero(x, y));
      return number(ordinary ? detail::quotient_to_odd(x, y) : y == 0 ? divide_by_zero(x, y) : x / y);
    }
  }
  constexpr number& operator+=(number b) { return *this = *this + b; }
  constexpr number& operator-=(number b) { return *this = *this - b; }
  constexpr number& operator*=(number b) { return *this = *this * b; }
  constexpr number& operator/=(number b) { return *this = *this / b; }

  friend constexpr bool operator==(number a, number b) noexcept { return a.to_real() == b.to_real(); }
  friend constexpr auto operator<=>(number a, number b) noexcept { return a.to_real() <=> b.to_real(); }

  // a * b + c with one rounding.
  friend constexpr number fma(number a, number b, number c) {
    if constexpr (fixed_point_encoding<E>) {
      constexpr int F = E::fraction_bits;
      if constexpr (F >= 0 && F <= 90) {
        const detail::int128 wide = detail::int128{c.storage_} * (detail::int128{1} << F);
        return fixed(detail::int128{a.storage_} * b.storage_ + wide, 2 * F);
      } else if constexpr (F < 0 && F >= -60) {
        const detail::int128 wide = detail::int128{a.storage_} * b.storage_ * (detail::int128{1} << -F);
        return fixed(wide + c.storage_, F);
      } else {
        static_assert(F >= -60 && F <= 90, "fma of fixed point needs -60 to 90 fraction bits");
      }
    } else {
      return number(add_exact(double(a) * double(b), double(c)));
    }
  }
  friend number sqrt(number a) {
    const double x = double(a);
    return number(x > 0 && x - x == 0 ? detail::square_root_to_odd(x) : std::sqrt(x));
  }

 private:
  static constexpr number fixed(detail::int128 value, int fraction) {
    number result{};
    result.storage_ = detail::fit_fixed<E, Overflow>(value, fraction, detail::default_rounding<Rounding>());
    return result;
  }

  static constexpr number divide_fixed(detail::int128 a, detail::int128 b) {
    constexpr int F = E::fraction_bits;
    static_assert(F >= -32 && F <= 60, "division of fixed point needs -32 to 60 fraction bits");
    if (b == 0) {
      const detail::int128 huge = std::same_as<Overflow, wrap> ? 0 : detail::int128{1} << 100;
      return fixed(a == 0 ? 0 : a > 0 ? huge : -huge, F);
    }
    if (b < 0) a = -a, b = -b;
    const auto rounding = detail::default_rounding<Rounding>();
    const detail::int128 quotient =
        F >= 0 ? detail::divide(a * (detail::int128{1} << (F >= 0 ? F : 0)), static_cast<std::uint64_t>(b), rounding)
               : detail::divide(a, static_cast<std::uint64_t>(b) << (F < 0 ? -F : 0), rounding);
    number result{};
    result.storage_ = detail::fit_fixed<E, Overflow>(quotient, F, toward_zero{});
    return result;
  }

  // A sum of zero is -0 only where both operands are; under toward_negative it is, unless both are +0 (IEEE 754, 6.3).
  static constexpr double add_exact(double a, double b) {
    const bool finite = a - a == 0 && b - b == 0;
    if (finite && a + b != 0) return detail::sum_to_odd(a, b);
    if (std::same_as<Rounding, toward_negative> && finite) {
      return (std::bit_cast<std::uint64_t>(a) | std::bit_cast<std::uint64_t>(b)) >> 63 != 0 ? -0.0 : 0.0;
    }
    return a + b;
  }

  static constexpr double divide_by_zero(double x, double y) {
    constexpr double infinity = std::bit_cast<double>(std::uint64_t{0x7FF0000000000000});
    if (x == 0 || x != x) return infinity - infinity;
    const bool negative = (std::bit_cast<std::uint64_t>(x) ^ std::bit_cast<std::uint64_t>(y)) >> 63 != 0;
    return negative ? -infinity : infinity;
  }

  storage_type storage_;
};

// ---- conversions ------------------------------------------------------------------------------------------------

// x as a To, rounded once by `rounding` and overflowing by `overflow`, whatever To's own policies are.
//   x          a float, double, integer or any number
//   rounding   nearest_even{}, ..., stochastic{bits}
//   overflow   saturate{}, saturate_symmetric{}, to_infinity{}, wrap{}
template <any_number To, class From, class Rounding, class Overflow>
constexpr To convert(From x, const Rounding& rounding, Overflow) {
  using E = typename To::encoding_type;
  using target = number<E, nearest_even, Overflow>;
  if constexpr (any_number<From>) {
    return To::from_bits(target(x, rounding).bits());
  } else {
    using bits = typename To::bits_type;
    return To::from_bits(static_cast<bits>(detail::encode_scalar<E, Overflow>(x, rounding)));
  }
}
template <any_number To, class From, class Rounding>
constexpr To convert(From x, const Rounding& rounding) {
  return convert<To>(x, rounding, typename To::overflow_type{});
}
template <any_number To, class From>
constexpr To convert(From x) {
  return convert<To>(x, detail::default_rounding<typename To::rounding_type>());
}

// ---- the names people use ---------------------------------------------------------------------------------------

using float16 = number<float_format<float_descriptor{5, 10, 15}>>;
using bfloat16 = number<float_format<float_descriptor{8, 7, 127}>>;
using float8_e4m3fn = number<float_format<float_descriptor{4, 3, 7, specials::nan_all_ones}>>;
using float8_e5m2 = number<float_format<float_descriptor{5, 2, 15}>>;

using int4 = number<signed_integer<4>>;
using int8 = number<signed_integer<8>>;
using int16 = number<signed_integer<16>>;
using uint4 = number<unsigned_integer<4>>;
using uint8 = number<unsigned_integer<8>>;
using uint16 = number<unsigned_integer<16>>;

// Gupta et al. (2015): IL integer bits, the sign among them, and FL fraction bits; the range is
// [-2^(IL-1), 2^(IL-1) - 2^-FL] in steps of 2^-FL.
template <int IL, int FL, class Rounding = nearest_even, class Overflow = saturate>
using fixed = number<fixed_point<IL + FL, FL>, Rounding, Overflow>;

}  // namespace narrow
