// The library's products: how reals become the codes of an operand and the operand a view of them, what the output is,
// and the call that is timed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "gemm/product.hpp"
#include "gemm/requantization.hpp"
#include "narrow/narrow.hpp"
#include "narrow/pack.hpp"
#include "support/buffer.hpp"

namespace bench {

// ---- operands: `rows` x `columns` codes; a real is code * unit ----------------------------------------------------

// Floats of any width and fixed point: the code is the value.
template <class T>
struct number_operand {
  using element = T;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;
  std::size_t rows, columns;

  number_operand(const shape&, std::size_t r, std::size_t c) : rows(r), columns(c) {}
  T encode(float x, std::size_t) const { return T(x); }
  auto view(const T* codes) const { return narrow::view(codes, rows, columns); }
};

// Integers without a scheme.
template <class T>
struct integer_operand {
  using element = T;
  static constexpr float lowest = std::is_signed_v<T> ? -1 : 0;
  static constexpr double unit = 1.0 / std::numeric_limits<T>::max();
  std::size_t rows, columns;

  integer_operand(const shape&, std::size_t r, std::size_t c) : rows(r), columns(c) {}
  T encode(float x, std::size_t) const { return static_cast<T>(std::lrint(static_cast<double>(x) / unit)); }
  auto view(const T* codes) const { return narrow::view(codes, rows, columns); }
};

// Dynamic fixed point: integers under one exponent.
template <class T>
struct shared_exponent_operand {
  using element = T;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;
  std::size_t rows, columns;
  narrow::shared_exponent scheme{-(std::numeric_limits<T>::digits)};

  shared_exponent_operand(const shape&, std::size_t r, std::size_t c) : rows(r), columns(c) {}
  T encode(float x, std::size_t) const {
    const double code = std::nearbyint(std::ldexp(static_cast<double>(x), -scheme.exponent()));
    return static_cast<T>(std::min(code, static_cast<double>(std::numeric_limits<T>::max())));
  }
  auto view(const T* codes) const {
    return narrow::quantized_view<T, 2, narrow::shared_exponent>{narrow::view(codes, rows, columns), &scheme,
                                                                 scheme.axis()};
  }
};

// Activations and weights of requantized products.
template <class Code>
struct affine_activations {
  using element = Code;
  static constexpr float lowest = requantization<Code>::a_lowest;
  static constexpr double unit = 1;
  std::size_t rows, columns;
  narrow::affine scheme{requantization<Code>::a_scale, requantization<Code>::a_zero};

  affine_activations(const shape&, std::size_t r, std::size_t c) : rows(r), columns(c) {}
  Code encode(float x, std::size_t) const { return requantization<Code>::encode_a(x); }
  auto view(const Code* codes) const {
    return narrow::quantized_view<Code, 2, narrow::affine>{narrow::view(codes, rows, columns), &scheme, scheme.axis()};
  }
};
template <class Code>
struct affine_weights {
  using element = std::int8_t;
  static constexpr float lowest = -1;
  static constexpr double unit = 1;
  std::size_t rows, columns;
  requantization<Code> parameters;
  narrow::affine scheme;

  affine_weights(const shape& s, std::size_t r, std::size_t c)
      : rows(r), columns(c), parameters(s.n, s.k), scheme(narrow::per_column, parameters.b_scales) {}
  std::int8_t encode(float x, std::size_t column) const { return parameters.encode_b(x, column); }
  auto view(const std::int8_t* codes) const {
    return narrow::quantized_view<std::int8_t, 2, narrow::affine>{narrow::view(codes, rows, columns), &scheme,
                                                                  scheme.axis()};
  }
};

// ---- outputs --------------------------------------------------------------------------------------------------------

// Reals, and raw integer accumulators.
template <class T>
class plain_output {
 public:
  explicit plain_output(const shape& s) : values_(s.m * s.n), view_(narrow::view(values_.data(), s.m, s.n)) {}
  auto& destination() { return view_; }
  template <class F>
  void with_options(const F& f) const {
    f();
  }
  double result(std::size_t i, std::size_t j, double unit) const { return static_cast<double>(view_(i, j)) * unit; }
  double representable(double x) const { return x; }

 private:
  buffer<T> values_;
  narrow::matrix_view<T> view_;
};

// Codes, requantized by a float for each column.
template <class Code>
class requantized_output {
 public:
  explicit requantized_output(const shape& s)
      : parameters_(s.n, s.k), codes_(s.m * s.n), view_(narrow::view(codes_.data(), s.m, s.n)) {
    for (const float scale : parameters_.b_scales) {
      requantize_.scales.push_back(requantization<Code>::a_scale * scale / parameters_.c_scale);
    }
    requantize_.zero_point = requantization<Code>::c_zero;
  }
  auto& destination() { return view_; }
  template <class F>
  void with_options(const F& f) const {
    f(requantize_);
  }
  double result(std::size_t i, std::size_t j, double) const { return parameters_.decode_c(view_(i, j)); }
  double representable(double x) const { return parameters_.representable(x); }

 private:
  requantization<Code> parameters_;
  buffer<Code> codes_;
  narrow::matrix_view<Code> view_;
  narrow::requantize_float requantize_;
};

// The weights packed for activations of A.
template <class A, class B>
auto pack_for(const B& b, const typename B::element* codes) {
  return narrow::pack<typename A::element>(b.view(codes));
}

// ---- the product ----------------------------------------------------------------------------------------------------

template <class A, class B, class C>
class library_product final : public product {
 public:
  library_product(const shape& s, weights how)
      : product(s, A::lowest, B::lowest), a_(s, s.m, s.k), b_(s, s.k, s.n), c_(s), a_codes_(s.m * s.k), how_(how) {
    for (std::size_t i = 0; i < a_codes_.size(); ++i) a_codes_[i] = a_.encode(a(i), i % s.k);
    copies_.emplace_back(s.k * s.n);
    for (std::size_t i = 0; i < s.k * s.n; ++i) copies_[0][i] = b_.encode(b(i), i % s.n);
    const std::size_t bytes = s.k * s.n * sizeof(typename B::element);
    count_ = copies_of(bytes, how);
    if (is_packed(how)) {
      for (std::size_t i = 0; i < count_; ++i) packed_.push_back(pack_for<A>(b_, copies_[0].data()));
      copies_.clear();
    } else {
      while (copies_.size() < count_) {
        copies_.emplace_back(s.k * s.n);
        std::copy_n(copies_[0].data(), s.k * s.n, copies_.back().data());
      }
    }
  }

  void run() override {
    c_.with_options([&](const auto&... options) {
      if (is_packed(how_)) {
        narrow::gemm(a_.view(a_codes_.data()), packed_[next_], c_.destination(), options...);
      } else {
        narrow::gemm(a_.view(a_codes_.data()), b_.view(copies_[next_].data()), c_.destination(), options...);
      }
    });
    if (++next_ == count_) next_ = 0;
  }
  double result(std::size_t i, std::size_t j) const override { return c_.result(i, j, A::unit * B::unit); }
  double representable(double exact) const override { return c_.representable(exact); }

 private:
  A a_;
  B b_;
  C c_;
  buffer<typename A::element> a_codes_;
  std::vector<buffer<typename B::element>> copies_;
  std::vector<decltype(pack_for<A>(std::declval<const B&>(), nullptr))> packed_;
  const weights how_;
  std::size_t count_ = 1, next_ = 0;
};

template <class A, class B, class C>
std::unique_ptr<product> make_product(const shape& s, weights how) {
  return std::make_unique<library_product<A, B, C>>(s, how);
}

}  // namespace bench
