// Every tile kernel, for programs that take them from a library instead of compiling them in each source file:
// NARROW_KERNELS is `template` in that library (narrow::kernels) and `extern template` where it is used. A kernel that
// kernels.hpp chooses and this list lacks is compiled in place.
NARROW_KERNELS struct avx512::tiles<avx512::f32_step, 12>;
NARROW_KERNELS struct avx512::tiles<avx512::f64_step, 12>;
NARROW_KERNELS struct avx512::tiles<avx512::bf16_emulated_step, 12>;
NARROW_KERNELS struct avx512::tiles<avx512::pairs_step, 12>;
NARROW_KERNELS struct avx512::tiles<avx512::bit_nibbles_step, 12>;
NARROW_KERNELS struct avx512_bf16::tiles<avx512_bf16::bf16_step, 12>;
NARROW_KERNELS struct avx512_vnni::tiles<avx512_vnni::s8_step, 12>;
NARROW_KERNELS struct avx512_vnni::limb_tiles<avx512_vnni::limb_step>;
NARROW_KERNELS struct avx512_popcnt::tiles<avx512_popcnt::bit_step, 12>;
NARROW_KERNELS struct avx2::tiles<avx2::f32_step, 6>;
NARROW_KERNELS struct avx2::tiles<avx2::f64_step, 6>;
NARROW_KERNELS struct avx2::tiles<avx2::bf16_emulated_step, 4>;
NARROW_KERNELS struct avx2::tiles<avx2::pairs_step, 6>;
NARROW_KERNELS struct avx2::tiles<avx2::bit_nibbles_step, 4>;

// Under scales.
NARROW_KERNELS struct avx512::tiles<avx512::f32_step, 6, avx512::scaled_form<avx512::f32_step>>;
NARROW_KERNELS struct avx512::tiles<avx512::bf16_emulated_step, 6, avx512::scaled_form<avx512::bf16_emulated_step>>;
NARROW_KERNELS struct avx512::tiles<avx512::pairs_step, 6, avx512::scaled_form<avx512::pairs_step>>;
NARROW_KERNELS struct avx512_bf16::tiles<avx512_bf16::bf16_step, 6, avx512_bf16::scaled_form<avx512_bf16::bf16_step>>;
NARROW_KERNELS struct avx512_vnni::tiles<avx512_vnni::s8_step, 6, avx512_vnni::scaled_form<avx512_vnni::s8_step>>;
NARROW_KERNELS struct avx2::tiles<avx2::f32_step, 6, avx2::scaled_form<avx2::f32_step>>;
NARROW_KERNELS struct avx2::tiles<avx2::bf16_emulated_step, 4, avx2::scaled_form<avx2::bf16_emulated_step>>;
NARROW_KERNELS struct avx2::tiles<avx2::pairs_step, 6, avx2::scaled_form<avx2::pairs_step>>;

// Of depthwise convolutions.
NARROW_KERNELS struct avx512::depthwise_of<avx512::f32_step, 4>;
NARROW_KERNELS struct avx512::depthwise_of<avx512::bf16_emulated_step, 4>;
NARROW_KERNELS struct avx512::depthwise_of<avx512::pairs_step, 4>;
NARROW_KERNELS struct avx512_bf16::depthwise_of<avx512_bf16::bf16_step, 4>;
NARROW_KERNELS struct avx512_vnni::depthwise_of<avx512_vnni::s8_half_step, 3>;
NARROW_KERNELS struct avx2::depthwise_of<avx2::f32_step, 4>;
NARROW_KERNELS struct avx2::depthwise_of<avx2::bf16_emulated_step, 4>;
NARROW_KERNELS struct avx2::depthwise_of<avx2::pairs_step, 4>;
