// The typed front of products with one row or one column: from operands to a plan (vector.hpp), and the plan in pieces
// to an executor.
#pragma once

#include <algorithm>
#include <type_traits>

#include "narrow/accumulator.hpp"
#include "narrow/detail/gemm/finish_context.hpp"
#include "narrow/detail/gemm/vector_kernels.hpp"
#include "narrow/executor.hpp"

#if NARROW_HAS_X86_TARGETS

namespace narrow::detail {

// Codes as they are, for lines that have to be read first.
template <class Storage>
struct code_panel {
  using element = Storage;
  static constexpr std::size_t group = 1, planes = 1;
  template <class Operand>
  static constexpr std::int32_t offset = 0;
  template <class Operand>
  static element of(const Operand& x, std::size_t i, std::size_t j, bool) {
    return static_cast<element>(x.code(i, j));
  }
};

// What the call's pieces read: the packed vector, zero points, scales.
struct vector_parameters {
  scratch x, halves, zeros, scales;
};

template <class Panel, class Target, class Vector>
struct packed_vector {
  using element = typename Panel::element;

  // Rounded up to whole steps. Terms beyond the depth are -0 for reals: with the zeros of the matrix they give -0,
  // which leaves any sum as it is, -0 included; but within the last group +0, as accumulator.hpp pairs it.
  static element* pack(const Vector& x, bool with_scale, scratch& space) {
    constexpr std::size_t group = Panel::group, step = vector_blocks::groups * group;
    const std::size_t depth = x.columns(), padded = divided_up(depth, step) * step;
    element* const to = space.get<element>(padded + step);
    Target::template read<Panel, Vector>(&x, 0, 0, true, depth, with_scale, reinterpret_cast<std::byte*>(to));
    const std::size_t whole = divided_up(depth, group) * group;
    std::fill(to + depth, to + whole, element{});
    std::fill(to + whole, to + padded, filler());
    return to;
  }
  static element filler() {
    if constexpr (std::is_floating_point_v<element>) return -element{};
    return std::is_same_v<Panel, bf16_panel> ? static_cast<element>(0x8000) : element{};
  }
};

template <class Class, class Matrix, class Vector, class Target>
class vector_front {
 public:
  using Accumulator = typename Class::accumulator;
  using source = typename Matrix::value_type;
  static constexpr bool is_integer =
      Class::exact_integer && std::is_same_v<typename Accumulator::sum_type, std::int32_t>;

  // The matrix as outputs x depth, the vector as 1 x depth. False where no kernel has the class.
  static bool plan(const Matrix& matrix, const Vector& x, bool with_scale, vector_plan& p, vector_parameters& space) {
    p.outputs = matrix.rows(), p.depth = matrix.columns();
    p.with_scale = with_scale;
    p.operand = &matrix;
    const auto& view = matrix.elements();
    const std::ptrdiff_t down = view.stride(0), right = view.stride(1);
    const bool is_dense = right == 1 || down == 1;
    p.is_along = right == 1 || down != 1;
    p.stride = (p.is_along ? down : right) * static_cast<std::ptrdiff_t>(sizeof(source));
    const std::byte* const memory = is_dense ? reinterpret_cast<const std::byte*>(view.data()) : nullptr;
    if constexpr (is_integer) {
      return integers(matrix, x, memory, p, space);
    } else if constexpr (std::is_same_v<Accumulator, bfloat16_pairs>) {
      using Panel = bf16_panel;
      p.x = bytes(packed_vector<Panel, Target, Vector>::pack(x, with_scale, space.x));
      if constexpr (std::is_same_v<typename Matrix::E, bfloat16::encoding_type>) {
        p.matrix = memory;
      } else if constexpr (sizeof(source) == 1 && !Matrix::has_integer_values && !Matrix::folds_scales) {
        if (Target::codes() != nullptr) {
          p.kernel = Target::codes();
          p.matrix = memory;
          p.read = Target::template read<code_panel<std::uint8_t>, Matrix>;
          p.source = &code_table_of<typename Matrix::E>();
          return true;
        }
      }
      p.kernel = Target::bf16();
      p.read = Target::template read<Panel, Matrix>;
      return true;
    } else {
      using Real = typename Accumulator::operand_type;
      using Panel = real_panel<Real>;
      p.x = bytes(packed_vector<Panel, Target, Vector>::pack(x, with_scale, space.x));
      p.read = Target::template read<Panel, Matrix>;
      if constexpr (std::is_same_v<Real, double>) {
        p.kernel = Target::f64();
      } else {
        p.kernel = Target::f32();
      }
      if constexpr (std::is_same_v<source, Real>) {
        p.matrix = memory;
      } else if constexpr (std::is_same_v<Real, float> && is_half) {
        if (!with_scale) {
          p.kernel = Target::f16();
          p.matrix = memory;
          p.read = Target::template read<code_panel<std::uint16_t>, Matrix>;
        }
      }
      return true;
    }
  }

