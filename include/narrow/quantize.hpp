// Bulk conversion: a view of reals to a tensor of codes under a scheme, and back.
//
//   auto xq = quantize<uint8>(x, affine::fit(x));                    // owns its codes
//   quantize_into(x, codes, fixed_scheme, toward_zero{}, &counts);   // into memory of the caller's
//   dequantize_into(xq, y);
//
// Element i (row-major) of a stochastic quantization takes random_bits(seed, stream, first + i).
#pragma once

#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "narrow/conversion_counts.hpp"
#include "narrow/quantized_tensor.hpp"

namespace narrow {

namespace detail {

inline constexpr int bulk_lanes = 16;

template <class Rounding>
inline constexpr bool is_sequence = std::is_same_v<Rounding, stochastic_sequence>;

// The rounding of element i, and of the 16 elements from i on.
template <class Rounding>
[[gnu::always_inline]] inline auto rounding_at(const Rounding& rounding, std::size_t i) {
  if constexpr (is_sequence<Rounding>) {
    return rounding.at(i);
  } else {
    return rounding;
  }
}
template <class Rounding>
[[gnu::always_inline]] inline auto lane_rounding_at(const Rounding& rounding, std::size_t i) {
  if constexpr (is_sequence<Rounding>) {
    stochastic_lanes<lanes<std::uint32_t, bulk_lanes>> result{};
    result.count = rounding.count;
    result.pre_round = rounding.pre_round;
    for (int k = 0; k < bulk_lanes; ++k) {
      result.bits.v[k] = random_bits(rounding.seed, rounding.stream, rounding.first + i + static_cast<unsigned>(k));
    }
    return result;
  } else {
    return rounding;
  }
}

// One contiguous stretch through the lane codec, the rest one by one.
template <class T, class Real, class Scheme, class Rounding, class Overflow>
[[gnu::noinline]] void quantize_row(const Real* x, std::ptrdiff_t x_stride, T* y, std::ptrdiff_t y_stride,
                                    std::size_t length, std::size_t first, const Scheme& scheme, std::size_t place,
                                    const Rounding& rounding, Overflow) {
  using E = encoding_of<T>;
  using lane = lanes<Real, bulk_lanes>;
  using storage = typename E::storage_type;
  std::size_t i = 0;
  if (x_stride == 1 && y_stride == 1) {
    for (; i + bulk_lanes <= length; i += bulk_lanes) {
      lane v;
      std::memcpy(&v, x + i, sizeof v);
      const auto rule = lane_rounding_at(rounding, first + i);
      const auto code = scheme.template encode<E, Overflow>(v, place, rule);
      storage out[bulk_lanes];
      for (int k = 0; k < bulk_lanes; ++k) out[k] = to_storage<E>(static_cast<std::uint32_t>(code.v[k]));
      std::memcpy(y + i, out, sizeof out);
    }
  }
  for (; i < length; ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    const auto code = scheme.template encode<E, Overflow>(x[at * x_stride], place, rounding_at(rounding, first + i));
    y[at * y_stride] = from_storage<T>(to_storage<E>(code));
  }
}

}  // namespace detail

// Quantizes x into `codes` (same extents), with given parameters.
//   rounding   a policy, or a stochastic_sequence; the type's own by default
//   counts     added to when given
// Errors: extents that differ; parameters that do not fit; codes that overlap x; a sequence of too few or many bits.
template <class S, coded_element T, std::size_t Rank, class Scheme, class Rounding = rounding_of<T>,
          class Overflow = overflow_of<T>>
void quantize_into(const tensor_view<S, Rank>& x, const tensor_view<T, Rank>& codes, const Scheme& scheme,
                   const Rounding& rounding = {}, conversion_counts* counts = nullptr, Overflow overflow = {}) {
  static_assert(!std::is_same_v<Rounding, stochastic>,
                "a whole tensor needs bits for each element: pass a stochastic_sequence{seed, stream}");
  using E = encoding_of<T>;
  using source = std::remove_cv_t<S>;
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    detail::require(x.extent(axis) == codes.extent(axis), "quantize: extent ", axis, " of codes is ",
                    codes.extent(axis), "; x has ", x.extent(axis));
  }
  detail::require(!detail::bytes_of(x).overlaps(detail::bytes_of(codes)), "quantize: codes overlap x");
  detail::check_scheme(codes, scheme, scheme.axis());
  if constexpr (detail::is_sequence<Rounding>) {
    const int most = rounding.pre_round ? 31 : 32;
    detail::require(rounding.count >= 1 && rounding.count <= most, "quantize: a stochastic sequence of ",
                    rounding.count, " bits; it must have 1 to ", most);
  }
  if (x.size() == 0) return;
  const granularity axis = scheme.axis();
  const bool along_row = axis.axis == Rank - 1;
  const std::ptrdiff_t xs = x.stride(Rank - 1), ys = codes.stride(Rank - 1);
  const std::size_t length = x.extent(Rank - 1);
  detail::for_each_row(x, codes, [&](const S* from, T* to, std::size_t first, const auto& at) {
    const std::size_t place = axis.is_per_tensor() || along_row ? 0 : at[axis.axis % Rank];
    if constexpr (real_element<source>) {
      if (!along_row) {
        detail::quantize_row(from, xs, to, ys, length, first, scheme, place, rounding, overflow);
      } else {
        for (std::size_t i = 0; i < length; ++i) {
          const auto k = static_cast<std::ptrdiff_t>(i);
          detail::quantize_row(from + k * xs, xs, to + k * ys, ys, 1, first + i, scheme, i, rounding, overflow);
        }
      }
    } else {
      for (std::size_t i = 0; i < length; ++i) {
        const double value = detail::real_value(source(from[static_cast<std::ptrdiff_t>(i) * xs]));
        const auto code =
            scheme.template encode<E, Overflow>(value, along_row ? i : place, detail::rounding_at(rounding, first + i));
        to[static_cast<std::ptrdiff_t>(i) * ys] = detail::from_storage<T>(detail::to_storage<E>(code));
      }
    }
    if (counts != nullptr) {
      for (std::size_t i = 0; i < length; ++i) {
        const auto k = static_cast<std::ptrdiff_t>(i);
        const auto value = [&] {
          if constexpr (real_element<source>) {
            return from[k * xs];
          } else {
            return detail::real_value(source(from[k * xs]));
          }
        }();
        detail::count_element<E, Overflow>(*counts, value, detail::storage_of(to[k * ys]), scheme,
                                           along_row ? i : place, detail::rounding_at(rounding, first + i));
      }
    }
  });
}

