// Weights packed once for many products:
//
//   const auto w = narrow::pack(wq);                     // of a view, a quantized view or a quantized tensor
//   for (...) narrow::gemm(x, w, y, narrow::bias(b));      // the same bits as with wq
//
// A packed matrix owns its memory: wq may go. It is made for the target in use and for left operands of the same kind
// as wq's format: block formats; binary; integers of up to 8 bits, but binary wq for those of up to 3 bits otherwise
// than for wider ones; integers of up to 16; floats of at most 8 significand bits; other numbers. pack<Left>(wq) names
// another: pack<float16>(wq) makes float panels of int8 weights. Groups of integers of up to 4 bits (grouped<int4, 32>)
// take half a byte each, for left operands of integers, in blocks of that length or without. With other left operands,
// and on other targets, products stay right and become slow. The layout differs between targets and versions: it is
// nothing to store. Blocks packed for a left operand that sums no blocks are decoded: all products with them are of
// reals.
#pragma once

#include <memory>
#include <utility>

#include "narrow/detail/gemm/block_factors.hpp"
#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/nibble_panel.hpp"
#include "narrow/detail/gemm/packed_operand.hpp"

namespace narrow {

template <class Operand>
class packed_matrix {
 public:
  using value_type = typename Operand::value_type;

  std::size_t rows() const { return shape_.rows(); }
  std::size_t columns() const { return shape_.columns(); }
  // Bytes that the panels take.
  std::size_t bytes() const { return panels_->bytes; }

  // For pack and gemm.
  packed_matrix(const Operand& shape, std::shared_ptr<const void> scheme,
                std::unique_ptr<const detail::packed_panels> panels)
      : shape_(shape), scheme_(std::move(scheme)), panels_(std::move(panels)) {}
  detail::packed_operand<Operand> operand() const { return {shape_, panels_.get()}; }

