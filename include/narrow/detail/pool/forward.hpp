// Pooling forward: rows of the output, each from the rows of the image that its windows reach.
#pragma once

#include <cstddef>
#include <cstdint>

#include "narrow/detail/integer_rounding.hpp"
#include "narrow/detail/pool/kernels.hpp"
#include "narrow/detail/pool/rows.hpp"
#include "narrow/detail/pool/window.hpp"
#include "narrow/executor.hpp"

namespace narrow::detail {

// The addresses of a window's elements, given those of its rows; `step` is from one tap of a row to the next.
template <class Pointer>
std::size_t list_taps(const Pointer* rows, std::size_t count, const pool_window& columns, std::ptrdiff_t pixel,
                      std::size_t dilation, Pointer* taps) {
  std::size_t t = 0;
  for (std::size_t r = 0; r < count; ++r) {
    Pointer at = rows[r] + static_cast<std::ptrdiff_t>(columns.first) * pixel;
    for (std::size_t q = 0; q < columns.taps; ++q, at += static_cast<std::ptrdiff_t>(dilation) * pixel) taps[t++] = at;
  }
  return t;
}

inline std::size_t most_taps(const std::vector<pool_window>& windows) {
  std::size_t most = 0;
  for (const pool_window& one : windows) most = std::max(most, one.taps);
  return most;
}
// Rows of the image from the first to the last of a window.
inline std::size_t row_span(const pool_shape& s) { return (most_taps(s.rows) - 1) * s.dilation_h + 1; }

// Calls pixel(j, taps, how many) for each window of output row i.
template <class Rows, class Pixel>
void for_each_window(Rows& rows, const pool_shape& s, std::size_t i, scratch& memory, const Pixel& pixel) {
  const std::size_t most = most_taps(s.rows);
  const std::byte** const starts = memory.get<const std::byte*>(most + most * most_taps(s.columns));
  const std::byte** const taps = starts + most;
  const pool_window& window = s.rows[i];
  for (std::size_t r = 0; r < window.taps; ++r) starts[r] = rows.row(window.first + r * s.dilation_h);
  for (std::size_t j = 0; j < s.out_width; ++j) {
    pixel(j, taps, list_taps(starts, window.taps, s.columns[j], rows.pixel_bytes(), s.dilation_w, taps));
  }
}

// Calls piece(image, first row, end row) for pieces of the output, on the threads of an executor.
template <class Executor, class Piece>
void for_each_band(const pool_shape& s, const Executor& e, const Piece& piece) {
  const std::size_t wanted = divided_into(concurrency_of(e), s.images);
  const std::size_t rows = divided_into(s.out_height, wanted), bands = divided_into(s.out_height, rows);
  e.parallel_for(s.images * bands, [&](std::size_t k) {
    const std::size_t first = k % bands * rows;
    piece(k / bands, first, std::min(first + rows, s.out_height));
  });
}

// ---- the greatest -------------------------------------------------------------------------------------------------

template <class T>
void max_pool_band(const tensor_view<const T, 4>& x, const tensor_view<T, 4>& y, const pool_shape& s, std::size_t image,
                   std::size_t first_row, std::size_t end_row) {
  using Value = pool_value<T>;
  const default_float_environment environment;
  const target where = current_target();
  const auto kernel = pool_kernel(where, [](auto kernels) { return decltype(kernels)::template max<Value>; });
  leased<pool_workspace> lease;
  pool_workspace& memory = *lease;
  pool_rows<T, Value> rows(where, x, image, row_span(s), memory.rows, memory.row_numbers);
  Value* const buffer = memory.out.get<Value>(s.out_width * s.channels);
  for (std::size_t i = first_row; i < end_row; ++i) {
    const pool_row<T> out = row_of(y, image, i);
    const bool in_place = is_stored_as<T, Value> && (out.channel_stride == 1 || s.channels == 1);
    for_each_window(rows, s, i, memory.taps, [&](std::size_t j, const std::byte* const* taps, std::size_t count) {
      std::byte* const to =
          in_place ? reinterpret_cast<std::byte*>(out.data + static_cast<std::ptrdiff_t>(j) * out.pixel_stride)
                   : reinterpret_cast<std::byte*>(buffer + j * s.channels);
      kernel(taps, count, s.channels, to);
    });
    // Numbers of their own format, infinities among them, convert exactly.
    if (!in_place) store_pool_row(where, buffer, out, 0, conversion<nearest_even, ieee>{});
  }
}

// ---- the mean -----------------------------------------------------------------------------------------------------

// Codes of at most 16 bits, and windows of at most 2^15: sums in 32 bits, their mean by way of a real, whose correctly
// rounded quotient rounds to the same code as the exact one does, in every mode but the stochastic:
//   1. The sum is exact: below 2^23 in float, for codes of 8 bits, and below 2^31 in double.
//   2. A quotient that is no integer (no tie) differs from the nearest one by at least 2^-15 (2^-16).
//   3. Half a unit in its last place is less: at most 2^-17 in float, and 2^-38 in double for codes of 16 bits.
// Else sums in 64 bits and an exact division.
template <class E, class Rounding>
inline constexpr bool averages_by_reals = E::bits <= 16 && !is_sequence<Rounding>;
inline constexpr std::size_t most_averaged_by_reals = std::size_t{1} << 15;
template <class E>
using mean_real = std::conditional_t<(E::bits <= 8), float, double>;

// The codes of padding that counts.
struct pool_zeros {
  const std::int32_t* codes;
  std::size_t image_step, channel_step;
  std::int32_t operator()(std::size_t image, std::size_t channel) const {
    return codes[image * image_step + channel * channel_step];
  }
};

template <class T, class Sum, class Conversion>
void average_pool_band(const tensor_view<const T, 4>& x, const tensor_view<T, 4>& y, const pool_shape& s,
                       bool include_pad, std::size_t image, std::size_t first_row, std::size_t end_row,
                       const Conversion& conversion, const pool_zeros& zeros) {
  using Value = pool_value<T>;
  const default_float_environment environment;
  const target where = current_target();
  const auto sum = pool_kernel(where, [](auto kernels) { return decltype(kernels)::template sum<Value, Sum>; });
  leased<pool_workspace> lease;
  pool_workspace& memory = *lease;
  pool_rows<T, Value> rows(where, x, image, row_span(s), memory.rows, memory.row_numbers);
  Sum* const sums = memory.sums.get<Sum>(s.channels);

  // Calls finish(place in the row, divisor) for the sums of each pixel.
  const auto for_each_pixel = [&](std::size_t i, const auto& finish) {
    for_each_window(rows, s, i, memory.taps, [&](std::size_t j, const std::byte* const* taps, std::size_t count) {
      sum(taps, count, s.channels, sums);
      const std::size_t divisor = include_pad ? s.rows[i].padded_taps * s.columns[j].padded_taps : count;
      if constexpr (std::is_integral_v<Sum>) {
        const auto missing = static_cast<std::int64_t>(divisor - count);
        for (std::size_t c = 0; c < s.channels && missing > 0; ++c)
          sums[c] += static_cast<Sum>(missing * zeros(image, c));
      }
      finish(j * s.channels, divisor);
    });
  };
  const auto first_index = [&](std::size_t i) { return (image * s.out_height + i) * s.out_width * s.channels; };
  const auto by_reals = [&]<class Real>(Real step) {
    const auto means = pool_kernel(where, [](auto kernels) { return decltype(kernels)::template means<Sum, Real>; });
    Real* const buffer = memory.out.get<Real>(s.out_width * s.channels);
    for (std::size_t i = first_row; i < end_row; ++i) {
      for_each_pixel(i, [&](std::size_t at, std::size_t divisor) {
        means(sums, s.channels, static_cast<Real>(divisor), step, buffer + at);
      });
      store_pool_row(where, buffer, row_of(y, image, i), first_index(i), conversion);
    }
  };

  if constexpr (std::is_floating_point_v<Value>) {
    by_reals(Value{1});
  } else if constexpr (std::is_same_v<Sum, std::int32_t>) {
    by_reals(static_cast<mean_real<encoding_of<T>>>(unscaled.factor<encoding_of<T>>(0)));
  } else {
    using E = encoding_of<T>;
    using rounding = std::remove_cvref_t<decltype(conversion.rounding)>;
    Value* const buffer = memory.out.get<Value>(s.out_width * s.channels);
    for (std::size_t i = first_row; i < end_row; ++i) {
      for_each_pixel(i, [&](std::size_t at, std::size_t divisor) {
        for (std::size_t c = 0; c < s.channels; ++c) {
          const auto code = [&](const auto& rule) {
            return fit_fixed<E, typename Conversion::overflow>(divide(int128{sums[c]}, divisor, rule), E::fraction_bits,
                                                               toward_zero{});
          };
          if constexpr (is_sequence<rounding>) {
            buffer[at + c] = code(conversion.rounding.at(first_index(i) + at + c));
          } else {
            buffer[at + c] = code(conversion.rounding);
          }
        }
      });
      store_pool_row(where, buffer, row_of(y, image, i), 0, conversion);
    }
  }
}

// With the type of the sums that the windows, of at most `most` elements that count, ask for.
template <class T, class Conversion>
void average_pool_piece(const tensor_view<const T, 4>& x, const tensor_view<T, 4>& y, const pool_shape& s,
                        bool include_pad, std::size_t most, std::size_t image, std::size_t first_row,
                        std::size_t end_row, const Conversion& conversion, const pool_zeros& zeros) {
  const auto run = [&]<class Sum>(Sum) {
    average_pool_band<T, Sum>(x, y, s, include_pad, image, first_row, end_row, conversion, zeros);
  };
  if constexpr (std::is_floating_point_v<pool_value<T>>) {
    run(pool_value<T>{});
  } else {
    using rounding = std::remove_cvref_t<decltype(conversion.rounding)>;
    if constexpr (averages_by_reals<encoding_of<T>, rounding>) {
      if (most <= most_averaged_by_reals) return run(std::int32_t{});
    }
    run(std::int64_t{});
  }
}

}  // namespace narrow::detail
