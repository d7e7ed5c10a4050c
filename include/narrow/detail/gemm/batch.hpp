// Batches: the matrices of tensors of rank 3, one by one. A scheme is per tensor, along the matrices (axis 0), or along
// their rows or columns; blocks run along rows or columns.
#pragma once

#include <cstddef>

#include "narrow/detail/gemm/operand.hpp"
#include "narrow/detail/gemm/output.hpp"

namespace narrow::detail {

template <class T>
matrix_view<T> matrix_of(const tensor_view<T, 3>& x, std::size_t t) {
  if (x.extent(0) == 0) return {};
  const std::ptrdiff_t offset = x.size() == 0 ? 0 : static_cast<std::ptrdiff_t>(t) * x.stride(0);
  return {x.data() + offset, {x.extent(1), x.extent(2)}, {x.stride(1), x.stride(2)}};
}

// The scheme of matrix t: its axis in the matrix, and where the matrix begins along the scheme's own.
struct batch_place {
  granularity axis;
  std::size_t first;
};
inline batch_place place_in_batch(granularity axis, std::size_t t) {
  if (axis.is_per_tensor()) return {per_tensor, 0};
  return axis.axis == 0 ? batch_place{per_tensor, t} : batch_place{{axis.axis - 1}, 0};
}

// ---- operands -----------------------------------------------------------------------------------------------------

template <class T>
auto operand_of(const tensor_view<T, 3>& x, std::size_t t) {
  return operand_of(matrix_of(x, t));
}
template <class T, class Scheme>
auto operand_of(const quantized_view<T, 3, Scheme>& x, std::size_t t) {
  batch_place at = place_in_batch(x.axis, t);
  if constexpr (block_scheme<Scheme>) {
    require(x.axis.axis != 0, "gemm: blocks are along axis 0, across matrices; they must be along axis 1 or 2");
    at.first = t * (x.scheme->count() / x.codes.extent(0));
  }
  return coded_operand<T, Scheme>{{matrix_of(x.codes, t), x.scheme, at.axis}, at.first};
}
template <class T, class Scheme>
auto operand_of(const quantized_tensor<T, 3, Scheme>& x, std::size_t t) {
  return operand_of(x.view(), t);
}

template <class X>
concept batch_operand = requires(const X& x) {
  detail::operand_of(x, 0);
};

// ---- the output ---------------------------------------------------------------------------------------------------

template <class T>
auto output_of(const tensor_view<T, 3>& c, std::size_t t) {
  return output_of(matrix_of(c, t));
}
template <class T, class Scheme>
auto output_of(quantized_tensor<T, 3, Scheme>& c, std::size_t t) {
  const batch_place at = place_in_batch(c.scheme().axis(), t);
  return output_matrix<T, Scheme>{matrix_of(c.codes(), t), &c.scheme(), at.axis, at.first};
}

template <class C>
concept batch_output = requires(C& c) {
  detail::output_of(c, 0);
};

}  // namespace narrow::detail
