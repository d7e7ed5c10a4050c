// The range controller of dynamic fixed point (Courbariaux, Bengio, David, "Training deep neural networks with low
// precision multiplications", 2014): follows the magnitude of a group of values (one layer's activations, say) while
// they drift during training.
//
// A range r stands for values below 2^r in magnitude. Every `period` batches, with the overflow rates counted since:
//   overflow rate at r > theta        ->  r + 1
//   else overflow rate at r - 1 > theta  ->  r stays
//   else                              ->  r - 1
#pragma once

#include <cmath>
#include <cstddef>

#include "narrow/detail/check.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

class range_controller {
 public:
  static constexpr int lowest = -60, highest = 60;

  // theta: the tolerated overflow rate, 0 to 1. period: batches between decisions. Errors: either outside its range.
  range_controller(int range, double theta, std::size_t period) : range_(range), theta_(theta), period_(period) {
    detail::require(range >= lowest && range <= highest, "range_controller: range is ", range,
                    "; it must be between -60 and 60");
    detail::require(theta >= 0 && theta <= 1, "range_controller: theta is ", theta, "; it must be between 0 and 1");
    set_period(period);
  }

  int range() const { return range_; }
  double limit() const { return std::ldexp(1.0, range_); }
  // Of the codes: `bits` bits with the sign hold the range [-2^range, 2^range).
  int exponent(int bits) const { return range_ - (bits - 1); }
  // Errors: no batch.
  void set_period(std::size_t period) {
    detail::require(period > 0, "range_controller: period is 0; it must be at least one batch");
    period_ = period;
  }

  // Counts a group's values, before they are rounded or clipped. NaN and infinity overflow.
  template <class Real>
  void observe(const vector_view<Real>& values) {
    const auto over = static_cast<std::remove_const_t<Real>>(limit());
    const auto half = over / 2;
    std::size_t at_range = 0, below = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto magnitude = std::abs(values(i));
      at_range += !(magnitude < over);
      below += !(magnitude < half);
    }
    count_ += values.size();
    overflows_ += at_range;
    overflows_below_ += below;
  }

  // Once a batch; decides every `period`-th time. Returns the change of the range.
  int end_batch() {
    if (++batches_ < period_) return 0;
    int change = 0;
    if (count_ != 0) {
      const auto rate = [&](std::size_t n) { return static_cast<double>(n) / static_cast<double>(count_); };
      change = rate(overflows_) > theta_ ? 1 : rate(overflows_below_) > theta_ ? 0 : -1;
      if (range_ + change > highest || range_ + change < lowest) change = 0;
      range_ += change;
    }
    batches_ = count_ = overflows_ = overflows_below_ = 0;
    return change;
  }

 private:
  int range_;
  double theta_;
  std::size_t period_;
  std::size_t batches_ = 0, count_ = 0, overflows_ = 0, overflows_below_ = 0;
};

}  // namespace narrow
