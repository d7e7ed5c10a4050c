// The kernels of a convolution, channels last, as the right operand of a product: a matrix of depth x outputs.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "narrow/detail/conv/planes.hpp"
#include "narrow/detail/gemm/packed_operand.hpp"
#include "narrow/formats.hpp"
#include "narrow/scheme/affine.hpp"

namespace narrow::detail {

// The powers of two among some factors.
struct power_range {
  bool are_all = true;  // normal floats
  int low = 0, high = 0;

  // False, and nothing is noted, where it is none.
  bool add(float factor) {
    const auto bits = std::bit_cast<std::uint32_t>(factor);
    const int exponent = static_cast<int>(bits >> 23) - 127;  // beyond 127 for what is negative
    if ((bits & 0x7F'FFFF) != 0 || exponent < -126 || exponent > 127) return false;
    low = std::min(low, exponent), high = std::max(high, exponent);
    return true;
  }
  // All of them, if they are powers of two.
  bool add_all(const float* factors, std::size_t count) {
    std::uint32_t fractions = 0, least = 0xFFFF'FFFF, most = 0;
    for (std::size_t t = 0; t < count; ++t) {
      const auto bits = std::bit_cast<std::uint32_t>(factors[t]);
      fractions |= bits & 0x7F'FFFF, least = std::min(least, bits), most = std::max(most, bits);
    }
    return count == 0 || (fractions == 0 && add(std::bit_cast<float>(least)) && add(std::bit_cast<float>(most)));
  }
};

// Panels of each group's kernels, made before; none at all on a target without kernels.
struct packed_groups {
  std::size_t groups = 1;
  scratch elements;
  std::vector<packed_panels> panels;
  power_range powers;  // that are in the panels' elements
};
inline const packed_panels* panels_of_group(const packed_groups* packed, std::size_t group) {
  return packed == nullptr || packed->panels.empty() ? nullptr : &packed->panels[group];
}
template <class View>
struct packed_kernel_view : View {
  const packed_groups* packed = nullptr;
};
template <class View>
const View& elements_alone(const View& w) {
  return w;
}
template <class View>
const View& elements_alone(const packed_kernel_view<View>& w) {
  return w;
}
template <class View>
const packed_groups* packed_groups_of(const View&) {
  return nullptr;
}
template <class View>
const packed_groups* packed_groups_of(const packed_kernel_view<View>& w) {
  return w.packed;
}

// w copied so that memory has each output's taps side by side in the order of the contract; each tap with so many
// channels, those that w lacks of code zero.
template <class T>
auto copied_kernels(const tensor_view<T, 4>& w, std::size_t channels, scratch& space) {
  using value = std::remove_const_t<T>;
  const std::size_t taps = checked_product(w.extent(0), w.extent(1) * w.extent(2), "conv2d");
  const tensor_view<value, 4> copy(space.get<value>(checked_product(taps, channels, "conv2d")),
                                   {w.extent(0), w.extent(1), w.extent(2), channels});
  for (std::size_t o = 0; o < w.extent(0); ++o) {
    for (std::size_t r = 0; r < w.extent(1); ++r) {
      for (std::size_t q = 0; q < w.extent(2); ++q) {
        for (std::size_t c = 0; c < w.extent(3); ++c) copy(o, r, q, c) = w(o, r, q, c);
        for (std::size_t c = w.extent(3); c < channels; ++c) copy(o, r, q, c) = value{};
      }
    }
  }
  return tensor_view<const value, 4>(copy);
}
template <class T, class Scheme>
quantized_view<T, 4, Scheme> copied_kernels(const quantized_view<T, 4, Scheme>& w, std::size_t channels,
                                            scratch& space) {
  return {copied_kernels(w.codes, channels, space), w.scheme, w.axis};
}

// Where they are copied to, in a call.
struct kernel_workspace {
  scratch elements;
  std::optional<affine> scale;
};

// Kernels whose elements have the scales of their blocks in them (operand.hpp), or all scales: those values, which
// bfloat16 holds, under the scale of the tensor, or none.
template <class W>
inline constexpr bool folds_kernels = decltype(kernel_tap(std::declval<const W&>(), 0, 0))::folds_scales;
template <class W>
quantized_view<bfloat16, 4, affine> folded_kernels(const W& w, std::size_t channels, bool with_scale,
                                                   kernel_workspace& space) {
  const auto& e = elements_of(w);
  const std::size_t taps = checked_product(e.extent(0), e.extent(1) * e.extent(2), "conv2d");
  const tensor_view<bfloat16, 4> values(space.elements.get<bfloat16>(checked_product(taps, channels, "conv2d")),
                                        {e.extent(0), e.extent(1), e.extent(2), channels});
  for (std::size_t r = 0; r < e.extent(1); ++r) {
    for (std::size_t q = 0; q < e.extent(2); ++q) {
      const auto tap = kernel_tap(w, r, q);
      for (std::size_t o = 0; o < e.extent(0); ++o) {
        for (std::size_t c = 0; c < channels; ++c) {
          float value = c < e.extent(3) ? tap.template value<float>(o, c, false) : 0.0F;
          if (with_scale && c < e.extent(3)) value *= static_cast<float>(tap.factor(tap.place(o, c)));
          values(o, r, q, c) = bfloat16::from_bits(bfloat16_of(value));
        }
      }
    }
  }
  space.scale.emplace(with_scale ? 1.0F : w.scheme->tensor_scale());
  return {values, &*space.scale, per_tensor};
}

template <class T>
bool are_whole_kernels(const tensor_view<T, 4>& w) {
  const auto channels = static_cast<std::ptrdiff_t>(w.extent(3));
  const auto row = static_cast<std::ptrdiff_t>(w.extent(2)) * channels;
  return (w.stride(3) == 1 || channels == 1) && (w.stride(2) == channels || w.extent(2) == 1) &&
         (w.stride(1) == row || w.extent(1) == 1);
}
// The same without a copy where memory has them so, and folded where they may be.
template <class T>
tensor_view<std::add_const_t<T>, 4> whole_kernels(const tensor_view<T, 4>& w, std::size_t channels,
                                                  kernel_workspace& space) {
  if (are_whole_kernels(w) && w.extent(3) == channels) return w;
  return copied_kernels(w, channels, space.elements);
}
template <class T, class Scheme>
auto whole_kernels(const quantized_view<T, 4, Scheme>& w, std::size_t channels, kernel_workspace& space) {
  if constexpr (folds_kernels<quantized_view<T, 4, Scheme>>) {
    return folded_kernels(w, channels, false, space);
  } else {
    return quantized_view<T, 4, Scheme>{whole_kernels(w.codes, channels, space), w.scheme, w.axis};
  }
}
template <class W>
auto whole_kernels(const W& w, kernel_workspace& space) {
  return whole_kernels(w, elements_of(w).extent(3), space);
}

// Outputs [first, first + count) of whole kernels.
template <class T>
auto kernel_matrix(const tensor_view<T, 4>& w, std::size_t first, std::size_t count, std::size_t depth) {
  T* const data = w.data() + static_cast<std::ptrdiff_t>(first) * w.stride(0);
  return operand_of(matrix_view<T>(data, {depth, count}, {1, w.stride(0)}));
}
template <class T, class Scheme>
auto kernel_matrix(const quantized_view<T, 4, Scheme>& w, std::size_t first, std::size_t count, std::size_t depth) {
  const T* const data = w.codes.data() + static_cast<std::ptrdiff_t>(first) * w.codes.stride(0);
  const matrix_view<const T> codes(data, {depth, count}, {1, w.codes.stride(0)});
  const granularity axis = w.axis.is_per_tensor() ? per_tensor : per_column;
  auto result = operand_of(quantized_view<T, 2, Scheme>{codes, w.scheme, axis});
  if (!axis.is_per_tensor()) result.first_place = first;
  return result;
}

}  // namespace narrow::detail
