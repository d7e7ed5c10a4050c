// The same of bytes, to codes; included after code_tile.inl and shallow_tile.inl.
//
// Codes of one tile are made while the next is multiplied, half of the rows as that one begins and half in its middle:
// then they cost little more than the products by scales, 8 cycles a tile, which take the ports of the multiplications.
// What 64^3 and 128^3 take beyond the 4096 and 32768 cycles of these, without what a call costs before: 660 and 2800 if
// each tile makes its own, 470 and 1800 so, of which 256 and 1024 are those products.

// The rows of a strip side by side, flipped once for all panels. At a fixed distance they need one address: with more,
// GCC 12 keeps some in vector registers, from where they come behind all that waits to be multiplied.
inline constexpr std::ptrdiff_t copied_stride = most_shallow + 64;
template <class S>
[[gnu::always_inline]] inline void copy_strip(const tile_arguments& t, const std::byte* from, std::byte* to) {
  const auto flips = S::flips(t.a_flip);
  const std::size_t bytes = t.groups * S::unit;
  for (std::size_t r = 0; r < shallow_rows; ++r, from += t.a_stride, to += copied_stride) {
    std::size_t g = 0;
    for (; g + 64 <= bytes; g += 64) _mm512_store_si512(to + g, S::flipped(_mm512_loadu_si512(from + g), flips));
    if (g < bytes) {
      const auto rest = static_cast<__mmask16>((1U << (bytes - g) / 4) - 1);
      _mm512_store_si512(to + g, S::flipped(_mm512_maskz_loadu_epi32(rest, from + g), flips));
    }
  }
}

template <class S>
void shallow_codes(const tile_arguments& t) {
  using tile = shallow_tile<S>;
  constexpr std::size_t half = tile::rows / 2;
  alignas(64) std::byte strip[tile::rows * copied_stride];
  const codes_of_sums codes(*t.codes);
  tile last;
  NARROW_UNROLL for (std::size_t r = 0; r < tile::rows; ++r) last.sum[r][0] = last.sum[r][1] = S::zero();
  const float* scales = nullptr;
  std::byte* to = nullptr;
  bool first = true;
  for (std::size_t i = 0; i < t.rows; i += tile::rows) {
    const auto row = static_cast<std::ptrdiff_t>(i);
    copy_strip<S>(t, t.a + row * t.a_stride, strip);
    const std::byte* panel = t.b;
    for (std::size_t j = 0; j < t.columns; j += tile::width, panel += t.b_stride) {
      tile x;
      x.begin(t, j);
      row_units<S, tile::rows, false> a(strip, copied_stride, 0);
      const std::byte* b = panel;
      std::size_t groups = t.groups;
      if (!first) {
        codes.leave<S, 0, half>(last.sum, scales, to);
        x.add(t, a, b, t.groups / 2);
        codes.leave<S, half, tile::rows>(last.sum, scales, to);
        x.add(t, a, b, t.groups / 2);
        groups -= t.groups / 2 * 2;
      }
      x.add(t, a, b, groups);
      NARROW_UNROLL for (std::size_t r = 0; r < tile::rows; ++r) {
        NARROW_UNROLL for (std::size_t v = 0; v < tile::vectors; ++v) {
          last.sum[r][v] = x.sum[r][v];
          __asm__("" : "+v"(last.sum[r][v]));
        }
      }
      first = false;
      scales = codes.c.scales + (codes.c.scales_vary ? j : 0);
      to = codes.c.to + row * codes.c.stride + static_cast<std::ptrdiff_t>(j);
    }
  }
  codes.leave<S, 0, half>(last.sum, scales, to);
  codes.leave<S, half, tile::rows>(last.sum, scales, to);
}

template <class S>
inline constexpr code_kernel codes_kernel = {{nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                              &code_tile<S, 8>, &code_tile<S, 9>, nullptr, nullptr, &code_tile<S, 12>},
                                             &shallow_codes<S>};
