// What a target offers (kernels.hpp); included in each target's region, after kernel_for, scaled_kernel_for,
// depthwise_for, code_tiles_for, code_lookup_of_cpu and bf16_steps_flush.
struct gemm_target {
  template <class Panel>
  static auto kernel() {
    return kernel_for<Panel>::get();
  }
  template <class Panel>
  static auto scaled_kernel() {
    return scaled_kernel_for<Panel>::get();
  }
  static bool flushes_by_itself() { return bf16_steps_flush(); }
  template <class Panel, class Operand>
  static packer packing(const Operand& x, bool with_scale) {
    packer p;
    set_packing<Panel>(p, x, with_scale);
    return p;
  }
  // Into its place: a call of a small product has no time to wait for a copy.
  template <class Panel, class Operand>
  static void set_packing(packer& to, const Operand& x, bool with_scale) {
    to.operand = &x;
    to.with_scale = with_scale;
    if constexpr (requires { Operand::gathers_columns; }) {
      to.panels = &pack_gathered_panels<Panel, Operand>;
    } else if constexpr (requires { Operand::gathers_rows; }) {
      to.rows = &pack_gathered_rows<Panel, Operand>;
    } else {
      to.rows = &pack_rows<Panel, Operand>;
      to.panels = &pack_panels<Panel, Operand>;
    }
  }
  template <class Panel, class Patches>
  static packer gathering(const Patches& x) {
    return {&x, false, nullptr, nullptr, &segments_of_patches<Panel, Patches>};
  }
  template <class Panel>
  static depthwise_kernel depthwise() {
    return depthwise_for<Panel>::get();
  }
  // A line of an image's pixels, channels of the group only.
  template <class Panel, class Patches>
  static void gather_line(const Patches& x, std::size_t image, std::size_t row, typename Panel::element* to) {
    using Line = typename Patches::line;
    if constexpr (std::is_same_v<Panel, bf16_panel> && !std::is_null_pointer_v<decltype(code_lookup_of_cpu())> &&
                  sizeof(typename Line::value_type) == 1) {
      const auto look_up = Line::folds_scales ? nullptr : code_lookup_of_cpu();
      if (look_up != nullptr && x.has_whole_lines()) {
        const auto* const codes = reinterpret_cast<const std::byte*>(x.whole_line(image, row).elements().data());
        look_up(code_table_of<typename Line::E>(), codes, x.shape.width * x.shape.channels, to);
        return;
      }
    }
    gather_pixels<Panel>(x, image, row, 0, x.shape.width, to);
  }
  template <class Sum>
  static constexpr auto begin = &begin_columns<Sum>;
  template <class Sum>
  static constexpr auto correct = &correct_tile<Sum>;
  static constexpr auto add_plane = &add_lanes_of_plane;
  static constexpr auto finish_planes = &finish_lanes_of_planes;
  template <class Context, class Sum>
  static constexpr auto finish = &finish_tile<Context, Sum>;
  // Of panels of bytes: lets tiles leave codes, where the finisher makes such of their sums.
  template <class Panel, class Finisher, class A, class B>
  static void leave_codes([[maybe_unused]] const Finisher& last, [[maybe_unused]] const A& a,
                          [[maybe_unused]] const B& b, [[maybe_unused]] gemm_plan& plan) {
    plan.code_tiles = nullptr;
    if constexpr (std::is_same_v<Panel, byte_panel<panel_sign::is_signed>>) {
      if constexpr (may_leave_codes<Finisher> && !std::is_null_pointer_v<decltype(code_tiles_for<Panel>())>) {
        const auto largest =
            static_cast<std::int64_t>(a.largest() * b.largest());  // sums fit 32 bits: compute_class.hpp
        if (plan_codes(last, largest * static_cast<std::int64_t>(a.columns()), plan)) {
          plan.code_tiles = code_tiles_for<Panel>();
        }
      }
    }
  }
};
