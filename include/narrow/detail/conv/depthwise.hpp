// Depthwise convolutions: one input and one output channel a group. There is no product of matrices in them: a line of
// output is summed tap by tap, by vectors of channels (gemm/depthwise.inl), from lines of the image
//   - as they lie in memory, where their elements are those that multiply
//   - else converted, each once, and kept as long as output lines meet it
// Taps beyond the image read a line of padding instead: above and below it for all pixels, beside it for those few that
// have such taps, one at a time.
//
// Classes: those of float chains and of bfloat16 pairs, and exact integers in int32 whose codes are of 8 bits, or of 16
// signed ones. Zero points of weights are subtracted from them before; those of the image are in the padding, and sums
// start at what they add up to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>

#include "narrow/detail/conv/depthwise_plan.hpp"
#include "narrow/detail/conv/fast.hpp"
#include "narrow/detail/conv/kernel_matrix.hpp"
#include "narrow/detail/conv/patches.hpp"
#include "narrow/detail/gemm/fast.hpp"

namespace narrow::detail {

struct depthwise_workspace {
  scratch band, held, lines, taps;
};

// Calls run(panel) for those that the image may be read as, the best first, until one returns true.
template <class Class, class A, class B, class Run>
bool on_depthwise_panels([[maybe_unused]] const Run& run) {
  using Accumulator = typename Class::accumulator;
  if constexpr (std::is_same_v<Accumulator, fma_chain<float>>) {
    return run(real_panel<float>{});
  } else if constexpr (std::is_same_v<Accumulator, bfloat16_pairs>) {
    return run(bf16_panel{});
  } else if constexpr (Class::exact_integer && std::is_same_v<typename Accumulator::sum_type, std::int32_t>) {
    if constexpr (bits_of_codes<A> <= 8) {
      if (run(byte_panel<panel_sign::is_unsigned>{})) return true;
    }
    if constexpr (A::has_integer_values || bits_of_codes<A> < 16 || (bits_of_codes<A> == 16 && A::E::is_signed)) {
      return run(pair_panel{});
    }
    return false;
  } else {
    return false;
  }
}

// Lines of the output, counted through all images, one after the other.
template <class Panel, class Target, class Patches, class LastOf, class Context>
class depthwise_lines {
  using element = typename Panel::element;
  using Sum = typename Panel::sum;
  using Finisher = typename Context::finisher_type;

 public:
  depthwise_lines(const Patches& patches, const depthwise_plan& parameters, const LastOf& last, const Context& context)
      : a(patches),
        s(patches.shape),
        g(patches.geometry),
        plan(parameters),
        last_of(last),
        of_all(context),
        kept(span_of(1, 1, s.kernel_height, g.dilation_h)),
        in_place(a.copies && elements_of(a.x).size() != 0 && a.has_whole_lines()),
        band((*lease).band.bytes(kept * plan.line_bytes)),
        held((*lease).held.template get<std::size_t>(kept)),
        lines((*lease).lines.template get<const std::byte*>(s.kernel_height)),
        taps((*lease).taps.template get<const std::byte*>(plan.tap_places)) {
    // Pixels all of whose taps are in columns of the image.
    const std::size_t before = divided_up(g.pad_left, g.stride_w), right = g.pad_left + s.width;
    const std::size_t span = span_of(1, 1, s.kernel_width, g.dilation_w);
    const std::size_t until = right < span ? 0 : (right - span) / g.stride_w + 1;
    first_inside = std::min(before, s.out_width);
    last_inside = std::max(first_inside, std::min(until, s.out_width));
    if (in_place) {
      const auto& e = elements_of(a.x);
      const auto highest = [&](std::size_t axis) {
        return e.stride(axis) > 0 ? static_cast<std::ptrdiff_t>(e.extent(axis) - 1) * e.stride(axis) : 0;
      };
      limit = reinterpret_cast<const std::byte*>(e.data() + highest(0) + highest(1) + s.width * s.channels);
    }
    t.taps = taps;
    t.tap_count = s.depth;
    t.pixel_step = static_cast<std::ptrdiff_t>(g.stride_w * s.channels * sizeof(element));
    t.neighbours = g.dilation_w == g.stride_w ? s.kernel_width : 0;
    if (a.copies) t.flip = flip_of_ready<Panel, typename Patches::line>();
  }

