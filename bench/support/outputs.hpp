// Outputs, for the library and for those it is compared with: their memory, the options that make them, and what an
// element means in reals.
#pragma once

#include "support/buffer.hpp"
#include "support/operands.hpp"

namespace bench {

// Reals, and raw integer accumulators.
template <class T>
class plain_output {
 public:
  using element = T;

  plain_output(std::size_t count, const sums&) : values_(count) {}
  T* data() { return values_.data(); }
  template <class F>
  void with_options(const F& f) const {
    f();
  }
  double result(std::size_t i, double unit) const { return static_cast<double>(values_[i]) * unit; }
  double representable(double x) const { return x; }

 private:
  buffer<T> values_;
};

// Codes, requantized by a float for each output channel.
template <class Code>
class requantized_output {
 public:
  using element = Code;

  requantized_output(std::size_t count, const sums& s) : parameters_(s.outputs, s.depth), codes_(count) {
    requantize_.scales = parameters_.multipliers();
    requantize_.zero_point = requantization<Code>::c_zero;
  }
  Code* data() { return codes_.data(); }
  template <class F>
  void with_options(const F& f) const {
    f(requantize_);
  }
  double result(std::size_t i, double) const { return parameters_.decode_c(codes_[i]); }
  double representable(double x) const { return parameters_.representable(x); }
  const narrow::requantize_float& finish() const { return requantize_; }

 private:
  requantization<Code> parameters_;
  buffer<Code> codes_;
  narrow::requantize_float requantize_;
};

}  // namespace bench
