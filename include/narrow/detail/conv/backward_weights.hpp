// The gradient of a convolution to its weights: dy, transposed, times the patches of x, pixels being the depth.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "narrow/conv.hpp"
#include "narrow/detail/conv/fast_weights.hpp"

namespace narrow::detail {

// One tap of dw as columns [first, first + channels) of the matrix of output channels by taps and channels.
template <class T>
struct tap_columns {
  T* data;
  std::size_t first;
  std::ptrdiff_t output_stride, channel_stride;

  T& operator()(std::size_t output, std::size_t column) const {
    return data[static_cast<std::ptrdiff_t>(output) * output_stride +
                static_cast<std::ptrdiff_t>(column - first) * channel_stride];
  }
  std::ptrdiff_t stride(std::size_t axis) const { return axis == 0 ? output_stride : channel_stride; }
};

template <class T, class Scheme>
output_matrix<T, Scheme, tap_columns<T>> output_tap(const image_output<T, Scheme>& dw, std::size_t row,
                                                    std::size_t column) {
  const matrix_view<T> tap = plane(dw.view, 0, {0, row, column, 0});
  const std::size_t first = (row * dw.view.extent(2) + column) * dw.view.extent(3);
  const granularity axis = dw.axis.is_per_tensor() ? per_tensor : dw.axis.axis == 0 ? per_row : per_column;
  // Places along the channels count from the tap's first column.
  const std::size_t first_place = axis == per_column ? std::size_t{0} - first : 0;
  return {{tap.data(), first, tap.stride(0), tap.stride(1)}, dw.scheme, axis, first_place};
}

// The sums of one group, outputs x depth, from some pixels more: whole groups of terms, but for the last pixel of all,
// which is paired with zero. Rows of dy lie `outputs` elements apart.
template <class Accumulator, class T, class Sum>
void add_pixels(const T* dy, std::size_t outputs, const T* patches, std::size_t pixels, std::size_t group_outputs,
                std::size_t depth, Sum* sums) {
  constexpr std::size_t group = Accumulator::group;
  static const T zero{};
  for (std::size_t o = 0; o < group_outputs; ++o) {
    Sum* const to = sums + o * depth;
    for (std::size_t pixel = 0; pixel < pixels; pixel += group) {
      T terms[group] = {};
      for (std::size_t t = 0; t < group && pixel + t < pixels; ++t) terms[t] = dy[(pixel + t) * outputs + o];
      const T* const row = patches + pixel * depth;
      if constexpr (group == 1) {
        for (std::size_t k = 0; k < depth; ++k) Accumulator::step(to[k], terms, row[k]);
      } else {
        const bool whole = pixel + 1 < pixels;
        const T* const next = whole ? row + depth : &zero;
        for (std::size_t k = 0; k < depth; ++k) Accumulator::step(to[k], terms, row[k], next[whole ? k : 0]);
      }
    }
  }
}

// For each group, a matrix of outputs x depth: the sums over all pixels.
template <class Accumulator, class X, class DY, class Sum>
void sum_over_pixels(const X& x, const DY& dy, const conv_shape& shape, const conv_geometry& g, bool with_scale,
                     Sum* sums) {
  using Operand = typename Accumulator::operand_type;
  constexpr std::size_t group = Accumulator::group;
  const std::size_t outputs = shape.out_channels, depth = shape.depth, pixels = shape.out_width;
  std::vector<Operand> image(elements_of(x).size() / shape.images);
  // The pixels of one row, after one that was left of the row before.
  const std::size_t of_patches = (pixels + 1) * depth;
  std::vector<Operand> rows((pixels + 1) * outputs), patches(of_patches * g.groups);
  std::size_t left = 0;
  const auto add = [&](std::size_t count) {
    for (std::size_t t = 0; t < g.groups; ++t) {
      add_pixels<Accumulator>(rows.data() + t * shape.group_outputs, outputs, patches.data() + t * of_patches, count,
                              shape.group_outputs, depth, sums + t * shape.group_outputs * depth);
    }
  };
  for (std::size_t t = 0; t < shape.images; ++t) {
    if (!image.empty()) lower_image(x, t, shape, with_scale, image.data());
    for (std::size_t row = 0; row < shape.out_height; ++row) {
      const auto of_dy = image_row(dy, t, row);
      Operand* to = rows.data() + left * outputs;
      for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        for (std::size_t o = 0; o < outputs; ++o) *to++ = of_dy.template value<Operand>(pixel, o, with_scale);
      }
      for (std::size_t of = 0; of < g.groups; ++of) {
        plain_patches(image.data(), shape, g, row, of, patches.data() + of * of_patches + left * depth);
      }
      const std::size_t count = left + pixels, whole = count / group * group;
      add(whole);
      left = count - whole;
      if (left == 0) continue;
      std::copy_n(rows.data() + whole * outputs, outputs, rows.data());
      for (std::size_t of = 0; of < g.groups; ++of) {
        Operand* const first = patches.data() + of * of_patches;
        std::copy_n(first + whole * depth, depth, first);
      }
    }
  }
  if (left > 0) add(left);
}

