// Outputs in a block format. Scales follow from the elements that they are for, and may from all of them (NVFP4): the
// product goes to a workspace as the reals that are otherwise rounded at once, and is then quantized as `quantize`
// does.
//
// Memory: 4 bytes an element, 8 where those reals are doubles (compute_class.hpp, value_type_of), kept as workspaces
// are.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "narrow/block_formats.hpp"
#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/options.hpp"
#include "narrow/detail/gemm/quire.hpp"
#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

template <class C>
inline constexpr bool is_block_output = false;
template <class T, std::size_t Rank, block_scheme Scheme>
inline constexpr bool is_block_output<quantized_tensor<T, Rank, Scheme>> = true;

// What the elements of a product of A and B are on their way to codes of less than 24 bits.
template <class A, class B, class... Option>
using block_output_value =
    std::conditional_t<accumulates_in_double<Option...> || (sums_in_quire<Option> || ...) ||
                           ((A::needs_double || B::needs_double) && !accumulates_in_float<Option...>) ||
                           (A::is_fixed && B::is_fixed && !A::has_real_factor && !B::has_real_factor),
                       double, float>;

struct block_output_workspace {
  scratch values;
};

// How reals become codes is for later.
template <class Option>
auto unless_for_codes(const Option& option) {
  if constexpr (is_rounding<Option> || is_overflow<Option>) {
    return std::tuple<>();
  } else {
    return std::tuple<const Option&>(option);
  }
}

// Calls product(view of reals, options) and makes c of what that leaves there, which begins as c where beta asks for
// it. `what` is the call. Errors: those of the product, and of quantize for the options; c is untouched then.
template <class Real, class T, std::size_t Rank, class Scheme, class Product, class... Option>
void write_blocks(quantized_tensor<T, Rank, Scheme>& c, const char* what, const Product& product,
                  const Option&... option) {
  const auto rounding = rounding_of_options<T>(option...);
  check_rounding(rounding, what);
  leased<block_output_workspace> lease;
  const tensor_view<Real, Rank> values((*lease).values.template get<Real>(c.size()), c.codes().extents());
  scaling s;
  (read_scaling(s, option), ...);
  if (s.beta != 0) dequantize_into(c, values);
  std::apply([&](const auto&... kept) { product(values, kept...); }, std::tuple_cat(unless_for_codes(option)...));
  using own = block_overflow<block_format<T, Scheme>>;
  using overflow = std::conditional_t<(is_overflow<Option> || ...), typename chosen_overflow<T, Option...>::type, own>;
  c.set_scheme(Scheme::template fit_for<T>(values, c.scheme().axis().axis));
  quantize_into(values, c.codes(), c.scheme(), rounding, nullptr, overflow{});
}

}  // namespace narrow::detail
