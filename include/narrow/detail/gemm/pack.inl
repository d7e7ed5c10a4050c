// Packing: from any operand to the units that kernels read; included in each target's region and namespace.
//
//   pack_rows     rows of a: each row's groups of depth, one after the other
//   pack_panels   panels of b: each group's units, one column after the other
// Whichever way memory runs, it is read along it: where that is not the way the panel runs, units of 4 bytes are
// transposed on the way.

// ---- units ----------------------------------------------------------------------------------------------------------

template <class Panel>
inline constexpr std::size_t unit_bytes = Panel::planes * 4;

// What has to be flipped in 16-bit elements of a row of limbs that need no other conversion; -1 where there is one.
template <class Panel, class Operand>
inline constexpr int plain_limb_flip = [] {
  if constexpr (Panel::planes == 2 && Panel::group == 4) {
    constexpr auto S = Panel::low_flip != 0 ? panel_sign::is_signed : panel_sign::is_unsigned;
    return sizeof(typename Operand::value_type) == 2 ? (panel_offset<Operand, S, 16> & 0xFFFF) ^ Panel::low_flip : -1;
  } else {
    return -1;
  }
}();

// The groups of one row: depth elements from k on, padded with zeros to whole groups.
template <class Panel, class Operand>
void write_row(const Operand& x, std::size_t i, std::size_t k, std::size_t depth, bool with_scale, std::byte* to) {
  using element = typename Panel::element;
  constexpr std::size_t group = Panel::group;
  const std::size_t whole = (depth + group - 1) / group * group;
  if constexpr (group == 32) {
    write_bits_of_row<Panel>(x, i, k, depth, to);
  } else if constexpr (Panel::planes == 2 && sizeof(element) == 2) {
    std::size_t done = 0;
    if constexpr (plain_limb_flip<Panel, Operand> >= 0) {
      if (x.elements().stride(1) == 1 && depth >= group) {
        done = depth / group * group;
        split_limbs(reinterpret_cast<const std::uint16_t*>(&x.elements()(i, k)), done, plain_limb_flip<Panel, Operand>,
                    to);
      }
    }
    element codes[256];
    for (; done < whole; done += 256) {
      const std::size_t now = whole - done < 256 ? whole - done : 256;
      const std::size_t have = depth - done < now ? depth - done : now;
      converter<Panel, Operand>::run(x, i, k + done, 1, with_scale, have, codes);
      for (std::size_t t = have; t < now; ++t) codes[t] = 0;
      split_limbs(codes, now, 0, to + 2 * done);
    }
  } else {
    converter<Panel, Operand>::run(x, i, k, 1, with_scale, depth, reinterpret_cast<element*>(to));
    for (std::size_t t = depth; t < whole; ++t) reinterpret_cast<element*>(to)[t] = element{};
  }
}

// What has to be flipped in every byte of a row that needs no other conversion; -1 where there is one.
template <class Panel, class Operand>
inline constexpr int plain_flip = [] {
  if constexpr (std::is_same_v<typename Panel::element, std::uint8_t>) {
    return sizeof(typename Operand::value_type) == 1 && !Operand::has_integer_values
               ? Panel::template offset<Operand> & 0xFF
               : -1;
  } else {
    return -1;
  }
}();

// Whether panels take the elements as they lie in memory, flipped or flushed at most.
template <class Panel, class Operand>
inline constexpr bool is_plain = [] {
  if constexpr (std::is_same_v<Panel, bf16_panel> && requires { typename Operand::E; }) {
    return std::is_same_v<typename Operand::E, bfloat16::encoding_type>;
  } else if constexpr (Panel::group == 1) {
    return std::is_same_v<typename Panel::element, typename Operand::value_type>;
  } else if constexpr (Panel::group == 4 && Panel::planes == 1) {
    return plain_flip<Panel, Operand> >= 0;
  } else {
    return false;
  }
}();

