// Bulk codecs on every target: lengths, strides, matrices, large outputs. Formats and the
// environment: sweep/codec_test.cpp and sweep/codec_environment_test.cpp.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "narrow/quantize.hpp"
#include "support/codec_check.hpp"

namespace {

using namespace narrow;
using namespace support;

template <class T, class Scheme, class Rounding>
void check_lengths(const Scheme& scheme, const Rounding& rounding) {
  std::vector<float> x(400);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(random_bits(3, 3, i)) * 0x1p-29F - 4;
  for (const target t : supported_targets()) {
    SCOPED_TRACE(name_of(t));
    const on_target guard(t);
    for (std::size_t n = 0; n <= 140; ++n) {
      for (std::size_t shift = 0; shift < 3; ++shift) {
        std::vector<std::uint8_t> bytes(160 * sizeof(T), 0xA5);
        T* const y = reinterpret_cast<T*>(bytes.data()) + 8 + shift;
        quantize_into(view(x.data() + shift, n), view(y, n), scheme, rounding);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
          const bool inside = i >= (8 + shift) * sizeof(T) && i < (8 + shift + n) * sizeof(T);
          ASSERT_TRUE(inside || bytes[i] == 0xA5) << n << " elements, byte " << i;
        }
        for (std::size_t i = 0; i < n; ++i) {
          const T wanted = scalar_code<T, overflow_of<T>>(x[shift + i], scheme, 0, rounding, i);
          ASSERT_EQ(code_of(y[i]), code_of(wanted)) << n << " elements, number " << i;
        }
        std::vector<float> back(160, -77);
        dequantize_into(quantized_view<T, 1, Scheme>{view(std::as_const(*&y), n), &scheme, scheme.axis()},
                        view(back.data() + 8 + shift, n));
        for (std::size_t i = 0; i < back.size(); ++i) {
          const bool inside = i >= 8 + shift && i < 8 + shift + n;
          ASSERT_TRUE(inside || back[i] == -77) << n << " elements, number " << i;
        }
      }
    }
  }
}
TEST(CodecLengths, Float16) { check_lengths<float16>(unscaled, nearest_even{}); }
TEST(CodecLengths, Float8) { check_lengths<float8_e4m3fn>(unscaled, draws); }
TEST(CodecLengths, Affine) { check_lengths<std::int8_t>(affine(0.05F, 3), nearest_even{}); }
TEST(CodecLengths, Int16) { check_lengths<int16>(shared_exponent(-10), draws); }

// Strides of any sign, parameters by row and by column, and reals of both widths.
template <class T, class Real, class Scheme, class Rounding>
void check_matrix(const Scheme& scheme, const Rounding& rounding) {
  constexpr std::size_t rows = 5, columns = 133;
  std::vector<Real> x(rows * columns * 2);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<Real>(random_bits(3, 4, i)) * Real(0x1p-26) - 30;
  std::vector<T> y(rows * columns * 3);
  const std::ptrdiff_t wide = 2 * columns;
  const matrix_view<const Real> xs[] = {{x.data(), {rows, columns}, {wide, 1}},
                                        {x.data() + wide - 1, {rows, columns}, {wide, -1}},
                                        {x.data(), {rows, columns}, {1, std::ptrdiff_t{rows}}}};
  const matrix_view<T> ys[] = {{y.data(), {rows, columns}}, {y.data(), {rows, columns}, {3 * columns, 3}}};
  for (const target t : supported_targets()) {
    SCOPED_TRACE(name_of(t));
    const on_target guard(t);
    for (const auto& from : xs) {
      for (const auto& to : ys) {
        quantize_into(from, to, scheme, rounding);
        std::vector<Real> back(rows * columns);
        dequantize_into(quantized_view<T, 2, Scheme>{to, &scheme, scheme.axis()}, view(back, rows, columns));
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            const std::size_t place = scheme.axis() == per_row ? i : scheme.axis() == per_column ? j : 0;
            const T wanted = scalar_code<T, overflow_of<T>>(from(i, j), scheme, place, rounding, i * columns + j);
            ASSERT_EQ(code_of(to(i, j)), code_of(wanted)) << i << ", " << j;
            const auto code = detail::widen_code<detail::bits_of<Real>>(detail::storage_of(wanted));
            ASSERT_EQ(back[i * columns + j], (scheme.template decode<encoding_of<T>, Real>(code, place)));
          }
        }
      }
    }
  }
}
template <class Parameter>
std::vector<Parameter> spread(std::size_t n, Parameter first, Parameter step) {
  std::vector<Parameter> result(n);
  for (std::size_t i = 0; i < n; ++i) result[i] = first + static_cast<Parameter>(i % 17) * step;
  return result;
}
TEST(CodecMatrix, Unscaled) { check_matrix<float8_e5m2, float>(unscaled, draws); }
TEST(CodecMatrix, Doubles) { check_matrix<bfloat16, double>(unscaled, draws); }
TEST(CodecMatrix, AffineByRow) {
  check_matrix<std::int8_t, float>(affine(per_row, spread(5, 0.2F, 0.03F), spread(5, -7, 3)), nearest_even{});
}
TEST(CodecMatrix, AffineByColumn) {
  const affine scheme(per_column, spread(133, 0.2F, 0.03F), spread(133, -20, 3));
  check_matrix<std::int8_t, float>(scheme, nearest_even{});
  check_matrix<std::int8_t, double>(scheme, draws);
  check_matrix<float8_e4m3fn, float>(affine(per_column, spread(133, 0.2F, 0.03F)), nearest_even{});
}
TEST(CodecMatrix, ExponentByColumn) {
  check_matrix<int8, float>(shared_exponent(per_column, spread(133, -8, 1)), draws);
  check_matrix<int16, double>(shared_exponent(per_column, spread(133, -8, 1)), nearest_even{});
}

