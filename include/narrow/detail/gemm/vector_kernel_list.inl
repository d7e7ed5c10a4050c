// Every kernel of products with a vector, as kernel_list.inl has the tiles.
NARROW_KERNELS struct avx512::vector_kernel_of<avx512::plain_source<avx512::f32_step>>;
NARROW_KERNELS struct avx512::vector_kernel_of<avx512::plain_source<avx512::f64_step>>;
NARROW_KERNELS struct avx512::vector_kernel_of<avx512::half_source>;
NARROW_KERNELS struct avx512::vector_kernel_of<avx512::flushing_source>;
NARROW_KERNELS struct avx512::vector_kernel_of<avx512::words_source<panel_sign::is_signed>>;
NARROW_KERNELS struct avx512::vector_kernel_of<avx512::words_source<panel_sign::is_unsigned>>;
NARROW_KERNELS struct avx512_bf16::vector_kernel_of<avx512_bf16::bf16_source>;
NARROW_KERNELS struct avx512_bf16_vbmi::vector_kernel_of<avx512_bf16_vbmi::codes_source>;
NARROW_KERNELS struct avx512_vnni::vector_kernel_of<avx512_vnni::bytes_source<panel_sign::is_signed>>;
NARROW_KERNELS struct avx512_vnni::vector_kernel_of<avx512_vnni::bytes_source<panel_sign::is_unsigned>>;
NARROW_KERNELS struct avx2::vector_kernel_of<avx2::plain_source<avx2::f32_step>>;
NARROW_KERNELS struct avx2::vector_kernel_of<avx2::plain_source<avx2::f64_step>>;
NARROW_KERNELS struct avx2::vector_kernel_of<avx2::half_source>;
NARROW_KERNELS struct avx2::vector_kernel_of<avx2::flushing_source>;
NARROW_KERNELS struct avx2::vector_kernel_of<avx2::words_source<panel_sign::is_signed>>;
NARROW_KERNELS struct avx2::vector_kernel_of<avx2::words_source<panel_sign::is_unsigned>>;

// Packed panels in the place of the matrix.
NARROW_KERNELS struct avx512::tiles<avx512::f32_step, 1, avx512::panel_row_tiles<avx512::f32_step>>;
NARROW_KERNELS struct avx512::tiles<avx512::f64_step, 1, avx512::panel_row_tiles<avx512::f64_step>>;
NARROW_KERNELS struct avx512::tiles<avx512::bf16_emulated_step, 1, avx512::panel_row_tiles<avx512::bf16_emulated_step>>;
NARROW_KERNELS struct avx512_bf16::tiles<avx512_bf16::bf16_step, 1,
                                         avx512_bf16::panel_row_tiles<avx512_bf16::bf16_step>>;
NARROW_KERNELS struct avx2::tiles<avx2::f32_step, 1, avx2::panel_row_tiles<avx2::f32_step>>;
NARROW_KERNELS struct avx2::tiles<avx2::f64_step, 1, avx2::panel_row_tiles<avx2::f64_step>>;
NARROW_KERNELS struct avx2::tiles<avx2::bf16_emulated_step, 1, avx2::panel_row_tiles<avx2::bf16_emulated_step>>;
