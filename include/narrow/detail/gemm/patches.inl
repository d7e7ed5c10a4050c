// Gathering the patches of a convolution (detail/conv/patches.hpp) as rows of a; included in each target's region.

// Copies n elements in whole vectors, so up to one vector less a byte beyond them, at both ends.
template <class T>
[[gnu::always_inline]] inline void copy_by_vectors(const T* from, std::size_t n, T* to) {
  using block = typename word_lanes<std::uint32_t>::vector;
  const auto* const in = reinterpret_cast<const std::byte*>(from);
  auto* const out = reinterpret_cast<std::byte*>(to);
  for (std::size_t b = 0; b < n * sizeof(T); b += sizeof(block)) {
    block v;
    __builtin_memcpy(&v, in + b, sizeof v);
    __builtin_memcpy(out + b, &v, sizeof v);
  }
}

// The element of a panel whose bits are given, and whole vectors of it, likewise up to one beyond n elements.
template <class T>
struct padding_of {
  using block = typename word_lanes<std::uint32_t>::vector;
  T one;
  block many;
  [[gnu::always_inline]] inline explicit padding_of(std::uint64_t bits) {
    __builtin_memcpy(&one, &bits, sizeof one);
    for (std::size_t b = 0; b < sizeof many; b += sizeof one) {
      __builtin_memcpy(reinterpret_cast<std::byte*>(&many) + b, &one, sizeof one);
    }
  }
  [[gnu::always_inline]] inline void fill(T* to, std::size_t n) const {
    for (std::size_t b = 0; b < n * sizeof one; b += sizeof many) {
      __builtin_memcpy(reinterpret_cast<std::byte*>(to) + b, &many, sizeof many);
    }
  }
};

// Elements of n pixels, `channels` each, side by side, to `step` each, a multiple of 4; the others are padding. Reads
// up to 3 elements more.
template <class T>
void spread_pixels(const T* from, std::size_t channels, std::size_t n, const T& padding, std::size_t step, T* to) {
  using word = std::conditional_t<sizeof(T) == 1, std::uint32_t, std::uint64_t>;
  T last[4] = {padding, padding, padding, padding};
  word filled, kept = static_cast<word>(-1);
  __builtin_memcpy(&filled, last, sizeof filled);
  if (channels % 4 != 0) kept >>= (4 - channels % 4) * sizeof(T) * 8;
  for (std::size_t u = 0; u < n; ++u, from += channels) {
    for (std::size_t c = 0; c < step; c += 4, to += 4) {
      word four;
      __builtin_memcpy(&four, from + c, sizeof four);
      if (c + 4 > channels) four = (four & kept) | (filled & ~kept);
      __builtin_memcpy(to, &four, sizeof four);
    }
  }
}

template <int Lanes>
using code_vector = typename lanes<std::uint16_t, Lanes>::vector;
template <int Lanes>
[[gnu::always_inline]] inline void add_to_exponents(std::uint16_t* codes, const code_vector<Lanes>& add) {
  code_vector<Lanes> x;
  __builtin_memcpy(&x, codes, sizeof x);
  const code_vector<Lanes> field = x & 0x7F80;
  x += (code_vector<Lanes>)((field != 0) & (field != 0x7F80)) & add;
  __builtin_memcpy(codes, &x, sizeof x);
}

// bfloat16 codes times a power of two that is exact for all of them: zeros, infinities and NaNs stay. n in fours.
inline void scale_codes(std::uint16_t* codes, std::size_t n, float power) {
  const auto add = static_cast<std::uint16_t>((__builtin_bit_cast(std::uint32_t, power) >> 16) - 0x3F80U);
  std::size_t c = 0;
  for (; c + 16 <= n; c += 16) add_to_exponents<16>(codes + c, code_vector<16>{} + add);
  for (; c < n; c += 4) add_to_exponents<4>(codes + c, code_vector<4>{} + add);
}
// The same of four codes for each of n powers.
inline void scale_fours(std::uint16_t* codes, std::size_t n, const float* powers) {
  std::size_t u = 0;
  for (; u + 8 <= n; u += 8, codes += 32) {
    code_vector<16> halves;
    __builtin_memcpy(&halves, powers + u, sizeof halves);
    const code_vector<32> high = __builtin_shufflevector(halves, halves, 1, 1, 1, 1, 3, 3, 3, 3, 5, 5, 5, 5, 7, 7, 7, 7,
                                                         9, 9, 9, 9, 11, 11, 11, 11, 13, 13, 13, 13, 15, 15, 15, 15);
    add_to_exponents<32>(codes, high - 0x3F80);
  }
  for (; u < n; ++u, codes += 4) scale_codes(codes, 4, powers[u]);
}

