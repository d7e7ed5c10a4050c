// Winograd's F(2x2, 3x3) by bands of tiles: transforms, 16 products, and back.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "narrow/conv.hpp"
#include "narrow/detail/pool/rows.hpp"
#include "narrow/pack.hpp"

namespace narrow::detail::winograd_portable {
inline constexpr std::size_t vector_bytes = 16;
#include "narrow/detail/conv/winograd.inl"
}  // namespace narrow::detail::winograd_portable

#if NARROW_HAS_X86_TARGETS

NARROW_BEGIN_AVX2
namespace narrow::detail::winograd_avx2 {
inline constexpr std::size_t vector_bytes = 32;
#include "narrow/detail/conv/winograd.inl"
}  // namespace narrow::detail::winograd_avx2
NARROW_END_TARGET

NARROW_BEGIN_AVX512
namespace narrow::detail::winograd_avx512 {
inline constexpr std::size_t vector_bytes = 64;
#include "narrow/detail/conv/winograd.inl"
}  // namespace narrow::detail::winograd_avx512
NARROW_END_TARGET

#endif

namespace narrow::detail {

inline constexpr std::size_t winograd_products = 16;

struct winograd_transforms {
  void (*input)(const std::byte* const*, std::size_t, float*, std::size_t);
  void (*output)(const float*, std::size_t, std::size_t, float* const*);

  static winograd_transforms of(target where) {
#if NARROW_HAS_X86_TARGETS
    if (where == target::avx512) return {winograd_avx512::transforms::input, winograd_avx512::transforms::output};
    if (where == target::avx2) return {winograd_avx2::transforms::input, winograd_avx2::transforms::output};
#endif
    (void)where;
    return {winograd_portable::transforms::input, winograd_portable::transforms::output};
  }
};

// G g G^T of each kernel, as 16 matrices of channels x outputs: in double, where it is exact but for two roundings of
// each element at most, and rounded once. w has the channels last.
//
//        |  1    0    0  |
//   G  = | 1/2  1/2  1/2 |
//        | 1/2 -1/2  1/2 |
//        |  0    0    1  |
template <class W>
std::vector<float> transformed_kernels(const tensor_view<W, 4>& w) {
  const std::size_t outputs = w.extent(0), channels = w.extent(3),
                    plane = checked_product(outputs, channels, "conv2d_winograd");
  std::vector<float> u(checked_product(winograd_products, plane, "conv2d_winograd"));
  const auto along = [](double a, double b, double c) {
    return std::array<double, 4>{a, (a + b + c) / 2, (a - b + c) / 2, c};
  };
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t c = 0; c < channels; ++c) {
      const auto g = [&](std::size_t r, std::size_t s) { return static_cast<double>(w(o, r, s, c)); };
      std::array<std::array<double, 4>, 3> columns{};
      for (std::size_t s = 0; s < 3; ++s) columns[s] = along(g(0, s), g(1, s), g(2, s));
      for (std::size_t a = 0; a < 4; ++a) {
        const auto row = along(columns[0][a], columns[1][a], columns[2][a]);
        for (std::size_t b = 0; b < 4; ++b) {
          u[(4 * a + b) * plane + c * outputs + o] = static_cast<float>(row[b]);
        }
      }
    }
  }
  return u;
}

struct winograd_workspace {
  scratch rows, row_numbers, v, m, out, zeros;
};

// The tile rows of one band: enough tiles to multiply well, and no more of both transforms than the second-level cache
// has room for beside the kernels.
inline std::size_t winograd_band(const conv_shape& s, std::size_t tile_rows, std::size_t tile_columns) {
  constexpr std::size_t cached_floats = 10 << 14, fewest_tiles = 48;
  const std::size_t of_tile = winograd_products * std::max<std::size_t>(1, s.channels + s.out_channels);
  const std::size_t tiles = std::max(cached_floats / of_tile, fewest_tiles);
  const std::size_t bands = divided_up(tile_rows, std::max<std::size_t>(1, tiles / tile_columns));
  return divided_up(tile_rows, bands);
}

// Rows of sums, dense, to rows of the output.
template <class Value, class Y, class Ops, class Conversion>
class winograd_finish {
 public:
  using Output = decltype(output_row(std::declval<const Y&>(), 0, 0));
  using Finisher = finisher<Value, false, Output, Ops, Conversion>;

  winograd_finish(const Y& y, std::size_t outputs, const scaling& s, const Ops& ops, const Conversion& conversion)
      : y_(y),
        outputs_(outputs),
        scaling_(s),
        ops_(ops),
        conversion_(conversion),
        ones_(outputs + most_columns, 1.0),
        values_(outputs + most_columns, Value{1}) {}