// The units of one group of depth for `columns` columns from j on, each plane padded to `width` columns (a multiple of
// the lane count, at most 64); `terms` of the group's terms exist, the others are zero. Operand element (k, j).
template <class Panel, class Operand>
void write_group(const Operand& x, std::size_t k, std::size_t terms, std::size_t j, std::size_t columns,
                 std::size_t width, bool with_scale, std::byte* to) {
  using element = typename Panel::element;
  constexpr std::size_t group = Panel::group;
  if constexpr (group == 1) {
    element* const out = reinterpret_cast<element*>(to);
    converter<Panel, Operand>::run(x, k, j, 1, with_scale, columns, out);
    for (std::size_t t = columns; t < width; ++t) out[t] = element{};
  } else if constexpr (group == 32) {
    write_bits_of_group<Panel>(x, k, terms, j, columns, width, to);
  } else {
    constexpr int flip = plain_flip<Panel, Operand>;
    element rows[group][most_columns];
    const element* row[group];
    for (std::size_t t = 0; t < group; ++t) {
      row[t] = rows[t];
      if (t >= terms) {
        for (std::size_t u = 0; u < width; ++u) rows[t][u] = static_cast<element>(flip > 0 ? flip : 0);
      } else if (flip >= 0 && x.elements().stride(1) == 1) {
        const auto* const from = reinterpret_cast<const element*>(&x.elements()(k + t, j));
        if (columns == width) {
          row[t] = from;
        } else {
          __builtin_memcpy(rows[t], from, columns * sizeof(element));
          for (std::size_t u = columns; u < width; ++u) rows[t][u] = 0;
        }
      } else {
        converter<Panel, Operand>::run(x, k + t, j, 1, with_scale, columns, rows[t]);
        for (std::size_t u = columns; u < width; ++u) rows[t][u] = 0;
        if constexpr (flip > 0) {
          for (std::size_t u = 0; u < width; ++u) rows[t][u] = static_cast<element>(rows[t][u] ^ flip);
        }
      }
    }
    if constexpr (Panel::planes == 2) {
      interleave_limbs(row, width, to);
    } else if constexpr (group == 4) {
      interleave_bytes(row, width, flip > 0 ? flip : 0, to);
    } else {
      interleave_pairs(reinterpret_cast<const std::uint16_t*>(row[0]), reinterpret_cast<const std::uint16_t*>(row[1]),
                       width, to);
    }
  }
}

// The same of a whole group of elements that memory has as panels take them, `width` columns in whole vectors.
template <class Panel, class Operand>
[[gnu::always_inline]] inline void write_plain_group(const typename Panel::element* const* row, std::size_t width,
                                                     std::byte* to) {
  if constexpr (Panel::group == 1) {
    for (std::size_t b = 0; b < width * unit_bytes<Panel>; b += 64) {
      __builtin_memcpy(to + b, reinterpret_cast<const std::byte*>(row[0]) + b, 64);
    }
  } else if constexpr (Panel::group == 4) {
    interleave_bytes(row, width, plain_flip<Panel, Operand>, to);
  } else {
    interleave_pairs<true>(row[0], row[1], width, to);
  }
}

// ---- whole blocks ---------------------------------------------------------------------------------------------------

inline constexpr std::size_t transposed_groups = 32, transposed_rows = 16, groups_ahead = 2;

// Rows [i, i + rows) and depth [k, k + depth) of a, operand element (i, k); rows `stride` bytes apart.
template <class Panel, class Operand>
void pack_rows(const void* operand, std::size_t i, std::size_t rows, std::size_t k, std::size_t depth, bool with_scale,
               std::byte* to, std::ptrdiff_t stride) {
  const Operand& x = *static_cast<const Operand*>(operand);
  constexpr std::size_t group = Panel::group;
  constexpr std::size_t unit = unit_bytes<Panel>;
  if (x.elements().stride(1) != 1 && x.elements().stride(0) == 1) {
    const auto flipped = x.transposed();
    alignas(64) std::byte units[transposed_rows * unit];
    for (std::size_t r = 0; r < rows; r += transposed_rows) {
      const std::size_t height = rows - r < transposed_rows ? rows - r : transposed_rows;
      for (std::size_t g = 0; g * group < depth; ++g) {
        const std::size_t terms = depth - g * group < group ? depth - g * group : group;
        bool done = false;
        if constexpr (is_plain<Panel, Operand>) {
          if (terms == group && height == transposed_rows) {
            const typename Panel::element* row[group];
            for (std::size_t t = 0; t < group; ++t) {
              row[t] = reinterpret_cast<const typename Panel::element*>(&flipped.elements()(k + g * group + t, i + r));
            }
            write_plain_group<Panel, Operand>(row, transposed_rows, units);
            done = true;
          }
        }
        if (!done) {
          write_group<Panel>(flipped, k + g * group, terms, i + r, height, transposed_rows, with_scale, units);
        }
        for (std::size_t h = 0; h < height; ++h) {
          std::byte* const out = to + static_cast<std::ptrdiff_t>(r + h) * stride + g * unit;
          if constexpr (group == 1) {
            __builtin_memcpy(out, units + h * unit, unit);
          } else {
            for (std::size_t p = 0; p < Panel::planes; ++p) {
              __builtin_memcpy(out + p * 4, units + (p * transposed_rows + h) * 4, 4);
            }
          }
        }
      }
    }
  } else {
    if constexpr (group != 32 && Panel::planes == 1) {
      if (converter<Panel, Operand>::run_rows(x, i, rows, k, with_scale, depth, to, stride)) return;
    }
    for (std::size_t r = 0; r < rows; ++r) {
      write_row<Panel>(x, i + r, k, depth, with_scale, to + static_cast<std::ptrdiff_t>(r) * stride);
    }
  }
}

