// From a tile's sums to the output, while they are in the first-level cache; included in each target's region. By
// vectors where every step has a vector form, with the same bits; else by the finisher's plain loop.

#include "narrow/detail/gemm/requantize.inl"

// The vector forms of epilogues: apply(op, values, i, j, n) for columns [j, j + n) of row i of the output, n at most a
// vector. First n elements side by side where they are of the type, else one by one, by `value`.
template <class V, class T, class Get>
[[gnu::always_inline]] inline typename V::vector load_values(const T* from, bool side_by_side, std::size_t n,
                                                             const Get& value, V) {
  using Value = std::remove_cvref_t<decltype(std::declval<typename V::vector>()[0])>;
  alignas(64) Value values[V::width] = {};
  if constexpr (std::is_same_v<T, Value>) {
    if (side_by_side) {
      if (n == V::width) return V::from(from);
      __builtin_memcpy(values, from, n * sizeof(Value));
      return V::from(values);
    }
  }
  for (std::size_t t = 0; t < n; ++t) values[t] = value(t);
  return V::from(values);
}
template <class V, class Values>
[[gnu::always_inline]] inline typename V::vector apply(const column_bias<Values>& op, const typename V::vector& x,
                                                       std::size_t, std::size_t j, std::size_t n, V lanes) {
  using Value = std::remove_cvref_t<decltype(x[0])>;
  const auto& elements = op.elements();
  const auto value = [&](std::size_t t) { return static_cast<Value>(real_value(elements(j + t))); };
  return V::sum(x, load_values(elements.data() + j, elements.stride(0) == 1, n, value, lanes));
}
template <class V, class T, class Scheme>
[[gnu::always_inline]] inline typename V::vector apply(const residual_sum<T, Scheme>& op, const typename V::vector& x,
                                                       std::size_t i, std::size_t j, std::size_t n, V lanes) {
  using Value = std::remove_cvref_t<decltype(x[0])>;
  const T* const row = op.row(i);
  const auto value = [&](std::size_t t) { return op.template value<Value>(row, i, j + t); };
  return V::sum(x, load_values(row + j, op.images.stride(3) == 1, n, value, lanes));
}
template <class V>
[[gnu::always_inline]] inline typename V::vector apply(const relu_epilogue&, const typename V::vector& x, std::size_t,
                                                       std::size_t, std::size_t, V) {
  return V::larger(V::all(0), x);
}
template <class V>
[[gnu::always_inline]] inline typename V::vector apply(const clamp& op, const typename V::vector& x, std::size_t,
                                                       std::size_t, std::size_t, V) {
  using Value = std::remove_cvref_t<decltype(x[0])>;
  return V::smaller(V::all(static_cast<Value>(op.high)), V::larger(V::all(static_cast<Value>(op.low)), x));
}

template <class V, std::size_t I, class Ops>
[[gnu::always_inline]] inline typename V::vector apply_all(const Ops& ops, const typename V::vector& x, std::size_t i,
                                                           std::size_t j, std::size_t n) {
  if constexpr (I == std::tuple_size_v<Ops>) {
    return x;
  } else {
    return apply_all<V, I + 1>(ops, apply(std::get<I>(ops), x, i, j, n, V{}), i, j, n);
  }
}

template <class Op>
inline constexpr bool has_vector_form = std::is_same_v<Op, relu_epilogue> || std::is_same_v<Op, clamp>;
template <class Values>
inline constexpr bool has_vector_form<column_bias<Values>> = true;
template <class T, class Scheme>
inline constexpr bool has_vector_form<residual_sum<T, Scheme>> = true;

template <class Ops>
inline constexpr bool all_have_vector_forms = false;
template <class... Op>
inline constexpr bool all_have_vector_forms<std::tuple<const Op&...>> = (has_vector_form<Op> && ...);

template <class Context, class Sum>
inline constexpr bool finishes_by_vectors = [] {
  using F = typename Context::finisher_type;
  using Value = typename F::value_type;
  // An integer above 2^53 is rounded to odd on its way to a double: the plain loop does it.
  return all_have_vector_forms<typename F::ops_type> && !F::takes_integers &&
         (std::is_same_v<Value, double> || !std::is_same_v<Sum, std::int64_t>)&&(std::is_same_v<Value, double> ||
                                                                                 !std::is_same_v<Sum, double>);
}();

// Parameters are copied: for all that the compiler knows, what is written might change them.
template <class Context, class Sum>
void finish_by_vectors(const Context& c, const Sum* sums, std::ptrdiff_t stride, std::size_t i, std::size_t rows,
                       std::size_t j, std::size_t columns) {
  using Value = typename Context::value_type;
  using T = typename Context::finisher_type::T;
  using V = value_lanes<Value>;
  const auto& last = *c.last;
  const typename V::vector alpha = V::all(static_cast<Value>(last.s.alpha));
  alignas(64) Value buffer[most_columns], scale[most_columns];
  const bool is_uniform = c.uniform_scale != nullptr;
  const Value* const factor = is_uniform ? c.uniform_scale + j : scale;
  // Reals of the output's type go there at once, but for what does not fill a vector.
  constexpr bool may_go_at_once = std::is_same_v<T, Value> || (std::is_same_v<T, float> && sizeof(Value) == 8);
  const bool at_once = may_go_at_once && last.out.view.stride(1) == 1;
  const std::size_t whole = at_once ? columns / V::width * V::width : 0;
  for (std::size_t r = 0; r < rows; ++r, sums += stride) {
    if (!is_uniform) {
      const double row_scale = c.row_scale_of(i + r);
      for (std::size_t q = 0; q < columns; ++q) scale[q] = static_cast<Value>(row_scale * c.column_scale[j + q]);
    }
    const auto value = [&](std::size_t q, std::size_t n) __attribute__((always_inline)) {
      const typename V::vector x = V::product(V::product(V::from(sums + q), V::from(factor + q)), alpha);
      return apply_all<V, 0>(last.ops, x, i + r, j + q, n);
    };
    if constexpr (may_go_at_once) {
      T* const to = &last.out.view(i + r, j);
      for (std::size_t q = 0; q < whole; q += V::width) V::store(to + q, value(q, V::width));
      if (whole == columns) continue;
    }
    for (std::size_t q = whole; q < columns; q += V::width) {
      V::store(buffer + q, value(q, columns - q < V::width ? columns - q : V::width));
    }
    last.store(buffer + whole, i + r, j + whole, columns - whole);
  }
}

template <class Context, class Sum>
void finish_tile(const void* context, const void* sums, std::ptrdiff_t stride, std::size_t i, std::size_t rows,
                 std::size_t j, std::size_t columns) {
  const Context& c = *static_cast<const Context*>(context);
  const auto& last = *c.last;
  const auto* const first = static_cast<const Sum*>(sums);
  if constexpr (requantizes_by_vectors<Context, Sum>) {
    if (c.by_vectors && requantize_by_vectors(last, first, stride, i, rows, j, columns)) return;
  }
  if constexpr (finishes_by_vectors<Context, Sum>) {
    if (c.by_vectors) {
      finish_by_vectors(c, first, stride, i, rows, j, columns);
      return;
    }
  }
  typename Context::value_type buffer[most_columns];
  for (std::size_t r = 0; r < rows; ++r) {
    const double row_scale = c.row_scale_of(i + r);
    last.row(
        first + static_cast<std::ptrdiff_t>(r) * stride, i + r, j, columns,
        [&](std::size_t q) { return row_scale * c.column_scale[q]; }, buffer);
  }
}