// n pixels of a line of the image, from `column` on, to elements of the panel, channels of the group only.
template <class Panel, class Patches>
void convert_pixels(const Patches& p, std::size_t image, std::size_t row, std::size_t column, std::size_t n,
                    typename Panel::element* to) {
  using element = typename Panel::element;
  using line = typename Patches::line;
  const std::size_t channels = p.channels, step = p.shape.group_channels, first = p.first_channel;
  if (p.has_whole_lines()) {
    const line whole = p.whole_line(image, row);
    if (p.copies) {
      __builtin_memcpy(to, &whole.elements()(0, column * channels), n * channels * sizeof(element));
    } else {
      converter<Panel, line>::run(whole, 0, column * channels, 1, false, n * channels, to);
    }
    return;
  }
  if constexpr (sizeof(element) <= 2) {
    // A few channels and padding: many pixels are converted at once.
    constexpr std::size_t most = 1024;
    if (!p.copies && p.has_dense_pixels() && channels <= 16 && step == (channels + 3) / 4 * 4) {
      const line whole = p.whole_line(image, row);
      const element padding = padding_of<element>(p.padding).one;
      element dense[most + 4];
      const std::size_t some = most / channels;
      for (std::size_t q = 0; q < n; q += some, to += some * step) {
        const std::size_t width = n - q < some ? n - q : some;
        converter<Panel, line>::run(whole, 0, (column + q) * channels, 1, false, width * channels, dense);
        for (std::size_t t = 0; t < 3; ++t) dense[width * channels + t] = padding;
        spread_pixels(dense, channels, width, padding, step, to);
      }
      return;
    }
  }
  const line pixels = p.image_line(image, row);
  if (pixels.elements().stride(1) == 1 || channels == 1) {
    const element padding = padding_of<element>(p.padding).one;
    for (std::size_t q = 0; q < n; ++q, to += step) {
      if (p.copies) {
        __builtin_memcpy(to, &pixels.elements()(column + q, first), channels * sizeof(element));
      } else {
        converter<Panel, line>::run(pixels, column + q, first, 1, false, channels, to);
      }
      for (std::size_t c = channels; c < step; ++c) to[c] = padding;
    }
    return;
  }
  // Channels apart, so columns side by side: some channels at a time, transposed.
  constexpr std::size_t some = 16, chunk = 64;
  alignas(64) element planes[some][chunk];
  for (std::size_t q = 0; q < n; q += chunk) {
    const std::size_t width = n - q < chunk ? n - q : chunk;
    for (std::size_t c = 0; c < channels; c += some) {
      const std::size_t count = channels - c < some ? channels - c : some;
      for (std::size_t t = 0; t < count; ++t) {
        if (p.copies && pixels.elements().stride(0) == 1) {
          __builtin_memcpy(planes[t], &pixels.elements()(column + q, first + c + t), width * sizeof(element));
        } else if (p.copies) {
          for (std::size_t u = 0; u < width; ++u) {
            __builtin_memcpy(planes[t] + u, &pixels.elements()(column + q + u, first + c + t), sizeof(element));
          }
        } else {
          converter<Panel, line>::run(pixels, column + q, first + c + t, 0, false, width, planes[t]);
        }
      }
      for (std::size_t u = 0; u < width; ++u) {
        element* const out = to + (q + u) * step + c;
        for (std::size_t t = 0; t < count; ++t) out[t] = planes[t][u];
      }
    }
    const element padding = padding_of<element>(p.padding).one;
    for (std::size_t u = 0; u < width; ++u) {
      for (std::size_t c = channels; c < step; ++c) to[(q + u) * step + c] = padding;
    }
  }
}

// The same, times the powers of two of their blocks where there are any.
template <class Panel, class Patches>
void gather_pixels(const Patches& p, std::size_t image, std::size_t row, std::size_t column, std::size_t n,
                   typename Panel::element* to) {
  convert_pixels<Panel>(p, image, row, column, n, to);
  if constexpr (std::is_same_v<Panel, bf16_panel>) {
    if (p.powers == nullptr) return;
    const float* power =
        p.powers + ((image * p.shape.height + row) * p.shape.width + column) * p.powers_of_pixel + p.first_power;
    if (p.shape.group_channels == 4 && p.powers_of_pixel == 1) return scale_fours(to, n, power);
    for (std::size_t q = 0; q < n; ++q, power += p.powers_of_pixel) {
      for (std::size_t c = 0, b = 0; c < p.shape.group_channels;
           c += p.elements_of_power, ++b, to += p.elements_of_power) {
        scale_codes(to, p.elements_of_power, power[b]);
      }
    }
  }
}

