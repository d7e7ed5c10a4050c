// Bits from codes of one byte each, whose lowest bit counts, or that of the operand's plane; included in each target's
// region before pack.inl. 256 bits at a time in every target.

template <class Operand>
[[gnu::always_inline]] inline int plane_of(const Operand& x) {
  if constexpr (requires { x.plane; }) {
    return x.plane;
  } else {
    return 0;
  }
}

// Bit `plane` of 32 codes, the first the lowest.
[[gnu::always_inline]] inline std::uint32_t bits_of_codes_at(const std::uint8_t* codes, int plane) {
  const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_sll_epi16(x, _mm_cvtsi32_si128(7 - plane))));
}

// The units of one row, along memory or not.
template <class Panel, class Operand>
void write_bits_of_row(const Operand& x, std::size_t i, std::size_t k, std::size_t depth, std::byte* to) {
  const auto& view = x.elements();
  const bool along = view.stride(1) == 1;
  std::size_t t = 0;
  if (along) {
    const auto* const codes = reinterpret_cast<const std::uint8_t*>(&view(i, k));
    for (; t + 32 <= depth; t += 32) {
      const std::uint32_t unit = bits_of_codes_at(codes + t, plane_of(x));
      __builtin_memcpy(to + t / 8, &unit, sizeof unit);
    }
  }
  for (; t < depth; t += 32) {
    const std::size_t have = depth - t < 32 ? depth - t : 32;
    std::uint8_t codes[32] = {};
    for (std::size_t u = 0; u < have; ++u) codes[u] = Panel::of(x, i, k + t + u, false);
    const std::uint32_t unit = bits_of_codes_at(codes, 0);
    __builtin_memcpy(to + t / 8, &unit, sizeof unit);
  }
}

// Bit q of each column's byte from bit `plane` of line q of up to 8: Horner's rule on bytes, 2 * sum + bit.
[[gnu::always_inline]] inline void bytes_of_lines(const std::uint8_t* const* line, std::size_t lines, int plane,
                                                  std::size_t width, std::uint8_t* to) {
  std::size_t c = 0;
  for (; c + 32 <= width; c += 32) {
    __m256i sum = _mm256_setzero_si256();
    for (std::size_t q = lines; q-- > 0;) {
      const __m256i codes =
          _mm256_srl_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(line[q] + c)), _mm_cvtsi32_si128(plane));
      sum = _mm256_or_si256(_mm256_add_epi8(sum, sum), _mm256_and_si256(codes, _mm256_set1_epi8(1)));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + c), sum);
  }
  for (; c < width; c += 8) {
    std::uint64_t sum = 0;
    for (std::size_t q = lines; q-- > 0;) {
      std::uint64_t codes;
      __builtin_memcpy(&codes, line[q] + c, sizeof codes);
      sum = sum + sum + (codes >> plane & 0x0101'0101'0101'0101U);
    }
    __builtin_memcpy(to + c, &sum, sizeof sum);
  }
}

// The units of one group, as write_group in pack.inl.
template <class Panel, class Operand>
void write_bits_of_group(const Operand& x, std::size_t k, std::size_t terms, std::size_t j, std::size_t columns,
                         std::size_t width, std::byte* to) {
  const auto& view = x.elements();
  const bool along = view.stride(1) == 1;
  std::uint8_t copies[32][most_columns];
  const std::uint8_t* line[32];
  for (std::size_t t = 0; t < terms; ++t) {
    line[t] = copies[t];
    if (along) {
      const auto* const memory = reinterpret_cast<const std::uint8_t*>(&view(k + t, j));
      if (columns == width) {
        line[t] = memory;
        continue;
      }
      __builtin_memcpy(copies[t], memory, columns);
    } else {
      for (std::size_t u = 0; u < columns; ++u) copies[t][u] = Panel::of(x, k + t, j + u, false);
    }
    for (std::size_t u = columns; u < width; ++u) copies[t][u] = 0;
  }
  std::uint8_t bytes[4][most_columns];
  const std::uint8_t* row[4];
  for (std::size_t q = 0; q < 4; ++q) {
    const std::size_t rest = terms > 8 * q ? terms - 8 * q : 0;
    bytes_of_lines(line + 8 * q, rest < 8 ? rest : 8, along ? plane_of(x) : 0, width, bytes[q]);
    row[q] = bytes[q];
  }
  interleave_bytes(row, width, 0, to);
}
