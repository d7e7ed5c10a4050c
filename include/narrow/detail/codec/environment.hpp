// The floating-point environment of bulk conversions. Codecs are integer arithmetic, but their divisions, products and
// shortcuts round to nearest and need subnormal numbers: for the length of a call, whatever rounding direction,
// flushing and traps the caller has set are put aside. The code that depends on it lies in functions that are not
// inlined, so that none of it moves out of the guard's life.
#pragma once

namespace narrow::detail {

class default_float_environment {
 public:
  default_float_environment() {
#if defined(__SSE__) && defined(__GNUC__)
    saved_ = __builtin_ia32_stmxcsr();
    changed_ = (saved_ & ~flags) != all_masked;
    if (changed_) [[unlikely]]
      __builtin_ia32_ldmxcsr(all_masked);
#endif
  }
  ~default_float_environment() {
#if defined(__SSE__) && defined(__GNUC__)
    if (changed_) [[unlikely]]
      __builtin_ia32_ldmxcsr(saved_);
#endif
  }
  default_float_environment(const default_float_environment&) = delete;
  default_float_environment& operator=(const default_float_environment&) = delete;

 private:
#if defined(__SSE__) && defined(__GNUC__)
  static constexpr unsigned flags = 0x3F, all_masked = 0x1F80;
  unsigned saved_ = all_masked;
  bool changed_ = false;
#endif
};

}  // namespace narrow::detail
