// Depthwise convolution: each channel by itself, so vectors of channels; included in target regions and their
// namespaces, after tile.inl. Terms are added in the order of the contract, a group of taps at a time. Taps that go
// together lie in memory with their channels side by side, and are put in units on the way:
//
//   two taps' 16-bit elements        vpunpck[lh]wd, 32 channels of 512 bits each
//   four taps' bytes                 vpunpck[lh]bw, then vpunpck[lh]wd
//
// so that a block's sums come in the order that these leave (depthwise.hpp), until they are stored.

// Terms of each tap's channels, in units.
template <class V>
[[gnu::always_inline]] inline void put_side_by_side(const V (&x)[1], V (&out)[1]) {
  out[0] = x[0];
}
template <class V>
[[gnu::always_inline]] inline void put_side_by_side(const V (&x)[2], V (&out)[2]) {
  out[0] = low_words(x[0], x[1]), out[1] = high_words(x[0], x[1]);
}
template <class V>
[[gnu::always_inline]] inline void put_side_by_side(const V (&x)[4], V (&out)[4]) {
  const V ab_low = low_bytes(x[0], x[1]), ab_high = high_bytes(x[0], x[1]);
  const V cd_low = low_bytes(x[2], x[3]), cd_high = high_bytes(x[2], x[3]);
  out[0] = low_words(ab_low, cd_low), out[1] = high_words(ab_low, cd_low);
  out[2] = low_words(ab_high, cd_high), out[3] = high_words(ab_high, cd_high);
}

// Adds the products of a group of taps, of which the last Missing are none and so zeros, to the sums of Pixels pixels
// and a block of channels, whose terms lie `at` bytes beyond the taps.
template <class S, std::size_t Missing, std::size_t Pixels>
[[gnu::always_inline]] inline void add_group(const std::byte* const* taps, std::ptrdiff_t at, std::ptrdiff_t pixel_step,
                                             std::uint8_t flip, const std::byte* weights,
                                             typename S::sums (&sum)[Pixels][S::group]) {
  constexpr std::size_t group = S::group;
  const auto flips = flips_of<S>(flip);
  typename S::operand w[group];
  NARROW_UNROLL for (std::size_t v = 0; v < group; ++v) w[v] = S::load_operand(weights + v * S::width * S::unit);
  NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, at += pixel_step) {
    typename S::operand x[group] = {}, terms[group];
    NARROW_UNROLL for (std::size_t u = 0; u < group - Missing; ++u) {
      x[u] = flipped_by<S>(S::load_operand(taps[u] + at), flips);
      __asm__("" : "+v"(x[u]));  // GCC 12 would load it again for each vector
    }
    put_side_by_side(x, terms);
    NARROW_UNROLL for (std::size_t v = 0; v < group; ++v) sum[p][v] = S::step(sum[p][v], terms[v], w[v]);
  }
}
template <class S, std::size_t Pixels>
[[gnu::always_inline]] inline void add_taps(const depthwise_tile& t, std::ptrdiff_t at, const std::byte* weights,
                                            typename S::sums (&sum)[Pixels][S::group]) {
  constexpr std::size_t group = S::group;
  std::size_t tap = 0;
  for (; tap + group <= t.tap_count; tap += group, weights += group * S::width * S::unit) {
    add_group<S, 0>(t.taps + tap, at, t.pixel_step, t.flip, weights, sum);
  }
  if (tap == t.tap_count) return;
  if constexpr (group == 2) add_group<S, 1>(t.taps + tap, at, t.pixel_step, t.flip, weights, sum);
  if constexpr (group == 4) add_group<S, 0>(t.taps + tap, at, t.pixel_step, t.flip, weights, sum);
}

// The same of single taps, runs of which lie a pixel apart: each term of three taps is loaded once for all the sums
// that it belongs to.
template <class S, std::size_t Pixels>
[[gnu::always_inline]] inline void add_neighbours(const depthwise_tile& t, std::ptrdiff_t at, const std::byte* weights,
                                                  typename S::sums (&sum)[Pixels][1]) {
  constexpr std::size_t vector_bytes = S::width * S::unit, together = 3;
  for (std::size_t tap = 0, left = t.neighbours; tap < t.tap_count;) {
    if (left >= together) {
      const std::byte* from = t.taps[tap] + at;
      typename S::operand term[Pixels + together - 1];
      NARROW_UNROLL for (std::size_t k = 0; k < Pixels + together - 1; ++k, from += t.pixel_step) {
        term[k] = S::load_operand(from);
        __asm__("" : "+v"(term[k]));  // GCC 12 would load it again for each sum
      }
      NARROW_UNROLL for (std::size_t q = 0; q < together; ++q, weights += vector_bytes) {
        const typename S::operand w = S::load_operand(weights);
        NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) sum[p][0] = S::step(sum[p][0], term[p + q], w);
      }
      tap += together, left -= together;
    } else {
      add_group<S, 0>(t.taps + tap, at, t.pixel_step, t.flip, weights, sum);
      weights += vector_bytes;
      ++tap, --left;
    }
    if (left == 0) left = t.neighbours;
  }
}

