// A packed right operand: panels made once, and the way back from them for whoever cannot use them as they are.
#pragma once

#include <bit>
#include <cstring>
#include <vector>

#include "narrow/detail/gemm/kernels.hpp"

namespace narrow::detail {

// Its address tells panels apart at run time.
template <class Panel>
inline constexpr char panel_name = 0;

// The panels of a matrix of `depth` x `columns`.
struct packed_panels {
  const char* panel = nullptr;
  const tile_kernel* kernel = nullptr;
  std::size_t columns = 0;
  bool with_scale = false;  // the elements are reals, scales included
  bool is_finite = false;   // of kernels of convolutions: all elements are known to be
  std::size_t panel_bytes = 0;
  std::size_t bytes = 0;
  scratch memory;
  const std::byte* data = nullptr;
  std::vector<std::int64_t> column_sums;
  // Of blocks of so many terms along the depth; else 0, and there are none. blocks x padded_columns, see
  // block_factors.hpp; of nibbles sums only, panel after panel blocks x panel_columns.
  std::size_t block_length = 0;
  std::vector<float> factors;
  std::vector<std::int32_t> block_sums;

  template <class Panel>
  bool holds() const {
    return panel == &panel_name<Panel>;
  }

  // Code (k, j) of nibbles (nibble_panel.hpp).
  int nibble_at(std::size_t k, std::size_t j) const {
    const std::size_t width = kernel->panel_columns(), first = j / width * width;
    const std::size_t lanes = divided_up(std::min(width, columns - first), kernel->width) * kernel->width;
    const std::byte* const units = data + j / width * panel_bytes + (k / block_length + 1) * lanes * 2;
    const auto byte = std::to_integer<int>(units[(k / 8 * lanes + j - first) * 4 + k % 4]);
    return (k % 8 < 4 ? byte & 15 : byte >> 4) - 8;
  }

