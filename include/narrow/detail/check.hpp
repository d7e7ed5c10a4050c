// Bad input: one clear error. Public entry points check their arguments once, before anything is written.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>

#if !defined(__cpp_exceptions)
#include <cstdio>
#endif

namespace narrow {

#if !defined(__cpp_exceptions)
// Without exceptions, this is called instead, and may not return; replace it to do otherwise than print and abort.
using error_handler = void (*)(const char* message);
inline error_handler& on_error() {
  static error_handler handler = [](const char* message) {
    std::fprintf(stderr, "narrow: %s\n", message);
    std::abort();
  };
  return handler;
}
#endif

namespace detail {

template <class... Parts>
[[noreturn, gnu::noinline, gnu::cold]] void fail(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
#if defined(__cpp_exceptions)
  throw std::invalid_argument(message.str());
#else
  on_error()(message.str().c_str());
  std::abort();
#endif
}

// Throws std::invalid_argument with the concatenated parts unless the condition holds. The parts name the argument,
// what it was and what it must be.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(parts...);
}

// a * b, or an error that names what was multiplied.
inline std::size_t checked_product(std::size_t a, std::size_t b, const char* what) {
  std::size_t result = 0;
  require(!__builtin_mul_overflow(a, b, &result), what, ": ", a, " x ", b, " elements overflow std::size_t");
  return result;
}

}  // namespace detail
}  // namespace narrow
