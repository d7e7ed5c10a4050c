// Operands in block formats.
#pragma once

#include <array>
#include <vector>

#include "support/operands.hpp"

namespace bench {

// Codes under equal scales, those of blocks that reach to 1: the sources do. Axis: that along which blocks run.
template <class Format, std::size_t Rank, std::size_t Axis>
struct block_operand {
  using element = typename Format::element_type;
  using scheme_type = typename Format::scheme_type;
  using extents_type = std::array<std::size_t, Rank>;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;
  scheme_type scheme;
  float factor;

  explicit block_operand(const extents_type& extents)
      : scheme(scheme_of(extents)), factor(float(scheme.scale(0)) * scheme.tensor_scale()) {}
  element encode(float x, std::size_t) const { return element(x / factor); }
  auto view(const narrow::tensor_view<const element, Rank>& codes) const {
    return narrow::quantized_view<element, Rank, scheme_type>{codes, &scheme, scheme.axis()};
  }

  static scheme_type scheme_of(const extents_type& extents) {
    const std::vector<float> one{1};
    const auto fitted = scheme_type::template fit_for<element>(narrow::view(one, 1), 0);
    const std::size_t count = narrow::detail::block_count(extents, Axis, scheme_type::block_length);
    return scheme_type(extents, Axis, {count, fitted.scale(0)}, fitted.tensor_scale());
  }
};

// Blocks need to know of what; other operands, what is summed.
template <class Operand, std::size_t Rank>
Operand operand_of(const sums& s, const std::array<std::size_t, Rank>& extents) {
  if constexpr (std::is_constructible_v<Operand, std::array<std::size_t, Rank>>) {
    return Operand(extents);
  } else {
    return Operand(s);
  }
}

}  // namespace bench
