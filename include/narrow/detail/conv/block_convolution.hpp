// Convolutions under scales of blocks along the channels, of the image, of the kernels or of both: gemm's sums of
// blocks (block_product.hpp) on patches whose depth is, for each tap, some whole blocks.
//
// The scales of patches are patches as well, of an image with a channel for each block; so they are gathered like
// elements (patches.inl), for some rows at a time.
//
// Factors that are powers of two (MX) go into the elements where that is exact, which their range tells: the sums of
// blocks are then as they were after scaling, and need only be added.
//
// Memory beyond that of other convolutions: the factors of x's blocks as floats, 4 / length of the elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "narrow/detail/conv/fast.hpp"
#include "narrow/detail/conv/plain.hpp"
#include "narrow/detail/conv/tap_blocks.hpp"
#include "narrow/detail/gemm/block_product.hpp"

namespace narrow::detail {

// ---- by the kernels ------------------------------------------------------------------------------------------------

struct block_convolution_workspace {
  block_product_workspace product;
  scratch image_factors, factors;
};

// Panels that were packed before for such blocks, or as kernels without any that are padded nowhere.
template <class Panel>
const packed_panels* ready_blocks(const packed_groups* packed, std::size_t group, const tile_kernel& kernel,
                                  const conv_shape& s, const tap_blocks& t, bool folds) {
  const packed_panels* const made = panels_of_group(packed, group);
  if (made == nullptr) return nullptr;
  const packed_panels& panels = *made;
  const bool as_they_are = panels.block_length == 0 && t.elements.group_channels == s.group_channels;
  if (panels.block_length != t.step && !as_they_are) return nullptr;
  return are_ready<Panel>(panels, kernel, folds && !as_they_are) ? &panels : nullptr;
}

// The factors of x, a row for each pixel or one for all, and what powers of two they are.
template <class X>
power_range factors_of_x(const X& x, const conv_shape& s, const tap_blocks& t, scratch& space,
                         tensor_view<const float, 4>& factors) {
  const auto row = image_row(x, 0, 0);
  if constexpr (decltype(row)::block_length == 0) {
    float* const same = space.get<float>(t.factors.depth);
    std::fill_n(same, t.factors.depth, static_cast<float>(row.scale(0)));
    factors = {same, {1, 1, 1, t.factors.depth}};
    return {same[0] == 1.0F, 0, 0};
  } else {
    const std::array<std::size_t, 4> extents{s.images, s.height, s.width, t.factors.channels};
    if constexpr (requires { x.scheme->factors(); }) {
      // The scheme has them, and as they are wanted: blocks of these lengths, the channels last.
      const bool last = x.scheme->place(0, decltype(row)::block_length) == 1;
      if (last && t.length == decltype(row)::block_length && !fixed_point_encoding<typename decltype(row)::E> &&
          x.scheme->count() == s.images * s.height * s.width * t.factors.channels) {
        factors = {x.scheme->factors().data(), extents};
        power_range powers;
        if (powers.add_all(factors.data(), x.scheme->count())) return powers;
      }
    }
    const std::size_t pixels = checked_product(s.images, checked_product(s.height, s.width, "conv2d"), "conv2d");
    float* const to = space.get<float>(checked_product(pixels, t.factors.channels, "conv2d"));
    factors = {to, extents};
    return factors_of_images(x, s, t, to);
  }
}
template <class W>
power_range powers_of_w(const W& w, const packed_groups* packed, const conv_shape& s, const tap_blocks& t) {
  if (const auto* const made = panels_of_group(packed, 0); made != nullptr && made->with_scale) return packed->powers;
  const auto tap = kernel_tap(w, 0, 0);
  if constexpr (decltype(tap)::block_length == 0) {
    power_range none;
    for (std::size_t o = 0; o < s.out_channels && none.are_all; ++o)
      none.are_all = static_cast<float>(tap.scale(o)) == 1;
    return none;
  } else {
    return powers_of_kernels(w, s, t);
  }
}

// The panels of a group's kernels and their factors.
template <class PanelB, class Target, class W>
const packed_panels* take_block_panels(gemm_plan& plan, Target, const W& w, const packed_groups* packed,
                                       std::size_t group, const conv_shape& s, const tap_blocks& t, bool folds,
                                       block_convolution_workspace& space) {
  const std::size_t first = group * s.group_outputs;
  const packed_panels* const ready = ready_blocks<PanelB>(packed, group, *plan.kernel, s, t, folds);
  leased<kernel_workspace> lease;
  const auto pack = [&](const auto& kernels) {
    const auto b = kernel_matrix(kernels, first, s.group_outputs, plan.depth);
    take_panels<PanelB, Target>(plan, b, space.product.panels);
  };
  if (ready != nullptr) {
    plan.packed_b = ready->data, plan.packed_stride = ready->panel_bytes;
  } else if constexpr (decltype(kernel_tap(w, 0, 0))::block_length != 0) {
    if (folds) {
      pack(folded_kernels(w, t.elements.group_channels, true, *lease));
    } else {
      pack(whole_kernels(w, t.elements.group_channels, *lease));
    }
  } else {
    pack(whole_kernels(w, t.elements.group_channels, *lease));
  }
  if (folds) return ready;
  if (ready != nullptr && ready->block_length != 0) {
    plan.scales.b = ready->factors.data();
  } else {
    const std::size_t count = checked_product(t.factors.depth, plan.scales.b_stride, "conv2d");
    float* const to = space.factors.template get<float>(count);
    factors_of_kernels(w, s, t, first, plan.scales.b_stride, to);
    plan.scales.b = to;
  }
  return ready;
}

// False where the target has no kernel for such panels.
template <class PanelA, class PanelB = PanelA, class Target, class X, class W, class Y, class LastOf, class E>
bool convolve_blocks_on_panels(Target target, const X& x, const W& w, const packed_groups* packed, const Y& y,
                               const conv_shape& s, const conv_geometry& g, const tap_blocks& t, const LastOf& last_of,
                               block_convolution_workspace& space, const E& e) {
  using Finisher = decltype(last_of(0, 0));
  using A = typename patches<X>::line;
  const auto kernel = Target::template scaled_kernel<PanelB>();
  if constexpr (std::is_null_pointer_v<decltype(kernel)>) {
    return false;
  } else {
    if (kernel == nullptr) return false;
    patches<X> a(x, t.elements, g);
    a.channels = s.group_channels;
    if (!set_padding<PanelA>(a)) return false;
    a.leaves_out_padding = false;  // scales are found by the depth that a tile begins at
    gemm_plan plan;
    plan.kernel = kernel;
    plan.depth = t.elements.depth, plan.n = s.group_outputs;
    plan.a = Target::template gathering<PanelA>(a);
    plan.scales.groups = t.step / kernel->group;
    plan.scales.b_stride = padded_columns(s.group_outputs);

    tensor_view<const float, 4> of_x;
    const power_range powers = factors_of_x(x, s, t, space.image_factors, of_x);
    bool folds = false;
    if constexpr (std::is_same_v<PanelA, bf16_panel>) {
      folds = may_fold<A, decltype(kernel_tap(w, 0, 0))>(powers, powers_of_w(w, packed, s, t), t.length);
    }
    patches<tensor_view<const float, 4>> factors(of_x, t.factors, g);  // of padding they are zero, as its sums are
    factors.copies = true;
    if (!folds && A::block_length == 0) {
      plan.scales.a = of_x.data();
    } else if (!folds) {
      plan.scales.a = of_x.data(), plan.scale_rows = Target::template gathering<real_panel<float>>(factors);
    } else if (A::block_length != 0) {
      a.powers = of_x.data(), a.powers_of_pixel = t.factors.channels, a.elements_of_power = t.step;
    }

    finish_context<Finisher> context;
    const std::size_t rows = rows_of_piece(y);
    const Finisher first = last_of(0, 0);
    context.fill(first, a, kernel_matrix(w, 0, s.out_channels, plan.depth), true, space.product.scales);
    const block_factors blocks{t.step, t.factors.depth, nullptr, nullptr, plan.scales.b_stride};
    for (std::size_t group = 0; group < g.groups; ++group) {
      [[maybe_unused]] const packed_panels* const ready =
          take_block_panels<PanelB>(plan, target, w, packed, group, s, t, folds, space);
      if constexpr (std::is_integral_v<typename PanelA::sum>) {
        take_zero_point<PanelA>(plan, a, blocks, ready, space.product);
      }
      plan.first_column = group * s.group_outputs;
      a.first_channel = group * s.group_channels, a.first_power = factors.first_channel = group * t.of_tap;
      for (std::size_t row = 0; row < s.images * s.out_height; row += rows) {
        const Finisher last = last_of(row / s.out_height, row % s.out_height);
        plan.m = a.pixels = factors.pixels = rows * s.out_width;
        plan.first_row = a.first_pixel = factors.first_pixel = row * s.out_width;
        plan.c = nullptr;
        if (float* const c = last.template sums_in_place<float>(true)) {
          plan.c = c + plan.first_column, plan.c_stride = last.out.view.stride(0);
          plan.finish = nullptr;
        } else {
          context.last = &last;
          plan.finisher = &context;
          plan.finish = Target::template finish<finish_context<Finisher>, float>;
        }
        run_in_parts(plan, e);
      }
    }
    return true;
  }
}

template <class Sums, class X, class W, class Y, class LastOf, class E>
bool convolve_blocks_fast([[maybe_unused]] const X& x, [[maybe_unused]] const W& w,
                          [[maybe_unused]] const packed_groups* packed, [[maybe_unused]] const Y& y,
                          [[maybe_unused]] const conv_shape& s, [[maybe_unused]] const conv_geometry& g,
                          [[maybe_unused]] const tap_blocks& t, [[maybe_unused]] const LastOf& last_of,
                          [[maybe_unused]] const E& e) {
  if (s.depth == 0 || !fits_band(t.elements, g)) return false;
  return on_target([&]([[maybe_unused]] auto target) {
    leased<block_convolution_workspace> lease;
    block_convolution_workspace& space = *lease;
    if constexpr (std::is_same_v<Sums, bfloat16_pairs>) {
      return convolve_blocks_on_panels<bf16_panel>(target, x, w, packed, y, s, g, t, last_of, space, e);
    } else {
      using S = panel_sign;
      return convolve_blocks_on_panels<byte_panel<S::is_unsigned>, byte_panel<S::is_signed>>(target, x, w, packed, y, s,
                                                                                             g, t, last_of, space, e) ||
             convolve_blocks_on_panels<pair_panel>(target, x, w, packed, y, s, g, t, last_of, space, e);
    }
  });
}

// ---- the plain loops -----------------------------------------------------------------------------------------------

template <class Sums, class X, class W, class LastOf, class PixelOf>
void convolve_blocks_plainly(const X& x, const W& w, const conv_shape& s, const conv_geometry& g, const tap_blocks& t,
                             const LastOf& last_of, const PixelOf& pixel_of) {
  using Operand = typename Sums::operand_type;
  using A = decltype(image_row(x, 0, 0));
  const std::size_t depth = t.elements.depth, blocks = t.factors.depth, share = s.group_outputs;
  const std::size_t padded = t.elements.group_channels, pixels = s.height * s.width;
  // Kernels of a group are depth x outputs, factors blocks x outputs.
  std::vector<Operand> kernels(checked_product(g.groups * share, depth, "conv2d"));
  std::vector<float> kernel_factors(checked_product(g.groups * share, blocks, "conv2d"));
  for (std::size_t r = 0; r < s.kernel_height; ++r) {
    for (std::size_t q = 0; q < s.kernel_width; ++q) {
      const auto tap = kernel_tap(w, r, q);
      for (std::size_t o = 0; o < s.out_channels; ++o) {
        const std::size_t first = o / share * depth + (r * s.kernel_width + q) * padded;
        for (std::size_t c = 0; c < s.group_channels; ++c) {
          kernels[(first + c) * share + o % share] = tap.template value<Operand>(o, c, false);
        }
      }
    }
  }
  for (std::size_t group = 0; group < g.groups; ++group) {
    factors_of_kernels(w, s, t, group * share, share, kernel_factors.data() + group * blocks * share);
  }

  const std::size_t of_image = pixels * t.factors.channels;
  std::vector<Operand> image(checked_product(pixels, t.elements.channels, "conv2d")), patches(t.elements.patches);
  std::vector<float> factors, rows(t.factors.patches);
  if constexpr (A::block_length != 0) {
    factors.resize(checked_product(s.images, of_image, "conv2d"));
    factors_of_images(x, s, t, factors.data());
  } else {
    std::fill(rows.begin(), rows.end(), static_cast<float>(image_row(x, 0, 0).scale(0)));
  }
  std::size_t current = 0;
  convolve_rows<float>(
      s, g, std::vector<double>(s.out_channels, 1.0),
      [&](std::size_t index) {
        current = index;
        for (std::size_t row = 0; row < s.height; ++row) {
          const auto line = image_row(x, index, row);
          for (std::size_t column = 0; column < s.width; ++column) {
            for (std::size_t c = 0; c < s.channels; ++c) {
              const std::size_t group = c / s.group_channels, within = c % s.group_channels;
              image[(row * s.width + column) * t.elements.channels + group * padded + within] =
                  line.template value<Operand>(column, c, false);
            }
          }
        }
      },
      [&](std::size_t row, std::size_t group, float* to) {
        if (depth > 0) {
          plain_patches(image.data(), t.elements, g, row, group, patches.data());
          if (A::block_length != 0) {
            plain_patches(factors.data() + current * of_image, t.factors, g, row, group, rows.data());
          }
        }
        // Rows end with the last tap's channels.
        const std::size_t full = s.kernel_height * s.kernel_width * padded;
        for (std::size_t pixel = 1; pixel < s.out_width; ++pixel) {
          std::copy_n(patches.data() + pixel * full, depth, patches.data() + pixel * depth);
        }
        multiply_blocks<Sums>(patches.data(), kernels.data() + group * depth * share, to, s.out_width, depth, share,
                              t.step, rows.data(), kernel_factors.data() + group * blocks * share, share);
      },
      last_of, pixel_of);
}

}  // namespace narrow::detail
