// The epilogue of skip connections: adds another tensor's element to each of the output's.
//
//   gemm(x, w, y, bias(b), residual(r), relu);                        r: a matrix of y's shape
//   conv2d(x, w, y, geometry, bias(b), residual(r, nchw), relu);      r: images of y's shape, in the layout named
//
// Elements are of any type that operands have; those of a quantized tensor are decoded under its scheme, each rounded
// once to the type that the product has on its way out. The sum is rounded once, too. A matrix serves convolutions as
// their pixels by channels: of signals (conv1d), and of each slice of volumes (conv3d), to all of which it is added.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "narrow/detail/exact.hpp"
#include "narrow/image_layout.hpp"
#include "narrow/quantized_tensor.hpp"
#include "narrow/scheme/fit.hpp"

namespace narrow {

// Made by `residual`. Views the elements, which must outlive it, and which the output must not overlap: what the output
// itself holds is added by `beta`.
template <class T, class Scheme>
struct residual_sum {
  tensor_view<const T, 4> images;  // channels last; a matrix is one image of one line
  const Scheme* scheme;
  granularity axis;  // of `images`
  bool has_images = false;

  template <class Value>
  Value operator()(Value v, std::size_t pixel, std::size_t channel) const {
    return detail::sum(v, value<Value>(row(pixel), pixel, channel));
  }

  const T* row(std::size_t pixel) const {
    const std::size_t width = images.extent(2), line = pixel / width, height = images.extent(1);
    return images.data() + static_cast<std::ptrdiff_t>(line / height) * images.stride(0) +
           static_cast<std::ptrdiff_t>(line % height) * images.stride(1) +
           static_cast<std::ptrdiff_t>(pixel % width) * images.stride(2);
  }
  template <class Value>
  Value value(const T* row, std::size_t pixel, std::size_t channel) const {
    const T element = row[static_cast<std::ptrdiff_t>(channel) * images.stride(3)];
    if constexpr (std::is_same_v<Scheme, unscaled_scheme>) {
      return static_cast<Value>(detail::real_value(element));
    } else {
      const auto code = detail::widen_code<std::uint64_t>(detail::storage_of(element));
      const std::size_t place = axis.is_per_tensor() ? 0 : axis.axis == 3 ? channel : pixel;
      return static_cast<Value>(scheme->template decode<encoding_of<T>, double>(code, place));
    }
  }

  auto elements() const { return images; }
  // Where the output has images: those of a residual that has them are as many and of the same size.
  void check_images(const std::array<std::size_t, 4>& extents) const {
    detail::require(!has_images || images.extents() == extents, "residual: its images are ", images.extent(0), " x ",
                    images.extent(1), " x ", images.extent(2), " x ", images.extent(3),
                    " with the channels last; they must be ", extents[0], " x ", extents[1], " x ", extents[2], " x ",
                    extents[3], ", as the output's");
  }
  void check(std::size_t rows, std::size_t columns, const char*) const {
    const std::size_t pixels = images.extent(0) * images.extent(1) * images.extent(2);
    detail::require(pixels == rows && images.extent(3) == columns, "residual: it has ", pixels, " x ", images.extent(3),
                    " elements; it must have ", rows, " x ", columns, ", one for each of the output's");
  }
};

// Of a matrix.
template <class T>
requires tensor_element<std::remove_cv_t<T>>
auto residual(const matrix_view<T>& x) {
  return residual_sum<std::remove_cv_t<T>, unscaled_scheme>{
      {x.data(), {1, 1, x.extent(0), x.extent(1)}, {0, 0, x.stride(0), x.stride(1)}}, &unscaled, per_tensor};
}
// Errors: a scheme that does not fit the codes.
template <class T, class Scheme>
auto residual(const quantized_view<T, 2, Scheme>& x) {
  static_assert(!block_scheme<Scheme>, "residual takes no blocks: dequantize first");
  detail::check_view(x, "residual", "its codes");
  residual_sum<T, Scheme> result{residual(x.codes).images, x.scheme, x.axis};
  if (!x.axis.is_per_tensor()) result.axis.axis += 2;
  return result;
}

// Of images.
template <class T>
requires tensor_element<std::remove_cv_t<T>>
auto residual(const tensor_view<T, 4>& x, image_layout layout) {
  return residual_sum<std::remove_cv_t<T>, unscaled_scheme>{detail::permuted(x, detail::order_of(layout)), &unscaled,
                                                            per_tensor, true};
}
// Errors: a scheme that does not fit the codes, or that is neither per tensor nor along the channels.
template <class T, class Scheme>
auto residual(const quantized_view<T, 4, Scheme>& x, image_layout layout) {
  static_assert(!block_scheme<Scheme>, "residual takes no blocks: dequantize first");
  detail::check_view(x, "residual", "its codes");
  const granularity axis = detail::permuted(x.axis, detail::order_of(layout));
  detail::require(axis.is_per_tensor() || axis.axis == 3, "residual: its scheme is along axis ", x.axis.axis,
                  "; it must be per tensor or along the channels");
  return residual_sum<T, Scheme>{residual(x.codes, layout).images, x.scheme, axis, true};
}

// Of a tensor that owns its codes, either of these.
template <class T, std::size_t Rank, class Scheme, class... Layout>
auto residual(const quantized_tensor<T, Rank, Scheme>& x, Layout... layout) {
  return residual(x.view(), layout...);
}
template <class T, std::size_t Rank, class Scheme, class... Layout>
void residual(const quantized_tensor<T, Rank, Scheme>&& x, Layout... layout) = delete;  // it would be gone

}  // namespace narrow