// The band: padded lines and columns of an image, of which only lines that a tap row of [first_tap, first_tap + taps)
// meets are filled.
template <class Panel, class Patches>
void gather_band(const Patches& p, std::size_t image, const patch_band& band, std::size_t taps,
                 typename Panel::element* to) {
  using element = typename Panel::element;
  const auto& s = p.shape;
  const auto& g = p.geometry;
  const padding_of<element> padding(p.padding);
  const auto clamped = [](std::size_t at, std::size_t pad, std::size_t extent) {
    return at < pad ? std::size_t{0} : at - pad < extent ? at - pad : extent;
  };
  const std::size_t begin = clamped(band.first_column, g.pad_left, s.width);
  const std::size_t end = clamped(band.first_column + band.columns, g.pad_left, s.width);
  const std::size_t left = begin == end ? band.columns : begin + g.pad_left - band.first_column;
  for (std::size_t l = 0; l < band.lines; ++l, to += band.columns * s.group_channels) {
    bool meets = false;
    for (std::size_t t = 0; t < taps && t * g.dilation_h <= l && !meets; ++t) {
      meets = (l - t * g.dilation_h) % g.stride_h == 0;
    }
    if (!meets) continue;
    const std::size_t line = band.first_line + l;
    if (line < g.pad_top || line - g.pad_top >= s.height) {
      padding.fill(to, band.columns * s.group_channels);
      continue;
    }
    padding.fill(to, left * s.group_channels);
    if (begin == end) continue;
    gather_pixels<Panel>(p, image, line - g.pad_top, begin, end - begin, to + left * s.group_channels);
    const std::size_t done = left + end - begin;
    padding.fill(to + done * s.group_channels, (band.columns - done) * s.group_channels);
  }
}

// The rows of some pixels of one image, those from `pixel` on, where elements go as they are and taps of a line lie
// side by side: straight from the image.
template <class Panel, class Patches>
void gather_from_image(const Patches& p, std::size_t image, std::size_t pixel, std::size_t rows, std::size_t k,
                       std::size_t depth, std::byte* to, std::ptrdiff_t stride) {
  using element = typename Panel::element;
  constexpr std::size_t group = Panel::group;
  const auto& s = p.shape;
  const auto& g = p.geometry;
  const std::size_t channels = s.channels, of_tap_row = s.kernel_width * channels;
  const std::size_t tap0 = k / of_tap_row, tap1 = (k + depth - 1) / of_tap_row;
  const std::size_t begin = k % of_tap_row, end = (k + depth - 1) % of_tap_row + 1;
  const element* const first = reinterpret_cast<const element*>(p.image_line(image, 0).elements().data());
  const std::ptrdiff_t line_step = elements_of(p.x).stride(1);
  // The end of the line that lies highest in memory.
  const std::ptrdiff_t to_highest = line_step > 0 ? static_cast<std::ptrdiff_t>(s.height - 1) * line_step : 0;
  const element* const limit = first + to_highest + s.width * channels;
  const padding_of<element> padding(p.padding);
  const element last = padding_of<element>(p.depth_padding).one;
  constexpr std::size_t beyond = sizeof padding.many / sizeof(element);
  std::size_t y = pixel / s.out_width, x = pixel % s.out_width;
  for (std::size_t r = 0; r < rows; ++r, to += stride) {
    // Terms [valid, invalid) of a tap row are of columns inside the image.
    const std::size_t column = x * g.stride_w, right = g.pad_left + s.width;
    const std::size_t outside = column < g.pad_left ? g.pad_left - column : 0;
    const std::size_t inside = right <= column ? 0 : right - column < s.kernel_width ? right - column : s.kernel_width;
    const std::size_t valid = outside < s.kernel_width ? outside * channels : of_tap_row, invalid = inside * channels;
    const std::ptrdiff_t from_column = (static_cast<std::ptrdiff_t>(column) - static_cast<std::ptrdiff_t>(g.pad_left)) *
                                       static_cast<std::ptrdiff_t>(channels);
    element* out = reinterpret_cast<element*>(to);
    for (std::size_t tap = tap0; tap <= tap1; ++tap) {
      const std::size_t a = tap == tap0 ? begin : 0, d = tap == tap1 ? end : of_tap_row;
      const std::size_t line = y * g.stride_h + tap * g.dilation_h;
      if (line < g.pad_top || line - g.pad_top >= s.height) {
        padding.fill(out, d - a);
      } else {
        const std::size_t b = valid < a ? a : valid < d ? valid : d, c = invalid < b ? b : invalid < d ? invalid : d;
        const element* const from = first + static_cast<std::ptrdiff_t>(line - g.pad_top) * line_step + from_column +
                                    static_cast<std::ptrdiff_t>(b);
        padding.fill(out, b - a);
        if (static_cast<std::size_t>(limit - from) >= c - b + beyond) {
          copy_by_vectors(from, c - b, out + (b - a));
        } else if (c != b) {
          __builtin_memcpy(out + (b - a), from, (c - b) * sizeof(element));
        }
        padding.fill(out + (c - a), d - c);
      }
      out += d - a;
    }
    for (std::size_t t = depth; t % group != 0; ++t) *out++ = last;
    if (++x == s.out_width) x = 0, ++y;
  }
}

