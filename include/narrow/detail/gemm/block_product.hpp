// Products under scales that vary from block to block along the depth, of one operand or of both: what multiplies are
// the elements, in the bf16 class or as bytes, and a block of them at a time takes the scales (accumulator.hpp,
// block_sums).
//
// Factors and sums of blocks (block_factors.hpp) are made for each product, 1 / length of the operands, but for those
// of a packed operand, which keeps its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "narrow/detail/gemm/block_factors.hpp"
#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/fast.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/nibble_panel.hpp"
#include "narrow/detail/gemm/operand.hpp"
#include "narrow/detail/gemm/product.hpp"

namespace narrow::detail {

// ---- scales --------------------------------------------------------------------------------------------------------

struct block_product_workspace {
  scratch a_factors, b_factors, block_sums, panels, sums, scales;
  scratch rows, row_starts;  // of products by nibbles
};

template <class A, class B>
block_factors row_factors_of(const A& a, const B& b, block_product_workspace& space) {
  constexpr std::size_t length = shared_block_length<A, B>;
  const std::size_t blocks = divided_up(a.columns(), length);
  float* const of_a = space.a_factors.get<float>(checked_product(a.rows(), blocks, "gemm"));
  factors_of_rows(a, length, blocks, of_a);
  return {length, blocks, of_a, nullptr, padded_columns(b.columns())};
}

template <class B>
void add_column_factors(block_factors& factors, const B& b, block_product_workspace& space) {
  if constexpr (is_packed<B>) {
    if (b.panels->block_length == factors.length && !b.panels->factors.empty()) {
      factors.b = b.panels->factors.data();
      return;
    }
  }
  float* const to = space.b_factors.get<float>(checked_product(factors.blocks, factors.b_stride, "gemm"));
  factors_of_columns(b, factors.length, factors.blocks, factors.b_stride, to);
  factors.b = to;
}

// ---- by the kernels ------------------------------------------------------------------------------------------------

// Has sums begin with what a's packed codes owe to their zero point:
//   sum (a - zero) b = sum a b - zero (sum of b)
template <class PanelA, class A>
void take_zero_point(gemm_plan& plan, const A& a, const block_factors& factors, const packed_panels* ready,
                     block_product_workspace& space) {
  const tile_kernel& kernel = *plan.kernel;
  plan.scales.a_zero = static_cast<std::int32_t>(a.zero_point(a.place(0, 0))) + PanelA::template offset<A>;
  if (plan.scales.a_zero == 0) return;
  if (ready != nullptr && ready->block_length == factors.length) {
    plan.scales.b_sums = ready->block_sums.data();
    return;
  }
  std::int32_t* const to = space.block_sums.get<std::int32_t>(factors.blocks * factors.b_stride);
  sums_of_blocks(kernel, plan.packed_b, plan.packed_stride, plan.n, divided_up(plan.depth, kernel.group),
                 factors.length / kernel.group, factors.b_stride, to);
  plan.scales.b_sums = to;
}

// The plan with an output.
template <class Target, class A, class B, class Finisher, class E>
void run_scaled_plan(gemm_plan& plan, const A& a, const B& b, const Finisher& last, block_product_workspace& space,
                     const E& e) {
  finish_context<Finisher> context;
  if (float* const c = last.template sums_in_place<float>(true)) {
    plan.c = c, plan.c_stride = last.out.view.stride(0);
  } else {
    context.fill(last, a, b, true, space.scales);
    plan.finisher = &context;
    plan.finish = Target::template finish<finish_context<Finisher>, float>;
  }
  run_in_parts(plan, e);
}

// False where the target has no kernel for such panels.
template <class PanelA, class PanelB = PanelA, class Target, class A, class B, class Finisher, class E>
bool run_scaled_kernel(Target, const A& a, const B& b, const block_factors& factors, const Finisher& last,
                       block_product_workspace& space, const E& e) {
  const auto kernel = Target::template scaled_kernel<PanelB>();
  if constexpr (std::is_null_pointer_v<decltype(kernel)>) {
    return false;
  } else {
    if (kernel == nullptr) return false;
    gemm_plan plan;
    plan.kernel = kernel;
    plan.m = a.rows(), plan.n = b.columns(), plan.depth = a.columns();
    plan.a = Target::template packing<PanelA>(a, false);
    [[maybe_unused]] const packed_panels* const ready = take_panels<PanelB, Target>(plan, b, space.panels);
    plan.scales.groups = factors.length / kernel->group;
    plan.scales.a = factors.a, plan.scales.a_stride = static_cast<std::ptrdiff_t>(factors.blocks);
    plan.scales.b = factors.b, plan.scales.b_stride = factors.b_stride;
    if constexpr (std::is_integral_v<typename PanelA::sum>) {
      take_zero_point<PanelA>(plan, a, factors, ready, space);
    }
    run_scaled_plan<Target>(plan, a, b, last, space, e);
    return true;
  }
}

// The same of weights packed to nibbles, in blocks of a product's length; false where they are not.
template <class Target, class A, class B, class Finisher, class E>
bool run_nibble_kernel(Target, const A& a, const B& b, const block_factors& factors, const Finisher& last,
                       block_product_workspace& space, const E& e) {
  using PanelA = byte_panel<panel_sign::is_signed>;
  const tile_kernel* const kernel = Target::template scaled_kernel<nibble_panel>();
  const packed_panels* const ready = kernel != nullptr ? ready_panels<nibble_panel>(b, *kernel, false) : nullptr;
  if (ready == nullptr || ready->block_length != factors.length) return false;
  gemm_plan plan;
  plan.kernel = kernel;
  plan.m = a.rows(), plan.n = b.columns(), plan.depth = a.columns();
  plan.packed_b = ready->data, plan.packed_stride = ready->panel_bytes;
  // All of a at once, for the sums of its blocks.
  const std::size_t units = divided_up(plan.depth, 8), stride = divided_up(units * 8, 128) * 128 + 64;
  std::byte* const rows = space.rows.bytes(checked_product(plan.m, stride, "gemm"));
  for (std::size_t i = 0; i < plan.m && units != 0; ++i) std::memset(rows + i * stride + (units - 1) * 8, 0, 8);
  plan.a = Target::template packing<PanelA>(a, false);
  plan.ready_a = rows, plan.ready_stride = static_cast<std::ptrdiff_t>(stride);
  if (units != 0) plan.a.rows(&a, 0, plan.m, 0, plan.depth, false, rows, plan.ready_stride);
  std::int32_t* const starts = space.row_starts.get<std::int32_t>(plan.m * factors.blocks);
  sums_of_rows(rows, plan.ready_stride, plan.m, units, factors.length / 8, -8, starts);

  plan.scales.groups = factors.length / kernel->group;
  plan.scales.a = factors.a, plan.scales.a_starts = starts;
  plan.scales.a_stride = static_cast<std::ptrdiff_t>(factors.blocks);
  // Where sums lie: see packed_panels::block_sums.
  plan.scales.b_stride = kernel->panel_columns(), plan.scales.b_step = factors.blocks;
  take_zero_point<PanelA>(plan, a, factors, ready, space);
  run_scaled_plan<Target>(plan, a, b, last, space, e);
  return true;
}

template <class Sums, class A, class B, class Finisher, class E>
bool multiply_blocks_fast([[maybe_unused]] const A& a, [[maybe_unused]] const B& b,
                          [[maybe_unused]] block_factors& factors, [[maybe_unused]] const Finisher& last,
                          [[maybe_unused]] block_product_workspace& space, [[maybe_unused]] const E& e) {
  return on_target([&]([[maybe_unused]] auto target) {
    if constexpr (is_packed<B> && std::is_same_v<Sums, integer_sum<std::int32_t>>) {
      if constexpr (fits_nibbles<B>) {
        if (run_nibble_kernel(target, a, b, factors, last, space, e)) return true;
      }
    }
    add_column_factors(factors, b, space);
    if constexpr (std::is_same_v<Sums, bfloat16_pairs>) {
      return run_scaled_kernel<bf16_panel>(target, a, b, factors, last, space, e);
    } else {
      using S = panel_sign;
      return run_scaled_kernel<byte_panel<S::is_unsigned>, byte_panel<S::is_signed>>(target, a, b, factors, last, space,
                                                                                     e) ||
             run_scaled_kernel<pair_panel>(target, a, b, factors, last, space, e);
    }
  });
}

// ---- the whole product ---------------------------------------------------------------------------------------------

template <class A, class B, class Output, class Ops, class Conversion, executor E>
void multiply_blocks_and_finish(const A& a, const B& b, const Output& out, const scaling& s, const Ops& ops,
                                const Conversion& conversion, std::size_t first_index, const E& e) {
  using Sums = element_sums<A, B>;
  using Class = compute_class<block_sums<Sums>, false>;
  using Value = value_type_of<Class, A, B, typename Output::value_type>;
  using Operand = typename Sums::operand_type;
  if constexpr (needs_integer_sum<A, B, Output, Ops>()) {
    fail("gemm: c or an epilogue takes integer accumulators, but the sum is real: a scale varies along the depth");
  } else {
    check_scaling_fits<Value>(s, "gemm");
    const std::size_t m = a.rows(), depth = a.columns(), n = b.columns();
    const finisher<Value, false, Output, Ops, Conversion> last{out, s, ops, conversion, n, first_index};
    leased<block_product_workspace> lease;
    block_product_workspace& space = *lease;
    block_factors factors = row_factors_of(a, b, space);
    if (multiply_blocks_fast<Sums>(a, b, factors, last, space, e)) return;
    add_column_factors(factors, b, space);
    const auto x = lower<Operand>(a, false);
    const auto y = lower<Operand>(b, false);
    float* const sums = space.sums.get<float>(checked_product(m, n, "gemm"));
    multiply_blocks<Sums>(x.values.data(), y.values.data(), sums, m, depth, n, factors.length, factors.a, factors.b,
                          factors.b_stride);
    const std::vector<double> of_rows(m, 1.0), of_columns(n, 1.0);
    last.rows(sums, of_rows, of_columns);
  }
}

}  // namespace narrow::detail
