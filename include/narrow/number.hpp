// The scalar: one number of an encoding, with the rounding and overflow its arithmetic uses.
//
//   narrow::fixed<4, 12> a{1.5f}, c = a * a;       narrow::float16 h{0.1};       float f = h;
//
// Narrowing is written out, widening is not: a number becomes a float or a double that holds its every value by itself,
// anything becomes a number only explicitly. Every operation on numbers of one type is computed exactly and rounded
// once under the type's policies (sqrt and division too). With a number and a float, double or integer, + - * / are
// those of C++ on the number's real_type, so that their type is what it is where the number is a float; comparisons are
// exact. A number is trivially copyable and as large as its storage.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/check_rounding.hpp"
#include "narrow/detail/exact.hpp"
#include "narrow/detail/number/any_number.hpp"
#include "narrow/detail/number/encode.hpp"
#include "narrow/detail/number/mixed.hpp"
#include "narrow/encoding/binary.hpp"
#include "narrow/encoding/encoding.hpp"
#include "narrow/encoding/posit.hpp"
#include "narrow/stochastic_stream.hpp"

namespace narrow {

template <encoding E, class Rounding, class Overflow>
class number {
 public:
  using encoding_type = E;
  using rounding_type = Rounding;
  using overflow_type = overflow_for<E, Overflow>;
  using storage_type = typename E::storage_type;
  using real_type = typename E::real_type;
  using bits_type = std::make_unsigned_t<storage_type>;

  number() = default;  // uninitialized, as a float is; number{} is code zero

  // From a real or an integer: one rounding under the type's policies.
  template <class From>
  requires std::floating_point<From> ||
      (std::integral<From> && !std::same_as<From, bool>)constexpr explicit number(From x)
      : storage_(detail::encode_scalar<E, overflow_type>(x, detail::default_rounding<Rounding>())) {}

  // From another format, and from the same one under other policies (exact, but for what its overflow does not allow).
  template <encoding E2, class R2, class O2>
  constexpr explicit number(number<E2, R2, O2> x) : number(x, detail::default_rounding<Rounding>()) {}

  // Errors: a stochastic rounding whose count of bits is out of range.
  template <class Rule, encoding E2, class R2, class O2>
  constexpr number(number<E2, R2, O2> x, const Rule& rounding) {
    detail::check_rounding(rounding, "number");
    if constexpr (std::same_as<E, E2> && std::same_as<overflow_type, overflow_for<E, O2>>) {
      storage_ = x.storage();
    } else if constexpr (fixed_point_encoding<E> && fixed_point_encoding<E2>) {
      storage_ = detail::fit_fixed<E, overflow_type>(detail::int128{x.storage()}, E2::fraction_bits, rounding);
    } else {
      storage_ = detail::encode_scalar<E, overflow_type>(detail::value_of_code<E2>(x.storage()), rounding);
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
  // Implicit where the type holds every value.
  template <std::floating_point Real>
  constexpr explicit(sizeof(Real) < sizeof(real_type)) operator Real() const noexcept {
    // Not by way of a float to a double: a CPU may read a float's subnormals as zero.
    if constexpr (sizeof(Real) == 4 && sizeof(real_type) == 4) {
      return to_real();
    } else {
      return static_cast<Real>(value().value());
    }
  }
  // Truncates, as a conversion from float does.
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr explicit operator T() const noexcept { return static_cast<T>(to_real()); }
  constexpr explicit operator bool() const noexcept { return !value().is_zero(); }

  friend constexpr number operator+(number a) noexcept { return a; }
  friend constexpr number operator-(number a) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(-detail::int128{a.storage_}, E::fraction_bits);
    } else if constexpr (detail::has_sign_code<E>) {
      return from_bits(static_cast<bits_type>(a.bits() ^ E::sign_code));
    } else if constexpr (code_ordered_encoding<E>) {
      return from_bits(static_cast<bits_type>(0u - a.bits()));
    } else {
      return rounded(-a.value());
    }
  }

