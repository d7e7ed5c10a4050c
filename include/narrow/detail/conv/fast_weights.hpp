// The gradient of a convolution to its weights by the kernels of gemm: for each group a product of dy, transposed, and
// the patches of x (gathered.hpp), whose depth are the pixels of all images.
#pragma once

#include <type_traits>
#include <vector>

#include "narrow/detail/conv/gathered.hpp"
#include "narrow/detail/conv/kernel_matrix.hpp"
#include "narrow/detail/gemm/fast.hpp"

namespace narrow::detail {

// dw as a matrix of output channels by taps and channels, where memory has it so.
template <class T, class Scheme>
bool is_matrix(const image_output<T, Scheme>& dw) {
  return are_whole_kernels(dw.view) && (dw.axis.is_per_tensor() || dw.axis.axis == 0);
}
template <class T, class Scheme>
output_matrix<T, Scheme> output_as_matrix(const image_output<T, Scheme>& dw, std::size_t depth) {
  return {{dw.view.data(), {dw.view.extent(0), depth}, {dw.view.stride(0), 1}},
          dw.scheme,
          dw.axis.is_per_tensor() ? per_tensor : per_row};
}

// All groups by the kernel that reads such panels, to `last`, or else to rows of sums; false where the target has none,
// and nothing is written.
template <class PanelA, class PanelB, class Target, class X, class DY, class Finisher, class E>
bool weights_on_panels(Target, const X& x, const DY& dy, const conv_shape& s, const conv_geometry& g,
                       const Finisher* last, typename PanelA::sum* sums, const E& e) {
  using Sum = typename PanelA::sum;
  const tile_kernel* const kernel = Target::template kernel<PanelB>();
  if (kernel == nullptr) return false;
  patch_columns<X> b(x, s, g);
  // dy is its own patches, under a kernel of one tap.
  conv_shape of_dy{};
  of_dy.images = s.images, of_dy.height = of_dy.out_height = s.out_height, of_dy.width = of_dy.out_width = s.out_width;
  of_dy.channels = s.out_channels, of_dy.group_channels = of_dy.depth = s.group_outputs;
  of_dy.kernel_height = of_dy.kernel_width = 1;
  const conv_geometry as_it_is{};
  patch_columns<DY> gradient(dy, of_dy, as_it_is);
  using LineA = typename patch_columns<DY>::line;
  using LineB = typename patch_columns<X>::line;
  // Zero points of reals go into the elements, which a panel's columns of several taps would not know theirs.
  if (!std::is_integral_v<Sum> && b.varies_along(1)) return false;
  std::vector<typename LineB::value_type> padding(s.kernel_width * s.channels);
  if (!fill_padding(static_cast<const LineB&>(b), s.channels, padding)) return false;
  b.padding = padding.data();

  gemm_plan plan;
  plan.kernel = kernel;
  plan.m = s.group_outputs, plan.n = s.depth, plan.depth = b.rows();
  leased<parameter_workspace> lease;
  finish_context<Finisher> context;
  for (std::size_t group = 0; group < g.groups; ++group) {
    b.first_channel = group * s.group_channels;
    gradient.first_channel = plan.first_row = group * s.group_outputs;
    const transposed_columns<patch_columns<DY>, LineA> a(gradient, plan.first_row, s.group_outputs);
    const auto left = gradient.matrix().transposed();
    const auto right = b.matrix();
    plan.a = gradient.is_matrix() ? Target::template packing<PanelA>(left, false)
                                  : Target::template packing<PanelA>(a, false);
    plan.b =
        b.is_matrix() ? Target::template packing<PanelB>(right, false) : Target::template packing<PanelB>(b, false);
    if constexpr (std::is_integral_v<Sum>) {
      plan.begin = Target::template begin<Sum>, plan.correct = Target::template correct<Sum>;
      plan.a_zero = packed_zero_points<PanelA>(a, 0, (*lease).a_zero);
      plan.b_zero = packed_zero_points<PanelB>(b, 1, (*lease).b_zero);
    }
    plan.c = nullptr, plan.finish = nullptr;
    if (last == nullptr) {
      plan.c = sums + plan.first_row * s.depth;
      plan.c_stride = static_cast<std::ptrdiff_t>(s.depth);
    } else if (Sum* const c = last->template sums_in_place<Sum>(LineA::factor_is_one && LineB::factor_is_one)) {
      plan.c_stride = last->out.view.stride(0);
      plan.c = c + static_cast<std::ptrdiff_t>(plan.first_row) * plan.c_stride;
    } else {
      const transposed_columns<patch_columns<DY>, LineA> all(gradient, 0, s.out_channels);
      context.fill(*last, all, b, false, (*lease).scales);
      plan.finish = Target::template finish<finish_context<Finisher>, Sum>;
      plan.finisher = &context;
    }
    run_in_parts(plan, e);
  }
  return true;
}

// dw by the kernels of the target in use, to `last` or else as sums to `finish`; false where they do not have the
// class, and nothing is written.
template <class Class, class X, class DY, class Finisher, class Finish, class E>
bool weights_fast([[maybe_unused]] const X& x, [[maybe_unused]] const DY& dy, [[maybe_unused]] const conv_shape& s,
                  [[maybe_unused]] const conv_geometry& g, [[maybe_unused]] const Finisher* last,
                  [[maybe_unused]] const Finish& finish, [[maybe_unused]] const E& e) {
  using A = decltype(image_row(dy, 0, 0));
  using B = decltype(image_row(x, 0, 0));
  return on_target([&]([[maybe_unused]] auto target) {
    return on_panels<Class, A, B>([&](auto panels) {
      using left = typename decltype(panels)::left;
      using right = typename decltype(panels)::right;
      using Sum = typename left::sum;
      using Kernel = decltype(decltype(target)::template kernel<right>());
      if constexpr (std::is_null_pointer_v<Kernel>) {
        return false;
      } else {
        Sum* const none = nullptr;
        if (last != nullptr) return weights_on_panels<left, right>(target, x, dy, s, g, last, none, e);
        std::vector<Sum> sums(s.out_channels * s.depth);
        if (!weights_on_panels<left, right>(target, x, dy, s, g, last, sums.data(), e)) return false;
        finish(sums.data());
        return true;
      }
    });
  });
}

}  // namespace narrow::detail
