// Views to and from C++23's std::mdspan, where the standard library has it (tested with libc++ 19). Nothing is copied.
#pragma once

#include <version>

#include "narrow/tensor_view.hpp"

#if defined(__cpp_lib_mdspan)
#include <array>
#include <cstddef>
#include <mdspan>

namespace narrow {

// The same elements as a view. Any layout with strides, any extents.
template <class T, class Extents, class Layout>
requires(Extents::rank() > 0 && std::mdspan<T, Extents, Layout>::is_always_strided())
    tensor_view<T, Extents::rank()> view(const std::mdspan<T, Extents, Layout>& x) {
  std::array<std::size_t, Extents::rank()> extents{};
  std::array<std::ptrdiff_t, Extents::rank()> strides{};
  for (std::size_t axis = 0; axis < Extents::rank(); ++axis) {
    extents[axis] = static_cast<std::size_t>(x.extent(axis));
    strides[axis] = static_cast<std::ptrdiff_t>(x.stride(axis));
  }
  return {x.data_handle(), extents, strides};
}

// The same elements as an mdspan. Errors: a stride that is not positive, which std::layout_stride does not have.
template <class T, std::size_t Rank>
auto to_mdspan(const tensor_view<T, Rank>& x) {
  using extents = std::dextents<std::size_t, Rank>;
  std::array<std::size_t, Rank> strides{};
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    detail::require(x.stride(axis) > 0, "to_mdspan: the stride of axis ", axis, " is ", x.stride(axis),
                    "; it must be positive");
    strides[axis] = static_cast<std::size_t>(x.stride(axis));
  }
  const std::layout_stride::mapping<extents> mapping(extents(x.extents()), strides);
  return std::mdspan<T, extents, std::layout_stride>(x.data(), mapping);
}

}  // namespace narrow
#endif
