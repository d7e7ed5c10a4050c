// Operands of a product that memory holds in runs, row after row along the depth: packing (detail/gemm/gathered.inl)
// copies them together piece by piece. A gathered operand is one of the matrices' own kind (detail/gemm/operand.hpp),
// for its parameters, with
//   for_each_run(k, depth, j, columns, f)    f(at, from, stride, n) for each run of the piece: n elements, from `from`
//                                            on and `stride` apart, are those of a dense piece from `at` on
//   part(piece, rows, columns, j)            such a piece as an operand of its own, its columns from j on
// and, where its rows lie at one distance for whole groups of the depth, as lies_in_matrices(group) says,
//   matrix_from(k)                           an operand of as many of them as do, from k on
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "narrow/detail/conv/patches.hpp"
#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

// An operand like the one given, of other elements, whose columns or rows have the parameters from `place` on.
template <class T>
real_operand<T> with_elements(const real_operand<T>&, const matrix_view<const T>& elements, std::size_t) {
  return {elements};
}
template <class T, class Scheme>
coded_operand<T, Scheme> with_elements(const coded_operand<T, Scheme>& x, const matrix_view<const T>& elements,
                                       std::size_t place) {
  return {{elements, x.view.scheme, x.view.axis}, x.view.axis.is_per_tensor() ? 0 : place};
}

// The taps of a phase of the gradient to the data (backward_data.hpp), turned around, of one group: rows (tap row, tap
// column, output channel), columns the group's channels of dx.
template <class W, class Phase>
struct turned_matrix : decltype(kernel_tap(std::declval<const W&>(), 0, 0)) {
  using tap = decltype(kernel_tap(std::declval<const W&>(), 0, 0));
  using value_type = typename tap::value_type;
  static constexpr bool gathers_columns = true;

  const W& w;
  const Phase& phase;
  std::size_t first_output, outputs, channels;  // outputs of the group, channels asked for

  turned_matrix(const W& kernels, const Phase& p, std::size_t first, std::size_t count)
      : tap(kernel_tap(kernels, 0, 0)),
        w(kernels),
        phase(p),
        first_output(first / p.shape.group_outputs * p.shape.group_channels),
        outputs(p.shape.group_channels),
        channels(count) {}

  std::size_t rows() const { return phase.shape.depth; }
  std::size_t columns() const { return channels; }
  std::size_t share() const { return phase.shape.group_outputs; }
  std::size_t place(std::size_t, std::size_t j) const { return tap::place(0, j % share()); }
  double scale(std::size_t j) const { return tap::scale(j % share()); }

  const value_type* row(std::size_t k) const {
    const auto& taps = elements_of(w);
    const auto step = [&](std::size_t index, std::size_t axis) {
      return static_cast<std::ptrdiff_t>(index) * taps.stride(axis);
    };
    const std::size_t u = k / outputs / phase.columns.taps, v = k / outputs % phase.columns.taps;
    return taps.data() + step(first_output + k % outputs, 0) + step(phase.rows.last - u * phase.rows.step, 1) +
           step(phase.columns.last - v * phase.columns.step, 2);
  }
  bool lies_in_matrices(std::size_t group) const { return elements_of(w).stride(3) == 1 && outputs % group == 0; }
  auto matrix_from(std::size_t k) const {
    const auto& taps = elements_of(w);
    const matrix_view<const value_type> rows_left(row(k), {outputs - k % outputs, share()},
                                                  {taps.stride(0), taps.stride(3)});
    return with_elements(static_cast<const tap&>(*this), rows_left, 0);
  }
  template <class F>
  [[gnu::always_inline]] void for_each_run(std::size_t k, std::size_t depth, std::size_t j, std::size_t n,
                                           const F& f) const {
    const auto& taps = elements_of(w);
    for (std::size_t at = 0; at < depth;) {
      const std::size_t some = std::min(outputs - (k + at) % outputs, depth - at);
      const value_type* from = row(k + at) + static_cast<std::ptrdiff_t>(j) * taps.stride(3);
      for (std::size_t t = 0; t < some; ++t, ++at, from += taps.stride(0)) f(at * n, from, taps.stride(3), n);
    }
  }
  auto part(const value_type* piece, std::size_t rows, std::size_t n, std::size_t j) const {
    return with_elements(static_cast<const tap&>(*this), matrix_view<const value_type>(piece, {rows, n}), j);
  }
};