// Codes to codes: each source's values are exact on the way.
template <class To, class From, class Scheme>
void check_between(const Scheme& scheme) {
  using E = encoding_of<From>;
  std::vector<From> x;
  for (std::uint32_t c = 0; c < std::uint32_t{1} << E::bits; ++c) {
    x.push_back(detail::from_storage<From>(detail::to_storage<E>(c)));
  }
  std::vector<To> y(x.size());
  for (const target t : supported_targets()) {
    const on_target guard(t);
    quantize_into(view(x, x.size()), view(y, y.size()), scheme);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const To wanted = scalar_code<To, overflow_of<To>>(detail::real_value(x[i]), scheme, 0, nearest_even{}, i);
      ASSERT_EQ(code_of(y[i]), code_of(wanted)) << name_of(t) << ", code " << i;
    }
  }
}
TEST(CodecBetween, Formats) {
  check_between<bfloat16, float16>(unscaled);
  check_between<float8_e4m3fn, bfloat16>(unscaled);
  check_between<std::int8_t, float16>(affine(0.37F, 5));
  check_between<fixed<2, 6>, fixed<4, 12>>(unscaled);
  check_between<int8, float8_e5m2>(shared_exponent(3));
}

// An output that is written past the caches, aligned and not.
TEST(CodecLarge, SameAsSmall) {
  const std::size_t n = (detail::streamed_bytes + 5000) / 2;
  std::vector<float> x(n + 1), back(n + 1);
  for (std::size_t i = 0; i <= n; ++i) x[i] = static_cast<float>(i % 9973) * 0.1F;
  std::vector<float16> whole(n + 9), parts(n);
  for (std::size_t i = 0; i < n; i += 4096) {
    const std::size_t length = std::min<std::size_t>(4096, n - i);
    stochastic_sequence later = draws;
    later.first += i;
    quantize_into(view(std::as_const(x).data() + i, length), view(parts.data() + i, length), unscaled, later);
  }
  for (const std::size_t shift : {std::size_t{0}, std::size_t{1}, std::size_t{8}}) {
    quantize_into(view(std::as_const(x).data(), n), view(whole.data() + shift, n), unscaled, draws);
    ASSERT_EQ(std::memcmp(whole.data() + shift, parts.data(), 2 * n), 0) << shift;
  }
  dequantize_into(quantized_view<float16, 1, unscaled_scheme>{view(std::as_const(parts).data(), n), &unscaled, {}},
                  view(back.data() + 1, n));
  for (std::size_t i = 0; i < n; i += 997) ASSERT_EQ(back[i + 1], float(parts[i]));
}

// Groups at the start, where a counter word carries, and where indices wrap.
TEST(CodecRandom, GroupsAreRandomBits) {
  std::vector<std::uint32_t> words(64 * 5);
  for (const target t : supported_targets()) {
    for (const std::uint64_t group : {0ULL, 7ULL, (1ULL << 28) - 2, (1ULL << 28) - 1, (1ULL << 58) - 3}) {
      detail::random_groups_on(t, 0x123456789ABCDEFULL, 0xFEDCBA9876543210ULL, group, 5, words.data());
      for (std::size_t i = 0; i < words.size(); ++i) {
        ASSERT_EQ(words[i], random_bits(0x123456789ABCDEFULL, 0xFEDCBA9876543210ULL, group * 64 + i))
            << name_of(t) << ", group " << group << ", word " << i;
      }
    }
  }
}

}  // namespace
