// Convolutions by the kernels of gemm: for each group a product of patches (patches.hpp) and the group's kernels.
#pragma once

#include <algorithm>
#include <type_traits>

#include "narrow/detail/conv/kernel_matrix.hpp"
#include "narrow/detail/conv/patches.hpp"
#include "narrow/detail/gemm/fast.hpp"

namespace narrow::detail {

// What padding is in a panel: the zero point, or zero. False where the panel cannot hold it.
template <class Panel, class Patches>
bool set_padding(Patches& p) {
  using element = typename Panel::element;
  using Line = typename Patches::line;
  if constexpr (std::is_integral_v<typename Panel::sum>) {
    const std::int64_t code = p.zero_point(0) + Panel::template offset<Line>;
    if (code < std::numeric_limits<element>::min() || code > std::numeric_limits<element>::max()) return false;
    // What is copied is flipped later.
    const std::uint8_t flip = p.copies ? flip_of_ready<Panel, Line>() : std::uint8_t{0};
    p.padding = static_cast<std::uint64_t>(code) ^ flip;
    p.depth_padding = flip;
    p.leaves_out_padding = code == 0;
  }
  return true;
}

// Whether kernels should read the rows where a band has them: an output line is then cut into tiles by itself, and
// tiles of up to four rows take as long as one of five. Copying the rows took 4 to 7 % of 64 outputs' time.
template <class Panel, class Patches>
bool reads_in_place(const Patches& p, const tile_kernel& kernel) {
  const conv_shape& s = p.shape;
  const conv_geometry& g = p.geometry;
  const std::size_t step = g.stride_w * s.group_channels * sizeof(typename Panel::element);
  if (!kernel.takes_runs || Panel::planes != 1 || s.kernel_width * s.group_channels % Panel::group != 0) return false;
  if ((s.kernel_width > 1 && g.dilation_w > 1) || step % 4096 == 0) return false;
  std::size_t lost = 0;
  for (std::size_t left = s.out_width; left != 0;) {
    const std::size_t height = kernel.height_of(left);
    lost += height < 5 ? 5 - height : 0;
    left -= height;
  }
  return takes_every_pixel(s, g) || lost * s.group_outputs <= 4 * s.out_width;
}

// All groups of all pieces of the output, by the kernel that reads such panels; false where the target has none.
template <class PanelA, class PanelB, class Target, class X, class W, class Y, class LastOf, class E>
bool convolve_on_panels(Target, const X& x, const W& w, const Y& y, const conv_shape& s, const conv_geometry& g,
                        const packed_groups* packed, const LastOf& last_of, const E& e) {
  using Sum = typename PanelA::sum;
  using Finisher = decltype(last_of(0, 0));
  patches<X> a(x, s, g);
  using Line = typename patches<X>::line;
  const tile_kernel* const kernel = Target::template kernel<PanelB>();
  if (kernel == nullptr) return false;
  a.copies = has_ready_elements<PanelA, Line>() && (!std::is_same_v<PanelA, bf16_panel> || Target::flushes_by_itself());
  if (!set_padding<PanelA>(a)) return false;

  gemm_plan plan;
  plan.kernel = kernel;
  plan.depth = s.depth;
  plan.n = s.group_outputs;
  plan.a = Target::template gathering<PanelA>(a);
  if (a.copies) plan.a_flip = flip_of_ready<PanelA, Line>();
  std::int32_t zero_of_a = 0;
  if constexpr (std::is_integral_v<Sum>) {
    plan.begin = Target::template begin<Sum>, plan.correct = Target::template correct<Sum>;
    zero_of_a = static_cast<std::int32_t>(a.zero_point(0)) + PanelA::template offset<Line>;
    plan.a_zero = {&zero_of_a, false};
  }
  leased<parameter_workspace> lease;
  finish_context<Finisher> context;
  const std::size_t rows = rows_of_piece(y);
  const bool fits_runs = reads_in_place<PanelA>(a, *kernel);
  plan.sums_are_real = !std::is_integral_v<Sum>;
  const Finisher first = last_of(0, 0);
  context.fill(first, a, kernel_matrix(w, 0, s.out_channels, s.depth), false, (*lease).scales);
  for (std::size_t group = 0; group < g.groups; ++group) {
    const auto b = kernel_matrix(w, group * s.group_outputs, s.group_outputs, s.depth);
    plan.b = Target::template packing<PanelB>(b, false);
    if constexpr (std::is_integral_v<Sum>) plan.b_zero = packed_zero_points<PanelB>(b, 1, (*lease).b_zero);
    const packed_panels* const made = panels_of_group(packed, group);
    const bool ready = made != nullptr && are_ready<PanelB>(*made, *kernel, false);
    use_panels(plan, ready ? made : nullptr);
    if constexpr (!std::is_integral_v<Sum>) a.leaves_out_padding = ready && made->is_finite;
    a.in_place = fits_runs && plan.b_zero.all_zero();
    plan.a_run = a.in_place ? s.kernel_width * s.group_channels / PanelA::group : 0;
    plan.row_step = a.in_place && s.out_width <= gemm_blocks::rows ? s.out_width : 0;
    plan.first_column = group * s.group_outputs;
    a.first_channel = group * s.group_channels;
    for (std::size_t row = 0; row < s.images * s.out_height; row += rows) {
      const Finisher last = last_of(row / s.out_height, row % s.out_height);
      plan.m = a.pixels = rows * s.out_width;
      plan.first_row = a.first_pixel = row * s.out_width;
      if (a.are_pixels(rows)) {
        const Line rows_of_a = a.as_pixels(row / s.out_height, row % s.out_height);
        plan.ready_a = ready_rows<PanelA>(rows_of_a, s.depth, false, Target::flushes_by_itself(), kernel->rows);
        plan.ready_stride =
            rows_of_a.elements().stride(0) * static_cast<std::ptrdiff_t>(sizeof(typename X::value_type));
      }
      plan.c = nullptr;
      if (Sum* const c = last.template sums_in_place<Sum>(Line::factor_is_one && decltype(b)::factor_is_one)) {
        plan.c = c + plan.first_column;
        plan.c_stride = last.out.view.stride(0);
        plan.finish = nullptr;
      } else {
        context.last = &last;
        plan.finish = Target::template finish<finish_context<Finisher>, Sum>;
        plan.finisher = &context;
        Target::template leave_codes<PanelB>(last, a, b, plan);
        if (plan.code_tiles != nullptr) {
          plan.codes.to += plan.first_column;
          if (plan.code_biases != nullptr) plan.code_biases += plan.first_column;
          if (plan.codes.scales_vary) plan.codes.scales += plan.first_column;
        }
      }
      run_in_parts(plan, e);
    }
  }
  return true;
}

// y by the kernels of the target in use; else false, and nothing is written: also where a band would take what no
// image needs, since taps or pixels lie absurdly far apart.
template <class Class, class X, class W, class Y, class LastOf, class E>
bool convolve_fast([[maybe_unused]] const X& x, [[maybe_unused]] const W& w,
                   [[maybe_unused]] const packed_groups* packed, [[maybe_unused]] const Y& y,
                   [[maybe_unused]] const conv_shape& s, [[maybe_unused]] const conv_geometry& g,
                   [[maybe_unused]] const LastOf& last_of, [[maybe_unused]] const E& e) {
  if (s.depth == 0 || !fits_band(s, g)) return false;
  using A = decltype(image_row(x, 0, 0));
  using B = decltype(kernel_matrix(w, 0, 0, 0));
  return on_target([&]([[maybe_unused]] auto target) {
    return on_panels<Class, A, B>([&](auto panels) {
      using left = typename decltype(panels)::left;
      using right = typename decltype(panels)::right;
      using Kernel = decltype(decltype(target)::template kernel<right>());
      if constexpr (std::is_null_pointer_v<Kernel>) {
        return false;
      } else {
        leased<kernel_workspace> lease;
        const auto whole = whole_kernels(w, *lease);
        return convolve_on_panels<left, right>(target, x, whole, y, s, g, packed, last_of, e);
      }
    });
  });
}

}  // namespace narrow::detail