  // Element (k, j).
  template <class Panel>
  typename Panel::element at(std::size_t k, std::size_t j) const {
    using element = typename Panel::element;
    const std::size_t width = kernel->panel_columns(), first = j / width * width;
    const std::size_t lanes = divided_up(std::min(width, columns - first), kernel->width) * kernel->width;
    const std::byte* const group =
        data + j / width * panel_bytes + k / Panel::group * lanes * static_cast<std::size_t>(Panel::planes) * 4;
    if constexpr (Panel::group == 32) {
      const auto byte = std::to_integer<unsigned>(group[(j - first) * 4 + k % 32 / 8]);
      return static_cast<element>(byte >> k % 8 & 1);
    } else if constexpr (Panel::group == 4 && Panel::planes == 2) {
      const std::byte* const low = group + (j - first) * 4 + k % 4;
      return static_cast<element>(std::to_integer<unsigned>(low[0]) | std::to_integer<unsigned>(low[lanes * 4]) << 8);
    } else {
      element x;
      std::memcpy(&x, group + ((j - first) * Panel::group + k % Panel::group) * sizeof x, sizeof x);
      return x;
    }
  }
};

// Whether all elements of panels over `depth` are known to be finite, from their exponents.
inline bool are_finite(const packed_panels& p, std::size_t depth) {
  const auto check = [&]<class Word>(Word exponent) {
    const tile_kernel& kernel = *p.kernel;
    const std::size_t width = kernel.panel_columns();
    bool found = false;
    for (std::size_t first = 0; first < p.columns; first += width) {
      const std::size_t lanes = divided_up(std::min(width, p.columns - first), kernel.width) * kernel.width;
      const std::byte* const panel = p.data + first / width * p.panel_bytes;
      const std::size_t bytes = divided_up(depth, kernel.group) * lanes * kernel.unit;
      for (std::size_t t = 0; t < bytes; t += sizeof(Word)) {
        Word word;
        std::memcpy(&word, panel + t, sizeof word);
        found |= (word & exponent) == exponent;
      }
    }
    return !found;
  };
  if (p.holds<bf16_panel>()) return check(std::uint16_t{0x7F80});
  if (p.holds<real_panel<float>>()) return check(std::uint32_t{0x7F80'0000});
  return p.holds<real_panel<double>>() && check(std::uint64_t{0x7FF0'0000'0000'0000});
}

// `Operand` is the operand that was packed: its view has the shape, and elements that are not there any more.
template <class Operand>
struct packed_operand : Operand {
  const packed_panels* panels;

  // Elements that are nowhere contiguous, so that packing them anew asks for each; not to be read.
  auto elements() const {
    using View = std::remove_cvref_t<decltype(Operand::elements())>;
    using Element = typename View::element_type;
    return View(reinterpret_cast<Element*>(panels->data), Operand::elements().extents(), {0, 0});
  }

  auto code(std::size_t k, std::size_t j) const requires(Operand::is_fixed) {
    const std::int64_t x = integer(k, j);
    if constexpr (Operand::has_integer_values) {
      return Operand::E::code_of(x);
    } else {
      return static_cast<typename Operand::E::storage_type>(x);
    }
  }
  std::int64_t integer(std::size_t k, std::size_t j) const requires(Operand::is_fixed) {
    using S = panel_sign;
    if constexpr (Operand::is_binary) {
      if (panels->holds<bit_panel>()) return 1 - 2 * panels->at<bit_panel>(k, j);
    }
    if constexpr (Operand::has_integer_values) {
      if (panels->holds<bf16_panel>()) {
        return static_cast<std::int64_t>(std::bit_cast<float>(std::uint32_t{panels->at<bf16_panel>(k, j)} << 16));
      }
    }
    if (panels->holds<byte_panel<S::is_signed>>()) {
      return static_cast<std::int8_t>(panels->at<byte_panel<S::is_signed>>(k, j)) -
             byte_panel<S::is_signed>::template offset<Operand>;
    }
    if (panels->holds<nibble_panel>()) return panels->nibble_at(k, j);
    if (panels->holds<pair_panel>()) return panels->at<pair_panel>(k, j);
    if (panels->holds<limb_panel<S::is_signed>>()) {
      const auto bits = static_cast<std::uint16_t>(panels->at<limb_panel<S::is_signed>>(k, j) ^ 0x80);
      return static_cast<std::int16_t>(bits) - panel_offset<Operand, S::is_signed, 16>;
    }
    const std::int64_t zero = Operand::zero_point(Operand::place(k, j));
    return zero + (panels->holds<real_panel<float>>()
                       ? static_cast<std::int64_t>(panels->at<real_panel<float>>(k, j))
                       : static_cast<std::int64_t>(panels->at<real_panel<double>>(k, j)));
  }

  template <class Compute>
  Compute value(std::size_t k, std::size_t j, bool with_scale) const {
    if (panels->with_scale) {
      return panels->holds<real_panel<float>>() ? static_cast<Compute>(panels->at<real_panel<float>>(k, j))
                                                : static_cast<Compute>(panels->at<real_panel<double>>(k, j));
    }
    if constexpr (Operand::is_fixed) {
      const std::size_t place = Operand::place(k, j);
      if constexpr (std::is_floating_point_v<Compute>) {
        if (with_scale) {
          using Format = typename Operand::E;
          return Operand::view.scheme->template decode<Format, Compute>(widen_code<bits_of<Compute>>(code(k, j)),
                                                                        place);
        }
      }
      return static_cast<Compute>(integer(k, j) - Operand::zero_point(place));
    } else {
      const auto scaled = [&](auto x) {
        const bool by_scheme = with_scale && !Operand::factor_is_one;
        if constexpr (Operand::block_length != 0 && Operand::has_factor && std::is_floating_point_v<Compute>) {
          if (by_scheme) return Operand::view.scheme->template scaled<Compute>(Compute(x), Operand::place(k, j));
        }
        return by_scheme ? static_cast<Compute>(static_cast<double>(x) * Operand::scale(j)) : static_cast<Compute>(x);
      };
      if (panels->holds<bf16_panel>()) {
        return scaled(std::bit_cast<float>(std::uint32_t{panels->at<bf16_panel>(k, j)} << 16));
      }
      if (panels->holds<real_panel<float>>()) return scaled(panels->at<real_panel<float>>(k, j));
      return scaled(panels->at<real_panel<double>>(k, j));
    }
  }
};

template <class Operand>
inline constexpr bool is_packed = false;
template <class Operand>
inline constexpr bool is_packed<packed_operand<Operand>> = true;

// Whether panels that were packed before are what this kernel reads.
template <class Panel>
bool are_ready(const packed_panels& p, const tile_kernel& kernel, bool with_scale) {
  return p.holds<Panel>() && have_same_panels(*p.kernel, kernel) && p.with_scale == with_scale;
}
template <class Panel, class B>
const packed_panels* ready_panels(const B& b, const tile_kernel& kernel, bool with_scale) {
  if constexpr (is_packed<B>) {
    return are_ready<Panel>(*b.panels, kernel, with_scale) ? b.panels : nullptr;
  } else {
    return nullptr;
  }
}

// All of b in panels: those that it was packed to, which are returned, or new ones.
template <class PanelB, class Target, class B>
const packed_panels* take_panels(gemm_plan& plan, const B& b, scratch& space) {
  const tile_kernel& kernel = *plan.kernel;
  if (const packed_panels* const ready = ready_panels<PanelB>(b, kernel, false)) {
    plan.packed_b = ready->data, plan.packed_stride = ready->panel_bytes;
    return ready;
  }
  const std::size_t width = kernel.panel_columns();
  plan.packed_stride = divided_up(plan.depth, kernel.group) * width * kernel.unit + 128;
  std::byte* const to = space.bytes(checked_product(divided_up(plan.n, width), plan.packed_stride, "gemm"));
  const packer p = Target::template packing<PanelB>(b, false);
  if (plan.depth != 0) p.panels(&b, 0, plan.depth, 0, plan.n, width, kernel.width, plan.packed_stride, false, to);
  plan.packed_b = to;
  return nullptr;
}

}  // namespace narrow::detail