  friend constexpr number operator+(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(detail::int128{a.storage_} + b.storage_, E::fraction_bits);
    } else {
      return rounded(detail::add(a.operand(), b.operand(), cancelled));
    }
  }
  friend constexpr number operator-(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(detail::int128{a.storage_} - b.storage_, E::fraction_bits);
    } else {
      return rounded(detail::add(a.operand(), -b.operand(), cancelled));
    }
  }
  friend constexpr number operator*(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return fixed(detail::int128{a.storage_} * b.storage_, 2 * E::fraction_bits);
    } else {
      return rounded(detail::multiply(a.operand(), b.operand()));
    }
  }
  // Floats follow IEEE 754; a posit / 0 is NaR. Fixed point: x / 0 saturates toward the sign of x, 0 / 0 is 0; under
  // wrap both are 0.
  friend constexpr number operator/(number a, number b) {
    if constexpr (fixed_point_encoding<E>) {
      return stored(
          detail::divide_fixed<E, overflow_type>(a.storage_, b.storage_, detail::default_rounding<Rounding>()));
    } else {
      return rounded(detail::divide(a.operand(), b.operand()));
    }
  }
  constexpr number& operator+=(number b) { return *this = *this + b; }
  constexpr number& operator-=(number b) { return *this = *this - b; }
  constexpr number& operator*=(number b) { return *this = *this * b; }
  constexpr number& operator/=(number b) { return *this = *this / b; }

  friend constexpr bool operator==(number a, number b) noexcept { return (a <=> b) == 0; }
  friend constexpr std::partial_ordering operator<=>(number a, number b) noexcept {
    if constexpr (code_ordered_encoding<E>) {
      return a.storage_ <=> b.storage_;
    } else {
      return detail::compare(a.value(), b.value());
    }
  }

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
      return rounded(detail::add(detail::multiply(a.operand(), b.operand()), c.operand(), cancelled));
    }
  }
  friend constexpr number sqrt(number a) { return rounded(detail::square_root(a.operand())); }

 private:
  // The zero that a sum of opposites gives.
  static constexpr detail::double_bits cancelled{
      std::same_as<Rounding, toward_negative> ? detail::double_bits::sign_mask : std::uint64_t{0}};

  constexpr detail::double_bits value() const noexcept { return detail::value_of_code<E>(storage_); }
  constexpr auto operand() const noexcept { return detail::operand_of_code<E>(storage_); }

  static constexpr number stored(storage_type storage) noexcept {
    number result{};
    result.storage_ = storage;
    return result;
  }
  template <class Exact>
  static constexpr number rounded(const Exact& x) {
    return stored(detail::encode_scalar<E, overflow_type>(x, detail::default_rounding<Rounding>()));
  }
  static constexpr number fixed(detail::int128 value, int fraction) {
    return stored(detail::fit_fixed<E, overflow_type>(value, fraction, detail::default_rounding<Rounding>()));
  }

  storage_type storage_;
};

// ---- conversions ------------------------------------------------------------------------------------------------

// x as a To, rounded once by `rounding` and overflowing by `overflow`, whatever To's own policies are.
//   x          a float, double, integer or any number
//   rounding   nearest_even{}, ..., stochastic{bits}
//   overflow   saturate{}, saturate_symmetric{}, saturate_finite{}, to_infinity{}, wrap{}, or a preset: ieee{}, ocp{},
//              onnx{}, ml_dtypes{}
// Errors: a stochastic rounding whose count of bits is out of range.
template <any_number To, class From, class Rounding, class Overflow>
constexpr To convert(From x, const Rounding& rounding, Overflow) {
  using E = typename To::encoding_type;
  using policy = overflow_for<E, Overflow>;
  using rounded = number<E, nearest_even, policy>;
  if constexpr (any_number<From>) {
    return To::from_bits(rounded(x, rounding).bits());
  } else {
    detail::check_rounding(rounding, "convert");
    using bits = typename To::bits_type;
    return To::from_bits(static_cast<bits>(detail::encode_scalar<E, policy>(x, rounding)));
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

// ---- the names people use (those of smaller floats: formats.hpp) -------------------------------------------------

using float16 = number<float_format<float_descriptor{5, 10, 15}>>;
using bfloat16 = number<float_format<float_descriptor{8, 7, 127}>>;
using float8_e4m3fn = number<float_format<float_descriptor{4, 3, 7, specials::nan_all_ones}>>;
using float8_e5m2 = number<float_format<float_descriptor{5, 2, 15}>>;

using int2 = number<signed_integer<2>>;
using int4 = number<signed_integer<4>>;
using int8 = number<signed_integer<8>>;
using int16 = number<signed_integer<16>>;
using uint2 = number<unsigned_integer<2>>;
using uint4 = number<unsigned_integer<4>>;
using uint8 = number<unsigned_integer<8>>;
using uint16 = number<unsigned_integer<16>>;

using binary = number<binary_format>;  // +1 or -1
// -1, 0 or +1: what becomes one never has the code of -2, which is left to bits that a caller writes.
using ternary = number<signed_integer<2>, nearest_even, saturate_symmetric>;

// Gupta et al. (2015): IL integer bits, the sign among them, and FL fraction bits; the range is
// [-2^(IL-1), 2^(IL-1) - 2^-FL] in steps of 2^-FL.
template <int IL, int FL, class Rounding = nearest_even, class Overflow = saturate>
using fixed = number<fixed_point<IL + FL, FL>, Rounding, Overflow>;

// 2022 standard, ES = 2; or an older one. They compare as the standard has it: NaR is below every number and equals
// itself. With a float or a double, NaR compares as NaN does.
template <int N, int ES = 2, class Rounding = nearest_even>
using posit = number<posit_format<N, ES>, Rounding>;

}  // namespace narrow
