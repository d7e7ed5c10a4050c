// What a finish reads beside the sums: the finisher and the factors of rows and columns.
#pragma once

#include <algorithm>
#include <cstddef>

#include "narrow/detail/gemm/kernel.hpp"
#include "narrow/detail/workspace.hpp"

namespace narrow::detail {

template <class Finisher>
struct finish_context {
  using finisher_type = Finisher;
  using value_type = typename Finisher::value_type;
  const Finisher* last = nullptr;
  bool by_vectors = false;  // beta is 0, sums are below 2^53, and there are rows to speak of
  // Null where integers come out, which have no use for scales.
  const double* row_scale = nullptr;  // of each row, or one of all
  bool rows_vary = false;
  const double* column_scale = nullptr;       // of each column
  const value_type* uniform_scale = nullptr;  // their products where all rows have the same one, padded to a tile

  double row_scale_of(std::size_t i) const { return Finisher::leaves_integers ? 1 : row_scale[rows_vary ? i : 0]; }

  template <class A, class B>
  void fill(const Finisher& finisher, const A& a, const B& b, bool with_scale, scratch& space) {
    const std::size_t n = b.columns(), padded = n + most_columns;
    last = &finisher;
    by_vectors = finisher.s.beta == 0 && a.columns() <= std::size_t{1} << 22 && n > 1;
    if constexpr (Finisher::leaves_integers) return;
    rows_vary = !with_scale && a.varies_along(0);
    const std::size_t rows = rows_vary ? a.rows() : 1;
    double* const of_rows = space.get<double>(rows + 2 * padded);
    double* const of_columns = of_rows + rows;
    for (std::size_t i = 0; i < rows; ++i) of_rows[i] = with_scale ? 1.0 : a.scale(i);
    row_scale = of_rows, column_scale = of_columns;
    value_type* const uniform = reinterpret_cast<value_type*>(of_columns + padded);
    if (!rows_vary) uniform_scale = uniform;
    if (with_scale || !b.varies_along(1)) {
      const double same = with_scale ? 1.0 : b.scale(0);  // whose computation may be all that a small product waits for
      std::fill_n(of_columns, n, same);
      std::fill_n(uniform, n, static_cast<value_type>(of_rows[0] * same));
    } else {
      for (std::size_t j = 0; j < n; ++j) of_columns[j] = b.scale(j);
      for (std::size_t j = 0; j < n; ++j) uniform[j] = static_cast<value_type>(of_rows[0] * of_columns[j]);
    }
  }
};

}  // namespace narrow::detail