  void run(std::size_t first, std::size_t count) {
    std::size_t image = s.images;
    for (std::size_t line = first; line < first + count; ++line) {
      const std::size_t row = line % s.out_height, begin = row * g.stride_h;
      output of{last_of(line / s.out_height, row), of_all, nullptr};
      of.context.last = &of.last;
      of.sums = of.last.template sums_in_place<Sum>(plan.factors_are_one);
      if (image != line / s.out_height) {
        image = line / s.out_height;
        std::fill_n(held, kept, nothing);
      }
      for (std::size_t r = 0; r < s.kernel_height; ++r) lines[r] = line_at(image, begin + r * g.dilation_h);
      output_line(of);
    }
  }

 private:
  static constexpr std::size_t most_pixels = 32, nothing = std::numeric_limits<std::size_t>::max();

  struct output {
    decltype(std::declval<const LastOf&>()(0, 0)) last;
    Context context;
    Sum* sums;  // where they are the result, else null
  };

  // A line of the padded image, its columns within the image.
  const std::byte* line_at(std::size_t image, std::size_t padded) {
    const std::size_t row = padded - g.pad_top;  // before the first one this lies beyond the last
    if (row >= s.height || s.width == 0) return plan.padding;
    if (in_place) {
      const auto& e = elements_of(a.x);
      const auto* const line = reinterpret_cast<const std::byte*>(&e(image, row, 0, 0));
      const bool reads_beyond = s.channels % plan.kernel.block() != 0;
      if (!reads_beyond || static_cast<std::size_t>(limit - line) >= plan.line_bytes) return line;
    }
    std::byte* const to = band + padded % kept * plan.line_bytes;
    if (held[padded % kept] != padded) {
      Target::template gather_line<Panel>(a, image, row, reinterpret_cast<element*>(to));
      held[padded % kept] = padded;
    }
    return to;
  }

  void output_line(const output& of) {
    alignas(64) Sum sums[most_pixels * most_columns];
    const bool at_once = of.sums != nullptr || plan.leaves_codes;
    const std::size_t most = at_once ? s.out_width : most_pixels, most_channels = at_once ? s.channels : most_columns;
    t.sums_stride = of.sums != nullptr ? of.last.out.view.stride(0) : static_cast<std::ptrdiff_t>(most_columns);
    if constexpr (may_leave_codes_of<Finisher>) {
      if (plan.leaves_codes) {
        codes = plan.codes;
        codes.to = reinterpret_cast<std::byte*>(of.last.out.view.data());
        codes.stride = of.last.out.view.stride(0);
        t.codes = &codes;
      }
    }
    for (std::size_t x = 0; x < s.out_width; x += most) {
      const std::size_t pixels = std::min(most, s.out_width - x);
      for (std::size_t j = 0; j < s.channels; j += most_channels) {
        const std::size_t channels = std::min(most_channels, s.channels - j);
        t.weights = plan.weights + j * plan.tap_places * sizeof(element);
        t.starts = plan.starts + j;
        t.channels = channels;
        sum_pixels(x, pixels, j, of.sums != nullptr ? of.sums : sums);
        if (at_once) continue;
        Target::template finish<Context, Sum>(&of.context, sums, t.sums_stride, of.last.out.view.first + x, pixels, j,
                                              channels);
      }
    }
  }

  // Pixels [x, x + count), channels from j on; sums begin at pixel x.
  void sum_pixels(std::size_t x, std::size_t count, std::size_t j, Sum* sums) {
    const std::size_t end = x + count;
    const std::size_t begin = std::clamp(first_inside, x, end), beyond = std::clamp(last_inside, begin, end);
    const auto sum = [&](std::size_t first, std::size_t pixels) {
      point_taps(first, j);
      t.pixels = pixels;
      t.sums = sums + static_cast<std::ptrdiff_t>(first - x) * t.sums_stride;
      plan.kernel.run(t);
      if (t.codes != nullptr) codes.to += static_cast<std::ptrdiff_t>(pixels) * codes.stride;
    };
    for (std::size_t pixel = x; pixel < begin; ++pixel) sum(pixel, 1);
    if (begin < beyond) sum(begin, beyond - begin);
    for (std::size_t pixel = beyond; pixel < end; ++pixel) sum(pixel, 1);
  }

  void point_taps(std::size_t pixel, std::size_t j) {
    for (std::size_t q = 0; q < s.kernel_width; ++q) {
      const std::size_t column = pixel * g.stride_w + q * g.dilation_w - g.pad_left;
      const std::size_t offset = (column * s.channels + j) * sizeof(element);
      for (std::size_t r = 0; r < s.kernel_height; ++r) {
        taps[r * s.kernel_width + q] = column < s.width ? lines[r] + offset : plan.padding;
      }
    }
    std::fill(taps + s.depth, taps + plan.tap_places, taps[0]);  // whose weights are zero
  }

