// std::format of every number, where the standard library has it (tested with libc++ 19): the specifications are
// those of float or double, whichever the number widens to. "{}" writes what a stream does, NaN aside.
#pragma once

#include <version>

#include "narrow/number.hpp"

#if defined(__cpp_lib_format)
#include <format>

template <class E, class Rounding, class Overflow, class Char>
struct std::formatter<narrow::number<E, Rounding, Overflow>, Char> : std::formatter<typename E::real_type, Char> {
  template <class Context>
  auto format(narrow::number<E, Rounding, Overflow> x, Context& context) const {
    return std::formatter<typename E::real_type, Char>::format(x.to_real(), context);
  }
};
#endif
