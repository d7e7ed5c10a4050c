// Shorter codecs for floats, each proved equal to the general one (codec.inl) where it is used, by properties of the
// encoding. Included in a target's region and namespace. A rule converts blocks of four vectors; a block that holds
// something the proof does not cover (a NaN, a quotient next to a tie) it leaves to the general codec, by returning
// false. The floating-point environment is the default one (environment.hpp).

inline constexpr std::size_t block_size = 4 * width;

[[gnu::always_inline]] inline void load_block(const float* x, real (&v)[4]) {
  NARROW_UNROLL for (int k = 0; k < 4; ++k) v[k] = load_real(x + k * width);
}
[[gnu::always_inline]] inline void divide_block(real (&v)[4], const real& scale) {
  NARROW_UNROLL for (int k = 0; k < 4; ++k) v[k] = v[k] / scale;
}

// binary16 by the target's instruction, which differs from the codec in a NaN's payload only.
struct binary16_rule {
  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t*, std::byte* y) const {
    if (any_nan(v)) return false;
    NARROW_UNROLL for (int k = 0; k < 4; ++k) store_binary16(v[k], y + k * width * 2);
    return true;
  }
};

// The upper half of a float. The codes of magnitudes run through all binades up to infinity's without a gap, so that
// rounding is an addition below them, sign included, which no carry reaches: magnitudes end below 0x7F80'8000.
// To nearest even: up iff low half + 0x7FFF + odd carries. Stochastically: d * 2^32 = low half * 2^16, and its sum with
// R carries iff low half + floor(R / 2^16) does, low half being an integer.
template <bool Stochastic>
struct upper_half_rule {
  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t* words, std::byte* y) const {
    if (any_nan(v)) return false;
    if constexpr (Stochastic) {
      word sum[4];
      NARROW_UNROLL for (int k = 0; k < 4; ++k) sum[k] = to_bits(v[k]) + (load_word(words + k * width) >> 16);
      store_high_halves(sum, y);
    } else {
      store_high_halves_to_nearest(v, y);
    }
    return true;
  }
};

// A float format far inside the range of float, with its smallest normal number m = 2^min_exponent.
template <class E, class Overflow>
struct small_float_limits {
  static constexpr int M = E::descriptor.mantissa_bits;
  static constexpr std::uint32_t exponent_mask = 0x7F800000;
  static constexpr std::uint32_t smallest_normal = static_cast<std::uint32_t>(E::min_exponent + 127) << 23;
  static constexpr std::uint32_t offset = static_cast<std::uint32_t>(E::min_exponent + 127) << M;
  // Magnitudes are cut here first: this number's code is what overflow gives, and no larger code comes from below it.
  static constexpr std::uint32_t limit = float_bits_of_code<E>(highest_code<E, Overflow>());
  static constexpr int shift = 23 - M;
  static constexpr bool has_minus_zero = E::descriptor.special != specials::nan_negative_zero;
};

// To nearest even. With e the exponent of max(|x|, m), c = 2^(e + 23 - M) has for unit in the last place the quantum of
// the result, 2^(e - M), and |x| + c < 2 c: the sum is rounded to the quantum, to even, and its bits less those of c
// count quanta (1). The code is that count on top of the binades below, e - min_exponent of 2^M codes each (2).
template <class E, class Overflow>
struct small_float_nearest_rule : small_float_limits<E, Overflow> {
  using limits = small_float_limits<E, Overflow>;
  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t*, std::byte* y) const {
    if (any_nan(v)) return false;
    word code[4];
    NARROW_UNROLL for (int k = 0; k < 4; ++k) {
      const word magnitude = to_bits(lesser_magnitude(v[k], std::bit_cast<float>(limits::limit)));
      const word binade = greater_of(magnitude, all_words(limits::smallest_normal)) & all_words(limits::exponent_mask);
      const word c = binade + all_words(static_cast<std::uint32_t>(limits::shift) << 23);
      const word quanta = to_bits(from_bits<real>(magnitude) + from_bits<real>(c)) - c;  // 1
      code[k] = quanta + (binade >> limits::shift);                                      // 2, still with the offset
    }
    store_signed_magnitudes<E::bits, limits::has_minus_zero, 0>(code, v, limits::offset, y);
    return true;
  }
};