  const Patches& a;
  const conv_shape& s;
  const conv_geometry& g;
  const depthwise_plan& plan;
  const LastOf& last_of;
  const Context& of_all;
  const std::size_t kept;  // lines of the band
  const bool in_place;
  std::size_t first_inside = 0, last_inside = 0;
  const std::byte* limit = nullptr;  // of the image's memory
  leased<depthwise_workspace> lease;
  std::byte* const band;
  std::size_t* const held;        // the padded line that each of the band's is
  const std::byte** const lines;  // under each row of the kernel
  const std::byte** const taps;
  depthwise_tile t;
  tile_codes codes;  // of the line, where that is what it leaves
};

// y by the kernel that reads such a panel; false where the target has none, or where it does not take the operands.
template <class Panel, class Target, class X, class W, class LastOf, class E>
bool convolve_depthwise_on(Target target, const X& x, const W& w, const conv_shape& s, const conv_geometry& g,
                           const LastOf& last_of, const E& e) {
  using element = typename Panel::element;
  using Finisher = decltype(last_of(0, 0));
  depthwise_plan plan;
  plan.kernel = Target::template depthwise<Panel>();
  if (plan.kernel.run == nullptr) return false;
  conv_shape whole = s;  // of all channels at once
  whole.group_channels = s.channels;
  patches<X> a(x, whole, g);
  using Line = typename patches<X>::line;
  a.copies = has_ready_elements<Panel, Line>() && (!std::is_same_v<Panel, bf16_panel> || Target::flushes_by_itself());
  if (!set_padding<Panel>(a)) return false;
  std::int64_t zero_of_x = 0;
  if constexpr (std::is_integral_v<typename Panel::sum>) zero_of_x = a.zero_point(0) + Panel::template offset<Line>;
  leased<depthwise_parameters> lease;
  leased<kernel_workspace> kernels;
  const auto b = kernel_matrix(whole_kernels(w, *kernels), 0, s.out_channels, s.depth);
  if (!set_weights<Panel>(b, zero_of_x, plan, *lease)) return false;

  // Taps on padding read a pixel's channels even where the image has no pixel.
  const std::size_t elements = std::max<std::size_t>(1, s.width) * s.channels + plan.kernel.block();
  plan.line_bytes = divided_up(elements * sizeof(element), 64) * 64;
  element* const padding = reinterpret_cast<element*>((*lease).padding.bytes(plan.line_bytes));
  element one;
  std::memcpy(&one, &a.padding, sizeof one);
  std::fill_n(padding, elements, one);
  plan.padding = reinterpret_cast<const std::byte*>(padding);

  leased<parameter_workspace> parameters;
  plan.factors_are_one = Line::factor_is_one && decltype(b)::factor_is_one;
  finish_context<Finisher> context;
  const Finisher first = last_of(0, 0);
  context.fill(first, a, b, false, (*parameters).scales);
  set_codes<Panel>(target, first, a, b, plan, *lease);
  const std::size_t lines = s.images * s.out_height, threads = concurrency_of(e);
  const std::size_t pieces = threads == 1 ? 1 : std::min(lines, threads * 2), some = divided_up(lines, pieces);
  e.parallel_for(divided_up(lines, some), [&](std::size_t piece) {
    depthwise_lines<Panel, Target, patches<X>, LastOf, finish_context<Finisher>>(a, plan, last_of, context)
        .run(piece * some, std::min(some, lines - piece * some));
  });
  return true;
}

// y by the kernels of the target in use; else false, and nothing is written.
template <class Class, class X, class W, class LastOf, class E>
bool convolve_depthwise([[maybe_unused]] const X& x, [[maybe_unused]] const W& w, [[maybe_unused]] const conv_shape& s,
                        [[maybe_unused]] const conv_geometry& g, [[maybe_unused]] const LastOf& last_of,
                        [[maybe_unused]] const E& e) {
  using A = decltype(image_row(x, 0, 0));
  using B = decltype(kernel_tap(w, 0, 0));
  if (s.group_channels != 1 || s.group_outputs != 1 || s.depth == 0) return false;
  if (!is_band_of_use(span_of(1, 1, s.kernel_height, g.dilation_h), s.width, s.channels)) return false;
  return on_target([&]([[maybe_unused]] auto target) {
    return on_depthwise_panels<Class, A, B>(
        [&](auto panel) { return convolve_depthwise_on<decltype(panel)>(target, x, w, s, g, last_of, e); });
  });
}

}  // namespace narrow::detail
