// The small floats by the names people use; float16, bfloat16, float8_e4m3fn and float8_e5m2 are in number.hpp. A float
// of your own is one line as well: bits of exponent and mantissa, bias, special codes, whether it has a sign and a
// zero.
//
// "fn" has no infinity, and a NaN or none; "fnuz" has one NaN in the place of -0, and "fnu" no sign.
// Sources: OCP 8-bit Floating Point (2023) and Microscaling (2023); Noune et al., "8-bit Numerical Formats for Deep
// Neural Networks", 2022 (fnuz); Wang et al., "Training Deep Neural Networks with 8-bit Floating Point Numbers",
// NeurIPS 2018, and Sun et al., "Hybrid 8-bit Floating Point", NeurIPS 2019 (IBM's).
#pragma once

#include "narrow/number.hpp"

namespace narrow {

// 8 bits: to 240, 57344, 30, 240 (IEEE 754's infinities and NaNs) and 15.5 (as well).
using float8_e4m3fnuz = number<float_format<float_descriptor{4, 3, 8, specials::nan_negative_zero}>>;
using float8_e5m2fnuz = number<float_format<float_descriptor{5, 2, 16, specials::nan_negative_zero}>>;
using float8_e4m3b11fnuz = number<float_format<float_descriptor{4, 3, 11, specials::nan_negative_zero}>>;
using float8_e4m3 = number<float_format<float_descriptor{4, 3, 7}>>;
using float8_e3m4 = number<float_format<float_descriptor{3, 4, 3}>>;

// The powers of two from 2^-127 to 2^127, and a NaN: the scales of OCP Microscaling. What is less, zero too, gives
// 2^-127; what is negative, NaN.
using float8_e8m0fnu = number<float_format<float_descriptor{8, 0, 127, specials::nan_all_ones, false, false}>>;

// 6 and 4 bits, every code a number: to 7.5, 28 and 6. NaN becomes -0.
using float6_e2m3fn = number<float_format<float_descriptor{2, 3, 1, specials::none}>>;
using float6_e3m2fn = number<float_format<float_descriptor{3, 2, 3, specials::none}>>;
using float4_e2m1fn = number<float_format<float_descriptor{2, 1, 1, specials::none}>>;

// IBM's training formats: 16 bits to add in, 8 bits for gradients, and 8 bits for weights and activations (HFP8), whose
// bias is the usual 7 and 4 more, so that they end at 30. The papers leave special codes open: they are IEEE 754's
// here, and in the last, which has the range of e4m3b11fnuz, that format's.
using ibm_1_6_9 = number<float_format<float_descriptor{6, 9, 31}>>;
using ibm_1_5_2 = number<float_format<float_descriptor{5, 2, 15}>>;
using hfp8_1_4_3 = number<float_format<float_descriptor{4, 3, 11, specials::nan_negative_zero}>>;

}  // namespace narrow
