// Packing operands whose rows along the depth lie in memory in runs (gathered operands, detail/conv/gathered.hpp);
// after pack.inl in each target's region and namespace.
//
// A piece of such an operand that the first-level cache holds is copied together, and packed as any other matrix is.

inline constexpr std::size_t gathered_depth = 16, gathered_bytes = 8192;

// Columns of a piece, whole panels of `width`.
template <class T>
constexpr std::size_t gathered_columns(std::size_t width) {
  return gathered_bytes / sizeof(T) / gathered_depth / width * width;
}

// n elements, `stride` apart.
template <class T>
[[gnu::always_inline]] inline void copy_run(const T* from, std::ptrdiff_t stride, std::size_t n, T* to) {
  if (stride != 1) {
    for (std::size_t t = 0; t < n; ++t) to[t] = from[static_cast<std::ptrdiff_t>(t) * stride];
    return;
  }
  constexpr std::size_t block = 64 / sizeof(T);
  std::size_t t = 0;
  for (; t + block <= n; t += block) __builtin_memcpy(static_cast<void*>(to + t), from + t, 64);
  for (; t < n; ++t) to[t] = from[t];
}

// Depth [k, k + depth) and columns [j, j + columns), row after row.
template <class Operand, class T>
void gather(const Operand& x, std::size_t k, std::size_t depth, std::size_t j, std::size_t columns, T* to) {
  x.for_each_run(k, depth, j, columns, [to](std::size_t at, const T* from, std::ptrdiff_t stride, std::size_t n) {
    copy_run(from, stride, n, to + at);
  });
}

// As pack_panels.
template <class Panel, class Operand>
void pack_gathered_panels(const void* operand, std::size_t k, std::size_t depth, std::size_t j, std::size_t columns,
                          std::size_t panel_columns, std::size_t lanes, std::size_t panel_bytes, bool with_scale,
                          std::byte* to) {
  const Operand& x = *static_cast<const Operand*>(operand);
  using T = typename Operand::value_type;
  alignas(64) T piece[gathered_bytes / sizeof(T)];
  constexpr bool may_lie = requires { x.lies_in_matrices(Panel::group); };
  bool lies = false;
  if constexpr (may_lie) lies = x.lies_in_matrices(Panel::group);
  const std::size_t whole = columns / panel_columns * panel_columns;
  const std::size_t most = lies ? columns : gathered_columns<T>(panel_columns);
  for (std::size_t q = 0; q < columns;) {
    // The last panel may be narrower, so that its groups lie closer together.
    const std::size_t have = q == whole ? columns - q : whole - q < most ? whole - q : most;
    const std::size_t width = q == whole ? (have + lanes - 1) / lanes * lanes : panel_columns;
    std::byte* const first = to + q / panel_columns * panel_bytes;
    for (std::size_t d = 0, rows = 0; d < depth; d += rows) {
      std::byte* const out = first + d / Panel::group * width * unit_bytes<Panel>;
      rows = depth - d;
      if constexpr (may_lie) {
        if (lies) {
          const auto matrix = x.matrix_from(k + d);
          if (rows > matrix.rows()) rows = matrix.rows();
          pack_panels<Panel, std::remove_const_t<decltype(matrix)>>(&matrix, 0, rows, j + q, have, panel_columns, lanes,
                                                                    panel_bytes, with_scale, out);
          continue;
        }
      }
      if (rows > gathered_depth) rows = gathered_depth;
      gather(x, k + d, rows, j + q, have, piece);
      const auto part = x.part(piece, rows, have, j + q);
      pack_panels<Panel, std::remove_const_t<decltype(part)>>(&part, 0, rows, 0, have, panel_columns, lanes,
                                                              panel_bytes, with_scale, out);
    }
    q += have;
  }
}

// As pack_rows: the rows of a are columns of the operand that it is the transpose of.
template <class Panel, class Operand>
void pack_gathered_rows(const void* operand, std::size_t i, std::size_t rows, std::size_t k, std::size_t depth,
                        bool with_scale, std::byte* to, std::ptrdiff_t stride) {
  const Operand& x = *static_cast<const Operand*>(operand);
  using T = typename Operand::value_type;
  alignas(64) T piece[gathered_bytes / sizeof(T)];
  constexpr std::size_t most = gathered_columns<T>(1);
  for (std::size_t r = 0; r < rows; r += most) {
    const std::size_t have = rows - r < most ? rows - r : most;
    std::byte* const first = to + static_cast<std::ptrdiff_t>(r) * stride;
    for (std::size_t d = 0; d < depth; d += gathered_depth) {
      const std::size_t terms = depth - d < gathered_depth ? depth - d : gathered_depth;
      gather(x.columns_of, k + d, terms, i + r, have, piece);
      const auto part = x.columns_of.part(piece, terms, have, i + r).transposed();
      pack_rows<Panel, std::remove_const_t<decltype(part)>>(&part, 0, have, 0, terms, with_scale,
                                                            first + d / Panel::group * unit_bytes<Panel>, stride);
    }
  }
}
