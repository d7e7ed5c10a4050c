// Lane types: what a codec is written over. A lane is a `float` or a `double` (usable at compile time), or `lanes`, a
// vector of them. The codecs see only the small vocabulary below, so the same text serves both:
//
//   bits_of<Real>            the unsigned lane of the same width; also the mask type: all ones or all zeros
//   to_bits, from_bits       reinterpretation
//   less, greater, equal     comparison to a mask
//   select(mask, a, b)       a where the mask is set, b elsewhere
//   integer_to_real          a two's complement lane to the real lane
//   + - & | ^ ~ << >>        as on unsigned integers; shift counts are below the width
//
// Every function is always_inline and takes const references: a vector passed by value to a function outside a target
// region silently becomes garbage under GCC at -O0.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace narrow::detail {

// N elements of type T, in whatever registers the target has.
template <class T, int N>
class lanes {
 public:
  using element_type = T;
  using unsigned_element = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr int size = N;
  typedef T vector __attribute__((vector_size(N * sizeof(T))));

  vector v;

  lanes() = default;
  [[gnu::always_inline]] lanes(const vector& x) : v(x) {}  // NOLINT: a lane is its vector
  // Constants broadcast. Element by element: GCC 12 does not join a list, or arithmetic on a scalar, of a vector that
  // the program's own target lacks, once it is inlined where there is one.
  template <class S>
  requires std::is_arithmetic_v<S>
  [[gnu::always_inline]] lanes(const S& x) {  // NOLINT
    for (int i = 0; i < N; ++i) v[i] = static_cast<T>(x);
  }

  [[gnu::always_inline]] friend lanes operator+(const lanes& a, const lanes& b) { return lanes(a.v + b.v); }
  [[gnu::always_inline]] friend lanes operator-(const lanes& a, const lanes& b) { return lanes(a.v - b.v); }
  // The barrier keeps GCC from contracting the product into a fused multiply-add. Of 512 bits GCC 12 takes the barrier
  // apart into elements; no codec adds to a product.
  [[gnu::always_inline]] friend lanes operator*(const lanes& a, const lanes& b) {
#if defined(__clang__)
#pragma clang fp contract(off)
    return lanes(a.v * b.v);
#else
    if constexpr (sizeof(vector) <= 32) {
      return lanes(__builtin_assoc_barrier(a.v * b.v));
    } else {
      return lanes(a.v * b.v);
    }
#endif
  }
  [[gnu::always_inline]] friend lanes operator/(const lanes& a, const lanes& b) { return lanes(a.v / b.v); }
  [[gnu::always_inline]] friend lanes operator&(const lanes& a, const lanes& b) { return lanes(a.v & b.v); }
  [[gnu::always_inline]] friend lanes operator|(const lanes& a, const lanes& b) { return lanes(a.v | b.v); }
  [[gnu::always_inline]] friend lanes operator^(const lanes& a, const lanes& b) { return lanes(a.v ^ b.v); }
  [[gnu::always_inline]] friend lanes operator<<(const lanes& a, const lanes& b) { return lanes(a.v << b.v); }
  [[gnu::always_inline]] friend lanes operator>>(const lanes& a, const lanes& b) { return lanes(a.v >> b.v); }
  [[gnu::always_inline]] friend lanes operator<<(const lanes& a, int b) { return lanes(a.v << b); }
  [[gnu::always_inline]] friend lanes operator>>(const lanes& a, int b) { return lanes(a.v >> b); }
  [[gnu::always_inline]] friend lanes operator~(const lanes& a) { return lanes(~a.v); }
};

template <class Real>
struct lane_traits;
template <>
struct lane_traits<float> {
  using bits = std::uint32_t;
  using element = float;
};
template <>
struct lane_traits<double> {
  using bits = std::uint64_t;
  using element = double;
};
template <class T, int N>
struct lane_traits<lanes<T, N>> {
  using bits = lanes<typename lanes<T, N>::unsigned_element, N>;
  using element = T;
};

// The element type of an unsigned lane.
template <class U>
struct lane_traits_of_bits {
  using element = U;
};
template <class T, int N>
struct lane_traits_of_bits<lanes<T, N>> {
  using element = T;
};

template <class Real>
using bits_of = typename lane_traits<Real>::bits;

// The layout of an IEEE 754 real lane.
template <class Real, class Element = typename lane_traits<Real>::element>
struct real_layout;
template <class Real>
struct real_layout<Real, float> {
  static constexpr int width = 32, mantissa_bits = 23, bias = 127;
};
template <class Real>
struct real_layout<Real, double> {
  static constexpr int width = 64, mantissa_bits = 52, bias = 1023;
};

// ---- scalars ----------------------------------------------------------------------------------------------------
template <class T>
concept scalar_bits = std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::uint64_t>;

