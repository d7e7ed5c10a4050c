// The kernels of a convolution, packed once for many images:
//
//   const auto w = narrow::pack_kernels(wq, geometry);     // of a view, a quantized view or a quantized tensor
//   for (...) narrow::conv2d(x, w, y, geometry, bias(b));   // the same bits as with wq
//
// Shapes are those of conv2d, in the geometry's layout; of the geometry only layout and groups matter. Packed kernels
// own their memory, are made for the target in use and for images of the same kind of elements (pack_kernels<Left>(wq,
// geometry) names another, see pack.hpp), and are nothing to store. They keep the elements beside the panels, so that
// other images, and other targets, are served as if they had not been packed.
// Blocks are packed for images of blocks that are no shorter, or without any. Scales that are powers of two are packed
// with the elements; images with other scales, with a NaN among them, or of numbers near the ends of float's range have
// such kernels packed anew.
// Errors (std::invalid_argument): groups of zero, or that do not divide the outputs; a scheme that does not fit.
#pragma once

#include <memory>
#include <utility>

#include "narrow/conv_geometry.hpp"
#include "narrow/detail/conv/kernel_matrix.hpp"
#include "narrow/detail/conv/tap_blocks.hpp"
#include "narrow/pack.hpp"

namespace narrow {

// View: of the elements, channels last.
template <class View>
class packed_kernels {
 public:
  // Bytes that the panels take.
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& panels : packed_->panels) sum += panels.bytes;
    return sum;
  }

  // For pack_kernels and conv2d.
  packed_kernels(const View& view, std::shared_ptr<const void> scheme, std::unique_ptr<detail::packed_groups> packed)
      : view_(view), scheme_(std::move(scheme)), packed_(std::move(packed)) {}
  detail::packed_kernel_view<View> channels_last() const { return {view_, packed_.get()}; }

 private:
  View view_;
  std::shared_ptr<const void> scheme_;  // a copy that view_ points to
  std::unique_ptr<detail::packed_groups> packed_;
};

