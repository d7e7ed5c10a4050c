// The half-wave Gaussian quantizer of activations: zero where x <= 0, and above it the nearest of step, 2 step, ...,
// of which the first begins right at zero: what is positive never becomes zero. Codes are those multiples, so that
// products take them as unsigned integers; 2 bits are codes 0 to 3. (The paper's sets of uneven levels are not here.)
//
//   auto xq = quantize<uint2>(x, half_wave_fit<uint2>());      // x before the activation, normalized by its batch
//
// Source: Cai, He, Sun, Vasconcelos, "Deep Learning with Low Precision by Half-wave Gaussian Quantization", CVPR 2017.
#pragma once

#include "narrow/detail/classify.hpp"
#include "narrow/detail/exact.hpp"
#include "narrow/element.hpp"
#include "narrow/encoding/encoding.hpp"
#include "narrow/scheme/scheme.hpp"

namespace narrow {

class half_wave {
 public:
  static constexpr bool takes_vectors = true;

  // Errors: a step that is zero, negative, subnormal or not finite.
  explicit half_wave(float step) : step_(step) {
    detail::require(detail::is_normal(step) && step > 0, "half_wave: step is ", step,
                    "; it must be a positive normal number");
  }

  static constexpr granularity axis() { return per_tensor; }
  static constexpr std::size_t count() { return 1; }
  float step() const { return step_; }
  // The value of the largest code of T. Gradients pass below it.
  template <coded_element T>
  double highest() const {
    return static_cast<double>(step_) * static_cast<double>(encoding_of<T>::max_code);
  }
  template <fixed_point_encoding E>
  double factor(std::size_t) const {
    return static_cast<double>(step_);
  }

  template <encoding E, class Overflow, class Real, class Rounding, class Place>
  [[gnu::always_inline]] detail::bits_of<Real> encode(const Real& x, const Place&, const Rounding& rounding) const {
    using U = detail::bits_of<Real>;
    using layout = detail::real_layout<Real>;
    static_assert(has_step_codes<E>, "half_wave needs integer codes");
    static_assert(std::is_same_v<Overflow, saturate> || std::is_same_v<Overflow, saturate_symmetric>,
                  "half_wave ends at the largest code: it can only saturate");
    const Real quotient = detail::quotient(x, Real(step_));
    const detail::code_range<U> range{U(0), U(static_cast<std::uint32_t>(E::max_code))};
    const U code = detail::real_to_integer<saturate>(quotient, 0, rounding, range);
    // Positive numbers from the smallest to infinity have the bits 1 to infinite_bits; NaN lies above.
    const U infinite_bits = U((std::uint32_t{1} << (layout::width - 1 - layout::mantissa_bits)) - 1)
                            << layout::mantissa_bits;
    const U positive = detail::less(detail::to_bits(x) - U(1), infinite_bits);
    return code | (positive & detail::equal(code, U(0)) & U(1));
  }

  template <encoding E, class Real, class Place>
  [[gnu::always_inline]] Real decode(const detail::bits_of<Real>& code, const Place&) const {
    static_assert(has_step_codes<E>, "half_wave needs integer codes");
    return Real(detail::integer_to_real<Real>(code) * Real(step_));
  }

 private:
  template <encoding E>
  static constexpr bool has_step_codes = [] {
    if constexpr (fixed_point_encoding<E>) {
      return E::fraction_bits == 0 && E::bits <= 18;  // 16, and 2 more where overflows are counted
    } else {
      return false;
    }
  }();

  float step_;
};

namespace detail {

// The steps of the least mean square error over the positive half of a standard normal distribution, for 1 to 8 bits.
// The paper, which fits samples, has 0.538 for 2.
inline constexpr double half_wave_steps[] = {0.797885, 0.538812,  0.321729,  0.184243,
                                             0.102984, 0.0565843, 0.0306914, 0.0164818};

}  // namespace detail

// The scheme that fits normally distributed x of mean zero, in codes of T, unsigned integers of up to 8 bits.
//   deviation   of x, in its units
// Errors: a deviation that leaves no positive normal step.
template <coded_element T>
half_wave half_wave_fit(double deviation = 1) {
  using E = encoding_of<T>;
  static_assert(fixed_point_encoding<E> && !E::is_signed && E::bits <= 8 && E::fraction_bits == 0,
                "half_wave_fit needs an unsigned integer format of up to 8 bits");
  const double step = deviation * detail::half_wave_steps[E::bits - 1];
  detail::require(step >= 0x1p-126 && step < 0x1p127, "half_wave_fit: deviation is ", deviation,
                  "; it must be positive, and the step that follows, ", step, ", a normal float");
  return half_wave(static_cast<float>(step));
}

}  // namespace narrow