// The band that terms [k, k + depth) of some pixels of one image lie in.
template <class Patches>
patch_band band_of(const Patches& p, std::size_t pixel, std::size_t rows, std::size_t k, std::size_t depth) {
  const auto& s = p.shape;
  const auto& g = p.geometry;
  const std::size_t of_tap_row = s.kernel_width * s.group_channels;
  const std::size_t y0 = pixel / s.out_width, y1 = (pixel + rows - 1) / s.out_width;
  const std::size_t x0 = y0 == y1 ? pixel % s.out_width : 0;
  const std::size_t x1 = y0 == y1 ? x0 + rows - 1 : s.out_width - 1;
  const std::size_t tap0 = k / of_tap_row, tap1 = (k + depth - 1) / of_tap_row;
  return {y0 * g.stride_h + tap0 * g.dilation_h, (y1 - y0) * g.stride_h + (tap1 - tap0) * g.dilation_h + 1,
          x0 * g.stride_w, (x1 - x0) * g.stride_w + (s.kernel_width - 1) * g.dilation_w + 1};
}

// The same of any patches, through a band.
template <class Panel, class Patches>
void gather_through_band(const Patches& p, std::size_t image, std::size_t pixel, std::size_t rows, std::size_t k,
                         std::size_t depth, patch_workspace& space, std::byte* to, std::ptrdiff_t stride) {
  using element = typename Panel::element;
  constexpr std::size_t group = Panel::group;
  constexpr bool as_limbs = Panel::planes == 2 && sizeof(element) == 2;
  const auto& s = p.shape;
  const auto& g = p.geometry;
  const std::size_t channels = s.group_channels, of_tap_row = s.kernel_width * channels;
  const std::size_t tap0 = k / of_tap_row, tap1 = (k + depth - 1) / of_tap_row;
  const patch_band band = band_of(p, pixel, rows, k, depth);
  element* const elements =
      reinterpret_cast<element*>(space.band.bytes(band.lines * band.columns * channels * sizeof(element) + 64));
  gather_band<Panel>(p, image, band, tap1 - tap0 + 1, elements);

  patch_run* const runs = space.runs.get<patch_run>((tap1 - tap0 + 1) * (g.dilation_w == 1 ? 1 : s.kernel_width));
  std::size_t count = 0;
  for (std::size_t at = k; at < k + depth;) {
    const std::size_t within = at % of_tap_row, line = (at / of_tap_row - tap0) * g.dilation_h * band.columns;
    const std::size_t run = g.dilation_w == 1 ? of_tap_row : channels, done = within % run;
    const std::size_t length = run - done < k + depth - at ? run - done : k + depth - at;
    runs[count++] = {(line + within / run * g.dilation_w) * channels + done, length};
    at += length;
  }

  const std::size_t whole = (depth + group - 1) / group * group;
  const element last = padding_of<element>(p.depth_padding).one;
  element* const limbs =
      as_limbs ? reinterpret_cast<element*>(space.limbs.bytes(whole * sizeof(element) + 64)) : nullptr;
  std::size_t x = pixel % s.out_width;
  const element* row_begin = elements;  // of the band, where the output line's first pixel begins
  for (std::size_t r = 0; r < rows; ++r, to += stride) {
    const element* const from = row_begin + (x * g.stride_w - band.first_column) * channels;
    element* const out = as_limbs ? limbs : reinterpret_cast<element*>(to);
    element* end = out;
    for (std::size_t t = 0; t < count; ++t) {
      copy_by_vectors(from + runs[t].offset, runs[t].length, end);
      end += runs[t].length;
    }
    for (std::size_t t = depth; t < whole; ++t) out[t] = last;
    if constexpr (as_limbs) split_limbs(limbs, whole, 0, to);
    if (++x == s.out_width) x = 0, row_begin += g.stride_h * band.columns * channels;
  }
}
