// The inner loops of pooling, included in a namespace of each target: one pixel at a time, over channels that lie side
// by side. `taps` are the elements of the window, in row-major order, as addresses of their first channels.
//
// A chunk of channels keeps its result in registers, so that each tap costs one load and the two instructions of its
// step; from the first level of cache the loads bound it.

#include "narrow/detail/simd/chunks.inl"

// The same constant in each lane, from memory: what GCC 12 makes of arithmetic on a scalar is element by element.
template <class V, auto Value>
[[gnu::always_inline]] inline void load_constant(V& x) {
  static constexpr auto values = [] {
    struct {
      decltype(Value) value[sizeof(V) / sizeof(Value)];
    } all{};
    for (auto& one : all.value) one = Value;
    return all;
  }();
  __builtin_memcpy(&x, &values, sizeof x);
}

// The bits of a real without its sign, as signed integers: beyond those of infinity for a NaN, whatever the flags of
// the compiler.
template <class T>
struct real_bits {
  using type = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  static constexpr type magnitude = std::numeric_limits<type>::max();
  static constexpr type infinity = sizeof(T) == 4 ? type{0x7F800000} : type{0x7FF} << (sizeof(T) == 4 ? 0 : 52);
  static constexpr type quiet = type{1} << (sizeof(T) == 4 ? 22 : 51);
};

template <class T>
struct max_step {
  const std::byte* const* taps;
  std::size_t count;
  std::byte* y;

  template <class V>
  [[gnu::always_inline]] void chunk(std::size_t i) const {
    const std::size_t at = i * sizeof(T);
    V best, x;
    load(best, taps[0] + at);
    if constexpr (std::is_floating_point_v<T>) {
      using bits = real_bits<T>;
      using I = typename vector_of<typename bits::type, sizeof(V)>::type;
      I magnitude, infinity, quiet;
      load_constant<I, bits::magnitude>(magnitude);
      load_constant<I, bits::infinity>(infinity);
      load_constant<I, bits::quiet>(quiet);
      I most = reinterpret_cast<I>(best) & magnitude;
      for (std::size_t t = 1; t < count; ++t) {
        load(x, taps[t] + at);
        best = x > best ? x : best;
        const I size = reinterpret_cast<I>(x) & magnitude;
        most = size > most ? size : most;
      }
      const I is_nan = most > infinity;
      const I result = (is_nan & (most | quiet)) | (~is_nan & reinterpret_cast<I>(best));
      __builtin_memcpy(y + at, &result, sizeof result);
    } else {
      for (std::size_t t = 1; t < count; ++t) {
        load(x, taps[t] + at);
        best = x > best ? x : best;
      }
      __builtin_memcpy(y + at, &best, sizeof best);
    }
  }
};

// y = the greatest of each channel; a NaN, quieted, where there is one.
template <class T>
void max_of_taps(const std::byte* const* taps, std::size_t count, std::size_t n, std::byte* y) {
  for_each_vector<T>(n, max_step<T>{taps, count, y});
}

// Elements of T in as many lanes of V, by steps of twice the width: GCC 12 takes longer ones apart.
template <class T, class V>
[[gnu::always_inline]] inline void load_widened(V& to, const std::byte* p) {
  using element = std::remove_cvref_t<decltype(to[0])>;
  typename vector_of<T, sizeof(V) / sizeof(element) * sizeof(T)>::type x;
  load(x, p);
  if constexpr (sizeof(element) > 2 * sizeof(T)) {
    using half = std::conditional_t<std::is_signed_v<T>, std::int16_t, std::uint16_t>;
    using step = std::conditional_t<sizeof(T) == 1, half, std::int32_t>;
    to = __builtin_convertvector(
        __builtin_convertvector(x, typename vector_of<step, sizeof(V) / sizeof(element) * sizeof(step)>::type), V);
  } else {
    to = __builtin_convertvector(x, V);
  }
}

template <class T, class Sum>
struct sum_step {
  const std::byte* const* taps;
  std::size_t count;
  Sum* sums;

  template <class V>
  [[gnu::always_inline]] void chunk(std::size_t i) const {
    const std::size_t at = i * sizeof(T);
    V total, x;
    load_widened<T>(total, taps[0] + at);
    for (std::size_t t = 1; t < count; ++t) {
      load_widened<T>(x, taps[t] + at);
      total += x;
    }
    __builtin_memcpy(sums + i, &total, sizeof total);
  }
};

