// Shorter codecs from floats to codes that are integers times a step: rules of shortcuts.inl, which is included after.

// Fixed point of up to 16 bits: round(x / step) + zero_point, limited.
template <class E, class Overflow>
struct linear_limits {
  using storage = typename E::storage_type;
  static constexpr std::int32_t lowest = lowest_fixed_code<E, Overflow>(), highest = std::int32_t{E::max_code};
  static constexpr bool full =
      lowest == std::numeric_limits<storage>::min() && highest == std::int32_t{std::numeric_limits<storage>::max()};
};

// To nearest even. The contract is round(fl(x / step)). A fused x * r + M, with M = 1.5 * 2^23 + 2^headroom even,
// rounds x * r to an integer, to even, and holds it in its low bits: R(x * r). R is monotone. For a step that is no
// power of two, take r1 and r2 a little below and above 1 / step, so that fl(x / step) lies between x * r1 and x * r2:
//   r = fl(1 / step) is off by 2^-24 at most, r1 = r (1 - 2^-22) and r2 = r (1 + 2^-22) are rounded once more, hence
//   r1 step <= (1 + 2^-24)^2 (1 - 2^-22) < 1 - 2^-24 <= fl(x / step) step / x <= 1 + 2^-24 < r2 step.
// (A quotient that is subnormal rounds to 0, and so do both products.) Where R(x * r1) = R(x * r2), this is
// R(fl(x / step)) (1). A power of two has r1 = r2 = 1 / step, and both quotient and product are exact. A block with an
// integer beyond the headroom, or a NaN, shows in the upper bits, which are those of M elsewhere (2).
//
// Exact: the step is a power of two.
template <class E, class Overflow, bool Exact>
struct linear_nearest_rule : linear_limits<E, Overflow> {
  using limits = linear_limits<E, Overflow>;
  static constexpr bool is_byte = sizeof(typename E::storage_type) == 1;
  static constexpr int headroom = is_byte ? 14 : 21;
  static constexpr std::uint32_t base = 0x4B400000;

  float r1, r2, middle;
  std::int32_t zero_point;
  bool usable;

  explicit linear_nearest_rule(const linear_codes& codes) {
    const bool power_of_two = is_power_of_two(codes.step);
    usable = has_ordinary_step(codes) && (!Exact || power_of_two);
    const float r = usable ? static_cast<float>(1 / codes.step) : 0;
    r1 = power_of_two ? r : r * (1 - 0x1p-22F);
    r2 = power_of_two ? r : r * (1 + 0x1p-22F);
    zero_point = codes.zero_point;
    middle = 0x1.8p23F + static_cast<float>(1 << headroom);
  }

  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t*, std::byte* y) const {
    word sum[4], differs = all_words(0U), moved = all_words(0U);
    NARROW_UNROLL for (int k = 0; k < 4; ++k) {
      sum[k] = to_bits(fused(v[k], all_reals(r1), all_reals(middle)));
      if constexpr (!Exact) {
        differs = with_differences(differs, sum[k], to_bits(fused(v[k], all_reals(r2), all_reals(middle))));  // 1
      }
      moved = with_differences(moved, sum[k], all_words(base));  // 2
    }
    constexpr std::uint32_t beyond = ~std::uint32_t{0} << (headroom + 1);
    if (any((moved & all_words(beyond)) | differs)) return false;
    if constexpr (is_byte) {
      store_limited_halves<typename E::storage_type, limits::full>(sum, (1 << headroom) - zero_point, limits::lowest,
                                                                   limits::highest, y);
    } else {
      store_limited<typename E::storage_type, limits::full>(
          sum, static_cast<std::int32_t>(base) + (1 << headroom) - zero_point, limits::lowest, limits::highest, y);
    }
    return true;
  }
};

// The same for codes of a byte, where nothing is next to a tie: t = x * r + (zero_point + 1/2) + 2^-14, in units of
// 2^-16 as a 32-bit integer, has the code in its upper half, to be limited. Let q = fl(x / step); what counts is |q| <
// 2^8, since t is monotone in x and limits do the rest.
//   x * r is off q by 2^-23 |q| at most, as r = fl(1 / step) and q are rounded once each: 2 units,
//   the fused sum, below 2^8 + 2^-1, is rounded to a unit or finer: 1 unit with the rounding to an integer,
// 3 units together, and 4 were added. So where the lower half of t is 8 or more, q + zero_point + 1/2 lies strictly
// between the same two integers (1). t beyond 32 bits, or of a NaN, is INT32_MIN, whose lower half is 0.
template <class E, class Overflow>
struct byte_nearest_rule : linear_limits<E, Overflow> {
  using limits = linear_limits<E, Overflow>;
  linear_nearest_rule<E, Overflow, false> beside_ties;
  float r, half;
  bool usable;

  explicit byte_nearest_rule(const linear_codes& codes) : beside_ties(codes) {
    usable = beside_ties.usable && !is_power_of_two(codes.step) && codes.zero_point >= E::min_code &&
             codes.zero_point <= E::max_code;
    r = usable ? static_cast<float>(1 / codes.step) * 0x1p16F : 0;
    half = usable ? static_cast<float>(codes.zero_point * 65536 + 32768 + 4) : 0;
  }

  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t*, std::byte* y) const {
    word t[4];
    NARROW_UNROLL for (int k = 0; k < 4; ++k) t[k] = to_words(fused(v[k], all_reals(r), all_reals(half)));
    const word least = lesser_halves(lesser_halves(t[0], t[1]), lesser_halves(t[2], t[3]));
    if (any_lower_half_below<8>(least)) return false;  // 1
    store_limited_high_halves<typename E::storage_type, limits::full>(t, limits::lowest, limits::highest, y);
    return true;
  }
};