 private:
  Operand shape_;
  std::shared_ptr<const void> scheme_;  // a copy that shape_ points to
  std::unique_ptr<const detail::packed_panels> panels_;
};

namespace detail {

// Factors and sums of blocks.
template <class Operand>
void fill_blocks(packed_panels& panels, const tile_kernel& kernel, const Operand& b) {
  const std::size_t length = panels.block_length, blocks = divided_up(b.rows(), length);
  const std::size_t stride = padded_columns(b.columns()), count = checked_product(blocks, stride, "pack");
  panels.factors.resize(count);
  factors_of_columns(b, length, blocks, stride, panels.factors.data());
  if (kernel.column_sums == nullptr) return;
  panels.block_sums.resize(count);
  sums_of_blocks(kernel, panels.data, panels.panel_bytes, b.columns(), divided_up(b.rows(), kernel.group),
                 length / kernel.group, stride, panels.block_sums.data());
}

template <class Panel, class Target, class Operand>
void fill_panels_of(packed_panels& panels, const tile_kernel& kernel, Target, const Operand& b) {
  const std::size_t depth = b.rows(), groups = divided_up(depth, kernel.group), width = kernel.panel_columns();
  panels.panel = &panel_name<Panel>;
  panels.kernel = &kernel;
  panels.columns = b.columns();
  panels.panel_bytes = groups * width * kernel.unit + 128;  // not a multiple of 4 KiB, see driver.hpp
  const std::size_t count = divided_up(b.columns(), width);
  panels.bytes = checked_product(count, panels.panel_bytes, "pack");
  std::byte* const to = panels.memory.bytes(panels.bytes);
  panels.data = to;
  const packer p = Target::template packing<Panel>(b, panels.with_scale);
  if (depth != 0) {
    p.panels(&b, 0, depth, 0, b.columns(), width, kernel.width, panels.panel_bytes, panels.with_scale, to);
  }
  if (panels.block_length != 0) return fill_blocks(panels, kernel, b);
  if (kernel.column_sums == nullptr) return;
  panels.column_sums.resize(count * width);
  for (std::size_t q = 0; q < count; ++q) {
    const std::size_t vectors = divided_up(std::min(width, b.columns() - q * width), kernel.width);
    kernel.column_sums(to + q * panels.panel_bytes, groups, vectors, panels.column_sums.data() + q * width);
  }
}

// Fills panels of one kind by the target's packing; false where the target has no kernel for them.
template <class Panel, class Target, class Operand, class Kernel>
bool fill_panels(packed_panels& panels, Target, const Operand& b, const Kernel& found) {
  if constexpr (std::is_null_pointer_v<Kernel>) {
    return false;
  } else {
    if (found != nullptr) fill_panels_of<Panel>(panels, *found, Target{}, b);
    return found != nullptr;
  }
}

template <class Panel, class Target, class Operand>
bool fill_panels(packed_panels& panels, Target target, const Operand& b) {
  return fill_panels<Panel>(panels, target, b, Target::template kernel<Panel>());
}
// Under scales along the depth.
template <class Panel, class Target, class Operand>
bool fill_scaled_panels(packed_panels& panels, Target target, const Operand& b) {
  return fill_panels<Panel>(panels, target, b, Target::template scaled_kernel<Panel>());
}

// The plain way, for the portable target: every element asked for by itself.
template <class Panel, class Operand>
void pack_panels_plainly(const void* operand, std::size_t k, std::size_t depth, std::size_t j, std::size_t columns,
                         std::size_t panel_columns, std::size_t lanes, std::size_t panel_bytes, bool with_scale,
                         std::byte* to) {
  using element = typename Panel::element;
  const Operand& x = *static_cast<const Operand*>(operand);
  for (std::size_t c = 0; c < columns; ++c) {
    const std::size_t first = c / panel_columns * panel_columns;
    const std::size_t width = divided_up(std::min(panel_columns, columns - first), lanes) * lanes;
    for (std::size_t t = 0; t < divided_up(depth, Panel::group) * Panel::group; ++t) {
      const element e = t < depth ? Panel::of(x, k + t, j + c, with_scale) : element{};
      std::byte* const group =
          to + c / panel_columns * panel_bytes + t / Panel::group * width * static_cast<std::size_t>(Panel::planes) * 4;
      std::memcpy(group + ((c - first) * Panel::group + t % Panel::group) * sizeof e, &e, sizeof e);
    }
  }
}

struct portable_layouts {
  template <class Panel>
  static constexpr tile_kernel layout{
      12, 2, 16 / Panel::planes, 4 * Panel::planes, Panel::group, sizeof(typename Panel::sum)};
  template <class Panel>
  static auto kernel() {
    if constexpr (Panel::group <= 2) {
      return &layout<Panel>;
    } else {
      return nullptr;
    }
  }
  template <class Panel>
  static auto scaled_kernel() {
    return kernel<Panel>();
  }
  template <class Panel, class Operand>
  static packer packing(const Operand& x, bool with_scale) {
    return {&x, with_scale, nullptr, &pack_panels_plainly<Panel, Operand>};
  }
};

// The panels that products of A and B take (compute_class.hpp, fast.hpp).
template <class A, class B, class Target>
bool fill_panels_for(packed_panels& panels, Target target, const B& b) {
  using S = panel_sign;
  if constexpr (is_block_of_kernels(B::block_length) && !std::is_void_v<element_sums<A, B>>) {
    if (b.has_blocks_along(0)) {
      panels.block_length = B::block_length;
      if constexpr (std::is_same_v<element_sums<A, B>, bfloat16_pairs>) {
        return fill_scaled_panels<bf16_panel>(panels, target, b);
      } else {
        if constexpr (fits_nibbles<B>) {
          if (fill_nibble_panels(panels, target, b)) return true;
        }
        return fill_scaled_panels<byte_panel<S::is_signed>>(panels, target, b) ||
               fill_scaled_panels<pair_panel>(panels, target, b);
      }
    }
  }
  panels.with_scale = b.varies_along(0) || !A::has_factor || !B::has_factor;
  if constexpr (A::is_fixed && B::is_fixed) {
    constexpr int bits = std::max(bits_of_codes<A>, bits_of_codes<B>);
    if (!panels.with_scale) {
      if constexpr (A::is_binary && B::is_binary) {
        if (fill_panels<bit_panel>(panels, target, b)) return true;
      } else if constexpr (multiplies_planes<A, B>) {
        const bool deep = b.rows() >= least_plane_depth(A::E::bits);
        if (deep && fill_panels<bit_panel>(panels, target, b)) return true;
      }
      if constexpr (bits <= 8) {
        return fill_panels<byte_panel<S::is_signed>>(panels, target, b) || fill_panels<pair_panel>(panels, target, b);
      } else {
        if constexpr (bits <= 16) {
          if (fill_panels<limb_panel<S::is_signed>>(panels, target, b)) return true;
        }
        return fill_panels<real_panel<double>>(panels, target, b);
      }
    }
  }
  if constexpr (A::needs_double || B::needs_double) {
    return fill_panels<real_panel<double>>(panels, target, b);
  } else {
    if constexpr (fit_bfloat16_pairs<typename A::bfloat16_fit, typename B::bfloat16_fit>()) {
      if (!panels.with_scale) return fill_panels<bf16_panel>(panels, target, b);
    }
    return fill_panels<real_panel<float>>(panels, target, b);
  }
}

// The operand with a scheme of its own.
template <class Operand>
std::shared_ptr<const void> own_scheme(Operand& x) {
  if constexpr (requires { x.view.scheme; }) {
    using Scheme = std::remove_cvref_t<decltype(*x.view.scheme)>;
    auto copy = std::make_shared<const Scheme>(*x.view.scheme);
    x.view.scheme = copy.get();
    return copy;
  } else {
    return nullptr;
  }
}

}  // namespace detail

// b packed as a right operand of gemm for left operands of element type Left. Errors: those of gemm for b.
template <class Left, class B>
auto pack(const B& b) {
  detail::check_operand(b, "pack", "b");
  auto operand = detail::operand_of(b);
  using Operand = decltype(operand);
  using A = decltype(detail::operand_of(matrix_view<const Left>()));
  auto panels = std::make_unique<detail::packed_panels>();
  const bool done =
      detail::on_target([&](auto target) { return detail::fill_panels_for<A>(*panels, target, operand); });
  if (!done) detail::fill_panels_for<A>(*panels, detail::portable_layouts{}, operand);
  auto scheme = detail::own_scheme(operand);
  return packed_matrix<Operand>(operand, std::move(scheme), std::move(panels));
}
template <class B>
auto pack(const B& b) {
  return pack<typename decltype(detail::operand_of(b))::value_type>(b);
}

}  // namespace narrow