 private:
  static constexpr bool is_half = [] {
    if constexpr (requires { typename Matrix::E; }) {
      return std::is_same_v<typename Matrix::E, float16::encoding_type>;
    } else {
      return false;
    }
  }();

  template <class T>
  static const std::byte* bytes(const T* p) {
    return reinterpret_cast<const std::byte*>(p);
  }

  static bool integers(const Matrix& matrix, const Vector& x, const std::byte* memory, vector_plan& p,
                       vector_parameters& space) {
    const auto zero = static_cast<std::int32_t>(x.zero_point(x.place(0, 0)));
    p.matrix = memory;
    p.read = Target::template read<code_panel<std::uint8_t>, Matrix>;
    std::int32_t shift = 0;  // of the matrix's codes
    const auto of_bytes = Target::bytes(panel_sign::is_signed);
    if constexpr (std::is_null_pointer_v<std::remove_const_t<decltype(of_bytes)>>) {
      if (!against_words(x, zero, p, space)) return false;
    } else {
      if (!(of_bytes != nullptr ? against_bytes(x, zero, shift, p, space) : against_words(x, zero, p, space)))
        return false;
    }
    const bool varies = matrix.zero_points_vary_along(0);
    const std::size_t count = varies ? p.outputs : 1;
    std::int32_t* const zeros = space.zeros.get<std::int32_t>(count);
    for (std::size_t t = 0; t < count; ++t)
      zeros[t] = static_cast<std::int32_t>(matrix.zero_point(matrix.place(t, 0))) + shift;
    p.zero = {zeros, varies};
    if (!p.zero.all_zero()) p.correct = Target::correct;
    return true;
  }

  // One of the two is unsigned and one signed: the matrix is flipped where it has the sign of the terms. Those are the
  // vector's codes, flipped where that makes its zero point 0; else their differences from the zero point, each the sum
  // of two signed bytes: at least -255 and, the zero point not being the least code, at most 254.
  static bool against_bytes(const Vector& x, std::int32_t zero, std::int32_t& shift, vector_plan& p,
                            vector_parameters& space) {
    constexpr bool matrix_is_signed = Matrix::E::is_signed, x_is_signed = Vector::E::is_signed;
    const bool as_they_are = zero == 0, flipped = zero == (x_is_signed ? -128 : 128);
    const bool terms_signed = as_they_are ? x_is_signed : flipped ? !x_is_signed : true;
    if (terms_signed) {
      const auto* const to = packed_vector<byte_panel<panel_sign::is_signed>, Target, Vector>::pack(x, false, space.x);
      p.x = bytes(to);
      const bool needs_split = !as_they_are && !flipped && p.depth != 0;
      if (needs_split && !split(x, reinterpret_cast<const std::int8_t*>(to), zero, p, space.halves)) return false;
    } else {
      p.x = bytes(packed_vector<byte_panel<panel_sign::is_unsigned>, Target, Vector>::pack(x, false, space.x));
    }
    p.x_total = terms_signed ? total<std::int8_t>(p) : total<std::uint8_t>(p);
    static constexpr byte_flip none{0}, sign{128};
    const byte_flip& flip = matrix_is_signed == terms_signed ? sign : none;
    if (flip.value != 0) shift = matrix_is_signed ? 128 : -128;
    p.blank = flip.value;
    p.source = &flip;
    p.kernel = Target::bytes(terms_signed ? panel_sign::is_unsigned : panel_sign::is_signed);
    return true;
  }

  // Terms are differences from the zero point, which 16 bits hold, and pairs of products 32.
  static bool against_words(const Vector& x, std::int32_t zero, vector_plan& p, vector_parameters& space) {
    constexpr std::int32_t most = 1 << 14;
    if (zero > most || zero < -most) return false;
    p.kernel = Target::words(Matrix::E::is_signed ? panel_sign::is_signed : panel_sign::is_unsigned);
    auto* const to = packed_vector<pair_panel, Target, Vector>::pack(x, false, space.x);
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < p.depth; ++k) {
      to[k] = static_cast<std::int16_t>(to[k] - zero);
      sum += to[k];
    }
    p.x = bytes(to);
    p.x_total = static_cast<std::int32_t>(sum);
    return true;
  }

