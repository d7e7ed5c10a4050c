// Block formats by the names people use: an element and a block scheme (scheme/block.hpp), quantized along an axis.
//
//   auto a = quantize<mxfp8>(x, 1);     // blocks run along the depth: axis 1 of a product's left operand,
//   auto b = quantize<mxfp8>(w, 0);     // axis 0 of its right one
//   gemm(a, b, y);
//
// One of your own is one line as well: an element, a scale, a length and a rule for scales (scheme/scale_rule.hpp).
// Sources: OCP Microscaling Formats (MX) 1.0, 2023; NVIDIA, "Introducing NVFP4", 2025; Rouhani et al., "Pushing the
// Limits of Narrow Precision Inferencing at Cloud Scale with Microsoft Floating Point", NeurIPS 2020.
#pragma once

#include "narrow/formats.hpp"
#include "narrow/quantize.hpp"
#include "narrow/scheme/block.hpp"

namespace narrow {

template <coded_element Element, block_scheme Scheme>
struct block_format {
  using element_type = Element;
  using scheme_type = Scheme;
  static constexpr double bits_per_value = Scheme::template bits_per_value<encoding_of<Element>>;
};

template <class F>
concept any_block_format = requires {
  typename F::element_type;
  typename F::scheme_type;
  requires std::is_same_v<F, block_format<typename F::element_type, typename F::scheme_type>>;
};

// OCP Microscaling: 32 elements under a power of two. Of the two 6-bit and the two 8-bit floats, the short name is the
// one with more mantissa bits. mxint8 is code / 64, to 127 / 64 and down to -2.
template <coded_element Element, class Rule = scale_floor>
using mx = block_format<Element, block_scaled<float8_e8m0fnu, 32, Rule>>;
using mxfp8 = mx<float8_e4m3fn>;
using mxfp8_e5m2 = mx<float8_e5m2>;
using mxfp6 = mx<float6_e2m3fn>;
using mxfp6_e3m2 = mx<float6_e3m2fn>;
using mxfp4 = mx<float4_e2m1fn>;
using mxint8 = mx<fixed<2, 6>>;

// NVIDIA's: 16 elements under an E4M3 scale, all under a float.
using nvfp4 = block_format<float4_e2m1fn, block_scaled<float8_e4m3fn, 16, scale_two_level>>;

// Block floating point: two's complement mantissas of 2 to 24 bits, the sign among them, under one 8-bit exponent, the
// smallest under which nothing saturates. msfp<12>, ..., msfp<16>: 16 mantissas, of so many bits with the exponent's 8.
template <int MantissaBits, std::size_t Length>
using block_floating_point =
    block_format<number<signed_integer<MantissaBits>>, block_scaled<float8_e8m0fnu, Length, scale_ratio_ceil>>;
template <int Bits>
struct msfp_format {
  static_assert(Bits >= 12 && Bits <= 16,
                "there are msfp<12> to msfp<16>: of others use block_floating_point<bits, 16>");
  using type = block_floating_point<Bits - 8, 16>;
};
template <int Bits>
using msfp = typename msfp_format<Bits>::type;

// Integers in groups under a float16 scale, as weights often are: grouped<int4, 128>.
template <fixed_point_element Element, std::size_t Length>
using grouped = block_format<Element, block_scaled<float16, Length, scale_ratio>>;

// Ternary weights in groups of any length, -a, 0 and +a with a scale for each group, fitted by least squares or by a
// threshold (below): Mellempudi et al., "Ternary Neural Networks with Fine-Grained Quantization", 2017.
template <std::size_t Length, any_number Scale = float16>
using grouped_ternary = block_format<ternary, block_scaled<Scale, Length, scale_ternary>>;

namespace detail {

// Elements saturate, those with infinities too; symmetrically where their own policy is that.
template <class F>
using block_overflow = std::conditional_t<std::is_same_v<overflow_of<typename F::element_type>, saturate_symmetric>,
                                          saturate_symmetric, saturate>;

}  // namespace detail

// A tensor in a block format for gemm or conv2d to write, blocks along the axis: of zeros, under scales of 1. Errors:
// an axis that is none.
template <any_block_format F, std::size_t Rank>
auto block_tensor(const std::array<std::size_t, Rank>& extents, std::size_t axis) {
  using Scheme = typename F::scheme_type;
  using Scale = typename Scheme::scale_type;
  detail::require(axis < Rank, "block_tensor: axis is ", axis, "; the tensor has ", Rank, " axes");
  const std::size_t count = detail::block_count(extents, axis, Scheme::block_length);
  return quantized_tensor<typename F::element_type, Rank, Scheme>(extents, Scheme(extents, axis, {count, Scale(1.0F)}));
}

// x in a block format, its blocks along the axis; else as quantize<T>(x, scheme, ...), but elements saturate, those
// with infinities too. Errors: an axis that is none.
template <any_block_format F, class S, std::size_t Rank, class Rounding = rounding_of<typename F::element_type>,
          class Overflow = detail::block_overflow<F>>
auto quantize(const tensor_view<S, Rank>& x, std::size_t axis, const Rounding& rounding = {},
              conversion_counts* counts = nullptr, Overflow overflow = {}) {
  return quantize<typename F::element_type>(x, F::scheme_type::fit(x, axis), rounding, counts, overflow);
}

// Groups of ternary weights by a threshold, as ternary_fit does: zero up to factor * mean |w| of the group, and the
// mean of what is kept for the scale. Errors: an axis that is none; a factor that is negative or not finite.
template <any_block_format F, class S, std::size_t Rank>
auto quantize(const tensor_view<S, Rank>& x, std::size_t axis, mean_threshold rule) {
  using Scheme = typename F::scheme_type;
  static_assert(std::is_same_v<typename F::element_type, ternary>, "a threshold is for grouped_ternary");
  detail::check_rule(rule);
  std::vector<float> twice;
  const auto scales = detail::scales_of_blocks(x, axis, Scheme::block_length, [&](const auto& magnitudes) {
    const double kept = detail::mean_beyond(magnitudes, detail::twice_threshold(magnitudes, rule));
    return kept > 0 ? kept : 1;
  });
  const auto thresholds = detail::scales_of_blocks(x, axis, Scheme::block_length, [&](const auto& magnitudes) {
    return static_cast<double>(detail::twice_threshold(magnitudes, rule));
  });
  for (const double threshold : thresholds) twice.push_back(static_cast<float>(threshold));
  quantized_tensor<ternary, Rank, Scheme> result(x.extents(), Scheme::from_reals(x.extents(), axis, scales));
  quantize_into(x, result.codes(), detail::block_thresholds<Scheme::block_length>(x.extents(), axis, std::move(twice)));
  return result;
}

}  // namespace narrow
