// What a target offers products with a vector (vector_kernels.hpp); included in each target's region, after
// panel_row_for, bf16_kernel, byte_kernel and code_kernel.
struct vector_target {
  template <class Panel>
  static const tile_kernel* panel_row() {
    return panel_row_for<Panel>::get();
  }
  static const vector_kernel* f32() { return vector_kernel_of<plain_source<f32_step>>::get(); }
  static const vector_kernel* f16() { return vector_kernel_of<half_source>::get(); }
  static const vector_kernel* f64() { return vector_kernel_of<plain_source<f64_step>>::get(); }
  static const vector_kernel* bf16() { return bf16_kernel::get(); }
  static const vector_kernel* words(panel_sign sign) {
    using S = panel_sign;
    return sign == S::is_signed ? vector_kernel_of<words_source<S::is_signed>>::get()
                                : vector_kernel_of<words_source<S::is_unsigned>>::get();
  }
  static auto bytes(panel_sign sign) {
    using S = panel_sign;
    return sign == S::is_signed ? byte_kernel<S::is_signed>::get() : byte_kernel<S::is_unsigned>::get();
  }
  static const vector_kernel* codes() { return code_kernel::get(); }
  template <class Panel, class Matrix>
  static constexpr auto read = &read_line<Panel, Matrix>;
  static constexpr auto correct = &correct_vector;
};
constexpr vector_target vector_target_of(gemm_target) { return {}; }