  // Halves of the differences of x's codes, packed as signed bytes, from its zero point, and the other halves behind
  // them. False where these are more than two bytes hold.
  static bool split(const Vector& x, const std::int8_t* codes, std::int32_t zero, vector_plan& p, scratch& space) {
    using Panel = byte_panel<panel_sign::is_signed>;
    constexpr std::size_t step = vector_blocks::groups * Panel::group;
    const std::int32_t packed_zero = zero + Panel::template offset<Vector>;
    if (packed_zero <= -128 || packed_zero > 127) return false;
    const std::size_t size = divided_up(x.columns(), step) * step;
    std::int8_t* const first = space.get<std::int8_t>(2 * size);
    std::fill(first, first + 2 * size, std::int8_t{0});
    for (std::size_t k = 0; k < x.columns(); ++k) {
      const std::int32_t term = codes[k] - packed_zero, half = term >> 1;
      first[k] = static_cast<std::int8_t>(half);
      first[size + k] = static_cast<std::int8_t>(term - half);
    }
    p.x = bytes(first);
    p.more = static_cast<std::ptrdiff_t>(size);
    return true;
  }

  // The sum of the terms, modulo 2^32.
  template <class Byte>
  static std::int32_t total(const vector_plan& p) {
    std::uint32_t result = 0;
    for (std::size_t k = 0; k < p.depth; ++k) {
      result += static_cast<std::uint32_t>(reinterpret_cast<const Byte*>(p.x)[k]);
      if (p.more != 0) result += static_cast<std::uint32_t>(reinterpret_cast<const Byte*>(p.x + p.more)[k]);
    }
    return static_cast<std::int32_t>(result);
  }
};

// Pieces of whole cache lines of outputs, none too small to be worth a task.
template <executor E>
void run_in_parts(const vector_plan& plan, const E& e) {
  const std::size_t threads = concurrency_of(e);
  constexpr double least_terms = 1 << 18;
  const double terms = static_cast<double>(plan.outputs) * static_cast<double>(plan.depth);
  const auto worth = static_cast<std::size_t>(std::min(terms / least_terms, 1e6));
  const std::size_t wanted = std::min(threads == 1 ? 1 : threads * 2, worth);
  if (wanted <= 1) {
    vector_run(plan).run(0, plan.outputs);
    return;
  }
  const std::size_t size = even_piece(plan.outputs, divided_up(plan.outputs, wanted), 64);
  e.parallel_for(divided_up(plan.outputs, size), [&](std::size_t piece) {
    vector_run(plan).run(piece * size, std::min(size, plan.outputs - piece * size));
  });
}

// The product by a plan that has the target's functions already, but for `finish`.
template <class Sum, class A, class B, class Finisher, class E>
void run_vector_plan(vector_plan& plan, decltype(vector_plan::finish) finish, const A& a, const B& b,
                     const Finisher& last, bool with_scale, scratch& scales, const E& e) {
  finish_context<Finisher> context;
  if (Sum* const c = last.template sums_in_place<Sum>((A::factor_is_one && B::factor_is_one) || with_scale)) {
    plan.c = c;
    plan.c_stride = plan.outputs_are_columns ? 1 : last.out.view.stride(0);
  } else {
    context.fill(last, a, b, with_scale, scales);
    plan.finisher = &context;
    plan.finish = finish;
  }
  run_in_parts(plan, e);
}

// c, of one row or one column, by the vector kernels of the target; false where there is none for the operands.
template <class Class, class GemmTarget, class A, class B, class Finisher, class E>
bool multiply_vector(GemmTarget gemm_target, const A& a, const B& b, const Finisher& last, bool with_scale,
                     const E& e) {
  using Target = decltype(vector_target_of(gemm_target));
  using Front = vector_front<Class, A, B, Target>;
  using Sum = std::conditional_t<std::is_same_v<typename Class::accumulator, fma_chain<double>>, double,
                                 std::conditional_t<Front::is_integer, std::int32_t, float>>;
  leased<vector_parameters> lease;
  vector_parameters& space = *lease;
  vector_plan plan;
  // Alive until the product is done: the plan points to them.
  const auto x = b.transposed();
  plan.outputs_are_columns = b.columns() != 1;
  const bool planned = plan.outputs_are_columns ? vector_front<Class, B, A, Target>::plan(x, a, with_scale, plan, space)
                                                : Front::plan(a, x, with_scale, plan, space);
  if (!planned) return false;
  run_vector_plan<Sum>(plan, GemmTarget::template finish<finish_context<Finisher>, Sum>, a, b, last, with_scale,
                       space.scales, e);
  return true;
}

}  // namespace narrow::detail

#endif