// sums = the sum of each channel, its terms in the order of the taps.
template <class T, class Sum>
void sum_of_taps(const std::byte* const* taps, std::size_t count, std::size_t n, Sum* sums) {
  for_each_vector<Sum>(n, sum_step<T, Sum>{taps, count, sums});
}

template <class Sum, class Real>
struct mean_step {
  const Sum* sums;
  Real divisor, step;
  Real* means;

  template <class V>
  [[gnu::always_inline]] void chunk(std::size_t i) const {
    using lane = lanes<Real, static_cast<int>(sizeof(V) / sizeof(Real))>;
    typename vector_of<Sum, sizeof(V) / sizeof(Real) * sizeof(Sum)>::type total;
    load(total, reinterpret_cast<const std::byte*>(sums + i));
    const lane mean = quotient(lane(__builtin_convertvector(total, V)), lane(divisor)) * lane(step);
    __builtin_memcpy(means + i, &mean.v, sizeof mean.v);
  }
};

// means = sums / divisor * step.
template <class Sum, class Real>
void means_of_sums(const Sum* sums, std::size_t n, Real divisor, Real step, Real* means) {
  for_each_vector<Real>(n, mean_step<Sum, Real>{sums, divisor, step, means});
}

template <class Real>
struct route_step {
  const std::byte* const* taps;
  std::size_t count;
  const Real* dy;
  Real* const* dx;

  template <class V>
  [[gnu::always_inline]] void chunk(std::size_t i) const {
    using bits = real_bits<Real>;
    using I = typename vector_of<typename bits::type, sizeof(V)>::type;
    const std::size_t at = i * sizeof(Real);
    I magnitude, infinity, one;
    load_constant<I, bits::magnitude>(magnitude);
    load_constant<I, bits::infinity>(infinity);
    load_constant<I, typename bits::type{1}>(one);
    V best, x;
    load(best, taps[0] + at);
    I found_nan = (reinterpret_cast<I>(best) & magnitude) > infinity, winner = one - one, now = one;
    for (std::size_t t = 1; t < count; ++t, now += one) {
      load(x, taps[t] + at);
      const I is_nan = (reinterpret_cast<I>(x) & magnitude) > infinity;
      const I wins = ((x > best) | is_nan) & ~found_nan;
      best = wins ? x : best;
      winner = wins ? now : winner;
      found_nan |= is_nan;
    }
    V gradient;
    load(gradient, reinterpret_cast<const std::byte*>(dy + i));
    now = one - one;
    for (std::size_t t = 0; t < count; ++t, now += one) {
      V total;
      load(total, reinterpret_cast<const std::byte*>(dx[t] + i));
      const I share = (now == winner) & reinterpret_cast<I>(gradient);
      total += reinterpret_cast<V>(share);
      __builtin_memcpy(dx[t] + i, &total, sizeof total);
    }
  }
};

// dx of the first greatest tap of each channel (of the first NaN) += dy.
template <class Real>
void route_to_max(const std::byte* const* taps, std::size_t count, std::size_t n, const Real* dy, Real* const* dx) {
  for_each_vector<Real>(n, route_step<Real>{taps, count, dy, dx});
}

template <class Real>
struct spread_step {
  std::size_t count;
  const Real* dy;
  Real divisor;
  Real* const* dx;

  template <class V>
  [[gnu::always_inline]] void chunk(std::size_t i) const {
    using lane = lanes<Real, static_cast<int>(sizeof(V) / sizeof(Real))>;
    lane gradient;
    load(gradient.v, reinterpret_cast<const std::byte*>(dy + i));
    const lane share = quotient(gradient, lane(divisor));
    for (std::size_t t = 0; t < count; ++t) {
      V total;
      load(total, reinterpret_cast<const std::byte*>(dx[t] + i));
      total += share.v;
      __builtin_memcpy(dx[t] + i, &total, sizeof total);
    }
  }
};

// dx of every tap += dy / divisor.
template <class Real>
void spread_over_taps(std::size_t count, std::size_t n, const Real* dy, Real divisor, Real* const* dx) {
  for_each_vector<Real>(n, spread_step<Real>{count, dy, divisor, dx});
}

// All of them, for whoever picks a target.
struct kernels {
  template <class T>
  static constexpr auto max = &max_of_taps<T>;
  template <class T, class Sum>
  static constexpr auto sum = &sum_of_taps<T, Sum>;
  template <class Sum, class Real>
  static constexpr auto means = &means_of_sums<Sum, Real>;
  template <class Real>
  static constexpr auto route = &route_to_max<Real>;
  template <class Real>
  static constexpr auto spread = &spread_over_taps<Real>;
};