// Stochastically, by 32 bits. h = |x| + max(|x|, m) has the code's fields, offset by m's, over 23 - M bits of the
// fraction d: 2 |x| for normal numbers, exactly, and |x| + m for subnormal ones, rounded toward zero (1). Shifted so
// that the code ends a half of 32 bits, d * 2^16 is the other half plus less than its last bit (2), R / 2^16 is an
// integer plus less than 1, and both carry iff what is known of them does, unless the sum of that is next to carrying:
// then the block is left to the general codec (3).
template <class E, class Overflow>
struct small_float_stochastic_rule : small_float_limits<E, Overflow> {
  using limits = small_float_limits<E, Overflow>;
  [[gnu::always_inline]] inline bool encode(const real (&v)[4], const std::uint32_t* words, std::byte* y) const {
    constexpr int up = limits::shift < 16 ? 16 - limits::shift : 0, down = limits::shift - 16 + up;
    word sum[4], most = all_words(0U);
    NARROW_UNROLL for (int k = 0; k < 4; ++k) {
      const word magnitude = to_bits(lesser_magnitude(v[k], std::bit_cast<float>(limits::limit)));
      const word at_least_normal = greater_of(magnitude, all_words(limits::smallest_normal));
      const word h = to_bits(add_toward_zero(from_bits<real>(magnitude), from_bits<real>(at_least_normal)));  // 1
      sum[k] = (h << up >> down) + (load_word(words + k * width) >> 16);                                      // 2
      most = greater_halves(most, sum[k]);
    }
    if (any_nan(v) || any_lower_half_reaches<0x10000 - (1 << up)>(most)) return false;  // 3
    store_signed_magnitudes<E::bits, limits::has_minus_zero, 1>(sum, v, limits::offset, y);
    return true;
  }
};

// ---- which rule -------------------------------------------------------------------------------------------------
template <class E, class Overflow, class Real, class Scheme, class Place, class Rounding>
[[gnu::noinline]] void encode_any(const Real* x, std::byte* y, std::size_t n, const Scheme& scheme, const Place& place,
                                  const Rounding& rounding);

template <class E, class Overflow, bool Divides, class Rule, class Scheme, class Rounding>
[[gnu::always_inline]] inline std::size_t encode_blocks(const Rule& rule, const float* x, std::byte* y, std::size_t n,
                                                        const Scheme& scheme, const std::size_t& place,
                                                        const Rounding& rounding) {
  const std::uint32_t* words = nullptr;
  if constexpr (takes_words<Rounding>) words = rounding.words;
  real scale = all_reals(1.0F);
  if constexpr (Divides) scale = all_reals(scheme.scale_of_float(place));
  constexpr std::size_t bytes = sizeof(typename E::storage_type);
  std::size_t i = 0;
  // The call has a loop of its own around it, which leaves constants in registers.
  for (; i + block_size <= n; i += block_size) {
    for (; i + block_size <= n; i += block_size) {
      real v[4];
      load_block(x + i, v);
      if constexpr (Divides) divide_block(v, scale);
      if (!rule.encode(v, words + (takes_words<Rounding> ? i : 0), y + i * bytes)) [[unlikely]]
        break;
    }
    if (i + block_size > n) break;
    if constexpr (requires { rule.beside_ties; }) {
      real v[4];
      load_block(x + i, v);
      if (rule.beside_ties.encode(v, words + (takes_words<Rounding> ? i : 0), y + i * bytes)) continue;
    }
    encode_any<E, Overflow>(x + i, y + i * bytes, block_size, scheme, place, rounding_at(rounding, i));
  }
  if (i == n) return n;
  // The rest in a padded block. Words may be read beyond the last one.
  real v[4];
  load_part_of_block(x + i, n - i, v);
  if constexpr (Divides) divide_block(v, scale);
  alignas(64) std::byte codes[block_size * bytes];
  if (!rule.encode(v, words + (takes_words<Rounding> ? i : 0), codes)) return i;
  std::memcpy(y + i * bytes, codes, (n - i) * bytes);
  return n;
}

