// Bulk conversion: a view of reals to a tensor of codes under a scheme, and back.
//
//   auto xq = quantize<uint8>(x, affine::fit(x));                            // owns its codes
//   quantize_into(x, codes, fixed_scheme, toward_zero{}, &counts, wrap{});   // into memory of the caller's
//   dequantize_into(xq, y);
//
// Element i (row-major) of a stochastic quantization takes random_bits(seed, stream, first + i).
//
// The results are those of the scalar codec (Scheme::encode) for each element, on every target, whatever rounding
// direction or flushing of subnormal numbers the caller has set. Calls neither allocate nor start threads; an output of
// 16 MiB or more is written past the caches.
#pragma once

#include <array>
#include <string>
#include <type_traits>
#include <utility>

#include "narrow/conversion_counts.hpp"
#include "narrow/detail/check_rounding.hpp"
#include "narrow/detail/codec/codecs.hpp"
#include "narrow/detail/overlap.hpp"
#include "narrow/quantized_tensor.hpp"
#include "narrow/scheme/block.hpp"
#include "narrow/scheme/sign_fit.hpp"

namespace narrow {

namespace detail {

// One row, or a stretch of one, for callers that have its values at hand: x to y, the elements `x_stride` and
// `y_stride` apart. `place` is the index along the scheme's axis, or places{k} where element i has place k + i; `first`
// the index of the first element for a stochastic sequence.
template <class T, class Real, class Scheme, class Place, class Rounding, class Overflow>
void quantize_row(const Real* x, std::ptrdiff_t x_stride, T* y, std::ptrdiff_t y_stride, std::size_t length,
                  std::size_t first, const Scheme& scheme, const Place& place, const Rounding& rounding, Overflow) {
  using E = encoding_of<T>;
  const default_float_environment environment;
  encode_stretch<E, overflow_for<E, Overflow>>(current_target(), x, x_stride, reinterpret_cast<std::byte*>(y), y_stride,
                                               length, first, scheme, place, rounding);
}

// The rounding of element i.
template <class Rounding>
auto scalar_rounding(const Rounding& rounding, std::size_t i) {
  if constexpr (is_sequence<Rounding>) {
    return rounding.at(i);
  } else {
    return rounding;
  }
}

// Extents or strides, for a message.
template <class Number, std::size_t Rank>
std::string listed(const std::array<Number, Rank>& numbers, const char* between) {
  std::string result = std::to_string(numbers[0]);
  for (std::size_t axis = 1; axis < Rank; ++axis) result += between + std::to_string(numbers[axis]);
  return result;
}

// Errors: y, the output of that name, that overlaps x or itself.
template <class S, class T, std::size_t Rank>
void check_apart(const tensor_view<S, Rank>& x, const tensor_view<T, Rank>& y, const char* what, const char* name,
                 const char* x_name = "x") {
  const footprint written = footprint_of(y);
  if (overlap(written, footprint_of(x))) [[unlikely]] {
    fail(what, ": ", name, ", ", listed(y.extents(), " x "), " elements, overlaps ", x_name, "; they must lie apart");
  }
  if (overlaps_itself(written)) [[unlikely]] {
    fail(what, ": ", name, ", ", listed(y.extents(), " x "), " elements with strides ", listed(y.strides(), ", "),
         ", overlaps itself; each element must have a place of its own");
  }
}

// Whether the elements of both views follow one another in memory, in order.
template <class A, class B, std::size_t Rank>
bool are_contiguous(const tensor_view<A, Rank>& a, const tensor_view<B, Rank>& b) {
  const auto packed = tensor_view<A, Rank>::row_major(a.extents());
  // One by one: comparing arrays is a call.
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    if (a.stride(axis) != packed[axis] || b.stride(axis) != packed[axis]) return false;
  }
  return true;
}

// Calls body(from, to, length, first, place) for stretches that cover both views: all of them at once where nothing
// keeps the rows apart. `place` is an index, or places from the first element on, along the rows.
template <class A, class B, std::size_t Rank, class Scheme, class Body>
void for_each_stretch(const tensor_view<A, Rank>& a, const tensor_view<B, Rank>& b,
                      [[maybe_unused]] const Scheme& scheme, const granularity& axis, const Body& body) {
  if (axis.is_per_tensor() && are_contiguous(a, b)) return body(a.data(), b.data(), a.size(), 0, std::size_t{0});
  for_each_row(a, b, [&](A* from, B* to, std::size_t first, const auto& at) {
    if constexpr (block_scheme<Scheme>) {
      const std::size_t length = a.extent(Rank - 1);
      const bool along = axis.axis == Rank - 1;
      std::size_t place = block_place(a.extents(), axis.axis, Scheme::block_length, at), step = 1;
      if constexpr (Rank == 2) {  // which may be transposed
        place = along ? scheme.place(at[0], 0) : scheme.place(0, at[0]);
        step = along ? scheme.place(0, Scheme::block_length) - scheme.place(0, 0) : scheme.place(1, 0);
      }
      if (!along && step == 1) return body(from, to, length, first, places{place});
      const std::size_t piece = along ? Scheme::block_length : 1;
      for (std::size_t i = 0; i < length; i += piece, place += step) {
        const auto offset = static_cast<std::ptrdiff_t>(i);
        body(from + offset * a.stride(Rank - 1), to + offset * b.stride(Rank - 1), std::min(piece, length - i),
             first + i, place);
      }
      return;
    }
    if constexpr (!is_unscaled<Scheme>) {
      if (axis.axis == Rank - 1) return body(from, to, a.extent(Rank - 1), first, places{0});
    }
    body(from, to, a.extent(Rank - 1), first, axis.is_per_tensor() ? std::size_t{0} : at[axis.axis % Rank]);
  });
}

// What the codes of a format under a scheme are read from when x holds codes too: a real that has each of their values.
// Quotients by a scale are those of doubles.
template <class Source, class Scheme>
using real_between = std::conditional_t<is_unscaled<Scheme> || std::is_same_v<Scheme, shared_exponent>,
                                        typename encoding_of<Source>::real_type, double>;

}  // namespace detail

