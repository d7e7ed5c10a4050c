// Depthwise convolutions: one input and one output channel a group. There is no product of matrices in them: a line of
// output is summed tap by tap, by vectors of channels, from a band (patches.hpp) of a few lines of the image as floats.
//
// Classes: those of float chains and of bfloat16 pairs, and exact integers in int32 whose sums stay below 2^24, which
// float holds: zero points are subtracted in the band, so the bound is that of the sum itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "narrow/detail/conv/kernel_matrix.hpp"
#include "narrow/detail/conv/patches.hpp"
#include "narrow/detail/gemm/fast.hpp"

namespace narrow::detail {

struct depthwise_workspace {
  scratch band, lines;
};
struct depthwise_parameters {
  scratch weights;
};

template <class Class>
constexpr bool may_be_depthwise() {
  using Accumulator = typename Class::accumulator;
  if constexpr (std::is_same_v<Accumulator, fma_chain<float>> || std::is_same_v<Accumulator, bfloat16_pairs>) {
    return true;
  } else {
    return Class::exact_integer && std::is_same_v<typename Accumulator::sum_type, std::int32_t>;
  }
}

// Weights as floats, less their zero points: a row of channels for each tap.
template <class Accumulator, class W>
void depthwise_weights(const W& w, const conv_shape& s, std::size_t step, float* to) {
  for (std::size_t r = 0; r < s.kernel_height; ++r) {
    for (std::size_t q = 0; q < s.kernel_width; ++q, to += step) {
      const auto tap = kernel_tap(w, r, q);
      for (std::size_t o = 0; o < s.out_channels; ++o) {
        to[o] = tap.template value<float>(o, 0, false);
        if constexpr (std::is_same_v<Accumulator, bfloat16_pairs>) to[o] = bfloat16_pairs::flush(to[o]);
      }
      std::fill(to + s.out_channels, to + step, 0.0F);
    }
  }
}

// Lines of the output, counted through all images, one after the other. Each line of the padded image is converted once
// and kept as long as output lines meet it.
template <class Sum, class Target, class Patches, class LastOf, class Context>
class depthwise_lines {
 public:
  depthwise_lines(const Patches& patches, const float* weights, std::size_t weights_step, const LastOf& last,
                  const Context& context, bool factors, bool pairs)
      : a(patches),
        s(patches.shape),
        g(patches.geometry),
        last_of(last),
        of_all(context),
        factors_are_one(factors),
        columns((s.out_width - 1) * g.stride_w + (s.kernel_width - 1) * g.dilation_w + 1),
        line_step(divided_up(columns * s.channels, 16) * 16 + 16),
        kept((s.kernel_height - 1) * g.dilation_h + 1),
        weights_of_taps(weights),
        band((*lease).band.template get<float>(kept * line_step)),
        lines((*lease).lines.template get<const float*>(s.kernel_height)) {
    t.lines = lines;
    t.kernel_height = s.kernel_height, t.kernel_width = s.kernel_width;
    t.tap_step = g.dilation_w * s.channels, t.pixel_step = g.stride_w * s.channels;
    t.weights_step = weights_step;
    t.integers = std::is_integral_v<Sum>;
    t.pairs = pairs;
  }

  void run(std::size_t first, std::size_t count) {
    std::size_t image = s.images, next = 0;
    for (std::size_t line = first; line < first + count; ++line) {
      const std::size_t row = line % s.out_height, begin = row * g.stride_h;
      output of{last_of(line / s.out_height, row), of_all, nullptr};
      of.context.last = &of.last;
      of.sums = of.last.template sums_in_place<Sum>(factors_are_one);
      if (image != line / s.out_height) image = line / s.out_height, next = begin;
      for (next = std::max(next, begin); next < begin + kept; ++next) {
        if ((next - begin) % g.dilation_h != 0 && g.stride_h % g.dilation_h == 0) continue;
        gather(image, {next, 1, 0, columns}, line_of(next));
      }
      for (std::size_t r = 0; r < s.kernel_height; ++r) lines[r] = line_of(begin + r * g.dilation_h);
      output_line(of);
    }
  }

 private:
  static constexpr std::size_t most_pixels = 32;

  struct output {
    decltype(std::declval<const LastOf&>()(0, 0)) last;
    Context context;
    Sum* sums;  // where they are the result, else null
  };

