// Zero points; included in each target's region. As part of what sums begin with:
//   start[j] = -a_zero * (sum of column j - depth * b_zero[j])
template <class Sum>
void begin_columns(const std::int64_t* sums, std::size_t columns, const zero_points& b_zero, std::size_t j,
                   std::size_t depth, std::int64_t a_zero, void* to) {
  using word = std::make_unsigned_t<Sum>;
  constexpr std::size_t width = lanes_of_32 * 4 / sizeof(std::int64_t);
  // Not lanes: of 512 bits, those that are laid out here for AVX-512 first end GCC 12 in an internal error in codecs of
  // AVX2, which has them in halves.
  typedef std::uint64_t wide __attribute__((vector_size(width * sizeof(std::uint64_t))));
  typedef word narrowed __attribute__((vector_size(width * sizeof(word))));
  const auto factor = std::uint64_t{0} - static_cast<std::uint64_t>(a_zero);
  word* const start = static_cast<word*>(to);
  const std::size_t whole = b_zero.varies ? 0 : columns / width * width;
  const std::uint64_t all = static_cast<std::uint64_t>(b_zero.at(j)) * depth;
  std::size_t q = 0;
  for (; q < whole; q += width) {
    wide x;
    __builtin_memcpy(&x, sums + q, sizeof x);
    x = (x - all) * factor;
    const narrowed low = __builtin_convertvector(x, narrowed);
    __builtin_memcpy(start + q, &low, sizeof low);
  }
  for (; q < columns; ++q) {
    const auto zero = static_cast<std::uint64_t>(b_zero.at(j + q));
    start[q] = static_cast<word>(factor * (static_cast<std::uint64_t>(sums[q]) - zero * depth));
  }
}

// Where they could not:
//   sum[i][j] -= a_zero[i] * column_terms[j] + b_zero[j] * row_sums[i]
// Exact modulo 2^32 or 2^64, and the result fits.

template <class Sum>
void correct_tile(void* sums, std::ptrdiff_t stride, std::size_t rows, std::size_t columns, const zero_points& a_zero,
                  std::size_t i, const std::int64_t* row_sums, const zero_points& b_zero, std::size_t j,
                  const std::int64_t* column_terms) {
  using word = std::make_unsigned_t<Sum>;
  constexpr std::size_t width = lanes_of_32 * 4 / sizeof(Sum);
  using lane = lanes<word, static_cast<int>(width)>;
  typedef std::int64_t wide __attribute__((vector_size(width * sizeof(std::int64_t))));
  for (std::size_t r = 0; r < rows; ++r) {
    Sum* const row = static_cast<Sum*>(sums) + static_cast<std::ptrdiff_t>(r) * stride;
    const auto za = static_cast<word>(column_terms == nullptr ? 0 : a_zero.at(i + r));
    const auto total = static_cast<word>(row_sums == nullptr ? 0 : row_sums[r]);
    const auto uniform = static_cast<word>(b_zero.varies ? 0 : b_zero.at(0));
    std::size_t q = 0;
    for (; q + width <= columns && !b_zero.varies; q += width) {
      lane x;
      __builtin_memcpy(&x.v, row + q, sizeof x.v);
      x = x - lane(static_cast<word>(uniform * total));
      if (column_terms != nullptr) {
        wide terms;
        __builtin_memcpy(&terms, column_terms + q, sizeof terms);
        x = x - lane(za) * lane(__builtin_convertvector(terms, typename lane::vector));
      }
      __builtin_memcpy(row + q, &x.v, sizeof x.v);
    }
    for (; q < columns; ++q) {
      const auto zb = static_cast<word>(b_zero.at(j + q));
      const auto term = static_cast<word>(column_terms == nullptr ? 0 : column_terms[q]);
      row[q] = static_cast<Sum>(static_cast<word>(row[q]) - za * term - zb * total);
    }
  }
}
