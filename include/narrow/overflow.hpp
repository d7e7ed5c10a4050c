// Overflow policies: what becomes of a number that, once rounded, lies beyond the largest finite one; and presets,
// which choose a policy for each format.
#pragma once

#include <type_traits>

namespace narrow {

// The largest finite number of that sign; for infinities too, of which only posits make NaN.
struct saturate {};

// As `saturate`, but an infinity stays one, or becomes the NaN of a float that has none. Only for floats with an
// infinity or a NaN.
struct saturate_finite {};

// As `saturate`, but signed codes stay within +-(largest): the most negative code is never produced (Courbariaux 2014).
struct saturate_symmetric {};

// As IEEE 754: infinity, or NaN where the format has none; the largest finite number in the modes that round toward
// zero on that side and in to_odd. Only for formats with an infinity or a NaN.
struct to_infinity {};

// The low bits of the code, as two's complement hardware does; an infinity gives code 0. Only for fixed point and
// integers.
struct wrap {};

// ---- presets ----------------------------------------------------------------------------------------------------
// What a specification asks for, wherever a policy goes. One of your own is a type with a member template `policy`,
// which is given the encoding. In all of them NaN stays one, becomes -0 in floats without (as in ONNX; OCP leaves it to
// the implementation) and 0 in integers.

namespace detail {

// Policies for floats only.
template <class Overflow>
inline constexpr bool keeps_specials =
    std::is_same_v<Overflow, to_infinity> || std::is_same_v<Overflow, saturate_finite>;

template <class Encoding>
inline constexpr bool only_saturates = requires {
  Encoding::is_code_ordered;
};

}  // namespace detail

// IEEE 754: infinity, or NaN where the format has none; a format with neither saturates. To nearest even also what OCP
// calls non-saturating, and ONNX's Cast with saturate = 0. Posits always saturate.
struct ieee {
  template <class Encoding>
  using policy = std::conditional_t<(Encoding::has_infinity || Encoding::has_nan) && !detail::only_saturates<Encoding>,
                                    to_infinity, saturate>;
};

// The saturating mode of OCP 8-bit Floating Point (2023), and Microscaling (2023): floats of up to 8 bits saturate,
// infinities too. Wider ones are IEEE 754's. Integers saturate.
struct ocp {
  template <class Encoding>
  using policy = std::conditional_t<(Encoding::bits > 8), ieee::policy<Encoding>, saturate>;
};

// ONNX: QuantizeLinear, and Cast to floats as it is by default (saturate = 1), which decide as OCP does. Its Cast to
// integers is another conversion: toward_zero and wrap.
struct onnx : ocp {};

// The saturating conversions of ml_dtypes: finite numbers saturate, and infinities stay. (Those it does by default are
// `ieee` to nearest even.) Not its own ties of float8_e8m0fnu, and signs of zeros that NaN becomes.
struct ml_dtypes {
  template <class Encoding>
  using policy = std::conditional_t<(Encoding::has_infinity || Encoding::has_nan) && !detail::only_saturates<Encoding>,
                                    saturate_finite, saturate>;
};

namespace detail {

template <template <class> class>
struct is_template;

template <class Encoding, class Overflow>
struct chosen_policy {
  using type = Overflow;
};

}  // namespace detail

template <class T>
concept overflow_preset = requires {
  typename detail::is_template<T::template policy>;
};

namespace detail {

template <class Encoding, overflow_preset Preset>
struct chosen_policy<Encoding, Preset> {
  using type = typename Preset::template policy<Encoding>;
};

}  // namespace detail

// The policy itself, or the one that a preset chooses for this encoding.
template <class Encoding, class Overflow>
using overflow_for = typename detail::chosen_policy<Encoding, Overflow>::type;

}  // namespace narrow
