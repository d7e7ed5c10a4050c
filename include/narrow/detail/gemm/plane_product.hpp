// Integers of a few bits times binary ones, by the kernel of bits: one product for each bit plane of a.
//
// Plane p of a, its bits s_p as binary numbers 1 - 2 s_p, times b gives sums X_p. A code is the sum of w_p s_p, with
// w_p = 2^p (of two's complement, -2^p at the top), so that with C = the column sums of b
//
//   sum (code - zero) b = sum of w_p (C - X_p) / 2 - zero C = ((W - 2 zero) C - sum of w_p X_p) / 2,   W = sum of w_p
//
// exactly. The planes of a piece of c follow one another, the highest first: its sums wait in the second-level cache,
// the next plane's tiles double them and add theirs (Horner), and the last one's go on to the output, as any tile's.
// C is the product with a row of ones.
#pragma once

#include <algorithm>
#include <cstring>

#include "narrow/detail/gemm/compute_class.hpp"
#include "narrow/detail/gemm/finish.hpp"
#include "narrow/detail/gemm/finish_context.hpp"
#include "narrow/detail/gemm/kernels.hpp"
#include "narrow/detail/gemm/packed_operand.hpp"
#include "narrow/executor.hpp"

namespace narrow::detail {

// One plane of some rows, as an operand of the kernel of bits.
template <class T>
struct plane_operand {
  using value_type = T;
  matrix_view<const T> view;
  int plane = 0;
  const matrix_view<const T>& elements() const { return view; }
  plane_operand transposed() const { return {narrow::transposed(view), plane}; }
  int code(std::size_t i, std::size_t j) const { return storage_of(T(view(i, j))) >> plane; }
};

struct plane_workspace {
  scratch panels, ones, column_sums, scales;
};
struct plane_piece_workspace {
  scratch higher;
};

// Takes the tiles of a plane that is not the first.
struct plane_sums {
  std::int32_t* higher = nullptr;  // of the planes before, row-major
  std::ptrdiff_t stride = 0;
  std::int32_t weight = 0;  // of those: 2, but -2 after the top one of two's complement, and 0 where there are none
  void (*add)(const std::int32_t* sums, std::int32_t weight, std::int32_t* higher, std::size_t n) = nullptr;

  std::int32_t* higher_at(std::size_t i, std::size_t j) const {
    return higher + static_cast<std::ptrdiff_t>(i) * stride + static_cast<std::ptrdiff_t>(j);
  }
  static void between(const void* self, const void* sums, std::ptrdiff_t stride, std::size_t i, std::size_t rows,
                      std::size_t j, std::size_t columns) {
    const auto& s = *static_cast<const plane_sums*>(self);
    const auto* from = static_cast<const std::int32_t*>(sums);
    for (std::size_t r = 0; r < rows; ++r, from += stride) s.add(from, s.weight, s.higher_at(i + r, j), columns);
  }
};

// The last plane: the tile's sums become those of all, and go on.
template <class A>
struct all_planes : plane_sums {
  const A* a = nullptr;
  std::size_t row = 0, column = 0;        // where the piece begins in c
  std::int32_t weights = 0;               // W
  const std::int32_t* columns = nullptr;  // C
  std::int32_t* c = nullptr;              // where the sums are the result; else
  std::ptrdiff_t c_stride = 0;
  const void* finisher = nullptr;
  decltype(gemm_plan::finish) finish = nullptr;
  void (*sum)(const std::int32_t* sums, std::int32_t weight, const std::int32_t* higher, std::int32_t factor,
              const std::int32_t* column, std::int32_t* to, std::size_t n) = nullptr;

