// The gradient of a convolution to its data: a correlation of dy with the kernel turned around, phase by phase
// (data_phases.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "narrow/conv.hpp"
#include "narrow/detail/conv/fast_data.hpp"

namespace narrow::detail {

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

template <class Class, class DY, class W, class DX, class Ops, class Conversion, executor E>
void propagate_back(const DY& dy, const W& w, const DX& dx, const conv_shape& shape, const conv_geometry& g,
                    const scaling& s, const Ops& ops, const Conversion& conversion, bool with_scale,
                    const conv_names& name, const E& e) {
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
    constexpr bool by_phases =
        all_ignore_pixels<Ops> && !std::is_same_v<decltype(conversion.rounding), stochastic_sequence>;
    std::vector<typename Class::accumulator::operand_type> kernels;
    for (const data_phase& p : phases) {
      using Finisher = finisher<Value, Class::exact_integer, Output, Ops, Conversion>;
      if (!with_scale && (by_phases || phases.size() == 1)) {
        const auto out = phase_output(dx, p, g);
        const auto last_of = [&](std::size_t t, std::size_t row) {
          return Finisher{output_row(out, t, row), s, ops, conversion, n, 0};
        };
        if (propagate_fast<Class>(dy, w, out, p, last_of, e)) continue;
      }
      kernels.resize(p.shape.depth * n);
      if (p.shape.depth > 0) lower_turned_kernels(w, p, with_scale, kernels.data());
      convolve_plainly<typename Class::accumulator>(
          dy, kernels.data(), p.shape, p.geometry, with_scale, scale,
          [&](std::size_t t, std::size_t row) {
            return Finisher{output_row(dx, t, p.rows.first + row * g.stride_h), s, ops, conversion, n, 0};
          },
          [&](const Finisher& last, std::size_t pixel) {
            return last.out.view.first + p.columns.first + pixel * g.stride_w;
          });
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
          propagate_back<decltype(chosen)>(dy, w, dx, shape, g, s, ops, conversion, with_scale, name,
                                           executor_of_options(option...));
        });
  }
}

}  // namespace narrow::detail