// A block's n channels of some pixels, to rows of sums.
template <class S, std::size_t Pixels>
[[gnu::always_inline]] inline void store_blocks(typename S::value* to, std::ptrdiff_t stride, std::size_t n,
                                                typename S::sums (&sum)[Pixels][S::group]) {
  constexpr std::size_t group = S::group, width = S::width;
  if constexpr (group > 1) {
    NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) order_words(sum[p]);
  }
  if (n >= group * width) {
    NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, to += stride) {
      NARROW_UNROLL for (std::size_t v = 0; v < group; ++v) S::store(to + v * width, sum[p][v]);
      __asm__("" : "+r"(to));  // GCC 12 would keep a pointer for each pixel, in memory
    }
    return;
  }
  NARROW_UNROLL for (std::size_t v = 0; v < group; ++v) {
    if (n <= v * width) return;
    const std::size_t some = n - v * width < width ? n - v * width : width;
    typename S::value* row = to + v * width;
    NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p, row += stride) {
      S::store(row, sum[p][v], some);
      __asm__("" : "+r"(row));
    }
  }
}

// All pixels; the last ones together with some that were done.
enum class depthwise_leaves { sums, codes };
template <class S, std::size_t Pixels, bool Neighbours, depthwise_leaves Leaves = depthwise_leaves::sums>
[[gnu::always_inline]] inline void depthwise_pixels(const depthwise_tile& t) {
  constexpr std::size_t group = S::group, block = S::width * group, element_bytes = S::unit / group;
  const std::size_t block_bytes = (t.tap_count + group - 1) / group * block * S::unit;
  for (std::size_t pixel = 0; pixel < t.pixels; pixel += Pixels) {
    if (pixel + Pixels > t.pixels) pixel = t.pixels - Pixels;
    const std::byte* weights = t.weights;
    for (std::size_t c = 0; c < t.channels; c += block, weights += block_bytes) {
      const auto at =
          static_cast<std::ptrdiff_t>(pixel) * t.pixel_step + static_cast<std::ptrdiff_t>(c * element_bytes);
      typename S::sums sum[Pixels][group];
      NARROW_UNROLL for (std::size_t v = 0; v < group; ++v) {
        if constexpr (std::is_integral_v<typename S::value>) {
          const typename S::sums start = S::load(t.starts + c + v * S::width);
          NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) sum[p][v] = start;
        } else {
          NARROW_UNROLL for (std::size_t p = 0; p < Pixels; ++p) sum[p][v] = S::zero();
        }
      }
      if constexpr (Neighbours) {
        add_neighbours<S>(t, at, weights, sum);
      } else {
        add_taps<S>(t, at, weights, sum);
      }
      const std::size_t left = t.channels - c;
      if constexpr (Leaves == depthwise_leaves::codes) {
        std::byte* const to = t.codes->to + static_cast<std::ptrdiff_t>(pixel) * t.codes->stride + c;
        leave_codes(*t.codes, to, t.codes->scales + c, left, sum);
      } else {
        typename S::value* const to = static_cast<typename S::value*>(t.sums) +
                                      static_cast<std::ptrdiff_t>(pixel) * t.sums_stride +
                                      static_cast<std::ptrdiff_t>(c);
        store_blocks<S>(to, t.sums_stride, left, sum);
      }
    }
  }
}

template <class S, std::size_t Pixels>
void depthwise(const depthwise_tile& tile) {
  const depthwise_tile t = tile;  // which no store can alias
  if constexpr (S::group == 4) {
    if (t.codes != nullptr) {
      constexpr auto codes = depthwise_leaves::codes;
      return t.pixels < Pixels ? depthwise_pixels<S, 1, false, codes>(t) : depthwise_pixels<S, Pixels, false, codes>(t);
    }
  }
  if (t.pixels < Pixels) return depthwise_pixels<S, 1, false>(t);
  if constexpr (S::group == 1) {
    if (t.neighbours >= 3) return depthwise_pixels<S, Pixels, true>(t);
  }
  depthwise_pixels<S, Pixels, false>(t);
}

// Pixels: as many as registers hold sums of, and as hide a step's latency.
template <class S, std::size_t Pixels>
struct depthwise_of {
  static depthwise_kernel get();
};
template <class S, std::size_t Pixels>
depthwise_kernel depthwise_of<S, Pixels>::get() {
  return {&depthwise<S, Pixels>, S::width, S::group};
}
