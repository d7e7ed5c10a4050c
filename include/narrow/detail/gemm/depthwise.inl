// Depthwise convolution: each channel by itself, so vectors of channels; included in each target's region. Each output
// is one chain of float FMAs in the order of the contract, which for small integers is exact
// (detail/conv/depthwise.hpp).

[[gnu::always_inline]] inline f32_step::operand depthwise_load(const float* p) {
  return f32_step::load_operand(reinterpret_cast<const std::byte*>(p));
}

// The sums of Pixels pixels and a vector of channels, those from c on. Width: of a kernel whose taps and pixels are
// neighbours, so that each term is loaded once for all the sums it belongs to; 0: of any.
template <std::size_t Pixels, std::size_t Width>
[[gnu::always_inline]] inline void depthwise_sums(const depthwise_tile& t, std::size_t pixel, std::size_t c,
                                                  f32_step::sums (&sum)[Pixels]) {
  NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) sum[p] = f32_step::zero();
  const float* weight = t.weights + c;
  for (std::size_t r = 0; r < t.kernel_height; ++r) {
    const float* tap = t.lines[r] + t.first + pixel * t.pixel_step + c;
    if constexpr (Width != 0) {
      f32_step::operand term[Pixels + Width - 1];
      NARROW_UNROLL for (std::size_t k = 0; k < Pixels + Width - 1; ++k, tap += t.tap_step) {
        term[k] = depthwise_load(tap);
        __asm__("" : "+v"(term[k]));  // GCC 12 would load it again for each sum
      }
      NARROW_UNROLL for (std::size_t q = 0; q < Width; ++q, weight += t.weights_step) {
        const f32_step::operand w = depthwise_load(weight);
        NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) sum[p] = f32_step::step(sum[p], term[p + q], w);
      }
    } else {
      for (std::size_t q = 0; q < t.kernel_width; ++q, tap += t.tap_step, weight += t.weights_step) {
        const f32_step::operand w = depthwise_load(weight);
        NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) {
          sum[p] = f32_step::step(sum[p], depthwise_load(tap + p * t.pixel_step), w);
        }
      }
    }
  }
}

template <std::size_t Pixels>
[[gnu::always_inline]] inline void depthwise_pair_sums(const depthwise_tile& t, std::size_t pixel, std::size_t c,
                                                       f32_step::sums (&sum)[Pixels]) {
  using S = bf16_emulated_step;
  NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) sum[p] = S::zero();
  const std::size_t taps = t.kernel_height * t.kernel_width;
  const auto term_of = [&](std::size_t tap) __attribute__((always_inline)) {
    const std::size_t r = tap / t.kernel_width, q = tap % t.kernel_width;
    return t.lines[r] + t.first + pixel * t.pixel_step + q * t.tap_step + c;
  };
  for (std::size_t tap = 0; tap < taps; tap += 2) {
    const bool whole = tap + 1 < taps;
    const float* const even = term_of(tap);
    const float* const odd = whole ? term_of(tap + 1) : nullptr;
    const float* const weight = t.weights + tap * t.weights_step + c;
    const auto w0 = value_lanes<float>::from(weight);
    const auto w1 = whole ? value_lanes<float>::from(weight + t.weights_step) : S::zero();
    NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) {
      const auto x0 = S::flush(value_lanes<float>::from(even + p * t.pixel_step));
      const auto x1 = whole ? S::flush(value_lanes<float>::from(odd + p * t.pixel_step)) : S::zero();
      sum[p] = S::flush(value_lanes<float>::fused(x0, w0, S::flush(value_lanes<float>::fused(x1, w1, sum[p]))));
    }
  }
}

// As integers or floats, n of the vector's channels.
template <std::size_t Pixels>
[[gnu::always_inline]] inline void depthwise_store(const depthwise_tile& t, std::size_t pixel, std::size_t c,
                                                   const f32_step::sums (&sum)[Pixels]) {
  using S = f32_step;
  const std::size_t n = t.columns - c < S::width ? t.columns - c : S::width;
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(pixel) * t.sums_stride + static_cast<std::ptrdiff_t>(c);
  if (!t.integers) {
    float* to = static_cast<float*>(t.sums) + at;
    if (n == S::width) {
      NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, to += t.sums_stride) S::store(to, sum[p]);
    } else {
      NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, to += t.sums_stride) S::store(to, sum[p], n);
    }
    return;
  }
  std::int32_t* to = static_cast<std::int32_t*>(t.sums) + at;
  if (n == S::width) {
    NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, to += t.sums_stride) {
      store_words(to, value_lanes<float>::rounded(sum[p]));
    }
  } else {
    NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, to += t.sums_stride) {
      std::int32_t some[S::width];
      store_words(some, value_lanes<float>::rounded(sum[p]));
      __builtin_memcpy(to, some, n * sizeof *to);
    }
  }
}

// All pixels; the last ones together with some that were done.
template <std::size_t Pixels, std::size_t Width, bool Pairs>
[[gnu::always_inline]] inline void depthwise_pixels(const depthwise_tile& t) {
  for (std::size_t pixel = 0; pixel < t.pixels; pixel += Pixels) {
    if (pixel + Pixels > t.pixels) pixel = t.pixels - Pixels;
    for (std::size_t c = 0; c < t.columns; c += f32_step::width) {
      f32_step::sums sum[Pixels];
      if constexpr (Pairs) {
        depthwise_pair_sums(t, pixel, c, sum);
      } else {
        depthwise_sums<Pixels, Width>(t, pixel, c, sum);
      }
      depthwise_store(t, pixel, c, sum);
    }
  }
}

inline void depthwise(const depthwise_tile& tile) {
  const depthwise_tile t = tile;  // which no store can alias
  // Sums, terms and weights in registers: 8 + 10 + 1 of 32, or 4 + 6 + 1 of 16.
  constexpr std::size_t many = lanes_of_32 / 2;
  const bool neighbours = t.kernel_width == 3 && t.tap_step == t.pixel_step;
  if (t.pairs) {
    t.pixels < many ? depthwise_pixels<1, 0, true>(t) : depthwise_pixels<many, 0, true>(t);
  } else if (t.pixels < many) {
    depthwise_pixels<1, 0, false>(t);
  } else {
    neighbours ? depthwise_pixels<many, 3, false>(t) : depthwise_pixels<many, 0, false>(t);
  }
}