template <class Class, class X, class DY, class DW, class Ops, class Conversion, executor E>
void sum_weight_gradient(const X& x, const DY& dy, const DW& dw, const conv_shape& shape, const conv_geometry& g,
                         const scaling& s, const Ops& ops, const Conversion& conversion, bool with_scale,
                         const conv_names& name, const E& e) {
  using Output = decltype(output_tap(dw, 0, 0));
  const auto some_row = image_row(x, 0, 0);
  const auto some_gradient = image_row(dy, 0, 0);
  using A = std::remove_const_t<decltype(some_gradient)>;
  using B = std::remove_const_t<decltype(some_row)>;
  if constexpr (needs_integer_sum<A, B, Output, Ops>() && !Class::exact_integer) {
    fail(name.call, ": ", name.w,
         " or an epilogue takes integer accumulators, but the sum is real: accumulate_in was given, or a scheme has no "
         "factor");
  } else {
    using Value = value_type_of<Class, A, B, typename Output::value_type>;
    check_scaling_fits<Value>(s, name.call);
    const std::size_t share = shape.group_channels, depth = shape.depth;
    const auto finish = [&](const auto* sums) {
      std::vector<Value> buffer(share);
      for (std::size_t r = 0; r < shape.kernel_height; ++r) {
        for (std::size_t q = 0; q < shape.kernel_width; ++q) {
          const Output out = output_tap(dw, r, q);
          const finisher<Value, Class::exact_integer, Output, Ops, Conversion> last{out, s, ops, conversion, depth, 0};
          for (std::size_t o = 0; o < shape.out_channels; ++o) {
            const std::size_t group = o / shape.group_outputs, first = out.view.first;
            const double of_row = with_scale ? 1.0 : some_gradient.scale(o);
            last.row(
                sums + o * depth + first, o, first, share,
                [&](std::size_t j) { return with_scale ? 1.0 : of_row * some_row.scale(group * share + j - first); },
                buffer.data());
          }
        }
      }
    };
    using Matrix = decltype(output_as_matrix(dw, 0));
    using Finisher = finisher<Value, Class::exact_integer, Matrix, Ops, Conversion>;
    const Finisher last{output_as_matrix(dw, depth), s, ops, conversion, depth, 0};
    if (!with_scale && shape.images > 0 &&
        weights_fast<Class>(x, dy, shape, g, is_matrix(dw) ? &last : nullptr, finish, e)) {
      return;
    }
    std::vector<typename Class::accumulator::sum_type> sums(shape.out_channels * depth);
    if (shape.images > 0) sum_over_pixels<typename Class::accumulator>(x, dy, shape, g, with_scale, sums.data());
    finish(sums.data());
  }
}

// Everything with the channels last.
template <class X, class DY, class DW, class... Option>
void weight_gradient(const X& x, const DY& dy, const DW& dw, const conv_geometry& g, const Option&... option) {
  constexpr conv_names name{"conv2d_backward_weights", "x", "dw", "dy"};
  const conv_shape shape = checked_shape(elements_of(x), dw.view, elements_of(dy), g, name);
  check_conv_operand(x, name.x, 3, g.layout, name.call);
  check_conv_operand(dy, name.y, 3, g.layout, name.call);
  check_conv_scheme(dw.view, dw.scheme, dw.axis, name.w, 0, g.layout, name.call);
  using Output = decltype(output_tap(dw, 0, 0));
  const auto ops = epilogues_of(option...);
  const scaling s = checked_scaling<Output>(
      dw.view, x, dy, ops, shape.out_channels, shape.depth,
      {name.call, name.w, name.x, name.y, "output channel, row, column and channel", "taps and channels"}, option...);
  const auto conversion = conversion_of_options<typename Output::value_type>(option...);
  const std::size_t pixels =
      checked_product(checked_product(shape.images, shape.out_height, name.call), shape.out_width, name.call);
  if (dw.view.size() == 0) return;
  if constexpr (check_epilogue_types<Output, std::remove_const_t<decltype(ops)>>()) {
    const auto a = image_row(dy, 0, 0);
    const auto b = image_row(x, 0, 0);
    with_accumulator<std::remove_const_t<decltype(a)>, std::remove_const_t<decltype(b)>, Option...>(
        a, b, pixels, false, [&](auto chosen, bool with_scale) {
          sum_weight_gradient<decltype(chosen)>(x, dy, dw, shape, g, s, ops, conversion, with_scale, name,
                                                executor_of_options(option...));
        });
  }
}

}  // namespace narrow::detail