// One panel: columns [j, j + columns) and depth [k, k + depth) of b, operand element (k, j), where memory runs along
// the depth.
template <class Panel, class Operand>
void pack_panel_across(const Operand& x, std::size_t k, std::size_t depth, std::size_t j, std::size_t columns,
                       std::size_t width, bool with_scale, std::byte* to) {
  constexpr std::size_t group = Panel::group, unit = unit_bytes<Panel>;
  const std::size_t groups = (depth + group - 1) / group;
  const auto flipped = x.transposed();
  alignas(64) std::byte rows[transposed_rows][transposed_groups * unit];
  for (std::size_t g = 0; g < groups; g += transposed_groups) {
    const std::size_t many = groups - g < transposed_groups ? groups - g : transposed_groups;
    const std::size_t terms = depth - g * group < many * group ? depth - g * group : many * group;
    for (std::size_t c = 0; c < width; c += transposed_rows) {
      const std::size_t some = width - c < transposed_rows ? width - c : transposed_rows;
      const std::size_t have = columns <= c ? 0 : columns - c < some ? columns - c : some;
      for (std::size_t t = 0; t < have; ++t) {
        write_row<Panel>(flipped, j + c + t, k + g * group, terms, with_scale, rows[t]);
      }
      for (std::size_t t = have; t < some; ++t) __builtin_memset(rows[t], 0, many * unit);
      for (std::size_t h = 0; h < many; ++h) {
        std::byte* const out = to + (g + h) * width * unit;
        for (std::size_t t = 0; t < some; ++t) {
          if constexpr (group == 1) {
            __builtin_memcpy(out + (c + t) * unit, rows[t] + h * unit, unit);
          } else {
            for (std::size_t p = 0; p < Panel::planes; ++p) {
              __builtin_memcpy(out + (p * width + c + t) * 4, rows[t] + h * unit + p * 4, 4);
            }
          }
        }
      }
    }
  }
}

// Panels of b, `panel_bytes` apart: columns [j, j + columns) and depth [k, k + depth), operand element (k, j). The last
// panel is as wide as its columns need, in whole vectors of `lanes` columns.
template <class Panel, class Operand>
void pack_panels(const void* operand, std::size_t k, std::size_t depth, std::size_t j, std::size_t columns,
                 std::size_t panel_columns, std::size_t lanes, std::size_t panel_bytes, bool with_scale,
                 std::byte* to) {
  const Operand& x = *static_cast<const Operand*>(operand);
  constexpr std::size_t group = Panel::group, unit = unit_bytes<Panel>;
  const auto& elements = x.elements();
  const bool along_depth = elements.stride(1) != 1 && elements.stride(0) == 1;
  // So many panels at once that a row of memory is read by some lines at a time: by many where they are fetched ahead.
  constexpr std::size_t at_once = is_plain<Panel, Operand> ? 1024 : 256;
  const std::size_t chunk =
      along_depth ? panel_columns : panel_columns * (1 + at_once / (panel_columns * sizeof(elements(0, 0))));
  for (std::size_t c = 0; c < columns; c += chunk) {
    const std::size_t end = columns - c < chunk ? columns : c + chunk;
    if (along_depth) {
      const std::size_t width = (end - c + lanes - 1) / lanes * lanes;
      pack_panel_across<Panel>(x, k, depth, j + c, end - c, width, with_scale, to + c / panel_columns * panel_bytes);
      continue;
    }
    for (std::size_t g = 0; g * group < depth; ++g) {
      const std::size_t terms = depth - g * group < group ? depth - g * group : group;
      std::size_t q = c;
      if constexpr (is_plain<Panel, Operand>) {
        if (elements.stride(1) == 1 && terms == group) {
          // Whole panels of elements as they are: nothing between the loads and the shuffles. Pieces of rows are too
          // short for the hardware to see them coming.
          const typename Panel::element* row[group];
          for (std::size_t t = 0; t < group; ++t) {
            row[t] = reinterpret_cast<const typename Panel::element*>(&elements(k + g * group + t, j + c));
          }
          std::byte* out = to + c / panel_columns * panel_bytes + g * panel_columns * unit;
          const std::ptrdiff_t ahead =
              elements.stride(0) * static_cast<std::ptrdiff_t>(groups_ahead * group * sizeof(typename Panel::element));
          for (; q + panel_columns <= end; q += panel_columns, out += panel_bytes) {
            write_plain_group<Panel, Operand>(row, panel_columns, out);
            for (std::size_t t = 0; t < group; ++t) {
              for (std::size_t b = 0; b < panel_columns * sizeof(typename Panel::element); b += 64) {
                __builtin_prefetch(reinterpret_cast<const std::byte*>(row[t]) + ahead + b, 0, 2);
              }
              row[t] += panel_columns;
            }
          }
        }
      }
      for (; q < end; q += panel_columns) {
        const std::size_t have = end - q < panel_columns ? end - q : panel_columns;
        const std::size_t width = (have + lanes - 1) / lanes * lanes;
        write_group<Panel>(x, k + g * group, terms, j + q, have, width, with_scale,
                           to + q / panel_columns * panel_bytes + g * width * unit);
      }
    }
  }
}
