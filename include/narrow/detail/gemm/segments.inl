// Rows of a convolution's patches as segments that lie at one distance: gathered by patches.inl, or where a band has
// them; less the groups of padding that may be left out. Included in each target's region.

// Calls f(pixel, count) for rows [i, i + rows) as pixels of one image each, counted over all images.
template <class Patches, class F>
[[gnu::always_inline]] inline void for_pixels(const Patches& p, std::size_t i, std::size_t rows, const F& f) {
  const std::size_t width = p.shape.out_width, of_image = p.shape.out_height * width;
  for (std::size_t pixel = p.first_pixel + i; rows != 0;) {
    const std::size_t at = pixel % of_image, left = width - at % width;
    std::size_t some = rows < of_image - at ? rows : of_image - at;
    // A band of two long lines would be mostly what no pixel needs.
    if (width > some && left < some) some = left;
    f(pixel, some);
    pixel += some, rows -= some;
  }
}

// Adds a segment, or makes the last one longer where it goes on.
inline void add_segment(const row_segment& s, row_segment* to, std::size_t& count) {
  row_segment& last = to[count == 0 ? 0 : count - 1];
  if (count != 0 && last.begin == s.begin && last.end == s.end && last.stride == s.stride && last.jump == s.jump &&
      last.a + static_cast<std::ptrdiff_t>(last.rows) * last.stride == s.a) {
    last.rows += s.rows;
  } else {
    to[count++] = s;
  }
}

// Of a segment, the groups of [k, k + depth) that an output line's pixels have terms of the image in, where padding may
// be left out; else all.
template <class Panel, class Patches>
void find_groups(const Patches& p, std::size_t y, std::size_t k, std::size_t depth, row_segment& to) {
  constexpr std::size_t group = Panel::group;
  const auto& s = p.shape;
  const auto& g = p.geometry;
  std::size_t from = k, end = k + depth;
  if (p.leaves_out_padding) {
    const std::size_t of_tap_row = s.kernel_width * s.group_channels, line = y * g.stride_h;
    const auto taps_before = [&](std::size_t padded_line) {
      const std::size_t lines = padded_line > line ? padded_line - line : 0;
      return std::min(divided_up(lines, g.dilation_h), s.kernel_height);
    };
    from = std::clamp(taps_before(g.pad_top) * of_tap_row, k, k + depth);
    end = std::clamp(taps_before(g.pad_top + s.height) * of_tap_row, from, k + depth);
  }
  to.begin = (from - k) / group, to.end = divided_up(end - k, group);
}

// The rows of some pixels, packed.
template <class Panel, class Patches>
std::size_t gather_segments(const Patches& p, std::size_t i, std::size_t rows, std::size_t k, std::size_t depth,
                            std::ptrdiff_t stride, scratch& space, row_segment* segments) {
  // Shorter runs lose more by asking where they are than by being copied twice: 56x56x64 and 28x28x128 3x3 at u8s8 ran
  // at 417 and 446 straight, at 424 and 447 through a band; 14x14x256 at 460 and 455.
  const std::size_t tap_row_bytes = p.shape.kernel_width * p.shape.group_channels * sizeof(typename Panel::element);
  const bool straight = p.copies && p.geometry.dilation_w == 1 && p.has_whole_lines() && tap_row_bytes >= 512;
  const std::size_t width = p.shape.out_width, of_image = p.shape.out_height * width;
  std::byte* to = space.bytes(rows * static_cast<std::size_t>(stride));
  std::size_t count = 0;
  leased<patch_workspace> lease;
  for_pixels(p, i, rows, [&](std::size_t pixel, std::size_t some) {
    const std::size_t image = pixel / of_image, at = pixel % of_image;
    if (straight) {
      gather_from_image<Panel>(p, image, at, some, k, depth, to, stride);
    } else {
      gather_through_band<Panel>(p, image, at, some, k, depth, *lease, to, stride);
    }
    for (std::size_t done = 0; done < some;) {
      row_segment line{to, stride, std::min(width - (at + done) % width, some - done)};
      find_groups<Panel>(p, (at + done) / width, k, depth, line);
      add_segment(line, segments, count);
      done += line.rows, to += static_cast<std::ptrdiff_t>(line.rows) * stride;
    }
  });
  return count;
}

// The same rows where a band has them: a pixel's terms of a row of the kernel side by side, and the next pixel's a few
// channels on. k is of whole groups, and so is such a run.
template <class Panel, class Patches>
std::size_t place_segments(const Patches& p, std::size_t i, std::size_t rows, std::size_t k, std::size_t depth,
                           scratch& space, row_segment* segments) {
  using element = typename Panel::element;
  const auto& s = p.shape;
  const auto& g = p.geometry;
  const std::size_t channels = s.group_channels, of_tap_row = s.kernel_width * channels;
  const std::size_t tap0 = k / of_tap_row, tap1 = (k + depth - 1) / of_tap_row;
  const std::size_t width = s.out_width, of_image = s.out_height * width;
  std::size_t size = 0, count = 0;
  for_pixels(p, i, rows, [&](std::size_t pixel, std::size_t some) {
    const patch_band band = band_of(p, pixel % of_image, some, k, depth);
    size += band.lines * band.columns * channels;
  });
  auto* to = reinterpret_cast<element*>(space.bytes(size * sizeof(element) + 64));
  for_pixels(p, i, rows, [&](std::size_t pixel, std::size_t some) {
    const std::size_t at = pixel % of_image;
    const patch_band band = band_of(p, at, some, k, depth);
    gather_band<Panel>(p, pixel / of_image, band, tap1 - tap0 + 1, to);
    const std::size_t of_line = band.columns * channels;
    for (std::size_t done = 0; done < some;) {
      const std::size_t y = (at + done) / width, x = (at + done) % width;
      const std::size_t offset = (y - at / width) * g.stride_h * of_line +
                                 (x * g.stride_w - band.first_column) * channels + (k - tap0 * of_tap_row);
      row_segment line{reinterpret_cast<const std::byte*>(to + offset),
                       static_cast<std::ptrdiff_t>(g.stride_w * channels * sizeof(element)),
                       std::min(width - x, some - done)};
      line.first = ((tap0 + 1) * of_tap_row - k) / Panel::group;
      line.jump = static_cast<std::ptrdiff_t>((g.dilation_h * of_line - of_tap_row) * sizeof(element));
      find_groups<Panel>(p, y, k, depth, line);
      add_segment(line, segments, count);
      done += line.rows;
    }
    to += band.lines * of_line;
  });
  return count;
}

// packer::segments of patches. Rows are followed by memory for a vector at least.
template <class Panel, class Patches>
std::size_t segments_of_patches(const void* operand, std::size_t i, std::size_t rows, std::size_t k, std::size_t depth,
                                std::ptrdiff_t stride, scratch& space, row_segment* to) {
  const Patches& p = *static_cast<const Patches*>(operand);
  if constexpr (Panel::planes == 1) {
    if (p.in_place) return place_segments<Panel>(p, i, rows, k, depth, space, to);
  }
  return gather_segments<Panel>(p, i, rows, k, depth, stride, space, to);
}
