// Convolution of volumes: for each slice of the output, that of images whose channels are those of all the slices that
// the kernel meets there.
//
//   conv3d(x, w, y, {.stride_d = 2, .pad_front = 1, .pad_back = 1}, bias(b), relu);
//
// Shapes:  nhwc  x (N, D, H, W, C)   w (O, KD, KH, KW, C / groups)   y (N, OD, OH, OW, O)     the default
//          nchw  x (N, C, D, H, W)   w (O, C / groups, KD, KH, KW)   y (N, O, OD, OH, OW)
// Operands, sums, options and errors are those of conv2d (which errors name), at rank 5, but for this: the sum of one
// output is one chain in the order (kernel row, kernel column, kernel slice, channel); slices before the volume and
// behind it are left out of it; an epilogue sees the pixel of its slice, i * OW + j; a scheme of x is per tensor, and
// those of w and y per tensor or along the output channels.
// Memory beyond that of conv2d: as many slices of x as the kernel has, and w once more.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "narrow/conv.hpp"

namespace narrow {

struct conv3d_geometry {
  std::size_t stride_d = 1, stride_h = 1, stride_w = 1;
  std::size_t pad_front = 0, pad_top = 0, pad_left = 0, pad_back = 0, pad_bottom = 0, pad_right = 0;
  std::size_t dilation_d = 1, dilation_h = 1, dilation_w = 1;
  std::size_t groups = 1;
  image_layout layout = nhwc;
};

namespace detail {

// The channels last.
template <class T>
tensor_view<T, 5> volumes(const tensor_view<T, 5>& x, image_layout layout) {
  if (layout == nhwc) return x;
  return {x.data(),
          {x.extent(0), x.extent(2), x.extent(3), x.extent(4), x.extent(1)},
          {x.stride(0), x.stride(2), x.stride(3), x.stride(4), x.stride(1)}};
}

// The elements of a view, whatever its scheme.
template <class T>
const tensor_view<T, 5>& volume_elements(const tensor_view<T, 5>& x) {
  return x;
}
template <class T, class Scheme>
const tensor_view<const T, 5>& volume_elements(const quantized_view<T, 5, Scheme>& x) {
  return x.codes;
}
template <class T, class Scheme>
tensor_view<const T, 5> volume_elements(const quantized_tensor<T, 5, Scheme>& x) {
  return x.codes();
}

// Images under the scheme of a volume; `axis` is 0 or 3 where that is along the output channels.
template <class T>
tensor_view<const T, 4> images_of(const tensor_view<const T, 4>& images, const tensor_view<T, 5>&, std::size_t) {
  return images;
}
template <class T>
tensor_view<const T, 4> images_of(const tensor_view<const T, 4>& images, const tensor_view<const T, 5>&, std::size_t) {
  return images;
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> images_of(const tensor_view<const T, 4>& images, const quantized_view<T, 5, Scheme>& x,
                                       std::size_t axis) {
  static_assert(!block_scheme<Scheme>, "convolutions of volumes take no blocks: dequantize first");
  return {images, x.scheme, x.axis.is_per_tensor() ? per_tensor : granularity{axis}};
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> images_of(const tensor_view<const T, 4>& images, const quantized_tensor<T, 5, Scheme>& x,
                                       std::size_t axis) {
  return images_of(images, x.view(), axis);
}

// One slice of the output; y with the channels last.
template <class T>
image_output<T, unscaled_scheme> slice_of(const tensor_view<T, 4>& slice, const tensor_view<T, 5>&) {
  return {slice, &unscaled, per_tensor};
}
template <class T, class Scheme>
image_output<T, Scheme> slice_of(const tensor_view<T, 4>& slice, const quantized_tensor<T, 5, Scheme>& y) {
  return {slice, &y.scheme(), y.scheme().axis().is_per_tensor() ? per_tensor : granularity{3}};
}
template <class T>
tensor_view<T, 5> output_elements(const tensor_view<T, 5>& y) {
  static_assert(!std::is_const_v<T>, "the output is written, so its elements cannot be const");
  return y;
}
template <class T, class Scheme>
tensor_view<T, 5> output_elements(quantized_tensor<T, 5, Scheme>& y) {
  return y.codes();
}

// Errors: a scheme of a volume along an axis other than `allowed`.
template <class X>
void check_volume_scheme(const X& x, const char* name, std::size_t allowed) {
  const auto check = [&](granularity axis) {
    require(axis.is_per_tensor() || axis.axis == allowed, "conv3d: the scheme of ", name, " is along axis ", axis.axis,
            "; it must be per tensor", allowed < 5 ? ", or along the output channels" : "");
  };
  if constexpr (requires { x.scheme(); }) {
    check(x.scheme().axis());
  } else if constexpr (requires { x.scheme; }) {
    check_view(x, "conv3d", name);
    check(x.axis);
  }
}

// Elements of the slices first, first + step, ... side by side, as the channels of images: (group, slice, channel).
template <class T>
std::vector<std::remove_const_t<T>> slices_as_channels(const tensor_view<T, 5>& x, std::size_t image, std::size_t first,
                                                       std::size_t step, std::size_t slices, std::size_t groups) {
  std::vector<std::remove_const_t<T>> result;
  result.reserve(x.extent(2) * x.extent(3) * x.extent(4) * slices);
  const std::size_t share = x.extent(4) / groups;
  for (std::size_t i = 0; i < x.extent(2); ++i) {
    for (std::size_t j = 0; j < x.extent(3); ++j) {
      for (std::size_t group = 0; group < groups; ++group) {
        for (std::size_t k = 0; k < slices; ++k) {
          for (std::size_t c = group * share; c < (group + 1) * share; ++c) {
            result.push_back(x(image, first + k * step, i, j, c));
          }
        }
      }
    }
  }
  return result;
}

// The random bits of a slice follow those of the one before it.
template <class Option>
const Option& from_index(const Option& option, std::size_t) {
  return option;
}
inline stochastic_sequence from_index(stochastic_sequence option, std::size_t first) {
  option.first += first;
  return option;
}

template <class X, class W, class Y, class... Option>
void conv_volumes(const X& x, const W& w, Y& y, const conv3d_geometry& g, const Option&... option) {
  const auto from = volumes(volume_elements(x), g.layout);
  const auto kernels = volumes(volume_elements(w), g.layout);
  const auto to = volumes(output_elements(y), g.layout);
  require(g.stride_d > 0, "conv3d: stride_d is 0; it must be at least 1");
  require(g.dilation_d > 0, "conv3d: dilation_d is 0; it must be at least 1");
  require(g.groups > 0, "conv3d: groups is 0; it must be at least 1");
  require(from.extent(4) % g.groups == 0, "conv3d: groups is ", g.groups, "; it must divide the ", from.extent(4),
          " channels of x");
  require(kernels.extent(4) == from.extent(4) / g.groups, "conv3d: w has ", kernels.extent(4),
          " channels; it must have ", from.extent(4) / g.groups, ", the channels of x over groups");
  const std::size_t depth = from.extent(1), taps = kernels.extent(1);
  const std::size_t out_depth =
      conv_extent({"conv3d", "x", "w", "y"}, "depth", depth, g.pad_front, g.pad_back, taps, g.dilation_d, g.stride_d);
  require(to.extent(0) == from.extent(0), "conv3d: y has ", to.extent(0), " volumes; it must have ", from.extent(0),
          ", as x");
  require(to.extent(1) == out_depth, "conv3d: y has ", to.extent(1), " slices; it must have ", out_depth);
  check_volume_scheme(x, "x", per_tensor.axis);
  check_volume_scheme(w, "w", 0);
  check_volume_scheme(y, "y", g.layout == nhwc ? 4 : 1);
  const footprint written = footprint_of(to);
  check_apart(written, footprint_of(from), "conv3d", "y", "x");
  check_apart(written, footprint_of(kernels), "conv3d", "y", "w");
  require(!overlaps_itself(written), "conv3d: y overlaps itself; each element must have a place of its own");
  check_epilogues(epilogues_of(option...), to.extent(2) * to.extent(3), to.extent(4), written, "conv3d", "y",
                  "output channels");
  const conv_geometry image{g.stride_h,  g.stride_w,   g.pad_top,    g.pad_left, g.pad_bottom,
                            g.pad_right, g.dilation_h, g.dilation_w, g.groups};
  using T = typename decltype(from)::value_type;
  using K = typename decltype(kernels)::value_type;
  for (std::size_t t = 0; t < to.extent(1); ++t) {
    // The kernel's slices that meet the volume.
    const std::size_t begin = t * g.stride_d;  // in the padded volume
    const auto taps_before = [&](std::size_t end) {
      return begin < end ? std::min(taps, divided_up(end - begin, g.dilation_d)) : 0;
    };
    const std::size_t skipped = taps_before(g.pad_front), slices = taps_before(g.pad_front + depth) - skipped;
    const std::size_t first = begin + skipped * g.dilation_d - g.pad_front;
    std::vector<K> some;
    for (std::size_t o = 0; o < kernels.extent(0); ++o) {
      const std::vector<K> one = slices_as_channels(kernels, o, skipped, 1, slices, 1);
      some.insert(some.end(), one.begin(), one.end());
    }
    const tensor_view<const K, 4> of_slice(
        some.data(), {kernels.extent(0), kernels.extent(2), kernels.extent(3), slices * kernels.extent(4)});
    for (std::size_t n = 0; n < to.extent(0); ++n) {
      const std::vector<T> met = slices_as_channels(from, n, first, g.dilation_d, slices, g.groups);
      const tensor_view<const T, 4> images(met.data(), {1, from.extent(2), from.extent(3), slices * from.extent(4)});
      const tensor_view<typename decltype(to)::value_type, 4> slice(to.size() == 0 ? to.data() : &to(n, t, 0, 0, 0),
                                                                    {1, to.extent(2), to.extent(3), to.extent(4)},
                                                                    {0, to.stride(2), to.stride(3), to.stride(4)});
      [[maybe_unused]] const std::size_t index = (n * to.extent(1) + t) * to.extent(2) * to.extent(3) * to.extent(4);
      conv_images(images_of(images, x, 3), images_of(of_slice, w, 0), nullptr, slice_of(slice, y), image,
                  from_index(option, index)...);
    }
  }
}

}  // namespace detail

template <class X, class W, class Y, class... Option>
void conv3d(const X& x, const W& w, Y&& y, const conv3d_geometry& geometry = {}, const Option&... option) {
  if constexpr (requires { detail::volume_elements(x), detail::volume_elements(w), detail::output_elements(y); }) {
    detail::conv_volumes(x, w, y, geometry, option...);
  } else {
    static_assert(detail::unsupported<X, W, Y>,
                  "conv3d takes views and quantized tensors of rank 5, and no packed kernels; a quantized output must "
                  "not be const");
  }
}

}  // namespace narrow