  float* line_of(std::size_t padded_line) const { return band + padded_line % kept * line_step; }
  void gather(std::size_t image, const patch_band& part, float* to) const {
    Target::template gather_a_band<real_panel<float>>(a, image, part, 1, to);
  }
  void output_line(const output& of) {
    alignas(64) Sum sums[most_pixels * most_columns];
    t.sums_stride = of.sums != nullptr ? of.last.out.view.stride(0) : static_cast<std::ptrdiff_t>(most_columns);
    for (std::size_t x = 0; x < s.out_width; x += most_pixels) {
      t.pixels = std::min(most_pixels, s.out_width - x);
      for (std::size_t j = 0; j < s.channels; j += most_columns) {
        t.columns = std::min(most_columns, s.channels - j);
        t.first = x * t.pixel_step + j;
        t.weights = weights_of_taps + j;
        t.sums = sums;
        if (of.sums != nullptr) {
          t.sums = of.sums + static_cast<std::ptrdiff_t>(x) * t.sums_stride + static_cast<std::ptrdiff_t>(j);
        }
        Target::sum_depthwise(t);
        if (of.sums != nullptr) continue;
        Target::template finish<Context, Sum>(&of.context, sums, t.sums_stride, of.last.out.view.first + x, t.pixels, j,
                                              t.columns);
      }
    }
  }

  const Patches& a;
  const conv_shape& s;
  const conv_geometry& g;
  const LastOf& last_of;
  const Context& of_all;
  const bool factors_are_one;
  const std::size_t columns, line_step, kept;  // of the band; gathering writes up to a vector beyond a line
  const float* const weights_of_taps;
  leased<depthwise_workspace> lease;
  float* const band;
  const float** const lines;
  depthwise_tile t;
};

// y by the kernels of the target in use; else false, and nothing is written.
template <class Class, class X, class W, class Y, class LastOf, class E>
bool convolve_depthwise([[maybe_unused]] const X& x, [[maybe_unused]] const W& w, [[maybe_unused]] const Y& y,
                        [[maybe_unused]] const conv_shape& s, [[maybe_unused]] const conv_geometry& g,
                        [[maybe_unused]] const LastOf& last_of, [[maybe_unused]] const E& e) {
  using A = decltype(image_row(x, 0, 0));
  using B = decltype(kernel_tap(w, 0, 0));
  if constexpr (!may_be_depthwise<Class>()) {
    return false;
  } else {
    using Sum = typename Class::accumulator::sum_type;
    using Finisher = decltype(last_of(0, 0));
    if (s.group_channels != 1 || s.group_outputs != 1 || s.depth == 0) return false;
    if (!is_band_of_use(span_of(1, 1, s.kernel_height, g.dilation_h),
                        span_of(s.out_width, g.stride_w, s.kernel_width, g.dilation_w), s.channels)) {
      return false;
    }
    if constexpr (std::is_integral_v<Sum>) {
      const uint128 most = uint128{image_row(x, 0, 0).largest()} * kernel_tap(w, 0, 0).largest() * s.depth;
      if (most > uint128{1} << 24) return false;
    }
    return on_target([&](auto target) {
      using Target = decltype(target);
      conv_shape whole = s;  // of all channels at once
      whole.group_channels = s.channels;
      patches<X> a(x, whole, g);
      a.copies = has_ready_elements<real_panel<float>, A>();
      leased<parameter_workspace> parameters;
      leased<depthwise_parameters> lease;
      leased<kernel_workspace> kernels;
      const std::size_t step = divided_up(s.channels, most_columns) * most_columns;
      float* const weights = (*lease).weights.template get<float>(s.kernel_height * s.kernel_width * step);
      depthwise_weights<typename Class::accumulator>(w, s, step, weights);
      const auto b = kernel_matrix(whole_kernels(w, *kernels), 0, s.out_channels, s.depth);
      finish_context<Finisher> context;
      const Finisher first = last_of(0, 0);
      context.fill(first, a, b, false, (*parameters).scales);
      const bool factors_are_one = A::factor_is_one && B::factor_is_one;
      const std::size_t lines = s.images * s.out_height, threads = concurrency_of(e);
      const std::size_t pieces = threads == 1 ? 1 : std::min(lines, threads * 2), some = divided_up(lines, pieces);
      e.parallel_for(divided_up(lines, some), [&](std::size_t piece) {
        using Lines = depthwise_lines<Sum, Target, patches<X>, LastOf, finish_context<Finisher>>;
        constexpr bool pairs = std::is_same_v<typename Class::accumulator, bfloat16_pairs>;
        Lines(a, weights, step, last_of, context, factors_are_one, pairs)
            .run(piece * some, std::min(some, lines - piece * some));
      });
      return true;
    });
  }
}

}  // namespace narrow::detail
