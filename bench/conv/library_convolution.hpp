// The library's convolutions: the call that is timed.
#pragma once

#include <memory>
#include <utility>

#include "conv/convolution.hpp"
#include "narrow/pack_kernels.hpp"
#include "support/block_operands.hpp"
#include "support/outputs.hpp"

namespace bench {

// The kernels as conv2d takes them soonest, for activations of X.
template <class X, class View>
auto ready_kernels(const View& w, const layer& l) {
  return narrow::pack_kernels<typename X::element>(w, l.geometry());
}

inline sums sums_of(const layer& l) { return {l.outputs, l.depth(), narrow::per_axis(0)}; }

// Codes of both operands.
template <class X, class W>
struct conv_operands {
  X x;
  W w;
  buffer<typename X::element> x_codes;
  buffer<typename W::element> w_codes;

  explicit conv_operands(const convolution& c)
      : x(operand_of<X, 4>(sums_of(c.extents), c.extents.x_extents())),
        w(operand_of<W, 4>(sums_of(c.extents), c.extents.w_extents())),
        x_codes(c.extents.x_size()),
        w_codes(c.extents.w_size()) {
    const layer& l = c.extents;
    for (std::size_t i = 0; i < x_codes.size(); ++i) x_codes[i] = x.encode(c.x(i), i % l.channels);
    for (std::size_t i = 0; i < w_codes.size(); ++i) w_codes[i] = w.encode(c.w(i), i / l.depth());
  }
  auto images(const layer& l) const {
    return x.view(narrow::tensor_view<const typename X::element, 4>(x_codes.data(), l.x_extents()));
  }
  auto kernels(const layer& l) const {
    return w.view(narrow::tensor_view<const typename W::element, 4>(w_codes.data(), l.w_extents()));
  }
};

template <class X, class W, class Y>
class library_convolution final : public convolution {
 public:
  explicit library_convolution(const layer& l)
      : convolution(l, X::lowest, W::lowest),
        operands_(*this),
        y_(l.y_size(), sums_of(l)),
        kernels_(ready_kernels<X>(operands_.kernels(l), l)) {}

  void run() override {
    const layer& l = extents;
    y_.with_options([&](const auto&... options) {
      narrow::conv2d(operands_.images(l), kernels_,
                     narrow::view(y_.data(), l.images, l.out_height(), l.out_width(), l.outputs), l.geometry(),
                     threads_, options...);
    });
  }
  double result(std::size_t index) const override { return y_.result(index, X::unit * W::unit); }
  double representable(double exact) const override { return y_.representable(exact); }

 private:
  using operands = conv_operands<X, W>;
  operands operands_;
  Y y_;
  decltype(ready_kernels<X>(std::declval<const operands&>().kernels({}), {})) kernels_;
};

template <class X, class W, class Y>
std::unique_ptr<convolution> make_convolution(const layer& l) {
  return std::make_unique<library_convolution<X, W, Y>>(l);
}

}  // namespace bench