// Such taps as the kernels of a convolution (fast.hpp).
template <class W, class Phase>
struct turned_kernels {
  const W& w;
  const Phase& phase;
};
template <class W, class Phase>
turned_matrix<W, Phase> kernel_matrix(const turned_kernels<W, Phase>& w, std::size_t first, std::size_t count,
                                      std::size_t) {
  return {w.w, w.phase, first, count};
}
template <class W, class Phase>
const turned_kernels<W, Phase>& whole_kernels(const turned_kernels<W, Phase>& w, kernel_workspace&) {
  return w;
}

// What padding is among the elements of an operand's columns, its zero points or zeros, again and again; false where
// there is no such code.
template <class Line>
bool fill_padding(const Line& x, [[maybe_unused]] std::size_t channels,
                  [[maybe_unused]] std::vector<typename Line::value_type>& padding) {
  using T = typename Line::value_type;
  if constexpr (real_element<T>) {
    return true;
  } else if constexpr (Line::has_integer_values) {
    return false;
  } else if constexpr (Line::is_fixed) {
    using E = typename Line::E;
    for (std::size_t c = 0; c < padding.size(); ++c) {
      const std::int64_t zero = x.zero_point(x.place(0, c % channels));
      if (zero < E::min_code || zero > E::max_code) return false;
      padding[c] = from_storage<T>(static_cast<typename E::storage_type>(zero));
    }
    return true;
  } else {
    using E = typename Line::E;
    std::fill(padding.begin(), padding.end(), from_storage<T>(typename E::storage_type{}));
    return E::template decode<double>(std::uint64_t{0}) == 0;
  }
}

// Patches with the pixels as the depth: rows all pixels of the output, columns (tap row, tap column, channel of the
// group).
template <class X>
struct patch_columns : decltype(image_row(std::declval<const X&>(), 0, 0)) {
  using line = decltype(image_row(std::declval<const X&>(), 0, 0));
  using value_type = typename line::value_type;
  static constexpr bool gathers_columns = true;

  const X& x;
  const conv_shape& shape;
  const conv_geometry& geometry;
  std::size_t first_channel = 0;        // of the group
  const value_type* padding = nullptr;  // for each column of a kernel and each channel of the image

  patch_columns(const X& image, const conv_shape& s, const conv_geometry& g)
      : line(image_row(image, 0, 0)), x(image), shape(s), geometry(g) {}

  std::size_t rows() const { return shape.images * shape.out_height * shape.out_width; }
  std::size_t columns() const { return shape.depth; }
  std::size_t channel(std::size_t j) const { return first_channel + j % shape.group_channels; }
  std::size_t place(std::size_t, std::size_t j) const { return line::place(0, channel(j)); }
  double scale(std::size_t j) const { return line::scale(channel(j)); }