  void row(const float* sums, std::size_t image, std::size_t i) const {
    const Output out = output_row(y_, image, i);
    const Finisher last{out, scaling_, ops_, conversion_, outputs_, 0};
    const std::size_t first = out.view.first, width = y_.view.extent(2);
    finish_context<Finisher> context;
    context.last = &last;
    context.by_vectors = scaling_.beta == 0;
    context.row_scale = context.column_scale = ones_.data();
    context.uniform_scale = values_.data();
    const bool done = on_target([&](auto target) {
      const auto finish = decltype(target)::template finish<finish_context<Finisher>, float>;
      for (std::size_t j = 0; j < outputs_; j += most_columns) {
        finish(&context, sums + j, static_cast<std::ptrdiff_t>(outputs_), first, width, j,
               std::min(most_columns, outputs_ - j));
      }
      return true;
    });
    if (done) return;
    std::vector<Value> buffer(outputs_);
    for (std::size_t j = 0; j < width; ++j) {
      last.row(
          sums + j * outputs_, first + j, 0, outputs_, [](std::size_t) { return 1.0; }, buffer.data());
    }
  }

 private:
  const Y& y_;
  const std::size_t outputs_;
  const scaling& scaling_;
  const Ops& ops_;
  const Conversion& conversion_;
  std::vector<double> ones_;
  std::vector<Value> values_;
};

// Tile rows [first, end) of one image.
template <class T, class Kernels, class Finish>
void winograd_piece(const tensor_view<const T, 4>& x, const Kernels& kernels, const conv_shape& s,
                    const conv_geometry& g, std::size_t image, std::size_t first, std::size_t end,
                    const Finish& finish) {
  const target where = current_target();
  const winograd_transforms transforms = winograd_transforms::of(where);
  leased<winograd_workspace> lease;
  winograd_workspace& memory = *lease;
  const std::size_t tile_columns = divided_up(s.out_width, 2), tiles = (end - first) * tile_columns;
  const std::size_t n = s.out_channels;
  // Rows at a distance of a multiple of 4 KiB would be packed first (fast.hpp).
  const std::size_t v_stride = s.channels + (s.channels % 1024 == 0 ? 16 : 0), v_plane = tiles * v_stride;
  const std::size_t m_plane = tiles * n;
  float* const v = memory.v.get<float>(winograd_products * v_plane);
  float* const m = memory.m.get<float>(winograd_products * m_plane);
  {
    const default_float_environment environment;
    float* const zeros = memory.zeros.get<float>(s.channels);
    std::fill_n(zeros, s.channels, 0.0F);
    pool_rows<T, float> rows(where, x, image, 4, memory.rows, memory.row_numbers);
    for (std::size_t t = first; t < end; ++t) {
      const std::byte* starts[4];
      for (std::size_t a = 0; a < 4; ++a) {
        const std::size_t row = 2 * t + a;  // in the padded image
        const bool inside = row >= g.pad_top && row - g.pad_top < s.height;
        starts[a] = inside ? rows.row(row - g.pad_top) : nullptr;
      }
      float* to = v + (t - first) * tile_columns * v_stride;
      for (std::size_t q = 0; q < tile_columns; ++q, to += v_stride) {
        const std::byte* pixels[16];
        for (std::size_t b = 0; b < 4; ++b) {
          const std::size_t column = 2 * q + b;
          const bool inside = column >= g.pad_left && column - g.pad_left < s.width;
          const auto offset = static_cast<std::ptrdiff_t>(column - g.pad_left) * rows.pixel_bytes();
          for (std::size_t a = 0; a < 4; ++a) {
            pixels[4 * a + b] =
                inside && starts[a] != nullptr ? starts[a] + offset : reinterpret_cast<const std::byte*>(zeros);
          }
        }
        transforms.input(pixels, s.channels, to, v_plane);
      }
    }
  }
  for (std::size_t k = 0; k < winograd_products; ++k) {
    const matrix_view<const float> of_tiles(v + k * v_plane, {tiles, s.channels},
                                            {static_cast<std::ptrdiff_t>(v_stride), 1});
    gemm(of_tiles, kernels[k], matrix_view<float>(m + k * m_plane, {tiles, n}), accumulate_in<float>{});
  }
  float* const out = memory.out.get<float>((2 * s.out_width + 1) * n + most_columns);  // finishing reads whole vectors
  float* const beyond = out + 2 * s.out_width * n;  // what odd images have no pixel for
  for (std::size_t t = first; t < end; ++t) {
    for (std::size_t q = 0; q < tile_columns; ++q) {
      float* y[4];
      for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t column = 2 * q + k % 2;
        y[k] = column < s.out_width ? out + (k / 2 * s.out_width + column) * n : beyond;
      }
      transforms.output(m + ((t - first) * tile_columns + q) * n, m_plane, n, y);
    }
    finish.row(out, image, 2 * t);
    if (2 * t + 1 < s.out_height) finish.row(out + s.out_width * n, image, 2 * t + 1);
  }
}

}  // namespace narrow::detail
