// The plain product of dense matrices: the specification that faster kernels are held to, written so that a compiler
// can vectorize it over columns.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "narrow/accumulator.hpp"

namespace narrow::detail {

// c (rows x n) = a (rows x depth) * b (depth x n), all dense and row-major. Each element sums its terms with the depth
// ascending, in one chain.
//
// Four rows and 256 columns at a time: four sums share each load of b, and the sums of a block stay in the first-level
// cache.
template <class Accumulator, class T, class Sum>
[[gnu::noinline]] void multiply(const T* a, const T* b, Sum* c, std::size_t rows, std::size_t depth, std::size_t n) {
  constexpr std::size_t row_block = 4, column_block = 256, group = Accumulator::group;
  std::fill(c, c + rows * n, Sum{});
  const T zeros[2] = {};
  for (std::size_t j0 = 0; j0 < n; j0 += column_block) {
    const std::size_t width = std::min(column_block, n - j0);
    for (std::size_t i0 = 0; i0 < rows; i0 += row_block) {
      const std::size_t height = std::min(row_block, rows - i0);
      alignas(64) Sum sums[row_block][column_block] = {};
      for (std::size_t k = 0; k < depth; k += group) {
        const bool whole = k + group <= depth;
        T terms[row_block][group] = {};
        for (std::size_t i = 0; i < height; ++i) {
          for (std::size_t g = 0; g < (whole ? group : 1); ++g) terms[i][g] = a[(i0 + i) * depth + k + g];
        }
        const T* const row = b + k * n + j0;
        if constexpr (group == 1) {
          for (std::size_t j = 0; j < width; ++j) {
            for (std::size_t i = 0; i < row_block; ++i) Accumulator::step(sums[i][j], terms[i], row[j]);
          }
        } else {
          // A last odd term is paired with zeros.
          const T* const next = whole ? row + n : zeros;
          const std::size_t stride = whole ? 1 : 0;
          for (std::size_t j = 0; j < width; ++j) {
            for (std::size_t i = 0; i < row_block; ++i) {
              Accumulator::step(sums[i][j], terms[i], row[j], next[j * stride]);
            }
          }
        }
      }
      for (std::size_t i = 0; i < height; ++i) std::copy_n(sums[i], width, c + (i0 + i) * n + j0);
    }
  }
}

// One row or one column: 16 partial sums, then a fixed tree.
template <class Accumulator, class T>
typename Accumulator::sum_type dot(const T* a, std::size_t a_stride, const T* b, std::size_t b_stride,
                                   std::size_t depth) {
  constexpr std::size_t group = Accumulator::group, lanes = 16;
  std::array<typename Accumulator::sum_type, lanes> sums{};
  for (std::size_t k = 0; k < depth; k += group) {
    T x[2] = {a[k * a_stride], T{}}, y[2] = {b[k * b_stride], T{}};
    if (group == 2 && k + 1 < depth) x[1] = a[(k + 1) * a_stride], y[1] = b[(k + 1) * b_stride];
    auto& sum = sums[(k / group) % lanes];
    if constexpr (group == 1) {
      Accumulator::step(sum, x, y[0]);
    } else {
      Accumulator::step(sum, x, y[0], y[1]);
    }
  }
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t t = 0; t < half; ++t) sums[t] = Accumulator::join(sums[t], sums[t + half]);
  }
  return sums[0];
}

template <class Accumulator, class T, class Sum>
void multiply_any_shape(const T* a, const T* b, Sum* c, std::size_t m, std::size_t depth, std::size_t n) {
  if (depth == 0) {  // a and b may be null, to which nothing can be added
    std::fill_n(c, m * n, Sum{});
  } else if (m == 1 || n == 1) {
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] = dot<Accumulator>(a + i * depth, 1, b + j, n, depth);
    }
  } else {
    multiply<Accumulator>(a, b, c, m, depth, n);
  }
}

// The same under scales along the depth: of a, rows x blocks; of b, blocks x b_stride.
template <class Sums, class T>
void multiply_blocks(const T* a, const T* b, float* c, std::size_t rows, std::size_t depth, std::size_t n,
                     std::size_t length, const float* a_scales, const float* b_scales, std::size_t b_stride) {
  constexpr std::size_t group = Sums::group;
  const std::size_t blocks = (depth + length - 1) / length;
  const std::vector<T> zeros(n);
  std::vector<typename Sums::sum_type> sums(n);
  std::fill_n(c, rows * n, 0.0F);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t block = 0; block < blocks; ++block) {
      std::fill(sums.begin(), sums.end(), typename Sums::sum_type{});
      const std::size_t end = std::min(depth, (block + 1) * length);
      for (std::size_t k = block * length; k < end; k += group) {
        const bool whole = k + group <= end;
        const T terms[2] = {a[i * depth + k], group == 2 && whole ? a[i * depth + k + 1] : T{}};
        const T* const row = b + k * n;
        const T* const next = whole ? row + n : zeros.data();
        for (std::size_t j = 0; j < n; ++j) {
          if constexpr (group == 1) {
            Sums::step(sums[j], terms, row[j]);
          } else {
            Sums::step(sums[j], terms, row[j], next[j]);
          }
        }
      }
      for (std::size_t j = 0; j < n; ++j) {
        c[i * n + j] =
            block_sums<Sums>::add(c[i * n + j], sums[j], a_scales[i * blocks + block], b_scales[block * b_stride + j]);
      }
    }
  }
}

}  // namespace narrow::detail