namespace detail {

template <class T, class Scheme>
const Scheme& resolved(const Scheme& scheme) {
  return scheme;
}
template <class T, class S, std::size_t Rank>
affine resolved(const affine_fit<S, Rank>& request) {
  return affine::resolve<T>(request);
}
template <class T, class S, std::size_t Rank>
shared_exponent resolved(const exponent_fit<S, Rank>& request) {
  return shared_exponent::resolve<T>(request);
}

}  // namespace detail

// x in format T under a scheme, which may be a fit: affine::fit(x, ...), shared_exponent::fit(x, ...), or parameters.
template <coded_element T, class S, std::size_t Rank, class Scheme = unscaled_scheme, class Rounding = rounding_of<T>>
auto quantize(const tensor_view<S, Rank>& x, const Scheme& scheme = {}, const Rounding& rounding = {},
              conversion_counts* counts = nullptr) {
  auto parameters = detail::resolved<T>(scheme);
  quantized_tensor<T, Rank, decltype(parameters)> result(x.extents(), std::move(parameters));
  quantize_into(x, result.codes(), result.scheme(), rounding, counts);
  return result;
}

// The values of quantized codes, into y (float or double). Exact up to one rounding of code * scale.
// Errors: extents that differ; a scheme that does not fit the view; y that overlaps x.
template <coded_element T, std::size_t Rank, class Scheme, real_element Real>
void dequantize_into(const quantized_view<T, Rank, Scheme>& x, const tensor_view<Real, Rank>& y) {
  using E = encoding_of<T>;
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    detail::require(x.codes.extent(axis) == y.extent(axis), "dequantize: extent ", axis, " of y is ", y.extent(axis),
                    "; x has ", x.codes.extent(axis));
  }
  detail::check_view(x, "dequantize", "x");
  detail::require(!detail::bytes_of(x.codes).overlaps(detail::bytes_of(y)), "dequantize: y overlaps x");
  const bool along_row = x.axis.axis == Rank - 1;
  detail::for_each_row(x.codes, y, [&](const T* from, Real* to, std::size_t, const auto& at) {
    const std::size_t place = x.axis.is_per_tensor() || along_row ? 0 : at[x.axis.axis % Rank];
    for (std::size_t i = 0; i < y.extent(Rank - 1); ++i) {
      const auto k = static_cast<std::ptrdiff_t>(i);
      const auto code =
          detail::widen_code<detail::bits_of<Real>>(detail::storage_of(T(from[k * x.codes.stride(Rank - 1)])));
      to[k * y.stride(Rank - 1)] = x.scheme->template decode<E, Real>(code, along_row ? i : place);
    }
  });
}
template <coded_element T, std::size_t Rank, class Scheme, real_element Real>
void dequantize_into(const quantized_tensor<T, Rank, Scheme>& x, const tensor_view<Real, Rank>& y) {
  dequantize_into(x.view(), y);
}

// The same into a vector of floats, row-major.
template <coded_element T, std::size_t Rank, class Scheme>
std::vector<float> dequantize(const quantized_tensor<T, Rank, Scheme>& x) {
  std::vector<float> values(x.size());
  dequantize_into(x.view(), tensor_view<float, Rank>(values.data(), x.codes().extents()));
  return values;
}

}  // namespace narrow
