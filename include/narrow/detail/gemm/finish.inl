// From a tile's sums to the output, while they are in the first-level cache; included in each target's region. By
// vectors where every step has a vector form, with the same bits; else by the finisher's plain loop.

// The vector forms of epilogues: apply(op, values, j, n) for columns [j, j + n) of the output, n at most a vector.
template <class V, class Values>
[[gnu::always_inline]] inline typename V::vector apply(const column_bias<Values>& op, const typename V::vector& x,
                                                       std::size_t j, std::size_t n, V) {
  using Value = std::remove_cvref_t<decltype(x[0])>;
  Value values[V::width] = {};
  const auto& elements = op.elements();
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(elements(0))>, Value>) {
    if (elements.stride(0) == 1) {
      if (n == V::width) return V::sum(x, V::from(elements.data() + j));
      __builtin_memcpy(values, elements.data() + j, n * sizeof(Value));
      return V::sum(x, V::from(values));
    }
  }
  for (std::size_t t = 0; t < n; ++t) values[t] = static_cast<Value>(real_value(elements(j + t)));
  return V::sum(x, V::from(values));
}
template <class V>
[[gnu::always_inline]] inline typename V::vector apply(const relu_epilogue&, const typename V::vector& x, std::size_t,
                                                       std::size_t, V) {
  return V::larger(V::all(0), x);
}
template <class V>
[[gnu::always_inline]] inline typename V::vector apply(const clamp& op, const typename V::vector& x, std::size_t,
                                                       std::size_t, V) {
  using Value = std::remove_cvref_t<decltype(x[0])>;
  return V::smaller(V::all(static_cast<Value>(op.high)), V::larger(V::all(static_cast<Value>(op.low)), x));
}

template <class V, std::size_t I, class Ops>
[[gnu::always_inline]] inline typename V::vector apply_all(const Ops& ops, const typename V::vector& x, std::size_t j,
                                                           std::size_t n) {
  if constexpr (I == std::tuple_size_v<Ops>) {
    return x;
  } else {
    return apply_all<V, I + 1>(ops, apply(std::get<I>(ops), x, j, n, V{}), j, n);
  }
}

template <class Op>
inline constexpr bool has_vector_form = std::is_same_v<Op, relu_epilogue> || std::is_same_v<Op, clamp>;
template <class Values>
inline constexpr bool has_vector_form<column_bias<Values>> = true;

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

// Codes of 8 bits from 32-bit sums, an integer bias and requantization by a float; into memory that runs along the row.
template <class Context, class Sum>
inline constexpr bool requantizes_by_vectors = false;
template <class Context>
inline constexpr bool requantizes_by_vectors<Context, std::int32_t> = [] {
  using F = typename Context::finisher_type;
  using Ops = typename F::ops_type;
  constexpr std::size_t count = std::tuple_size_v<Ops>;
  if constexpr (count == 0 || count > 2 || sizeof(typename F::T) != 1 || !F::saturates) {
    return false;
  } else {
    constexpr bool last = std::is_same_v<typename F::template op_type<count - 1>, requantize_float>;
    if constexpr (last && count == 2) {
      return requires(typename F::template op_type<0> op) { std::int32_t{op.at(0)}, op.acts_on_accumulator; };
    } else {
      return last;
    }
  }
}();

template <class Finisher>
void requantize_row(const Finisher& last, const std::int32_t* sums, std::size_t i, std::size_t j, std::size_t columns) {
  using E = encoding_of<typename Finisher::T>;
  using V = value_lanes<float>;
  constexpr std::size_t count = std::tuple_size_v<typename Finisher::ops_type>;
  const requantize_float& op = std::get<count - 1>(last.ops);
  const std::int32_t lowest = op.lowest > E::min_code ? op.lowest : static_cast<std::int32_t>(E::min_code);
  const std::int32_t highest = op.highest < E::max_code ? op.highest : static_cast<std::int32_t>(E::max_code);
  // Integers below 2^24, exact in float; rounding keeps to them.
  const V::vector low = V::all(static_cast<float>(lowest - op.zero_point));
  const V::vector high = V::all(static_cast<float>(highest - op.zero_point));
  std::uint8_t* const to = reinterpret_cast<std::uint8_t*>(&last.out.view(i, j));
  const float* const scales = op.scales.data();
  const bool each_column = op.scales.size() != 1;
  for (std::size_t q = 0; q < columns; q += V::width) {
    const std::size_t n = columns - q < V::width ? columns - q : V::width;
    native_words sum = load_words(sums + q);
    if constexpr (count == 2) {
      const auto& bias = std::get<0>(last.ops).elements();
      std::int32_t some[V::width] = {};
      if (bias.stride(0) == 1 && n == V::width) {
        sum = saturating_sum(sum, load_words(bias.data() + j + q));
      } else {
        for (std::size_t t = 0; t < n; ++t) some[t] = bias(j + q + t);
        sum = saturating_sum(sum, load_words(some));
      }
    }
    V::vector scale = V::all(scales[0]);
    if (each_column) {
      if (n == V::width) {
        scale = V::from(scales + j + q);
      } else {
        float some[V::width] = {};
        __builtin_memcpy(some, scales + j + q, n * sizeof(float));
        scale = V::from(some);
      }
    }
    const V::vector real = V::smaller(high, V::larger(low, V::product(V::from_words(sum), scale)));
    const native_words code = V::rounded(real, op.zero_point);
    if (n == V::width) {
      store_words(to + q, code);
    } else {
      std::uint8_t rest[V::width];
      store_words(rest, code);
      __builtin_memcpy(to + q, rest, n);
    }
  }
}

template <class Context, class Sum>
void finish_tile(const void* context, const void* sums, std::ptrdiff_t stride, std::size_t i, std::size_t rows,
                 std::size_t j, std::size_t columns) {
  const Context& c = *static_cast<const Context*>(context);
  const auto& last = *c.last;
  using Value = typename Context::value_type;
  alignas(64) Value buffer[most_columns];
  for (std::size_t r = 0; r < rows; ++r) {
    const Sum* const row = static_cast<const Sum*>(sums) + static_cast<std::ptrdiff_t>(r) * stride;
    if constexpr (requantizes_by_vectors<Context, Sum>) {
      if (c.by_vectors && last.out.view.stride(1) == 1) {
        requantize_row(last, row, i + r, j, columns);
        continue;
      }
    }
    const double row_scale = c.row_scale_of(i + r);
    if constexpr (finishes_by_vectors<Context, Sum>) {
      if (c.by_vectors) {
        using V = value_lanes<Value>;
        alignas(64) Value scale[most_columns];
        const Value* factor = c.uniform_scale == nullptr ? scale : c.uniform_scale + j;
        if (c.uniform_scale == nullptr) {
          for (std::size_t q = 0; q < columns; ++q) scale[q] = static_cast<Value>(row_scale * c.column_scale[j + q]);
        }
        const auto alpha = static_cast<Value>(last.s.alpha);
        for (std::size_t q = 0; q < columns; q += V::width) {
          const std::size_t n = columns - q < V::width ? columns - q : V::width;
          typename V::vector x = V::product(V::from(row + q), V::from(factor + q));
          if (alpha != 1) x = V::product(V::all(alpha), x);
          V::store(buffer + q, apply_all<V, 0>(last.ops, x, j + q, n));
        }
        last.store(buffer, i + r, j, columns);
        continue;
      }
    }
    last.row(
        row, i + r, j, columns, [&](std::size_t q) { return row_scale * c.column_scale[q]; }, buffer);
  }
}
