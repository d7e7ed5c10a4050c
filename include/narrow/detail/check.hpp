// Bad input: one clear error. Public entry points check their arguments once, before anything is written.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

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

// A text or a number of a message: a plain value, so that a check costs its caller no destructors; and numbers look as
// they do in a stream, whose headers would be half of what a program that includes this library has to parse.
class message_part {
 public:
  message_part(std::string_view text) : text_(text) {}    // NOLINT: parts convert
  message_part(const char* text) : text_(text) {}         // NOLINT
  message_part(const std::string& text) : text_(text) {}  // NOLINT
  template <std::floating_point T>
  message_part(T value) : kind_(kind::real), real_(static_cast<double>(value)) {}  // NOLINT
  template <std::signed_integral T>
  message_part(T value) : kind_(kind::integer), integer_(value) {}  // NOLINT
  template <std::unsigned_integral T>
  message_part(T value) : kind_(kind::natural), natural_(value) {}  // NOLINT

  void append_to(std::string& message) const {
    char digits[32] = "";
    if (kind_ == kind::integer) std::snprintf(digits, sizeof digits, "%lld", integer_);
    if (kind_ == kind::natural) std::snprintf(digits, sizeof digits, "%llu", natural_);
    if (kind_ == kind::real) std::snprintf(digits, sizeof digits, "%g", real_);
    message += kind_ == kind::text ? text_ : std::string_view(digits);
  }

 private:
  enum class kind { text, integer, natural, real };
  kind kind_ = kind::text;
  std::string_view text_;
  union {
    long long integer_ = 0;
    unsigned long long natural_;
    double real_;
  };
};

[[noreturn, gnu::noinline, gnu::cold]] inline void fail_with(std::initializer_list<message_part> parts) {
  std::string message;
  for (const message_part& part : parts) part.append_to(message);
#if defined(__cpp_exceptions)
  throw std::invalid_argument(message);
#else
  on_error()(message.c_str());
  std::abort();
#endif
}

template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  fail_with({message_part(parts)...});
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
