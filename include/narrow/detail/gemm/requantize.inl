// From a tile's 32-bit sums to integer codes, by vectors, with the bits of the epilogues in epilogue.hpp: an integer
// bias, if any, and one of two requantizations. A part of finish.inl.

template <class E>
[[gnu::always_inline]] inline std::int32_t code_within(std::int32_t x) {
  return static_cast<std::int32_t>(x < E::min_code ? E::min_code : x > E::max_code ? E::max_code : x);
}

// One of them: use_columns says of which columns the sums are that follow.
template <class E>
struct requantizes_by_float {
  using V = value_lanes<float>;
  const requantize_float& op;
  V::vector scale, low, high;
  native_words zero;

  // Bounds are integers below 2^24, exact in float; rounding keeps to them.
  [[gnu::always_inline]] inline explicit requantizes_by_float(const requantize_float& r)
      : op(r),
        scale(V::all(r.scales[0])),
        low(V::all(static_cast<float>(code_within<E>(r.lowest) - r.zero_point))),
        high(V::all(static_cast<float>(code_within<E>(r.highest) - r.zero_point))),
        zero(all_words(r.zero_point)) {}
  [[gnu::always_inline]] inline void use_columns(std::size_t j, std::size_t n) {
    if (op.scales.size() != 1) scale = float_sums::load(op.scales.data() + j, n);
  }
  [[gnu::always_inline]] inline native_words codes(const native_words& sums) const {
    const V::vector real = V::smaller(high, V::larger(low, V::product(V::from_words(sums), scale)));
    return sum_of_words(V::rounded(real), zero);
  }
};

template <class E, class Multipliers>
struct requantizes_by_multiplier {
  const requantize& op;
  Multipliers multipliers;
  native_words low, high, zero;

  // Bounds of the product: those of the codes less the zero point, which is small (requantize_by_vectors).
  [[gnu::always_inline]] inline explicit requantizes_by_multiplier(const requantize& r)
      : op(r),
        low(all_words(code_within<E>(r.lowest) - r.zero_point)),
        high(all_words(code_within<E>(r.highest) - r.zero_point)),
        zero(all_words(r.zero_point)) {
    if (op.multipliers.size() == 1) {
      split_multipliers<lanes_of_32> split;
      for (std::size_t t = 0; t < lanes_of_32; ++t) split.set(t, op.multipliers[0]);
      multipliers.set(split);
    }
  }
  [[gnu::always_inline]] inline void use_columns(std::size_t j, std::size_t n) {
    if (op.multipliers.size() == 1) return;
    split_multipliers<lanes_of_32> split;
    for (std::size_t t = 0; t < n; ++t) split.set(t, op.multipliers[j + t]);
    for (std::size_t t = n; t < lanes_of_32; ++t) split.set(t, {});
    multipliers.set(split);
  }
  [[gnu::always_inline]] inline native_words codes(const native_words& sums) const {
    return sum_of_words(clamped_words(multipliers.product(sums), low, high), zero);
  }
};

template <class Op>
inline constexpr bool is_integer_bias = false;
template <class Values>
inline constexpr bool is_integer_bias<accumulator_bias<Values>> = true;

// Into memory that runs along rows; for 8- and 16-bit codes, and epilogues that are a bias and a requantization.
template <class Context, class Sum>
inline constexpr bool requantizes_by_vectors = false;
template <class Context>
inline constexpr bool requantizes_by_vectors<Context, std::int32_t> = [] {
  using F = typename Context::finisher_type;
  constexpr std::size_t count = F::op_count;
  if constexpr (count == 0 || count > 2 || sizeof(typename F::T) > 2 || !F::saturates) {
    return false;
  } else if constexpr (!std::is_same_v<typename F::template op_type<count - 1>, requantize> &&
                       !std::is_same_v<typename F::template op_type<count - 1>, requantize_float>) {
    return false;
  } else if constexpr (count == 2) {
    return is_integer_bias<typename F::template op_type<0>>;
  } else {
    return true;
  }
}();

template <class Requantization, class Finisher>
void requantize_tile(const Finisher& last, const std::int32_t* sums, std::ptrdiff_t stride, std::size_t i,
                     std::size_t rows, std::size_t j, std::size_t columns) {
  using Storage = std::conditional_t<sizeof(typename Finisher::T) == 1, std::uint8_t, std::uint16_t>;
  constexpr std::size_t width = lanes_of_32;
  Requantization requantization(std::get<Finisher::op_count - 1>(last.ops));
  for (std::size_t q = 0; q < columns; q += width) {
    const std::size_t n = columns - q < width ? columns - q : width;
    requantization.use_columns(j + q, n);
    native_words bias = all_words(0);
    if constexpr (Finisher::op_count == 2) {
      const auto& values = std::get<0>(last.ops).elements();
      std::int32_t some[width] = {};
      for (std::size_t t = 0; t < n; ++t) some[t] = values(j + q + t);
      bias = load_words(some);
    }
    auto* to = reinterpret_cast<Storage*>(&last.out.view(i, j + q));
    const std::int32_t* from = sums + q;
    const std::ptrdiff_t down = last.out.view.stride(0);
    for (std::size_t r = 0; r < rows; ++r, to += down, from += stride) {
      native_words sum = load_words(from);
      if constexpr (Finisher::op_count == 2) sum = saturating_sum(sum, bias);
      const native_words code = requantization.codes(sum);
      if (n == width) {
        store_words(to, code);
      } else {
        Storage rest[width];
        store_words(rest, code);
        __builtin_memcpy(to, rest, n * sizeof(Storage));
      }
    }
  }
}