// Stochastically from the floor, by 32 bits: for v = fl(x / step), of either sign (exact where steps are powers of two,
// none above 1, so that nothing underflows), the code is floor((floor(v * 2^32) + R) / 2^32). With F fraction bits
// instead, t = floor(v * 2^F) and the upper F bits of R have the same floor unless a carry from what lies below them
// decides, which it does only into F ones (1): then the block is left to the general codec. Limits of v beyond those of
// the codes leave t and the sum within 32 bits.
template <class E, class Overflow, bool Exact>
struct linear_stochastic_rule : linear_limits<E, Overflow> {
  using limits = linear_limits<E, Overflow>;
  // Codes and zero points of 8 bits are less than 2^8 apart, those of 16 bits less than 2^16.
  static constexpr int range = sizeof(typename E::storage_type) * 8, fraction = 30 - range;
  float factor;  // the step, or its reciprocal where that is exact
  std::int32_t zero_point;
  bool usable;

  explicit linear_stochastic_rule(const linear_codes& codes)
      : zero_point(codes.zero_point),
        usable(has_ordinary_step(codes) && (!Exact || codes.step <= 1) && zero_point >= E::min_code &&
               zero_point <= E::max_code) {
    factor = usable ? static_cast<float>(Exact ? 1 / codes.step : codes.step) : 0;
  }

  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t* words, std::byte* y) const {
    if (any_nan(v)) return false;
    constexpr auto bound = static_cast<float>(1 << range);
    word code[4], largest_fraction = all_words(0U);
    NARROW_UNROLL for (int k = 0; k < 4; ++k) {
      const real quotient = limited(Exact ? v[k] * all_reals(factor) : v[k] / all_reals(factor), bound);
      const word t = floor_to_words(quotient * all_reals(static_cast<float>(1 << fraction)));
      const word sum = t + (load_word(words + k * width) >> (32 - fraction));
      largest_fraction = greater_of(largest_fraction, sum << (32 - fraction));
      code[k] = shifted_down<fraction>(sum);
    }
    if (any_reaches(largest_fraction, ~std::uint32_t{0} << (32 - fraction))) return false;  // 1
    store_limited<typename E::storage_type, limits::full>(code, -zero_point, limits::lowest, limits::highest, y);
    return true;
  }
};

// The same in 16.16 fixed point, where the code comes out in the upper half: codes of a byte, and signed ones of 16
// bits whose steps are powers of two. Units are 2^-16. X = fl(x / step), P = R / 2^16: the code is floor((X + P) /
// 2^16).
//   Exact: X is a product, t = floor(X) and s = t + floor(P), so that X + P is in [s, s + 2): the code is the upper
//   half of s unless the lower is all ones (1). Otherwise t = floor(x * r + zero_point * 2^16 + 4), where the sum is
//   off by 3 at most (as for byte_nearest_rule), so that X + P is in [s - 7, s + 1): the code is the upper half of s
//   unless the lower is below 8 (2).
// Limits are met on the way: of numbers too large, t is 2^15 - 1 above and the least integer below, both of which s
// stays within.
template <class E, class Overflow, bool Exact>
struct high_half_stochastic_rule : linear_limits<E, Overflow> {
  using limits = linear_limits<E, Overflow>;
  static constexpr bool is_byte = sizeof(typename E::storage_type) == 1;
  static constexpr bool fits = is_byte || (Exact && E::is_signed && limits::full);
  float r, offset;
  bool usable;

  explicit high_half_stochastic_rule(const linear_codes& codes)
      : usable(has_ordinary_step(codes) && (!Exact || codes.step <= 1) && codes.zero_point >= E::min_code &&
               codes.zero_point <= E::max_code) {
    r = usable ? static_cast<float>(1 / codes.step) * 0x1p16F : 0;
    offset = usable && !Exact ? static_cast<float>(codes.zero_point * 65536 + 4) : 0;
  }

  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t* words, std::byte* y) const {
    if (any_nan(v)) return false;
    word s[4];
    NARROW_UNROLL for (int k = 0; k < 4; ++k) {
      const real t = Exact ? v[k] * all_reals(r) : fused(v[k], all_reals(r), all_reals(offset));
      s[k] = floor_to_words(lesser(t, all_reals(0x7FFFp16F))) + (load_word(words + k * width) >> 16);
    }
    if constexpr (Exact) {
      const word most = greater_halves(greater_halves(s[0], s[1]), greater_halves(s[2], s[3]));
      if (any_lower_half_reaches<0xFFFF>(most)) return false;  // 1
    } else {
      const word least = lesser_halves(lesser_halves(s[0], s[1]), lesser_halves(s[2], s[3]));
      if (any_lower_half_below<8>(least)) return false;  // 2
    }
    if constexpr (is_byte) {
      store_limited_high_halves<typename E::storage_type, limits::full>(s, limits::lowest, limits::highest, y);
    } else {
      store_high_halves(s, y);
    }
    return true;
  }
};
// A byte's, with the quotient for those that are in doubt.
template <class E, class Overflow>
struct byte_stochastic_rule : high_half_stochastic_rule<E, Overflow, false> {
  linear_stochastic_rule<E, Overflow, false> beside_ties;
  explicit byte_stochastic_rule(const linear_codes& codes)
      : high_half_stochastic_rule<E, Overflow, false>(codes), beside_ties(codes) {}
};