  static void at_last(const void* self, const void* sums, std::ptrdiff_t stride, std::size_t i, std::size_t rows,
                      std::size_t j, std::size_t n) {
    const auto& s = *static_cast<const all_planes*>(self);
    const auto* from = static_cast<const std::int32_t*>(sums);
    alignas(64) std::int32_t tile[most_rows * most_columns];
    constexpr std::ptrdiff_t tile_stride = most_columns;
    const std::size_t top = s.row + i, left = s.column + j;
    for (std::size_t r = 0; r < rows; ++r, from += stride) {
      const auto zero = static_cast<std::int32_t>(s.a->zero_point(s.a->place(top + r, 0)));
      std::int32_t* const to =
          s.c != nullptr ? s.c + static_cast<std::ptrdiff_t>(top + r) * s.c_stride + static_cast<std::ptrdiff_t>(left)
                         : tile + static_cast<std::ptrdiff_t>(r) * tile_stride;
      s.sum(from, s.weight, s.weight == 0 ? from : s.higher_at(i + r, j), s.weights - 2 * zero, s.columns + left, to,
            n);
    }
    if (s.c == nullptr) s.finish(s.finisher, tile, tile_stride, top, rows, left, n);
  }
};

// Pieces of c whose sums stay in the second-level cache beside the panels: 96 rows of 1,024 columns take 384 KiB.
inline constexpr std::size_t plane_rows = 96, plane_columns = 1024, plane_columns_of_threads = 256;
// Deeper sums of planes would not fit int32, doubled.
inline constexpr std::size_t most_plane_depth = std::size_t{1} << 24;

// The kernel of bits; null where the target has none, or bytes are faster: for little depth, and what was packed as
// such.
template <class Target, class A, class B>
const tile_kernel* plane_kernel(const B& b, std::size_t depth) {
  const tile_kernel* const kernel = Target::template kernel<bit_panel>();
  if (kernel == nullptr || depth == 0 || depth > most_plane_depth) return nullptr;
  if constexpr (is_packed<B>) {
    return ready_panels<bit_panel>(b, *kernel, false) != nullptr ? kernel : nullptr;
  } else {
    return depth >= least_plane_depth(A::E::bits) ? kernel : nullptr;
  }
}

// False where plane_kernel gives none.
template <class Target, class A, class B, class Finisher, class E>
bool run_planes([[maybe_unused]] Target target, const A& a, const B& b, const Finisher& last, const E& e) {
  using T = typename A::value_type;
  const std::size_t m = a.rows(), depth = a.columns(), n = b.columns();
  const tile_kernel* const kernel = plane_kernel<Target, A>(b, depth);
  if (kernel == nullptr) return false;
  leased<plane_workspace> lease;
  plane_workspace& space = *lease;
  gemm_plan of_b;
  of_b.kernel = kernel;
  of_b.m = 1, of_b.n = n, of_b.depth = depth;
  take_panels<bit_panel, Target>(of_b, b, space.panels);

  gemm_plan ones = of_b;
  const std::size_t row_bytes = divided_up(depth, kernel->group) * kernel->unit;
  std::byte* const row = space.ones.bytes(row_bytes);
  std::memset(row, 0, row_bytes);
  std::int32_t* const column_sums = space.column_sums.template get<std::int32_t>(n);
  ones.ready_a = row, ones.c = column_sums, ones.c_stride = static_cast<std::ptrdiff_t>(n);
  gemm_run(ones, {0, 1, 0, n}).run();

  constexpr int bits = A::E::bits;
  all_planes<A> all;
  all.a = &a;
  all.weights = A::E::is_signed ? -1 : (1 << bits) - 1;
  all.columns = column_sums;
  all.add = Target::add_plane;
  all.sum = Target::finish_planes;
  finish_context<Finisher> context;
  if (std::int32_t* const c = last.template sums_in_place<std::int32_t>(A::factor_is_one && B::factor_is_one)) {
    all.c = c, all.c_stride = last.out.view.stride(0);
  } else {
    context.fill(last, a, b, false, space.scales);
    all.finisher = &context;
    all.finish = Target::template finish<finish_context<Finisher>, std::int32_t>;
  }

  const std::size_t threads = concurrency_of(e), width = kernel->panel_columns();
  const std::size_t rows = even_piece(m, plane_rows, kernel->rows);
  const std::size_t columns = even_piece(n, threads == 1 ? plane_columns : plane_columns_of_threads, width);
  const std::size_t down = divided_up(m, rows), across = divided_up(n, columns);
  e.parallel_for(down * across, [&](std::size_t piece) {
    leased<plane_piece_workspace> piece_lease;
    all_planes<A> mine = all;
    mine.row = piece / across * rows, mine.column = piece % across * columns;
    const std::size_t height = std::min(rows, m - mine.row), some = std::min(columns, n - mine.column);
    mine.stride = static_cast<std::ptrdiff_t>(divided_up(some, 16) * 16 + 16);
    mine.higher = (*piece_lease).higher.template get<std::int32_t>(height * static_cast<std::size_t>(mine.stride));
    const auto& codes = a.elements();
    plane_operand<T> operand{matrix_view<const T>(&codes(mine.row, 0), {height, depth}, codes.strides())};
    gemm_plan plan = of_b;
    plan.m = height, plan.n = some;
    plan.packed_b += mine.column / width * plan.packed_stride;
    for (int plane = bits - 1; plane >= 0; --plane) {
      operand.plane = plane;
      plan.a = Target::template packing<bit_panel>(operand, false);
      plan.c = nullptr, plan.finisher = &mine;
      if (plane == 0) {
        plan.finish = &all_planes<A>::at_last;
      } else if (plane == bits - 1) {
        plan.c = mine.higher, plan.c_stride = mine.stride;
      } else {
        plan.finisher = static_cast<const plane_sums*>(&mine);
        plan.finish = &plane_sums::between;
      }
      gemm_run(plan, {0, height, 0, some}).run();
      mine.weight = plane == bits - 1 && A::E::is_signed ? -2 : 2;
    }
  });
  return true;
}

}  // namespace narrow::detail
