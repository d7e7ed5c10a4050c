// PACT, the activation whose clipping value is trained: y = min(max(x, 0), alpha), then quantized evenly on [0, alpha].
//
//   pact clip(alpha);
//   gemm(x, w, y, clip);                                            // inference: it is an epilogue
//   auto codes = quantize<uint4>(y, clip.scheme<uint4>());
//   alpha -= rate * (clip.backward(z, dy, dz) + decay * alpha);     // training: z is what was clipped
//
// Source: Choi et al., "PACT: Parameterized Clipping Activation for Quantized Neural Networks", 2018.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "narrow/detail/classify.hpp"
#include "narrow/element.hpp"
#include "narrow/scheme/affine.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

class pact {
 public:
  // alpha: in the units of the activation. Errors: one that is not a positive normal number.
  explicit pact(float alpha) : alpha_(alpha) {
    detail::require(detail::is_normal(alpha) && alpha > 0, "pact: alpha is ", alpha,
                    "; it must be a positive normal number");
  }

  float alpha() const { return alpha_; }

  template <std::floating_point Value>
  constexpr Value operator()(Value x, std::size_t, std::size_t) const {
    const auto alpha = static_cast<Value>(alpha_);
    return x < 0 ? Value{0} : x >= alpha ? alpha : x;  // keeps NaN
  }

  // Zero on code 0 and alpha on the largest.
  template <fixed_point_element T>
  affine scheme() const {
    return affine(static_cast<float>(static_cast<double>(alpha_) / static_cast<double>(encoding_of<T>::max_code)));
  }

  // The gradients, straight through the quantizer: dx[i] = dy[i] where 0 <= x[i] < alpha, else 0; returned is that of
  // alpha, the sum of dy where x[i] >= alpha. x is the activation's input; dx may be dy. Errors: views of different
  // sizes.
  template <std::floating_point Real>
  double backward(const vector_view<const std::type_identity_t<Real>>& x,
                  const vector_view<const std::type_identity_t<Real>>& dy, const vector_view<Real>& dx) const {
    detail::require(dy.size() == x.size(), "pact: dy has ", dy.size(), " elements; x has ", x.size());
    detail::require(dx.size() == x.size(), "pact: dx has ", dx.size(), " elements; x has ", x.size());
    const auto alpha = static_cast<Real>(alpha_);
    double of_alpha = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Real gradient = dy(i);
      const bool above = x(i) >= alpha;
      if (above) of_alpha += static_cast<double>(gradient);
      dx(i) = x(i) >= 0 && !above ? gradient : Real{0};
    }
    return of_alpha;
  }

 private:
  float alpha_;
};

}  // namespace narrow
