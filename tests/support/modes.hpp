// The rounding modes and overflow policies as indices, for tables of functions that tests choose from at run time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <type_traits>

#include "narrow/overflow.hpp"
#include "narrow/rounding.hpp"

namespace support {

template <class... Types>
struct type_list {
  static constexpr std::size_t size = sizeof...(Types);

  template <class T>
  static constexpr std::size_t index_of() {
    constexpr bool same[] = {std::is_same_v<T, Types>...};
    const auto found = std::find(std::begin(same), std::end(same), true) - std::begin(same);
    return static_cast<std::size_t>(found);
  }
};

using modes = type_list<narrow::nearest_even, narrow::nearest_away, narrow::toward_zero, narrow::toward_positive,
                        narrow::toward_negative, narrow::to_odd, narrow::stochastic>;

// Of a table's two sets of functions, that of Real.
template <class Real, class OfFloat, class OfDouble>
const auto& of_real(const OfFloat& of_float, const OfDouble& of_double) {
  if constexpr (std::is_same_v<Real, float>) {
    return of_float;
  } else {
    return of_double;
  }
}

// A function of a table takes a stochastic for whatever its mode is: the other modes ignore it.
template <class Rounding>
narrow::stochastic random_of(const Rounding& rounding) {
  if constexpr (std::is_same_v<Rounding, narrow::stochastic>) {
    return rounding;
  } else {
    return {};
  }
}
template <class Rounding>
Rounding mode_with(const narrow::stochastic& random) {
  if constexpr (std::is_same_v<Rounding, narrow::stochastic>) {
    return random;
  } else {
    return {};
  }
}

// Names a test over codecs by its codec.
struct codec_name {
  template <class Codec>
  std::string operator()(const testing::TestParamInfo<Codec>& info) const {
    return info.param.name;
  }
};

}  // namespace support
