// Alpha blending, quantized training without an estimated gradient: weights are a blend of the real and the quantized
// ones, and only the real part carries the gradient. Training starts at alpha = 0, real weights, and ends at 1, where
// they are the quantized ones.
//
//   blend = (1 - alpha) * w + alpha * quantized(w)        dw = (1 - alpha) * dblend
//
// Source: Liu and Mattina, "Learning low-precision neural networks without Straight-Through Estimator (STE)", IJCAI
// 2019.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "narrow/detail/check.hpp"
#include "narrow/detail/exact.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

class alpha_blending {
 public:
  // Errors: an alpha outside [0, 1].
  explicit alpha_blending(double alpha) : alpha_(alpha) {
    detail::require(alpha >= 0 && alpha <= 1, "alpha_blending: alpha is ", alpha, "; it must be between 0 and 1");
  }

  double alpha() const { return alpha_; }

  // At 0 and at 1 the very weights and the very quantized ones (finite). blended may be either. Errors: views of
  // different sizes.
  template <std::floating_point Real>
  void forward(const vector_view<const std::type_identity_t<Real>>& weights,
               const vector_view<const std::type_identity_t<Real>>& quantized, const vector_view<Real>& blended) const {
    require_size(quantized, weights.size(), "quantized", "weights");
    require_size(blended, weights.size(), "blended", "weights");
    const auto share = static_cast<Real>(alpha_), rest = static_cast<Real>(1 - alpha_);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      blended(i) = detail::sum(detail::product(rest, weights(i)), detail::product(share, quantized(i)));
    }
  }

  // The gradient of the weights from that of the blend. dweights may be dblended. Errors: views of different sizes.
  template <std::floating_point Real>
  void backward(const vector_view<const std::type_identity_t<Real>>& dblended,
                const vector_view<Real>& dweights) const {
    require_size(dweights, dblended.size(), "dweights", "dblended");
    const auto rest = static_cast<Real>(1 - alpha_);
    for (std::size_t i = 0; i < dblended.size(); ++i) dweights(i) = rest * dblended(i);
  }

 private:
  template <class Real>
  static void require_size(const vector_view<Real>& x, std::size_t size, const char* name, const char* other) {
    detail::require(x.size() == size, "alpha_blending: ", name, " has ", x.size(), " elements; ", other, " has ", size);
  }

  double alpha_;
};

}  // namespace narrow
