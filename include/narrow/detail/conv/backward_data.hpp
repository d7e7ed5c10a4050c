// The gradient of a convolution to its data: a correlation of dy with the kernel turned around.
//
// A pixel of dx at `at` meets tap r of the kernel where at + pad - r * dilation is a multiple of the stride; the
// quotient is the row or column of dy. Which taps those are depends on at modulo the stride alone, its phase: each
// phase is a convolution of stride 1 with some of the taps, and every stride-th pixel of dx is its output.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "narrow/conv.hpp"

namespace narrow::detail {

// One phase along one axis: pixels first, first + stride, .. of dx; taps last, last - step, ..; dy, met by the last tap
// of the first pixel at `begin` (before the image it wraps around), and by each tap after it `dilation` further on.
struct tap_phase {
  std::size_t first = 0, pixels = 0;
  std::size_t last = 0, taps = 0, step = 0;
  std::size_t begin = 0, dilation = 0;
};

inline std::vector<tap_phase> tap_phases(std::size_t pixels, std::size_t taps, std::size_t pad, std::size_t stride,
                                         std::size_t dilation) {
  const std::size_t common = std::gcd(stride, dilation), step = stride / common;
  std::vector<tap_phase> result;
  for (std::size_t first = 0; first < std::min(pixels, stride); ++first) {
    tap_phase p{first, divided_up(pixels - first, stride), 0, 0, step, 0, dilation / common};
    const std::size_t padded = first + pad, candidates = std::min(step, taps);
    std::size_t tap = 0;
    while (tap < candidates && tap * dilation % stride != padded % stride) ++tap;
    if (tap < candidates) {
      p.taps = divided_up(taps - tap, step);
      p.last = tap + (p.taps - 1) * step;
      const std::size_t reach = p.last * dilation;
      p.begin = padded >= reach ? (padded - reach) / stride : std::size_t{0} - (reach - padded) / stride;
    }
    result.push_back(p);
  }
  return result;
}

// A phase of both axes, as a convolution of dy.
struct data_phase {
  tap_phase rows, columns;
  conv_shape shape{};
  conv_geometry geometry{};
  std::size_t kernels = 0;  // where its lowered kernels begin
};

inline std::vector<data_phase> data_phases(const conv_shape& s, const conv_geometry& g) {
  std::vector<data_phase> result;
  std::size_t kernels = 0;
  for (const tap_phase& rows : tap_phases(s.height, s.kernel_height, g.pad_top, g.stride_h, g.dilation_h)) {
    for (const tap_phase& columns : tap_phases(s.width, s.kernel_width, g.pad_left, g.stride_w, g.dilation_w)) {
      data_phase p{rows, columns, {}, {}, kernels};
      p.shape.images = s.images, p.shape.height = s.out_height, p.shape.width = s.out_width;
      p.shape.channels = s.out_channels, p.shape.group_channels = s.group_outputs;
      p.shape.kernel_height = rows.taps, p.shape.kernel_width = columns.taps;
      p.shape.out_height = rows.pixels, p.shape.out_width = columns.pixels;
      p.shape.out_channels = s.channels, p.shape.group_outputs = s.group_channels;
      p.shape.depth = rows.taps * columns.taps * s.group_outputs;
      p.shape.patches = checked_product(columns.pixels, p.shape.depth, "conv2d_backward_data");
      p.geometry.pad_top = std::size_t{0} - rows.begin, p.geometry.pad_left = std::size_t{0} - columns.begin;
      p.geometry.dilation_h = rows.dilation, p.geometry.dilation_w = columns.dilation;
      p.geometry.groups = g.groups;
      kernels += p.shape.depth * s.channels;
      result.push_back(p);
    }
  }
  return result;
}

// For each group, a matrix of depth x channels of dx: the phase's taps, turned around.
template <class Compute, class W>
void lower_turned_kernels(const W& w, const data_phase& p, bool with_scale, Compute* to) {
  const std::size_t share = p.shape.group_outputs, outputs = p.shape.group_channels;
  for (std::size_t u = 0; u < p.rows.taps; ++u) {
    for (std::size_t v = 0; v < p.columns.taps; ++v) {
      const auto tap = kernel_tap(w, p.rows.last - u * p.rows.step, p.columns.last - v * p.columns.step);
      for (std::size_t o = 0; o < p.shape.channels; ++o) {
        const std::size_t k = (u * p.columns.taps + v) * outputs + o % outputs;
        Compute* const row = to + (o / outputs * p.shape.depth + k) * share;
        for (std::size_t c = 0; c < share; ++c) row[c] = tap.template value<Compute>(o, c, with_scale);
      }
    }
  }
}

template <class Class, class DY, class W, class DX, class Ops, class Conversion>
void propagate_back(const DY& dy, const W& w, const DX& dx, const conv_shape& shape, const conv_geometry& g,
                    const scaling& s, const Ops& ops, const Conversion& conversion, bool with_scale,
                    const conv_names& name) {
  using Accumulator = typename Class::accumulator;
  using Operand = typename Accumulator::operand_type;
  using Sum = typename Accumulator::sum_type;
  using Output = decltype(output_row(dx, 0, 0));
  const auto some_row = image_row(dy, 0, 0);
  const auto some_tap = kernel_tap(w, 0, 0);
  using A = std::remove_const_t<decltype(some_row)>;
  using B = std::remove_const_t<decltype(some_tap)>;
  if constexpr (needs_integer_sum<A, B, Output, Ops>() && !Class::exact_integer) {
    fail(name.call, ": ", name.x,
         " or an epilogue takes integer accumulators, but the sum is real: a scale varies along the channels that are "
         "summed, or accumulate_in was given");
  } else {
    using Value = value_type_of<Class, A, B, typename Output::value_type>;
    check_scaling_fits<Value>(s, name.call);
    const std::size_t n = shape.channels, share = shape.group_channels;
    std::vector<double> scale(n, 1.0);
    for (std::size_t c = 0; c < n && !with_scale; ++c) scale[c] = some_row.scale(0) * some_tap.scale(c % share);
    const std::vector<data_phase> phases = data_phases(shape, g);
    std::size_t most_patches = 0, most_pixels = 0;
    for (const data_phase& p : phases) {
      most_patches = std::max(most_patches, p.shape.patches);
      most_pixels = std::max(most_pixels, p.columns.pixels);
    }
    std::vector<Operand> image(elements_of(dy).size() / shape.images), kernels(elements_of(w).size());
    std::vector<Operand> patches(most_patches);
    std::vector<Sum> group_sums(most_pixels * share), sums(most_pixels * n);
    std::vector<Value> buffer(n);
    for (const data_phase& p : phases) {
      if (p.shape.depth > 0) lower_turned_kernels(w, p, with_scale, kernels.data() + p.kernels);
    }
    for (std::size_t t = 0; t < shape.images; ++t) {
      if (!image.empty()) lower_image(dy, t, phases.front().shape, with_scale, image.data());
      for (const data_phase& p : phases) {
        for (std::size_t row = 0; row < p.rows.pixels; ++row) {
          for (std::size_t group = 0; group < g.groups; ++group) {
            if (p.shape.depth > 0) plain_patches(image.data(), p.shape, p.geometry, row, group, patches.data());
            multiply<Accumulator>(patches.data(), kernels.data() + p.kernels + group * p.shape.depth * share,
                                  group_sums.data(), p.columns.pixels, p.shape.depth, share);
            for (std::size_t pixel = 0; pixel < p.columns.pixels; ++pixel) {
              std::copy_n(group_sums.data() + pixel * share, share, sums.data() + pixel * n + group * share);
            }
          }
          const Output out = output_row(dx, t, p.rows.first + row * g.stride_h);
          const finisher<Value, Class::exact_integer, Output, Ops, Conversion> last{out, s, ops, conversion, n, 0};
          for (std::size_t pixel = 0; pixel < p.columns.pixels; ++pixel) {
            last.row(
                sums.data() + pixel * n, out.view.first + p.columns.first + pixel * g.stride_w, 0, n,
                [&](std::size_t c) { return scale[c]; }, buffer.data());
          }
        }
      }
    }
  }
}

// Everything with the channels last and the shape checked.
template <class DY, class W, class DX, class... Option>
void data_gradient(const DY& dy, const W& w, const DX& dx, const conv_shape& shape, const conv_geometry& g,
                   const conv_names& name, const Option&... option) {
  check_conv_operand(dy, name.y, 3, g.layout, name.call);
  check_conv_operand(w, name.w, 0, g.layout, name.call);
  check_conv_scheme(dx.view, dx.scheme, dx.axis, name.x, 3, g.layout, name.call);
  using Output = decltype(output_row(dx, 0, 0));
  const auto ops = epilogues_of(option...);
  const scaling s = checked_scaling<Output>(
      dx.view, dy, w, ops, shape.images * shape.height * shape.width, shape.channels,
      {name.call, name.x, name.y, name.w, "image, row, column and channel", "channels"}, option...);
  const auto conversion = conversion_of_options<typename Output::value_type>(option...);
  if (dx.view.size() == 0) return;
  if constexpr (check_epilogue_types<Output, std::remove_const_t<decltype(ops)>>()) {
    const auto a = image_row(dy, 0, 0);
    const auto b = kernel_tap(w, 0, 0);
    const std::size_t depth = shape.kernel_height * shape.kernel_width * shape.group_outputs;
    with_accumulator<std::remove_const_t<decltype(a)>, std::remove_const_t<decltype(b)>, Option...>(
        a, b, depth, a.varies_along(1) || b.varies_along(0), [&](auto chosen, bool with_scale) {
          propagate_back<decltype(chosen)>(dy, w, dx, shape, g, s, ops, conversion, with_scale, name);
        });
  }
}

}  // namespace narrow::detail
