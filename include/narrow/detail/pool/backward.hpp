// Pooling backward: each window adds its gradient to those of its elements, windows in row-major order.
#pragma once

#include <algorithm>
#include <cstddef>

#include "narrow/detail/pool/forward.hpp"

namespace narrow::detail {

// What gradients are summed in: double where a tensor's values need one.
template <class T>
struct pool_real_of {
  using type = T;
};
template <coded_element T>
struct pool_real_of<T> {
  using type = typename encoding_of<T>::real_type;
};
template <class... T>
using pool_real = std::conditional_t<(std::is_same_v<typename pool_real_of<T>::type, double> || ...), double, float>;

// The sums of one image: in dx itself, where its elements are that, or in memory of the thread.
template <class T, class Real>
class gradient_sums {
 public:
  gradient_sums(const tensor_view<T, 4>& dx, std::size_t image, scratch& memory) : dx_(dx), image_(image) {
    const std::size_t height = dx.extent(1), width = dx.extent(2), channels = dx.extent(3);
    if constexpr (std::is_same_v<T, Real>) {
      if (dx.stride(3) == 1 || channels == 1) {
        sums_ = row_of(dx, image, 0).data, row_ = dx.stride(1), pixel_ = dx.stride(2), in_place_ = true;
      }
    }
    if (!in_place_) {
      sums_ = memory.get<Real>(height * width * channels);
      pixel_ = static_cast<std::ptrdiff_t>(channels), row_ = static_cast<std::ptrdiff_t>(width * channels);
    }
    for (std::size_t i = 0; i < height; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        std::fill_n(row(i) + static_cast<std::ptrdiff_t>(j) * pixel_, channels, Real{0});
      }
    }
  }

  Real* row(std::size_t i) const { return sums_ + static_cast<std::ptrdiff_t>(i) * row_; }
  std::ptrdiff_t pixel_stride() const { return pixel_; }

  template <class Conversion>
  void store(target where, const Conversion& conversion) const {
    if (in_place_) return;
    const std::size_t height = dx_.extent(1), length = dx_.extent(2) * dx_.extent(3);
    for (std::size_t i = 0; i < height; ++i) {
      store_pool_row(where, row(i), row_of(dx_, image_, i), (image_ * height + i) * length, conversion);
    }
  }

 private:
  tensor_view<T, 4> dx_;
  std::size_t image_;
  Real* sums_ = nullptr;
  std::ptrdiff_t row_ = 0, pixel_ = 0;
  bool in_place_ = false;
};

// add(dy of a pixel, its output row and column, taps of dx) for each window of an image.
template <class Real, class Dy, class Dx, class Conversion, class Add>
void pool_image_backward(target where, const tensor_view<const Dy, 4>& dy, const tensor_view<Dx, 4>& dx,
                         const pool_shape& s, std::size_t image, const Conversion& conversion, pool_workspace& memory,
                         const Add& add) {
  const gradient_sums<Dx, Real> sums(dx, image, memory.dx);
  pool_rows<Dy, Real> gradients(where, dy, image, 1, memory.dy, memory.dy_number);
  const std::size_t most = most_taps(s.rows);
  Real** const starts = memory.dx_taps.get<Real*>(most + most * most_taps(s.columns));
  Real** const taps = starts + most;
  for (std::size_t i = 0; i < s.out_height; ++i) {
    const pool_window& window = s.rows[i];
    for (std::size_t r = 0; r < window.taps; ++r) starts[r] = sums.row(window.first + r * s.dilation_h);
    const std::byte* gradient = gradients.row(i);
    for (std::size_t j = 0; j < s.out_width; ++j, gradient += gradients.pixel_bytes()) {
      const std::size_t count = list_taps(starts, window.taps, s.columns[j], sums.pixel_stride(), s.dilation_w, taps);
      add(reinterpret_cast<const Real*>(gradient), i, j, taps, count);
    }
  }
  sums.store(where, conversion);
}

template <class X, class Dy, class Dx, class Conversion>
void max_pool_image_backward(const tensor_view<const X, 4>& x, const tensor_view<const Dy, 4>& dy,
                             const tensor_view<Dx, 4>& dx, const pool_shape& s, std::size_t image,
                             const Conversion& conversion) {
  using Real = pool_real<X, Dy, Dx>;
  const default_float_environment environment;
  const target where = current_target();
  const auto route = pool_kernel(where, [](auto kernels) { return decltype(kernels)::template route<Real>; });
  leased<pool_workspace> lease;
  pool_workspace& memory = *lease;
  pool_rows<X, Real> rows(where, x, image, row_span(s), memory.rows, memory.row_numbers);
  const std::size_t most = most_taps(s.rows);
  const std::byte** const starts = memory.taps.get<const std::byte*>(most + most * most_taps(s.columns));
  pool_image_backward<Real>(
      where, dy, dx, s, image, conversion, memory,
      [&](const Real* gradient, std::size_t i, std::size_t j, Real* const* dx_taps, std::size_t count) {
        const pool_window& window = s.rows[i];
        for (std::size_t r = 0; r < window.taps; ++r) starts[r] = rows.row(window.first + r * s.dilation_h);
        list_taps(starts, window.taps, s.columns[j], rows.pixel_bytes(), s.dilation_w, starts + most);
        route(starts + most, count, s.channels, gradient, dx_taps);
      });
}

template <class Dy, class Dx, class Conversion>
void average_pool_image_backward(const tensor_view<const Dy, 4>& dy, const tensor_view<Dx, 4>& dx, const pool_shape& s,
                                 bool include_pad, std::size_t image, const Conversion& conversion) {
  using Real = pool_real<Dy, Dx>;
  const default_float_environment environment;
  const target where = current_target();
  const auto spread = pool_kernel(where, [](auto kernels) { return decltype(kernels)::template spread<Real>; });
  leased<pool_workspace> lease;
  pool_image_backward<Real>(
      where, dy, dx, s, image, conversion, *lease,
      [&](const Real* gradient, std::size_t i, std::size_t j, Real* const* dx_taps, std::size_t count) {
        const std::size_t divisor = include_pad ? s.rows[i].padded_taps * s.columns[j].padded_taps : count;
        spread(count, s.channels, gradient, static_cast<Real>(divisor), dx_taps);
      });
}

}  // namespace narrow::detail
