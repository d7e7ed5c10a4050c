// Overflow policies: what becomes of a number that, once rounded, lies beyond the largest finite one.
#pragma once

namespace narrow {

// The largest finite number of that sign; for infinities too.
struct saturate {};

// As `saturate`, but signed codes stay within +-(largest): the most negative code is never produced (Courbariaux 2014).
struct saturate_symmetric {};

// As IEEE 754: infinity, or NaN where the format has none; the largest finite number in the modes that round toward
// zero on that side and in to_odd. Only for formats with an infinity or a NaN.
struct to_infinity {};

// The low bits of the code, as two's complement hardware does; an infinity gives code 0. Only for fixed point and
// integers.
struct wrap {};

}  // namespace narrow
