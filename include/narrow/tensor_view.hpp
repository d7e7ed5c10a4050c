// Views: who owns the data is the caller's business. A view is a pointer, extents and strides (in elements; any sign,
// so that transposing and slicing copy nothing).
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>

#include "narrow/detail/check.hpp"

namespace narrow {

template <class T, std::size_t Rank>
class tensor_view {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using extents_type = std::array<std::size_t, Rank>;
  using strides_type = std::array<std::ptrdiff_t, Rank>;
  static constexpr std::size_t rank = Rank;

  tensor_view() = default;

  // Row-major (the last index fastest). Errors: a null pointer with a size; an element count beyond std::size_t.
  tensor_view(T* data, const extents_type& extents) : tensor_view(data, extents, row_major(extents)) {}

  tensor_view(T* data, const extents_type& extents, const strides_type& strides)
      : data_(data), extents_(extents), strides_(strides) {
    std::size_t count = 1;
    for (const std::size_t extent : extents) count = detail::checked_product(count, extent, "view");
    detail::require(count == 0 || data != nullptr, "view: data is null, but the view has ", count, " elements");
    detail::require(count <= PTRDIFF_MAX / sizeof(T), "view: ", count, " elements are more than memory can hold");
  }

  // A view of mutable elements is one of constant elements.
  template <class U>
  requires std::is_same_v<T, const U> tensor_view(
      const tensor_view<U, Rank>& other)  // NOLINT: implicit as pointers are
      : data_(other.data()), extents_(other.extents()), strides_(other.strides()) {}

  T* data() const { return data_; }
  const extents_type& extents() const { return extents_; }
  const strides_type& strides() const { return strides_; }
  std::size_t extent(std::size_t axis) const { return extents_[axis]; }
  std::ptrdiff_t stride(std::size_t axis) const { return strides_[axis]; }
  std::size_t size() const {
    std::size_t count = 1;
    for (const std::size_t extent : extents_) count *= extent;
    return count;
  }

  std::size_t rows() const requires(Rank == 2) { return extents_[0]; }
  std::size_t columns() const requires(Rank == 2) { return extents_[1]; }

  // Unchecked, as operator[] of a vector is.
  template <class... Index>
  requires(sizeof...(Index) == Rank) T& operator()(Index... index) const {
    const std::array<std::size_t, Rank> at{static_cast<std::size_t>(index)...};
    std::ptrdiff_t offset = 0;
    for (std::size_t axis = 0; axis < Rank; ++axis) offset += static_cast<std::ptrdiff_t>(at[axis]) * strides_[axis];
    return data_[offset];
  }

  static strides_type row_major(const extents_type& extents) {
    strides_type strides{};
    std::size_t step = 1;
    for (std::size_t axis = Rank; axis-- > 0;) {
      strides[axis] = static_cast<std::ptrdiff_t>(step);
      if (extents[axis] != 0) (void)__builtin_mul_overflow(step, extents[axis], &step);  // an overflow is found above
    }
    return strides;
  }

 private:
  T* data_ = nullptr;
  extents_type extents_{};
  strides_type strides_{};
};

template <class T>
using vector_view = tensor_view<T, 1>;
template <class T>
using matrix_view = tensor_view<T, 2>;

namespace detail {

// What holds its elements side by side and knows how many: a vector, an array, a span.
template <class Memory>
concept sized_memory = requires(Memory& memory) {
  std::begin(memory);
  requires std::is_pointer_v<decltype(std::data(memory))>;
  { std::size(memory) } -> std::convertible_to<std::size_t>;
}
&&!std::is_array_v<Memory>;

template <class Memory>
using memory_element = std::remove_pointer_t<decltype(std::data(std::declval<Memory&>()))>;

template <class Extent>
std::size_t to_extent(Extent extent) {
  static_assert(std::is_integral_v<Extent>, "extents are integers");
  if constexpr (std::is_signed_v<Extent>) {
    require(extent >= 0, "view: an extent is ", extent, "; it must not be negative");
  }
  return static_cast<std::size_t>(extent);
}

}  // namespace detail

// A row-major view over memory: view(data, rows, columns), view(data, n, h, w, c), ...
// Errors: a negative extent, and those of tensor_view.
template <class T, class... Extent>
tensor_view<T, sizeof...(Extent)> view(T* data, Extent... extents) {
  return {data, {detail::to_extent(extents)...}};
}

// The same over a vector, an array or a span, whose size must be the product of the extents.
template <detail::sized_memory Memory, class... Extent>
auto view(Memory& memory, Extent... extents) {
  const tensor_view<detail::memory_element<Memory>, sizeof...(Extent)> result(std::data(memory),
                                                                              {detail::to_extent(extents)...});
  detail::require(result.size() == std::size(memory), "view: the memory has ", std::size(memory),
                  " elements; the extents ask for ", result.size());
  return result;
}
template <class T, std::size_t Size, class... Extent>
tensor_view<T, sizeof...(Extent)> view(std::span<T, Size>&& memory, Extent... extents) {
  return view(memory, extents...);
}
// A view of a temporary would outlive it.
template <detail::sized_memory Memory, class... Extent>
requires(!std::is_lvalue_reference_v<Memory>) void view(Memory&&, Extent...) = delete;

template <class T>
matrix_view<T> transposed(const matrix_view<T>& x) {
  return {x.data(), {x.extent(1), x.extent(0)}, {x.stride(1), x.stride(0)}};
}

namespace detail {

// Calls f(offset in a, offset in b, linear index) for each row along the last axis; a and b have the same extents.
template <class A, class B, std::size_t Rank, class F>
void for_each_row(const tensor_view<A, Rank>& a, const tensor_view<B, Rank>& b, F&& f) {
  if (a.size() == 0) return;
  std::array<std::size_t, Rank> at{};
  const std::size_t length = a.extent(Rank - 1);
  const std::size_t rows = a.size() / length;
  for (std::size_t row = 0; row < rows; ++row) {
    std::ptrdiff_t in_a = 0, in_b = 0;
    for (std::size_t axis = 0; axis + 1 < Rank; ++axis) {
      in_a += static_cast<std::ptrdiff_t>(at[axis]) * a.stride(axis);
      in_b += static_cast<std::ptrdiff_t>(at[axis]) * b.stride(axis);
    }
    f(a.data() + in_a, b.data() + in_b, row * length, at);
    for (std::size_t axis = Rank - 1; axis-- > 0;) {
      if (++at[axis] < a.extent(axis)) break;
      at[axis] = 0;
    }
  }
}

}  // namespace detail
}  // namespace narrow
