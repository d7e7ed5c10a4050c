// Accumulators: how the products of one output element are summed. The order is part of the contract: depth ascending,
// one chain for each element; a product with one row or one column uses 16 partial sums (terms k, k + 16, ...) and a
// fixed tree, since one chain would be bound by the latency of an addition.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "narrow/detail/exact.hpp"
#include "narrow/detail/integer_rounding.hpp"

namespace narrow {

// sum <- fma(a, b, sum): the f32 class, and with double operands the exact `wide` class.
template <class Real>
struct fma_chain {
  using operand_type = Real;
  using sum_type = Real;
  static constexpr std::size_t group = 1;  // terms that a step consumes
  [[gnu::always_inline]] static void step(Real& sum, const Real* a, const Real& b) { sum = std::fma(a[0], b, sum); }
  static Real join(Real x, Real y) { return detail::sum(x, y); }
};

// What vdpbf16ps computes for each pair of terms, the odd one first: sum <- ftz(fma(a0, b0, ftz(fma(a1, b1, sum)))),
// subnormal operands and sums read as zero, nearest even. Measured on Zen 4.
struct bfloat16_pairs {
  using operand_type = float;
  using sum_type = float;
  static constexpr std::size_t group = 2;
  static float flush(float x) { return std::fabs(x) < 0x1p-126F ? std::copysign(0.0F, x) : x; }
  [[gnu::always_inline]] static void step(float& sum, const float* a, const float& b0, const float& b1) {
    const float odd = std::fma(flush(a[1]), flush(b1), flush(sum));
    sum = flush(std::fma(flush(a[0]), flush(b0), flush(odd)));
  }
  static float join(float x, float y) { return flush(detail::sum(x, y)); }
};

// Exact integers, as long as the sum fits: whoever chooses the type has checked the depth.
template <class Integer, class Sum = Integer>
struct integer_sum {
  using operand_type = Integer;
  using sum_type = Sum;
  static constexpr std::size_t group = 1;
  [[gnu::always_inline]] static void step(Sum& sum, const Integer* a, const Integer& b) { sum += Sum{a[0]} * Sum{b}; }
  static Sum join(Sum x, Sum y) { return x + y; }
};

// Block formats (scheme/block.hpp) whose blocks run along the depth, on one side or on both, where the other has one
// scale for each row or column: the elements of a block, both scales left out, sum as `Sums`, from zero, in one chain
// whatever the shape: bfloat16_pairs, or integer_sum<int32_t>, zero points included. Then, block after block,
// total <- fma(float(sum), a's scale * b's scale, total), in float, the product of the scales rounded: beyond 2^128 it
// is an infinity, whatever the sum.
template <class Sums>
struct block_sums {
  using sum_type = float;
  template <class Sum>
  [[gnu::always_inline]] static float add(float total, Sum sum, float a_scale, float b_scale) {
    return std::fma(static_cast<float>(sum), detail::product(a_scale, b_scale), total);
  }
};

}  // namespace narrow
