// The scale of the loss, for gradients in few bits (Micikevicius et al. 2018): a power of two that halves when a
// gradient of the parameters overflows, which spoils that step, and doubles after a number of steps without.
#pragma once

#include <cstddef>

namespace compare {

class loss_scaler {
 public:
  // No scaling.
  loss_scaler() = default;
  loss_scaler(double scale, std::size_t period) : scale_(scale), period_(period) {}

  double scale() const { return scale_; }
  // Once a step, with whether all gradients of the parameters were finite. False where the parameters must stay as they
  // are; without scaling they never must.
  bool step(bool finite) {
    if (period_ == 0) return true;
    if (!finite) {
      scale_ /= 2, good_ = 0;
    } else if (++good_ == period_) {
      scale_ *= 2, good_ = 0;
    }
    return finite;
  }

 private:
  double scale_ = 1;
  std::size_t period_ = 0, good_ = 0;
};

}  // namespace compare