  template <class F>
  [[gnu::always_inline]] void for_each_run(std::size_t k, std::size_t depth, std::size_t j, std::size_t n,
                                           const F& f) const {
    const auto& image = elements_of(x);
    const auto& s = shape;
    const auto& g = geometry;
    const std::ptrdiff_t stride = image.stride(3), pixel = image.stride(2);
    // Taps side by side, where the pixels that they meet are so in memory; else each by itself.
    const bool joined =
        g.dilation_w == 1 && g.groups == 1 && stride == 1 && pixel == static_cast<std::ptrdiff_t>(s.channels);
    const std::size_t at_once = s.group_channels * (joined ? s.kernel_width : 1);
    for (std::size_t at = 0; at < depth;) {
      const std::size_t line_index = (k + at) / s.out_width, begin = (k + at) % s.out_width;
      const std::size_t t = line_index / s.out_height, i = line_index % s.out_height;
      const std::size_t pixels = std::min(s.out_width - begin, depth - at);
      for (std::size_t done = 0; done < n;) {
        const std::size_t tap = (j + done) / at_once * (joined ? s.kernel_width : 1), c = (j + done) % at_once;
        const std::size_t some = std::min(at_once - c, n - done);
        // Before the image these wrap around, and so lie beyond it.
        const std::size_t row = i * g.stride_h + tap / s.kernel_width * g.dilation_h - g.pad_top;
        const std::size_t column = begin * g.stride_w + tap % s.kernel_width * g.dilation_w - g.pad_left;
        const auto zeros = [&] { return padding + first_channel + c; };
        // Of the line's pixel v, which lies within the image.
        const auto from = [&](std::size_t v, std::size_t channel) {
          return image.data() + static_cast<std::ptrdiff_t>(t) * image.stride(0) +
                 static_cast<std::ptrdiff_t>(row) * image.stride(1) + static_cast<std::ptrdiff_t>(v) * pixel +
                 static_cast<std::ptrdiff_t>(channel) * stride;
        };
        for (std::size_t p = 0; p < pixels; ++p) {
          const std::size_t v = column + p * g.stride_w, to = (at + p) * n + done;
          if (row >= s.height) {
            f(to, zeros(), 1, some);
          } else if (!joined) {
            if (v < s.width) {
              f(to, from(v, first_channel + c), stride, some);
            } else {
              f(to, zeros(), 1, some);
            }
          } else {
            // What lies before the line, on it, and after it: of the taps, elements [c, c + some).
            const auto end = static_cast<std::ptrdiff_t>(c + some), first = static_cast<std::ptrdiff_t>(c);
            const std::ptrdiff_t of_line = static_cast<std::ptrdiff_t>(v) * pixel;
            const std::ptrdiff_t low = std::clamp(-of_line, first, end);
            const std::ptrdiff_t high = std::clamp(static_cast<std::ptrdiff_t>(s.width) * pixel - of_line, low, end);
            const auto before = static_cast<std::size_t>(low - first), on = static_cast<std::size_t>(high - low);
            if (before != 0) f(to, zeros(), 1, before);
            if (on != 0) f(to + before, from(0, 0) + of_line + low, 1, on);
            if (before + on != some) f(to + before + on, zeros() + before + on, 1, some - before - on);
          }
        }
        done += some;
      }
      at += pixels;
    }
  }
  auto part(const value_type* piece, std::size_t rows, std::size_t n, std::size_t j) const {
    return with_elements(static_cast<const line&>(*this), matrix_view<const value_type>(piece, {rows, n}),
                         first_channel + j);
  }

  // Whether the matrix is in memory as it is: a kernel of one tap that takes every pixel. And that matrix, else none.
  bool is_matrix() const { return takes_every_pixel(shape, geometry) && images_lie_evenly(elements_of(x)); }
  auto matrix() const {
    const auto& image = elements_of(x);
    matrix_view<const value_type> all;
    if (is_matrix()) {
      const value_type* const first = image.data() + static_cast<std::ptrdiff_t>(first_channel) * image.stride(3);
      all = {first, {rows(), columns()}, {image.stride(2), image.stride(3)}};
    }
    return with_elements(static_cast<const line&>(*this), all, first_channel);
  }
};

// A gathered operand transposed, as a left one.
template <class Columns, class Line>
struct transposed_columns : decltype(std::declval<const Line&>().transposed()) {
  using base = decltype(std::declval<const Line&>().transposed());
  static constexpr bool gathers_rows = true;

  const Columns& columns_of;
  std::size_t first_row, count;

  transposed_columns(const Columns& x, std::size_t first, std::size_t n)
      : base(static_cast<const Line&>(x).transposed()), columns_of(x), first_row(first), count(n) {}

  std::size_t rows() const { return count; }
  std::size_t columns() const { return columns_of.rows(); }
  std::size_t place(std::size_t i, std::size_t) const { return base::place(first_row + i, 0); }
  double scale(std::size_t i) const { return base::scale(first_row + i); }
};

}  // namespace narrow::detail