[[gnu::always_inline]] constexpr std::uint32_t to_bits(const float& x) { return std::bit_cast<std::uint32_t>(x); }
[[gnu::always_inline]] constexpr std::uint64_t to_bits(const double& x) { return std::bit_cast<std::uint64_t>(x); }
template <class Real>
requires std::is_floating_point_v<Real>
[[gnu::always_inline]] constexpr Real from_bits(const bits_of<Real>& x) { return std::bit_cast<Real>(x); }
template <scalar_bits U>
[[gnu::always_inline]] constexpr U less(const U& a, const std::type_identity_t<U>& b) {
  return a < b ? ~U{0} : U{0};
}
template <scalar_bits U>
[[gnu::always_inline]] constexpr U equal(const U& a, const std::type_identity_t<U>& b) {
  return a == b ? ~U{0} : U{0};
}
template <scalar_bits U>
[[gnu::always_inline]] constexpr U select(const U& mask, const std::type_identity_t<U>& a,
                                          const std::type_identity_t<U>& b) {
  return mask != 0 ? a : b;
}
template <class Real>
requires std::is_floating_point_v<Real>
[[gnu::always_inline]] constexpr Real integer_to_real(const bits_of<Real>& x) {
  return static_cast<Real>(static_cast<std::make_signed_t<bits_of<Real>>>(x));
}
[[gnu::always_inline]] constexpr double widen(const float& x) { return x; }
[[gnu::always_inline]] constexpr float narrow_exact(const double& x) { return static_cast<float>(x); }
[[gnu::always_inline]] constexpr std::uint64_t widen(const std::uint32_t& x) { return x; }
[[gnu::always_inline]] constexpr std::uint32_t narrow_exact(const std::uint64_t& x) {
  return static_cast<std::uint32_t>(x);
}

// ---- vectors ----------------------------------------------------------------------------------------------------
template <class T, int N>
[[gnu::always_inline]] inline bits_of<lanes<T, N>> to_bits(const lanes<T, N>& x) {
  return bits_of<lanes<T, N>>(reinterpret_cast<typename bits_of<lanes<T, N>>::vector>(x.v));
}
template <class Real>
requires(!std::is_floating_point_v<Real>) [[gnu::always_inline]] inline Real from_bits(const bits_of<Real>& x) {
  return Real(reinterpret_cast<typename Real::vector>(x.v));
}
template <class T, int N>
[[gnu::always_inline]] inline lanes<T, N> less(const lanes<T, N>& a, const std::type_identity_t<lanes<T, N>>& b) {
  return lanes<T, N>(reinterpret_cast<typename lanes<T, N>::vector>(a.v < b.v));
}
template <class T, int N>
[[gnu::always_inline]] inline lanes<T, N> equal(const lanes<T, N>& a, const std::type_identity_t<lanes<T, N>>& b) {
  return lanes<T, N>(reinterpret_cast<typename lanes<T, N>::vector>(a.v == b.v));
}
template <class T, int N>
[[gnu::always_inline]] inline lanes<T, N> select(const lanes<T, N>& mask, const std::type_identity_t<lanes<T, N>>& a,
                                                 const std::type_identity_t<lanes<T, N>>& b) {
  return (a & mask) | (b & ~mask);
}
template <class Real>
requires(!std::is_floating_point_v<Real>) [[gnu::always_inline]] inline Real integer_to_real(const bits_of<Real>& x) {
  typedef std::make_signed_t<typename Real::unsigned_element> signed_vector
      __attribute__((vector_size(sizeof(typename Real::vector))));
  return Real(__builtin_convertvector(reinterpret_cast<signed_vector>(x.v), typename Real::vector));
}
template <int N>
[[gnu::always_inline]] inline lanes<double, N> widen(const lanes<float, N>& x) {
  return lanes<double, N>(__builtin_convertvector(x.v, typename lanes<double, N>::vector));
}
template <int N>
[[gnu::always_inline]] inline lanes<float, N> narrow_exact(const lanes<double, N>& x) {
  return lanes<float, N>(__builtin_convertvector(x.v, typename lanes<float, N>::vector));
}
template <int N>
[[gnu::always_inline]] inline lanes<std::uint64_t, N> widen(const lanes<std::uint32_t, N>& x) {
  return lanes<std::uint64_t, N>(__builtin_convertvector(x.v, typename lanes<std::uint64_t, N>::vector));
}
template <int N>
[[gnu::always_inline]] inline lanes<std::uint32_t, N> narrow_exact(const lanes<std::uint64_t, N>& x) {
  return lanes<std::uint32_t, N>(__builtin_convertvector(x.v, typename lanes<std::uint32_t, N>::vector));
}
// Two's complement where Signed.
template <bool Signed, int N>
[[gnu::always_inline]] inline lanes<std::uint64_t, N> widen_code_lanes(const lanes<std::uint32_t, N>& x) {
  if constexpr (Signed) {
    const typename lanes<std::int32_t, N>::vector narrow = (typename lanes<std::int32_t, N>::vector)x.v;
    const auto wide = __builtin_convertvector(narrow, typename lanes<std::int64_t, N>::vector);
    return lanes<std::uint64_t, N>((typename lanes<std::uint64_t, N>::vector)wide);
  } else {
    return widen(x);
  }
}

// ---- both -------------------------------------------------------------------------------------------------------
template <class U>
[[gnu::always_inline]] constexpr U greater(const U& a, const std::type_identity_t<U>& b) {
  return less(U(b), a);
}
template <class U>
[[gnu::always_inline]] constexpr U minimum(const U& a, const std::type_identity_t<U>& b) {
  return select(less(a, b), a, b);
}
// a - b where a > b, else zero.
template <class U>
[[gnu::always_inline]] constexpr U excess(const U& a, const std::type_identity_t<U>& b) {
  return (a - b) & less(U(b), a);
}

}  // namespace narrow::detail