// Converts elements from the first on, and returns how many.
template <class E, class Overflow, class Scheme, class Rounding>
[[gnu::always_inline]] inline std::size_t quick_encode(const float* x, std::byte* y, std::size_t n,
                                                       const Scheme& scheme, const std::size_t& place,
                                                       const Rounding& rounding) {
  constexpr bool nearest = std::is_same_v<Rounding, nearest_even>;
  constexpr bool random = takes_words<Rounding>;
  if constexpr (random) {
    if (rounding.count != 32 || rounding.pre_round) return 0;
  }
  if constexpr (fixed_point_encoding<E>) {
    if constexpr (has_linear_codes<E, Scheme>() && saturates<Overflow> && E::bits <= 16 && (nearest || random)) {
      constexpr bool exact = has_binary_steps<Scheme>;
      constexpr bool is_byte = sizeof(typename E::storage_type) == 1;
      const linear_codes codes = scheme.template linear<E>(place);
      if constexpr (nearest && is_byte && !exact) {
        const byte_nearest_rule<E, Overflow> rule(codes);
        if (rule.usable) return encode_blocks<E, Overflow, false>(rule, x, y, n, scheme, place, rounding);
      }
      using high_half_rule = high_half_stochastic_rule<E, Overflow, exact>;
      using stochastic_rule =
          std::conditional_t<!high_half_rule::fits, linear_stochastic_rule<E, Overflow, exact>,
                             std::conditional_t<exact, high_half_rule, byte_stochastic_rule<E, Overflow>>>;
      using nearest_rule = linear_nearest_rule<E, Overflow, exact || is_byte>;
      const std::conditional_t<nearest, nearest_rule, stochastic_rule> rule(codes);
      if (rule.usable) return encode_blocks<E, Overflow, false>(rule, x, y, n, scheme, place, rounding);
    }
  } else if constexpr (is_unscaled<Scheme> || scales_floats<Scheme>) {
    constexpr bool divides = !is_unscaled<Scheme>;
    constexpr bool infinite = std::is_same_v<Overflow, to_infinity>;
    if constexpr (is_binary16<E> && infinite && nearest) {
      return encode_blocks<E, Overflow, divides>(binary16_rule{}, x, y, n, scheme, place, rounding);
    } else if constexpr (is_upper_half_of_float<E> && infinite && (nearest || random)) {
      return encode_blocks<E, Overflow, divides>(upper_half_rule<random>{}, x, y, n, scheme, place, rounding);
    } else if constexpr (is_small_float<E>()) {
      if constexpr (overflows_to_next_code<E, Overflow>() && nearest) {
        return encode_blocks<E, Overflow, divides>(small_float_nearest_rule<E, Overflow>{}, x, y, n, scheme, place,
                                                   rounding);
      } else if constexpr (overflows_to_next_code<E, Overflow>() && random) {
        return encode_blocks<E, Overflow, divides>(small_float_stochastic_rule<E, Overflow>{}, x, y, n, scheme, place,
                                                   rounding);
      }
    }
  }
  return 0;
}

// (code - zero_point) * step: the difference is exact and the product rounds once. Written so that the parameters are
// read once; a scheme's own could lie where the values go, for all that the compiler knows.
template <class E, class Scheme>
[[gnu::always_inline]] inline std::size_t decode_linear(const std::byte* x, float* y, std::size_t n,
                                                        const linear_codes& codes) {
  if (!has_ordinary_step(codes)) return 0;
  const real step = all_reals(static_cast<float>(codes.step));
  const word zero_point = all_words(static_cast<std::uint32_t>(codes.zero_point));
  std::size_t i = 0;
  for (; i + width <= n; i += width) {
    word code;
    widen_from<typename E::storage_type>(x + i * sizeof(typename E::storage_type), code);
    if constexpr (!has_binary_steps<Scheme>) code = code - zero_point;
    const real v = integer_to_real<real>(code) * step;
    std::memcpy(y + i, &v, sizeof v);
  }
  return i;
}

template <class E, class Scheme>
[[gnu::always_inline]] inline std::size_t quick_decode(const std::byte* x, float* y, std::size_t n,
                                                       const Scheme& scheme, const std::size_t& place) {
  std::size_t i = 0;
  if constexpr (has_linear_codes<E, Scheme>() && E::bits <= 16) {
    return decode_linear<E, Scheme>(x, y, n, scheme.template linear<E>(place));
  } else if constexpr (is_binary16<E> && (is_unscaled<Scheme> || scales_floats<Scheme>)) {
    real scale = all_reals(1.0F);
    if constexpr (!is_unscaled<Scheme>) scale = all_reals(scheme.scale_of_float(place));
    for (; i + width <= n; i += width) {
      real v = load_binary16(x + 2 * i);
      if constexpr (!is_unscaled<Scheme>) v = v * scale;
      std::memcpy(y + i, &v, sizeof v);
    }
  } else if constexpr (embeds_in_binary16<E>() && (is_unscaled<Scheme> || scales_floats<Scheme>)) {
    // The half of the same fields times a power of two: exact, and so the scale rounds once.
    const real factor =
        all_reals(std::bit_cast<float>(static_cast<std::uint32_t>(127 + 15 - E::descriptor.bias) << 23));
    real scale = all_reals(1.0F);
    if constexpr (!is_unscaled<Scheme>) scale = all_reals(scheme.scale_of_float(place));
    for (; i + block_size <= n; i += block_size) {
      real v[4];
      load_through_binary16<E>(x + i, v);
      NARROW_UNROLL for (int k = 0; k < 4; ++k) {
        v[k] = v[k] * factor;
        if constexpr (!is_unscaled<Scheme>) v[k] = v[k] * scale;
        std::memcpy(y + i + k * width, &v[k], sizeof v[k]);
      }
    }
  }
  return i;
}
