// What all pieces of a depthwise convolution (depthwise.hpp) read: its weights as the kernel has them, what sums start
// at, a line of padding, and how codes are made of sums.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "narrow/detail/gemm/code_table.hpp"
#include "narrow/detail/gemm/depthwise.hpp"
#include "narrow/detail/gemm/fast.hpp"

namespace narrow::detail {

struct depthwise_parameters {
  scratch weights, starts, scales, padding;
};

// What all pieces of a convolution read. Bytes are elements of the panel.
struct depthwise_plan {
  depthwise_kernel kernel;
  std::size_t tap_places = 0;  // taps, filled up to whole groups
  const std::byte* weights = nullptr;
  const std::int32_t* starts = nullptr;
  const std::byte* padding = nullptr;  // a line of it
  std::size_t line_bytes = 0;          // of that one, with what reading by blocks of channels takes beyond it
  bool factors_are_one = false;
  bool leaves_codes = false;
  tile_codes codes;  // where it does, but for the place
};

// What multiplies an element of the panel.
template <class Panel>
struct depthwise_weight {
  using type = std::conditional_t<std::is_same_v<Panel, byte_panel<panel_sign::is_unsigned>>, std::int8_t,
                                  typename Panel::element>;
};

// Element (i, j) of the weights, of reals. A byte's comes from the table that lines are looked up in.
template <class Panel, class B>
typename Panel::element depthwise_element(const B& b, std::size_t i, std::size_t j) {
  if constexpr (std::is_same_v<Panel, bf16_panel> && sizeof(typename B::value_type) == 1 && !B::folds_scales) {
    static const code_table& table = code_table_of<typename B::E>();
    const auto code = static_cast<std::uint8_t>(b.code(i, j));
    return static_cast<std::uint16_t>(table.high[code] << 8 | table.low[code]);
  } else {
    return Panel::of(b, i, j, false);
  }
}

// The weights less their zero points, as the kernel reads them, and for integers what sums start at: minus the image's
// zero point, as the panel has it, times theirs. False where a weight does not fit.
template <class Panel, class B>
bool set_weights(const B& b, std::int64_t zero_of_x, depthwise_plan& plan, depthwise_parameters& space) {
  using element = typename depthwise_weight<Panel>::type;
  constexpr std::size_t group = Panel::group;
  const std::size_t taps = b.rows(), channels = b.columns(), block = plan.kernel.block();
  plan.tap_places = divided_up(taps, group) * group;
  const std::size_t places = divided_up(channels, block) * block;
  element* const to = space.weights.get<element>(places * plan.tap_places);
  std::int32_t* start = space.starts.get<std::int32_t>(places);
  std::fill_n(to, places * plan.tap_places, element{});
  plan.weights = reinterpret_cast<const std::byte*>(to);
  plan.starts = start;
  for (std::size_t place = 0; place < places; ++place, ++start) {
    const std::size_t c = plan.kernel.channel_at(place), within = place % block;
    *start = 0;
    if (c >= channels) continue;
    element* out = to + (place - within) * plan.tap_places + within * group;
    for (std::size_t t = 0; t < taps; t += group, out += block * group) {
      for (std::size_t u = 0; u < group && t + u < taps; ++u) {
        if constexpr (std::is_integral_v<typename Panel::sum>) {
          const auto value = b.template value<std::int64_t>(t + u, c, false);
          if (value < std::numeric_limits<element>::min() || value > std::numeric_limits<element>::max()) return false;
          out[u] = static_cast<element>(value);
          // What overflows here comes back with the codes.
          *start = static_cast<std::int32_t>(static_cast<std::uint32_t>(*start) -
                                             static_cast<std::uint32_t>(zero_of_x * value));
        } else {
          out[u] = depthwise_element<Panel>(b, t + u, c);
        }
      }
    }
  }
  return true;
}

// Codes of one byte in memory.
template <class Finisher>
inline constexpr bool may_leave_codes_of = sizeof(typename Finisher::T) == 1 && requires(const Finisher& last) {
  last.out.view.data();
};

// Lets kernels of bytes leave codes, where the finisher makes such of their sums: plan_codes in requantize.inl.
template <class Panel, class Target, class Finisher, class A, class B>
void set_codes(Target, [[maybe_unused]] const Finisher& last, [[maybe_unused]] const A& a, [[maybe_unused]] const B& b,
               [[maybe_unused]] depthwise_plan& plan, [[maybe_unused]] depthwise_parameters& space) {
  if constexpr (std::is_same_v<Panel, byte_panel<panel_sign::is_unsigned>> && may_leave_codes_of<Finisher>) {
    gemm_plan found;
    Target::template leave_codes<byte_panel<panel_sign::is_signed>>(last, a, b, found);
    if (found.code_tiles == nullptr) return;
    const std::size_t width = plan.kernel.width, block = plan.kernel.block(), channels = b.columns();
    const std::size_t places = divided_up(channels, block) * block;
    float* const scales = space.scales.get<float>(places);
    std::int32_t* const starts = space.starts.get<std::int32_t>(places);  // as they were set
    std::fill_n(scales, places, 0.0F);
    for (std::size_t place = 0; place < places; ++place) {
      const std::size_t c = plan.kernel.channel_at(place), vector = place / width % 4;
      if (c >= channels) continue;
      const std::size_t moved = vector == 1 ? place + width : vector == 2 ? place - width : place;
      scales[moved] = found.codes.scales[found.codes.scales_vary ? c : 0];
      if (found.code_biases == nullptr) continue;
      starts[place] = static_cast<std::int32_t>(static_cast<std::uint32_t>(starts[place]) +
                                                static_cast<std::uint32_t>(found.code_biases[c]));
    }
    plan.codes = found.codes;
    plan.codes.scales = scales;
    plan.leaves_codes = true;
  }
}

}  // namespace narrow::detail
