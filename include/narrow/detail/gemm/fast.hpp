// The typed front of the kernels: from operands, output and epilogues to a plan, and the plan in pieces to an executor.
#pragma once

#include <algorithm>
#include <type_traits>

#include "narrow/accumulator.hpp"
#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/finish_context.hpp"
#include "narrow/detail/gemm/kernels.hpp"
#include "narrow/detail/gemm/multiply_vector.hpp"
#include "narrow/detail/gemm/packed_operand.hpp"
#include "narrow/detail/gemm/plane_product.hpp"
#include "narrow/executor.hpp"

namespace narrow::detail {

// Whether a panel's elements are those that memory holds: of bytes but for their sign, which kernels flip on the way
// (flip_of_ready), and of bfloat16 where the target flushes subnormals by itself.
template <class Panel, class A>
constexpr bool has_ready_elements() {
  if constexpr (real_element<typename A::value_type>) {
    return std::is_same_v<Panel, real_panel<typename A::value_type>>;
  } else if constexpr (std::is_same_v<Panel, bf16_panel>) {
    return std::is_same_v<typename A::E, bfloat16::encoding_type>;
  } else if constexpr (std::is_same_v<Panel, byte_panel<panel_sign::is_unsigned>>) {
    return sizeof(typename A::value_type) == 1 && !A::has_integer_values;
  } else {
    return false;
  }
}
template <class Panel, class A>
constexpr std::uint8_t flip_of_ready() {
  if constexpr (std::is_same_v<Panel, byte_panel<panel_sign::is_unsigned>>) {
    return static_cast<std::uint8_t>(Panel::template offset<A>);
  } else {
    return 0;
  }
}

// Whether the rows of a are in memory as the panel wants them, so that nothing need be packed. Rows at a distance of a
// multiple of 4 KiB share a set of the first-level cache, which has 8 places: too few for those of a high tile.
template <class Panel, class A>
const std::byte* ready_rows(const A& a, std::size_t depth, bool with_scale, bool flushes_by_itself,
                            std::size_t tile_rows) {
  if constexpr (has_ready_elements<Panel, A>()) {
    const auto& rows = a.elements();
    const auto bytes = rows.stride(0) * static_cast<std::ptrdiff_t>(sizeof(typename A::value_type));
    if (std::is_same_v<Panel, bf16_panel> && !flushes_by_itself) return nullptr;
    if (with_scale || rows.stride(1) != 1 || depth % Panel::group != 0) return nullptr;
    if (bytes % 4096 == 0 && std::min(rows.extent(0), tile_rows) > 4) return nullptr;
    return reinterpret_cast<const std::byte*>(rows.data());
  } else {
    return nullptr;
  }
}

inline void use_panels(gemm_plan& plan, const packed_panels* ready) {
  if (ready == nullptr) return;
  plan.packed_b = ready->data;
  plan.packed_stride = ready->panel_bytes;
  plan.b_column_sums = ready->column_sums.data();
}

// The zero points of the packed codes, as an array where they vary along `axis`. Those of symmetric weights are equal.
template <class Panel, class Operand>
zero_points packed_zero_points(const Operand& x, std::size_t axis, scratch& space) {
  constexpr std::int32_t offset = Panel::template offset<Operand>;
  const bool varies = x.zero_points_vary_along(axis);
  const std::size_t count = varies ? (axis == 0 ? x.rows() : x.columns()) : 1;
  std::int32_t* const values = space.get<std::int32_t>(count);
  for (std::size_t t = 0; t < count; ++t) {
    values[t] = static_cast<std::int32_t>(x.zero_point(x.place(axis == 0 ? t : 0, axis == 1 ? t : 0))) + offset;
  }
  return {values, varies};
}

// lower (operand.hpp) by the packing of the target in use.
template <class Real, class Operand>
dense<Real> lower_by_vectors(const Operand& x, bool with_scale) {
  dense<Real> result{x.rows(), x.columns(), {}};
  result.values.resize(checked_product(x.rows(), x.columns(), "gemm"));
  auto* const to = reinterpret_cast<std::byte*>(result.values.data());
  const bool done = on_target([&](auto target) {
    const packer p = decltype(target)::template packing<real_panel<Real>>(x, with_scale);
    const auto stride = static_cast<std::ptrdiff_t>(x.columns() * sizeof(Real));
    if (!result.values.empty()) p.rows(&x, 0, x.rows(), 0, x.columns(), with_scale, to, stride);
    return true;
  });
  return done ? result : lower<Real>(x, with_scale);
}

// The output in pieces, enough of them to keep the executor busy and none too small to be worth a task.
template <executor E>
void run_in_parts(const gemm_plan& plan, const E& e) {
  constexpr double least_terms = 1 << 20;  // some microseconds
  const std::size_t threads = concurrency_of(e);
  const double terms = static_cast<double>(plan.m) * static_cast<double>(plan.n) * static_cast<double>(plan.depth);
  if (threads == 1 || terms < 2 * least_terms) {
    gemm_run(plan, {0, plan.m, 0, plan.n}).run();
    return;
  }
  const std::size_t rows = plan.rows_at_once(), width = plan.kernel->panel_columns();
  const std::size_t panels = divided_up(plan.n, width), strips = divided_up(plan.m, rows);
  const auto worth = static_cast<std::size_t>(std::min(terms / least_terms, 1e6));
  // One for each thread where there are few strips of rows: pieces of one or two of them are too uneven.
  const std::size_t wanted = std::min(strips < 4 * threads ? threads : threads * 2, worth);
  // Columns first: each piece then packs columns of b that no other piece needs. Rows first where b is packed already:
  // no two pieces then pack the same rows of a.
  std::size_t across = panels, down = std::max<std::size_t>(1, strips / 2);
  const auto cut = [wanted](std::size_t& first, std::size_t& second) {
    first = std::min(first, wanted);
    second = std::min(second, divided_up(wanted, first));
  };
  if (plan.packed_b == nullptr) {
    cut(across, down);
  } else {
    cut(down, across);
  }
  // Pieces of one size but for a panel and a strip, or a row where that would be much: the threads end together. On
  // Zen 4 two threads are 1.89 times as fast as one so, and 1.79 by strips, at 7x7x512 u8 x s8 by 3x3.
  const std::size_t step = strips < 4 * down ? 1 : rows, steps = divided_up(plan.m, step);
  const auto begin = [](std::size_t piece, std::size_t of, std::size_t total) {
    return total / of * piece + std::min(piece, total % of);
  };
  e.parallel_for(across * down, [&](std::size_t piece) {
    const std::size_t p = piece / across, q = piece % across;
    const std::size_t i = begin(p, down, steps) * step, i_end = std::min(plan.m, begin(p + 1, down, steps) * step);
    const std::size_t j = begin(q, across, panels) * width,
                      j_end = std::min(plan.n, begin(q + 1, across, panels) * width);
    gemm_run(plan, {i, i_end - i, j, j_end - j}).run();
  });
}

// The product by a plan that has the target's functions already.
template <class PanelA, class PanelB, class A, class B, class Finisher, class E>
void run_plan(gemm_plan& plan, const packed_panels* ready, bool flushes_by_itself, const A& a, const B& b,
              const Finisher& last, bool with_scale, const E& e) {
  leased<parameter_workspace> lease;
  parameter_workspace& space = *lease;
  plan.m = a.rows(), plan.n = b.columns(), plan.depth = a.columns();
  use_panels(plan, ready);
  plan.ready_a = ready_rows<PanelA>(a, plan.depth, with_scale, flushes_by_itself, plan.kernel->rows);
  if (plan.ready_a != nullptr) {
    plan.ready_stride = a.elements().stride(0) * static_cast<std::ptrdiff_t>(sizeof(typename A::value_type));
    plan.a_flip = flip_of_ready<PanelA, A>();
  }
  if constexpr (std::is_same_v<PanelB, byte_panel<panel_sign::is_signed>> && !is_packed<B>) {
    const auto& elements = b.elements();
    // Lines at a distance of a multiple of 4 KiB do not stay in the caches until the next panel reads their other half:
    // 64x4096x4096 runs at 218 GOP/s so, and at 338 packed before.
    const bool collide = elements.stride(0) % 4096 == 0;
    if (!B::has_integer_values && sizeof(typename B::value_type) == 1 && elements.stride(1) == 1 && !collide) {
      plan.plain_b = reinterpret_cast<const std::byte*>(elements.data());
      plan.plain_stride = elements.stride(0);
      plan.plain_flip = static_cast<std::uint8_t>(PanelB::template offset<B>);
    }
  }
  using Sum = typename PanelA::sum;
  if constexpr (std::is_integral_v<Sum> && !std::is_same_v<PanelA, bit_panel>) {
    plan.a_zero = packed_zero_points<PanelA>(a, 0, space.a_zero);
    plan.b_zero = packed_zero_points<PanelB>(b, 1, space.b_zero);
  }
  finish_context<Finisher> context;
  if (Sum* const c = last.template sums_in_place<Sum>((A::factor_is_one && B::factor_is_one) || with_scale)) {
    plan.c = c;
    plan.c_stride = last.out.view.stride(0);
    plan.finish = nullptr;
  } else {
    context.fill(last, a, b, with_scale, space.scales);
    plan.finisher = &context;
  }
  run_in_parts(plan, e);
}

// The product by a kernel of the target, on panels of b that are ready (or null).
template <class PanelA, class PanelB, class Target, class A, class B, class Finisher, class E>
void run_on_panels(Target, const tile_kernel& kernel, const packed_panels* ready, const A& a, const B& b,
                   const Finisher& last, bool with_scale, const E& e) {
  using Sum = typename PanelA::sum;
  gemm_plan plan;
  plan.kernel = &kernel;
  Target::template set_packing<PanelA>(plan.a, a, with_scale);
  Target::template set_packing<PanelB>(plan.b, b, with_scale);
  if constexpr (std::is_integral_v<Sum>) {
    plan.begin = Target::template begin<Sum>, plan.correct = Target::template correct<Sum>;
  }
  plan.finish = Target::template finish<finish_context<Finisher>, Sum>;
  Target::template leave_codes<PanelB>(last, a, b, plan);
  run_plan<PanelA, PanelB>(plan, ready, Target::flushes_by_itself(), a, b, last, with_scale, e);
}

// The product by the kernel that reads such panels; false where the target has none.
template <class PanelA, class PanelB = PanelA, class Target, class A, class B, class Finisher, class E>
bool run_kernel(Target target, const A& a, const B& b, const Finisher& last, bool with_scale, const E& e) {
  const auto kernel = Target::template kernel<PanelB>();
  if constexpr (std::is_null_pointer_v<decltype(kernel)>) {
    return false;
  } else {
    if (kernel == nullptr) return false;
    const packed_panels* const ready = ready_panels<PanelB>(b, *kernel, with_scale);
    run_on_panels<PanelA, PanelB>(target, *kernel, ready, a, b, last, with_scale, e);
    return true;
  }
}

// The product of reals with one row or one column: of a matrix as it lies in memory, or of such panels, packed before.
template <class Class, class Panel, class Target, class A, class B, class Finisher, class E>
bool multiply_reals_vector(Target target, const A& a, const B& b, const Finisher& last, bool with_scale, const E& e) {
  if constexpr (is_packed<B>) {
    const tile_kernel& layout = *Target::template kernel<Panel>();
    const tile_kernel& kernel = *decltype(vector_target_of(target))::template panel_row<Panel>();
    const packed_panels* const ready = ready_panels<Panel>(b, layout, with_scale);
    if (ready == nullptr) return false;
    run_on_panels<Panel, Panel>(target, kernel, ready, a, b, last, with_scale, e);
    return true;
  } else {
    return multiply_vector<Class>(target, a, b, last, with_scale, e);
  }
}

// The same of integers. Packed ones are left to the tiles, which serve one row as well, and so is what has
// other codes than the integers that multiply.
template <class Class, class Target, class A, class B, class Finisher, class E>
bool multiply_integers_vector(Target target, const A& a, const B& b, const Finisher& last, bool with_scale,
                              const E& e) {
  if constexpr (is_packed<B> || A::has_integer_values || B::has_integer_values) {
    return false;
  } else {
    return multiply_vector<Class>(target, a, b, last, with_scale, e);
  }
}

template <class A, class B = A>
struct panel_pair {
  using left = A;
  using right = B;
};
using byte_pair = panel_pair<byte_panel<panel_sign::is_unsigned>, byte_panel<panel_sign::is_signed>>;
using limb_pair = panel_pair<limb_panel<panel_sign::is_unsigned>, limb_panel<panel_sign::is_signed>>;

// Calls run(panel_pair) for the panels of a class, the best first, until one returns true; false where none does.
template <class Class, class A, class B, class Run>
[[gnu::always_inline]] inline bool on_panels([[maybe_unused]] const Run& run) {
  using Accumulator = typename Class::accumulator;
  if constexpr (std::is_same_v<Accumulator, fma_chain<float>>) {
    return run(panel_pair<real_panel<float>>{});
  } else if constexpr (std::is_same_v<Accumulator, bfloat16_pairs>) {
    return run(panel_pair<bf16_panel>{});
  } else if constexpr (Class::exact_integer && std::is_same_v<typename Accumulator::sum_type, std::int32_t> &&
                       bits_of_codes<A> <= 8 && bits_of_codes<B> <= 8) {
    return run(byte_pair{}) || run(panel_pair<pair_panel>{});
  } else if constexpr (std::is_same_v<Accumulator, fma_chain<double>> || Class::exact_integer) {
    constexpr int bits = std::max(bits_of_codes<A>, bits_of_codes<B>);
    if constexpr (Class::exact_integer && bits > 8 && bits <= 16) {
      if (run(limb_pair{})) return true;
    }
    if constexpr (sizeof(typename Accumulator::sum_type) <= 8 &&
                  !std::is_same_v<Accumulator, integer_sum<std::int64_t>>) {
      return run(panel_pair<real_panel<double>>{});  // exact integers up to 2^53 as doubles; reals in double
    }
    return false;
  } else {
    return false;
  }
}

// c by the kernels of the target in use, if they have the class; else false, and nothing is written.
template <class Class, class A, class B, class Finisher, class E>
bool multiply_fast([[maybe_unused]] const A& a, [[maybe_unused]] const B& b, [[maybe_unused]] const Finisher& last,
                   [[maybe_unused]] bool with_scale, [[maybe_unused]] const E& e) {
  const bool vector = a.rows() == 1 || b.columns() == 1;  // of reals: 16 partial sums (accumulator.hpp)
  // Inlined, all of it: GCC 12 copies one closure into another in pieces that wait for each other.
  return on_target([&]([[maybe_unused]] auto target) __attribute__((always_inline)) {
    if constexpr (multiplies_bits<Class, A, B>) {
      return run_kernel<bit_panel>(target, a, b, last, false, e);
    } else {
      return on_panels<Class, A, B>([&](auto panels) __attribute__((always_inline)) {
        using left = typename decltype(panels)::left;
        using right = typename decltype(panels)::right;
        if constexpr (!Class::exact_integer) {
          if (vector) return multiply_reals_vector<Class, right>(target, a, b, last, with_scale, e);
        } else if constexpr (std::is_same_v<decltype(panels), byte_pair>) {
          if constexpr (multiplies_planes<A, B>) {
            if (run_planes(target, a, b, last, e)) return true;
          }
          if (vector && multiply_integers_vector<Class>(target, a, b, last, false, e)) return true;
        }
        return run_kernel<left, right>(target, a, b, last, with_scale, e);
      });
    }
  });
}

}  // namespace narrow::detail