// False where it leaves the tile to the plain loop.
template <class Finisher>
bool requantize_by_vectors(const Finisher& last, const std::int32_t* sums, std::ptrdiff_t stride, std::size_t i,
                           std::size_t rows, std::size_t j, std::size_t columns) {
  using E = encoding_of<typename Finisher::T>;
  const auto& op = std::get<Finisher::op_count - 1>(last.ops);
  if (last.out.view.stride(1) != 1) return false;
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(op)>, requantize_float>) {
    requantize_tile<requantizes_by_float<E>>(last, sums, stride, i, rows, j, columns);
  } else {
    constexpr std::int32_t most = 1 << 30;
    if (op.zero_point < -most || op.zero_point > most) return false;
    if (op.how == multiplier_rounding::tflite_double) {
      requantize_tile<requantizes_by_multiplier<E, twice_rounded>>(last, sums, stride, i, rows, j, columns);
    } else {
      requantize_tile<requantizes_by_multiplier<E, once_rounded>>(last, sums, stride, i, rows, j, columns);
    }
  }
  return true;
}

// The tiles that leave codes (code_tile.inl) serve 8-bit codes by floats.
template <class Finisher>
inline constexpr bool may_leave_codes = [] {
  if constexpr (requantizes_by_vectors<finish_context<Finisher>, std::int32_t> && sizeof(typename Finisher::T) == 1) {
    return std::is_same_v<typename Finisher::template op_type<Finisher::op_count - 1>, requantize_float>;
  } else {
    return false;
  }
}();

// Of positive ones.
[[gnu::always_inline]] inline bool all_below_one(const std::vector<float>& scales) {
  using V = value_lanes<float>;
  V::vector largest = V::all(0);
  std::size_t j = 0;
  for (; j + V::width <= scales.size(); j += V::width) largest = V::larger(largest, V::from(scales.data() + j));
  float some[V::width];
  V::store(some, largest);
  float most = 0;
  for (const float scale : some) most = scale > most ? scale : most;
  for (; j < scales.size(); ++j) most = scales[j] > most ? scales[j] : most;
  return most < 1;
}

// What they need, in the plan. False where a parameter keeps them from it: columns of c or biases that are not
// contiguous; a biased sum, none of which is above `largest_sum` without, or a product that might not fit 32 bits; a
// zero point that saturating 16-bit arithmetic might cut.
template <class Finisher>
bool plan_codes(const Finisher& last, std::int64_t largest_sum, gemm_plan& plan) {
  using E = encoding_of<typename Finisher::T>;
  const requantize_float& op = std::get<Finisher::op_count - 1>(last.ops);
  constexpr std::int32_t offset = E::is_signed ? 0 : 128, furthest = 1 << 14;
  if (last.out.view.stride(1) != 1 || op.zero_point < -furthest || op.zero_point > furthest) return false;
  if (!all_below_one(op.scales)) return false;
  if constexpr (Finisher::op_count == 2) {
    const auto& biases = std::get<0>(last.ops).elements();
    const std::int64_t room = std::numeric_limits<std::int32_t>::max() - largest_sum;
    if (biases.stride(0) != 1) return false;
    for (std::size_t j = 0; j < biases.size(); ++j) {
      if (biases(j) > room || biases(j) < -room) return false;
    }
    plan.code_biases = biases.data();
  }
  plan.codes.scales_vary = op.scales.size() != 1;
  plan.codes.scales = op.scales.data();
  if (!plan.codes.scales_vary) {
    for (float& scale : plan.code_scale_of_all) scale = op.scales[0];
    plan.codes.scales = plan.code_scale_of_all;
  }
  plan.codes.zero_point = static_cast<std::int16_t>(op.zero_point - offset);
  plan.codes.lowest = static_cast<std::int8_t>(code_within<E>(op.lowest) - offset);
  plan.codes.highest = static_cast<std::int8_t>(code_within<E>(op.highest) - offset);
  plan.codes.flip = E::is_signed ? 0 : 0x80;
  plan.codes.to = reinterpret_cast<std::byte*>(last.out.view.data());
  plan.codes.stride = last.out.view.stride(0);
  return true;
}
