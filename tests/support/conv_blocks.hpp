// Convolutions of block formats against an independent statement of their sums (block_sums in accumulator.hpp), tap by
// tap; on every target, kernels packed before and not.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/pack_kernels.hpp"
#include "support/conv_reference.hpp"
#include "support/targets.hpp"

namespace narrow_test {

// What multiplies of each element, and the scale of its block, with the channels last; and a tensor that has them.
template <class Tensor>
struct conv_terms {
  Tensor tensor;
  std::vector<float> elements, scales;
};

// The place of a block's scale in its tensor.
inline std::size_t block_at(const extents4& nhwc, narrow::image_layout layout, std::size_t length, std::size_t n,
                            std::size_t h, std::size_t w, std::size_t c) {
  const std::size_t blocks = (nhwc[3] + length - 1) / length;
  return layout == narrow::nhwc ? ((n * nhwc[1] + h) * nhwc[2] + w) * blocks + c / length
                                : ((n * blocks + c / length) * nhwc[1] + h) * nhwc[2] + w;
}

template <class Body>
void for_each_channel(const extents4& nhwc, const Body& body) {
  for (std::size_t n = 0; n < nhwc[0]; ++n) {
    for (std::size_t h = 0; h < nhwc[1]; ++h) {
      for (std::size_t w = 0; w < nhwc[2]; ++w) {
        for (std::size_t c = 0; c < nhwc[3]; ++c) body(n, h, w, c);
      }
    }
  }
}

// Scales that kernels may take into the elements, or not: one that is NaN, or products below the normal floats.
enum class block_scales { moderate, with_nan, tiny };

// Random reals in a block format, with a block of zeros.
template <class Format>
auto blocks_of(const extents4& nhwc, narrow::image_layout layout, generator& random,
               block_scales scales = block_scales::moderate) {
  const extents4 extents = in_layout(nhwc, layout);
  auto reals = random_reals(nhwc[0] * nhwc[1] * nhwc[2] * nhwc[3], random);
  if (scales == block_scales::with_nan) reals[reals.size() / 2] = std::numeric_limits<float>::infinity();
  if (scales == block_scales::tiny) {
    for (float& x : reals) x *= 0x1p-66F;
  }
  if (layout == narrow::nhwc) std::fill_n(reals.begin(), std::min<std::size_t>(nhwc[3], 32), 0.0F);
  const narrow::tensor_view<const float, 4> view(reals.data(), extents);
  conv_terms<decltype(narrow::quantize<Format>(view, 3))> result{
      narrow::quantize<Format>(view, layout == narrow::nhwc ? 3 : 1), {}, {}};
  using element = typename Format::element_type;
  const auto codes = result.tensor.codes();
  const auto& scheme = result.tensor.scheme();
  for_each_channel(nhwc, [&](auto n, auto h, auto w, auto c) {
    const std::size_t place = block_at(nhwc, layout, Format::scheme_type::block_length, n, h, w, c);
    result.elements.push_back(static_cast<float>(factor_of(element(at(codes, layout, n, h, w, c)))));
    result.scales.push_back(std::ldexp(scheme.tensor_scale() * float(scheme.scale(place)), -fraction_bits<element>()));
  });
  return result;
}

// Terms of each output: indices of the elements of x and w, which begin at 1; 0 is padding.
template <class Body>
void for_each_output_of_indices(const conv_problem& p, const Body& body) {
  const auto index = [](const extents4& e) {
    return [e](std::size_t n, std::size_t h, std::size_t w, std::size_t c) {
      return static_cast<double>(1 + ((n * e[1] + h) * e[2] + w) * e[3] + c);
    };
  };
  for_each_output(p, index({p.images, p.height, p.width, p.channels}),
                  index({p.outputs, p.kernel_height, p.kernel_width, p.group_channels()}), body);
}

// y, pixel after pixel: blocks of `length` channels of each tap; `scale_of_padding` is that of x where there is none.
// Within the bound of any such sum of the exact one.
template <class X, class W, class Sum>
std::vector<float> sums_of_tap_blocks(const conv_problem& p, const X& x, const W& w, std::size_t length,
                                      float scale_of_padding, const Sum& sum) {
  std::vector<float> y;
  const std::size_t share = p.group_channels();
  for_each_output_of_indices(p, [&](auto, auto, auto, auto, const auto& of_x, const auto& of_w) {
    float total = 0;
    double exact = 0, magnitude = 0;
    for (std::size_t tap = 0; tap < of_x.size(); tap += share) {
      for (std::size_t first = 0; first < share; first += length) {
        std::vector<float> a, b;
        const auto at = static_cast<std::size_t>(of_x[tap + first]), of = static_cast<std::size_t>(of_w[tap + first]);
        const float a_scale = at == 0 ? scale_of_padding : x.scales[at - 1], b_scale = w.scales[of - 1];
        for (std::size_t c = first; c < std::min(share, first + length); ++c) {
          a.push_back(at == 0 ? 0.0F : x.elements[static_cast<std::size_t>(of_x[tap + c]) - 1]);
          b.push_back(w.elements[static_cast<std::size_t>(of_w[tap + c]) - 1]);
          const double term = double{a.back()} * double{a_scale} * double{b.back()} * double{b_scale};
          exact += term, magnitude += std::fabs(term);
        }
        volatile float factor = a_scale * b_scale;
        total = std::fma(sum(a, b), factor, total);
      }
    }
    const double n = static_cast<double>(of_x.size() + 3) * 0x1p-24;
    if (std::isfinite(total)) {
      EXPECT_LE(std::fabs(double{total} - exact),
                n / (1 - n) * magnitude + static_cast<double>(of_x.size()) * 0x1p-149);
    } else {
      EXPECT_TRUE(std::isnan(total) && std::isnan(exact));
    }
    y.push_back(total);
  });
  return y;
}

inline float pairs_of_block(const std::vector<float>& a, const std::vector<float>& b) { return pair_sum(a, b, false); }
inline float integers_of_block(const std::vector<float>& a, const std::vector<float>& b) {
  std::int64_t sum = 0;
  for (std::size_t t = 0; t < a.size(); ++t) sum += static_cast<std::int64_t>(a[t]) * static_cast<std::int64_t>(b[t]);
  return static_cast<float>(sum);
}

// Channels within a block, of whole blocks, with odd ends, of several groups, and more depth than the driver takes at
// once.
inline const std::vector<conv_problem>& block_problems() {
  static const std::vector<conv_problem> problems{
      {1, 5, 6, 3, 4, 3, 3, {.stride_h = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 2}},
      {2, 4, 5, 40, 7, 3, 2, {.pad_top = 1, .pad_left = 2}},
      {1, 6, 5, 77, 5, 2, 3, {.stride_w = 2, .pad_right = 1, .dilation_h = 2, .dilation_w = 2, .layout = narrow::nchw}},
      {1, 4, 4, 64, 6, 3, 3, {.pad_top = 1, .pad_bottom = 2, .groups = 2}},
      {2, 3, 3, 64, 6, 2, 2, {.pad_left = 1, .groups = 2, .layout = narrow::nchw}},
      {1, 5, 5, 33, 3, 1, 1, {}},
      {1, 3, 4, 480, 2, 3, 3, {.pad_top = 1, .pad_left = 1}}};
  return problems;
}

template <class X, class W>
void check_conv_of_blocks(const conv_problem& p, const X& x, const W& w, const std::vector<float>& want) {
  using left = typename decltype(x.tensor.view())::value_type;
  for (const narrow::target t : support::supported_targets()) {
    SCOPED_TRACE(narrow::name_of(t));
    const support::on_target guard(t);
    const gapped<float> y(output_extents(p)), of_packed(output_extents(p));
    narrow::conv2d(x.tensor, w.tensor, y.view(), p.geometry);
    const auto packed = narrow::pack_kernels<left>(w.tensor, p.geometry);
    narrow::conv2d(x.tensor, packed, of_packed.view(), p.geometry);
    EXPECT_TRUE(y.canaries_live() && of_packed.canaries_live());
    const auto got = channels_last(y.view(), p.geometry.layout),
               from_packed = channels_last(of_packed.view(), p.geometry.layout);
    for (std::size_t i = 0; i < want.size(); ++i) {
      ASSERT_TRUE(same(got[i], want[i])) << "element " << i << ": " << got[i] << ", not " << want[i];
      ASSERT_TRUE(same(from_packed[i], want[i])) << "element " << i << " of packed kernels: " << from_packed[i];
    }
  }
}

template <class FormatX, class FormatW, class Sum>
void check_blocks(const Sum& sum) {
  generator random(5);
  constexpr std::size_t length = std::min(FormatX::scheme_type::block_length, FormatW::scheme_type::block_length);
  for (const conv_problem& p : block_problems()) {
    SCOPED_TRACE(p);
    const auto layout = p.geometry.layout;
    const extents4 image{p.images, p.height, p.width, p.channels},
        kernel{p.outputs, p.kernel_height, p.kernel_width, p.group_channels()};
    const auto check = [&](block_scales of_x, block_scales of_w) {
      const auto x = blocks_of<FormatX>(image, layout, random, of_x);
      const auto w = blocks_of<FormatW>(kernel, layout, random, of_w);
      check_conv_of_blocks(p, x, w, sums_of_tap_blocks(p, x, w, length, 0.0F, sum));
    };
    using enum block_scales;
    check(moderate, moderate), check(with_nan, moderate), check(moderate, with_nan);
    if (narrow::encoding_of<typename FormatX::scheme_type::scale_type>::digits == 1) check(tiny, tiny);
  }
}

}  // namespace narrow_test
