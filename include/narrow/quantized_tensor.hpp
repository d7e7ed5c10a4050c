// A tensor of codes with its scheme: what `quantize` returns and `gemm` takes; and a view of codes in memory of the
// caller's, `quantized(codes, scheme)`.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "narrow/element.hpp"
#include "narrow/scheme/affine.hpp"
#include "narrow/scheme/shared_exponent.hpp"
#include "narrow/scheme/unscaled.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

namespace detail {

// The parameters, along an axis of the tensor, fit its shape and format.
template <class T, std::size_t Rank, class Scheme>
void check_scheme(const tensor_view<T, Rank>& codes, const Scheme& scheme, granularity axis) {
  if (!block_scheme<Scheme> && axis.is_per_tensor()) {
    require(scheme.axis().is_per_tensor(), "scheme: it has one set of parameters for each index along axis ",
            scheme.axis().axis, "; a view per tensor must have one for the tensor");
  }
  if (block_scheme<Scheme> || !axis.is_per_tensor()) {
    require(axis.axis < Rank, "scheme: axis is ", axis.axis, "; the tensor has ", Rank, " axes");
  }
  if constexpr (block_scheme<Scheme>) {
    require(codes.extent(axis.axis) == scheme.extent(), "scheme: its blocks cover ", scheme.extent(),
            " elements along axis ", axis.axis, ", whose extent is ", codes.extent(axis.axis));
    const std::size_t count = block_count(codes.extents(), axis.axis, Scheme::block_length);
    require(scheme.count() == count, "scheme: ", scheme.count(), " blocks; the tensor has ", count);
  } else if (!axis.is_per_tensor()) {
    require(codes.extent(axis.axis) == scheme.count(), "scheme: ", scheme.count(), " sets of parameters along axis ",
            axis.axis, ", whose extent is ", codes.extent(axis.axis));
  }
  if constexpr (requires { Scheme::template check_codes<encoding_of<std::remove_cv_t<T>>>(); }) {
    Scheme::template check_codes<encoding_of<std::remove_cv_t<T>>>();
  }
  if constexpr (std::is_same_v<Scheme, shared_exponent>) {
    static_assert(has_integer_codes<encoding_of<std::remove_cv_t<T>>>,
                  "codes under a shared exponent are integers, whose binary point it is");
  }
  if constexpr (std::is_same_v<Scheme, affine>) {
    using E = encoding_of<std::remove_cv_t<T>>;
    for (std::size_t i = 0; i < scheme.count(); ++i) {
      if constexpr (fixed_point_encoding<E>) {
        static_assert(E::fraction_bits == 0 && E::bits <= 16, "affine codes are integers of up to 16 bits");
        require(scheme.zero_point(i) >= E::min_code && scheme.zero_point(i) <= E::max_code, "affine: zero_point[", i,
                "] is ", scheme.zero_point(i), "; it must be a code, ", E::min_code, " to ", E::max_code);
      } else {
        require(scheme.zero_point(i) == 0, "affine: zero_point[", i, "] is ", scheme.zero_point(i),
                "; it must be 0 for a float format");
      }
    }
  }
}
template <class T, std::size_t Rank, class Scheme>
void check_scheme(const tensor_view<T, Rank>& codes, const Scheme& scheme) {
  check_scheme(codes, scheme, scheme.axis());
}

}  // namespace detail

// Codes owned by someone else, with the scheme they are read under (which must outlive the view). Made by hand it is
// unchecked until it is used; `quantized` checks at once.
template <coded_element T, std::size_t Rank, class Scheme>
struct quantized_view {
  using value_type = T;
  tensor_view<const T, Rank> codes;
  const Scheme* scheme = nullptr;
  granularity axis;  // the scheme's, unless the view is transposed
};

namespace detail {

// What every reader of a view checks. Errors: no scheme; parameters that do not fit the shape or the format.
template <class T, std::size_t Rank, class Scheme>
void check_view(const quantized_view<T, Rank, Scheme>& x, const char* what, const char* name) {
  require(x.scheme != nullptr, what, ": the scheme of ", name, " is null; it must be given");
  check_scheme(x.codes, *x.scheme, x.axis);
}

}  // namespace detail

// Codes in memory of the caller's, read under a scheme; both must outlive the view. Errors: parameters that do not fit
// the shape or the format.
template <class T, std::size_t Rank, class Scheme>
requires coded_element<std::remove_cv_t<T>> quantized_view<std::remove_cv_t<T>, Rank, Scheme> quantized(
    const tensor_view<T, Rank>& codes, const Scheme& scheme) {
  const quantized_view<std::remove_cv_t<T>, Rank, Scheme> result{codes, &scheme, scheme.axis()};
  detail::check_view(result, "quantized", "the codes");
  return result;
}
template <class T, std::size_t Rank, class Scheme>
void quantized(const tensor_view<T, Rank>& codes, const Scheme&& scheme) = delete;  // the scheme would be gone

// Owns its codes, row-major.
template <coded_element T, std::size_t Rank, class Scheme = unscaled_scheme>
class quantized_tensor {
 public:
  using value_type = T;

  // Uninitialized codes of a shape. Errors: parameters that do not fit the shape or the format.
  quantized_tensor(const std::array<std::size_t, Rank>& extents, Scheme scheme) : scheme_(std::move(scheme)) {
    std::size_t count = 1;
    for (const std::size_t extent : extents) count = detail::checked_product(count, extent, "quantized_tensor");
    extents_ = extents;
    codes_.resize(count);
    detail::check_scheme(codes(), scheme_, scheme_.axis());
  }

  tensor_view<T, Rank> codes() { return {codes_.data(), extents_}; }
  tensor_view<const T, Rank> codes() const { return {codes_.data(), extents_}; }
  const std::vector<T>& storage() const { return codes_; }
  const Scheme& scheme() const { return scheme_; }
  // The codes under other parameters. Errors: parameters that do not fit the shape or the format.
  void set_scheme(Scheme scheme) {
    detail::check_scheme(codes(), scheme, scheme.axis());
    scheme_ = std::move(scheme);
  }
  std::size_t extent(std::size_t axis) const { return extents_[axis]; }
  std::size_t size() const { return codes_.size(); }
  quantized_view<T, Rank, Scheme> view() const { return {codes(), &scheme_, scheme_.axis()}; }

 private:
  std::array<std::size_t, Rank> extents_{};
  std::vector<T> codes_;
  Scheme scheme_;
};

template <coded_element T, class Scheme = unscaled_scheme>
using quantized_matrix = quantized_tensor<T, 2, Scheme>;

template <class T, class Scheme>
quantized_view<T, 2, Scheme> transposed(const quantized_view<T, 2, Scheme>& x) {
  const granularity axis = x.axis.is_per_tensor() ? x.axis : granularity{1 - x.axis.axis};
  return {transposed(x.codes), x.scheme, axis};
}
template <class T, class Scheme>
quantized_view<T, 2, Scheme> transposed(const quantized_tensor<T, 2, Scheme>& x) {
  return transposed(x.view());
}

}  // namespace narrow