namespace detail {

template <class A, class B, class Target>
void fill_panels_of_group(packed_panels& panels, Target target, const B& b) {
  if constexpr (A::is_fixed && B::is_binary) {  // conv2d multiplies no bits: padding is neither +1 nor -1
    (void)(fill_panels<byte_panel<panel_sign::is_signed>>(panels, target, b) ||
           fill_panels<pair_panel>(panels, target, b));
  } else {
    (void)fill_panels_for<A>(panels, target, b);
  }
}

// Under scales of blocks along the channels (tap_blocks.hpp).
template <class A, class W>
void fill_block_panels(packed_groups& packed, const W& w, std::size_t groups) {
  using Sums = element_sums<A, decltype(kernel_tap(w, 0, 0))>;
  using S = panel_sign;
  const auto& e = elements_of(w);
  conv_shape s{};
  s.kernel_height = e.extent(1), s.kernel_width = e.extent(2), s.group_channels = e.extent(3);
  s.out_channels = e.extent(0), s.group_outputs = s.out_channels / groups, s.out_width = 1;
  const tap_blocks t = blocks_of_taps(s, groups, decltype(kernel_tap(w, 0, 0))::block_length);
  kernel_workspace space;
  packed.powers = powers_of_kernels(w, s, t);
  const bool folds =
      std::is_same_v<Sums, bfloat16_pairs> && may_fold<A, decltype(kernel_tap(w, 0, 0))>({}, packed.powers, t.length);
  on_target([&](auto target) {
    packed.panels = std::vector<packed_panels>(groups);
    for (std::size_t group = 0; group < groups; ++group) {
      packed_panels& panels = packed.panels[group];
      const std::size_t first = group * s.group_outputs, stride = padded_columns(s.group_outputs);
      panels.with_scale = folds;
      const auto fill = [&](const auto& kernels) {
        const auto b = kernel_matrix(kernels, first, s.group_outputs, t.elements.depth);
        if constexpr (std::is_same_v<Sums, bfloat16_pairs>) {
          (void)fill_scaled_panels<bf16_panel>(panels, target, b);
        } else {
          (void)(fill_scaled_panels<byte_panel<S::is_signed>>(panels, target, b) ||
                 fill_scaled_panels<pair_panel>(panels, target, b));
        }
      };
      if (folds) {
        if constexpr (std::is_same_v<Sums, bfloat16_pairs>) {
          fill(folded_kernels(w, t.elements.group_channels, true, space));
        }
      } else {
        fill(whole_kernels(w, t.elements.group_channels, space));
      }
      panels.block_length = t.step;
      if (folds) continue;
      panels.factors.resize(checked_product(t.factors.depth, stride, "pack_kernels"));
      factors_of_kernels(w, s, t, first, stride, panels.factors.data());
      const tile_kernel& kernel = *panels.kernel;
      if (kernel.column_sums == nullptr) continue;
      panels.block_sums.resize(panels.factors.size());
      sums_of_blocks(kernel, panels.data, panels.panel_bytes, s.group_outputs,
                     divided_up(t.elements.depth, kernel.group), t.step / kernel.group, stride,
                     panels.block_sums.data());
    }
    return true;
  });
}

template <class Left, class W>
auto pack_kernels_of(const W& w, const conv_geometry& g) {
  require(g.groups > 0, "pack_kernels: groups is 0; it must be at least 1");
  const std::size_t outputs = elements_of(w).extent(0);
  require(outputs % g.groups == 0, "pack_kernels: groups is ", g.groups, "; it must divide the ", outputs,
          " output channels of w");
  check_operand(w, "pack_kernels", "w");
  auto packed = std::make_unique<packed_groups>();
  packed->groups = g.groups;
  auto view = copied_kernels(w, elements_of(w).extent(3), packed->elements);
  std::shared_ptr<const void> scheme;
  bool varies_along_depth = false;
  if constexpr (requires { view.scheme; }) {
    varies_along_depth = !view.axis.is_per_tensor() && view.axis.axis != 0;
    auto copy = std::make_shared<const std::remove_cvref_t<decltype(*view.scheme)>>(*view.scheme);
    view.scheme = copy.get();
    scheme = std::move(copy);
  }
  using A = decltype(operand_of(matrix_view<const Left>()));
  const auto& e = elements_of(view);
  const std::size_t depth = e.extent(1) * e.extent(2) * e.extent(3), some = outputs / g.groups;
  using B = decltype(kernel_tap(view, 0, 0));
  if constexpr (is_block_of_kernels(B::block_length) && !std::is_void_v<element_sums<A, B>>) {
    if (depth != 0 && view.axis.axis == 3) fill_block_panels<A>(*packed, view, g.groups);
  } else if (depth != 0 && (!varies_along_depth || B::folds_scales)) {
    kernel_workspace space;
    const auto whole = whole_kernels(view, space);
    on_target([&](auto target) {
      packed->panels = std::vector<packed_panels>(g.groups);
      for (std::size_t group = 0; group < g.groups; ++group) {
        packed_panels& panels = packed->panels[group];
        fill_panels_of_group<A>(panels, target, kernel_matrix(whole, group * some, some, depth));
        panels.is_finite = panels.data != nullptr && are_finite(panels, depth);
      }
      return true;
    });
  }
  return packed_kernels(view, std::move(scheme), std::move(packed));
}

}  // namespace detail

template <class Left, class W>
auto pack_kernels(const W& w, const conv_geometry& geometry = {}) {
  return detail::pack_kernels_of<Left>(detail::permuted(w, detail::order_of(geometry.layout)), geometry);
}
template <class W>
auto pack_kernels(const W& w, const conv_geometry& geometry = {}) {
  using element = std::remove_const_t<typename std::remove_cvref_t<decltype(detail::elements_of(w))>::element_type>;
  return pack_kernels<element>(w, geometry);
}

}  // namespace narrow