// Quantizes x into `codes` (same extents), with given parameters.
//   rounding   a policy, or a stochastic_sequence; the type's own by default
//   counts     added to when given
//   overflow   a policy or a preset; the type's own by default
// Errors: extents that differ; parameters that do not fit; codes that overlap x or themselves; a sequence of too few or
// many bits.
template <class S, coded_element T, std::size_t Rank, class Scheme, class Rounding = rounding_of<T>,
          class Overflow = overflow_of<T>>
void quantize_into(const tensor_view<S, Rank>& x, const tensor_view<T, Rank>& codes, const Scheme& scheme,
                   const Rounding& rounding = {}, conversion_counts* counts = nullptr, Overflow /*overflow*/ = {}) {
  static_assert(!std::is_same_v<Rounding, stochastic>,
                "a whole tensor needs bits for each element: pass a stochastic_sequence{seed, stream}");
  using E = encoding_of<T>;
  using policy = overflow_for<E, Overflow>;
  using source = std::remove_cv_t<S>;
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    detail::require(x.extent(axis) == codes.extent(axis), "quantize: extent ", axis, " of codes is ",
                    codes.extent(axis), "; x has ", x.extent(axis));
  }
  detail::check_apart(x, codes, "quantize", "the view of codes");
  detail::check_scheme(codes, scheme, scheme.axis());
  detail::check_rounding(rounding, "quantize");
  if (x.size() == 0) return;
  const detail::default_float_environment environment;
  const target where = current_target();
  const std::ptrdiff_t xs = x.stride(Rank - 1), ys = codes.stride(Rank - 1);
  detail::for_each_stretch(
      x, codes, scheme, scheme.axis(),
      [&](const S* from, T* to, std::size_t length, std::size_t first, const auto& place) {
        std::byte* const y = reinterpret_cast<std::byte*>(to);
        if constexpr (real_element<source>) {
          detail::encode_stretch<E, policy>(where, from, xs, y, ys, length, first, scheme, place, rounding);
        } else {
          using real = detail::real_between<source, Scheme>;
          real values[detail::codec_chunk];
          detail::for_each_chunk(length, to, sizeof(T), [&](std::size_t begin, std::size_t n) {
            const auto offset = static_cast<std::ptrdiff_t>(begin);
            detail::decode_stretch<encoding_of<source>>(where, reinterpret_cast<const std::byte*>(from + offset * xs),
                                                        xs, values, 1, n, unscaled, std::size_t{0});
            detail::encode_stretch<E, policy>(where, values, 1, reinterpret_cast<std::byte*>(to + offset * ys), ys, n,
                                              first + begin, scheme, detail::place_at(place, begin), rounding);
          });
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
            detail::count_element<E, policy>(*counts, value, detail::storage_of(to[k * ys]), scheme,
                                             detail::element_place(place, i),
                                             detail::scalar_rounding(rounding, first + i));
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
template <class T, class Scheme, class S, std::size_t Rank>
Scheme resolved(const block_fit<Scheme, S, Rank>& request) {
  return request.template resolve<T>();
}

}  // namespace detail

// x in format T under a scheme, which may be a fit: affine::fit(x, ...), shared_exponent::fit(x, ...), those of
// scheme/block.hpp, or parameters.
template <coded_element T, class S, std::size_t Rank, class Scheme = unscaled_scheme, class Rounding = rounding_of<T>,
          class Overflow = overflow_of<T>>
auto quantize(const tensor_view<S, Rank>& x, const Scheme& scheme = {}, const Rounding& rounding = {},
              conversion_counts* counts = nullptr, Overflow overflow = {}) {
  auto parameters = detail::resolved<T>(scheme);
  quantized_tensor<T, Rank, decltype(parameters)> result(x.extents(), std::move(parameters));
  quantize_into(x, result.codes(), result.scheme(), rounding, counts, overflow);
  return result;
}

// x as ternary codes of fitted parameters: ternary_fit(x, mean_threshold{}, ...).
template <coded_element T, class S, std::size_t Rank>
auto quantize(const tensor_view<S, Rank>& x, const ternary_parameters& parameters) {
  static_assert(std::is_same_v<T, ternary>, "a threshold tells -1, 0 and +1 apart: quantize to ternary");
  quantized_tensor<T, Rank, affine> result(x.extents(), parameters.reading);
  quantize_into(x, result.codes(), parameters.choice);
  return result;
}

// The values of quantized codes, into y (float or double). Exact up to one rounding of code * scale.
// Errors: extents that differ; a scheme that does not fit the view; y that overlaps x or itself.
template <coded_element T, std::size_t Rank, class Scheme, real_element Real>
void dequantize_into(const quantized_view<T, Rank, Scheme>& x, const tensor_view<Real, Rank>& y) {
  using E = encoding_of<T>;
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    detail::require(x.codes.extent(axis) == y.extent(axis), "dequantize: extent ", axis, " of y is ", y.extent(axis),
                    "; x has ", x.codes.extent(axis));
  }
  detail::check_view(x, "dequantize", "x");
  detail::check_apart(x.codes, y, "dequantize", "y");
  if (y.size() == 0) return;
  const detail::default_float_environment environment;
  const target where = current_target();
  const std::ptrdiff_t xs = x.codes.stride(Rank - 1), ys = y.stride(Rank - 1);
  detail::for_each_stretch(x.codes, y, *x.scheme, x.axis,
                           [&](const T* from, Real* to, std::size_t length, std::size_t, const auto& place) {
                             detail::decode_stretch<E>(where, reinterpret_cast<const std::byte*>(from), xs, to, ys,
                                                       length, *x.scheme, place);
                           });
}
template <coded_element T, std::size_t Rank, class Scheme, real_element Real>
void dequantize_into(const quantized_tensor<T, Rank, Scheme>& x, const tensor_view<Real, Rank>& y) {
  dequantize_into(x.view(), y);
}

// The same into a vector of floats, row-major.
template <coded_element T, std::size_t Rank, class Scheme>
std::vector<float> dequantize(const quantized_view<T, Rank, Scheme>& x) {
  std::vector<float> values(x.codes.size());
  dequantize_into(x, tensor_view<float, Rank>(values.data(), x.codes.extents()));
  return values;
}
template <coded_element T, std::size_t Rank, class Scheme>
std::vector<float> dequantize(const quantized_tensor<T, Rank, Scheme>& x) {
  return dequantize(x.view());
}

}  // namespace narrow
