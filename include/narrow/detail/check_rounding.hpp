// The parameters of stochastic rounding, checked where a call takes them.
#pragma once

#include "narrow/detail/check.hpp"
#include "narrow/rounding.hpp"

namespace narrow::detail {

// Errors: a count of random bits outside 1 to 32 (31 with pre_round).
template <class Rounding>
constexpr void check_rounding(const Rounding& rounding, const char* what) {
  if constexpr (requires { rounding.count + rounding.pre_round; }) {
    const int most = rounding.pre_round ? 31 : 32;
    if (rounding.count < 1 || rounding.count > most) [[unlikely]] {
      fail(what, ": the count of stochastic bits is ", rounding.count, "; it must be 1 to ", most);
    }
  }
}

}  // namespace narrow::detail
