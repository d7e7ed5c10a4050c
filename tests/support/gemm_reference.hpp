// What the tests of products share: an independent statement of how a product is summed, matrices in every layout
// with canaries around them, and random elements.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

#include "narrow/element.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow_test {

__extension__ using int128 = __int128;
using generator = std::mt19937_64;

// Normally distributed, over some binades more.
inline std::vector<float> random_reals(std::size_t n, generator& random) {
  std::vector<float> result(n);
  for (auto& x : result) {
    x = static_cast<float>(std::ldexp(std::normal_distribution<double>()(random), static_cast<int>(random() % 9)));
  }
  return result;
}

// ---- elements -----------------------------------------------------------------------------------------------------

// Floats: normal and of moderate size, so that sums neither overflow nor lose everything. Codes: any.
template <class T>
T random_element(generator& random) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(random());
  } else {
    if constexpr (!std::is_floating_point_v<T>) {
      constexpr bool whole = narrow::integer_valued_encoding<narrow::encoding_of<T>>;
      if constexpr (narrow::fixed_point_element<T> || whole)
        return T::from_bits(static_cast<typename T::bits_type>(random()));
    }
    const double fraction = 1 + std::ldexp(static_cast<double>(random() >> 12), -52);
    const double value = std::ldexp(fraction, static_cast<int>(random() % 8) - 4);
    return T((random() & 1) != 0 ? value : -value);
  }
}

// The integer that an exact product multiplies, and the power of two that it leaves out.
template <class T>
std::int64_t code_of(T x) {
  if constexpr (std::is_integral_v<T>) {
    return x;
  } else {
    return x.storage();
  }
}
template <class T>
int fraction_bits() {
  if constexpr (narrow::real_element<T>) {
    return 0;
  } else if constexpr (narrow::fixed_point_element<T>) {
    return narrow::encoding_of<T>::fraction_bits;
  } else {
    return 0;
  }
}
// A real, or the code of a fixed-point number: what a product of reals multiplies.
template <class T>
double factor_of(T x) {
  if constexpr (narrow::real_element<T>) {
    return static_cast<double>(x);
  } else if constexpr (narrow::fixed_point_element<T>) {
    return static_cast<double>(code_of(x));
  } else {
    return double(x);
  }
}

// ---- matrices -----------------------------------------------------------------------------------------------------

enum class layout { dense, padded, columns, padded_columns, upward, leftward, rotated, every_other };
inline constexpr int layout_count = 8;

// rows x columns in one of the layouts; every byte outside of the elements is a canary.
template <class T>
class matrix {
 public:
  matrix(std::size_t rows, std::size_t columns, layout where) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto m = static_cast<std::ptrdiff_t>(rows), n = static_cast<std::ptrdiff_t>(columns);
    std::ptrdiff_t row = n, column = 1;
    if (where == layout::padded) row = n + 3;
    if (where == layout::columns) row = 1, column = m;
    if (where == layout::padded_columns) row = 1, column = m + 5;
    if (where == layout::upward) row = -(n + 1);
    if (where == layout::leftward) column = -1;
    if (where == layout::rotated) row = -n, column = -1;
    if (where == layout::every_other) row = 2 * n + 1, column = 2;
    std::ptrdiff_t low = 0, high = 0;
    if (rows > 0 && columns > 0) {
      (row < 0 ? low : high) += (m - 1) * row;
      (column < 0 ? low : high) += (n - 1) * column;
    }
    constexpr std::ptrdiff_t margin = 7;
    memory_.resize(static_cast<std::size_t>(high - low + 1 + 2 * margin));
    for (auto& cell : memory_) std::memset(static_cast<void*>(&cell), 0xA5, sizeof cell);
    first_ = memory_.data() + margin - low, row_ = row, column_ = column;
    view_ = narrow::matrix_view<T>(first_, {rows, columns}, {row, column});
  }
  matrix(const matrix&) = delete;
  matrix& operator=(const matrix&) = delete;

  const narrow::matrix_view<T>& view() const { return view_; }
  // Not through the view, which takes ten times as long under sanitizers: most of a test's time is its own loops.
  T& operator()(std::size_t i, std::size_t j) const {
    return first_[static_cast<std::ptrdiff_t>(i) * row_ + static_cast<std::ptrdiff_t>(j) * column_];
  }

  void fill(generator& random) const {
    const std::size_t rows = view_.rows(), columns = view_.columns();
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) (*this)(i, j) = random_element<T>(random);
    }
  }

  bool canaries_live() const {
    const std::size_t rows = view_.rows(), columns = view_.columns(), count = memory_.size();
    std::vector<char> is_inside(count, 0);
    char* const inside = is_inside.data();
    const T* const memory = memory_.data();
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) inside[&(*this)(i, j) - memory] = 1;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (inside[i] != 0) continue;
      const auto* bytes = reinterpret_cast<const unsigned char*>(memory + i);
      for (std::size_t byte = 0; byte < sizeof(T); ++byte) {
        if (bytes[byte] != 0xA5) return false;
      }
    }
    return true;
  }
  // Nothing at all has been written since the construction.
  bool untouched() const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(memory_.data());
    for (std::size_t i = 0; i < memory_.size() * sizeof(T); ++i) {
      if (bytes[i] != 0xA5) return false;
    }
    return true;
  }

 private:
  std::vector<T> memory_;
  T* first_ = nullptr;
  std::ptrdiff_t row_ = 0, column_ = 0;
  narrow::matrix_view<T> view_;
};

// ---- sums ---------------------------------------------------------------------------------------------------------

// All sums over k of integers x(i, k) * y(k, j), row by row. What is asked for once is not asked for in the loop.
template <class X, class Y>
std::vector<std::int64_t> integer_products(std::size_t m, std::size_t depth, std::size_t n, const X& x, const Y& y) {
  std::vector<std::int64_t> rows(m * depth), columns(n * depth), sums(m * n);
  std::int64_t *row = rows.data(), *column = columns.data(), *to = sums.data();
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < depth; ++k) *row++ = x(i, k);
  }
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < depth; ++k) *column++ = y(k, j);
  }
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const std::int64_t *a = rows.data() + i * depth, *b = columns.data() + j * depth;
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < depth; ++k) sum += a[k] * b[k];
      *to++ = sum;
    }
  }
  return sums;
}

// One FMA chain, the depth ascending; with one row or one column, 16 partial sums and a tree.
template <class Real>
Real chain_sum(const std::vector<Real>& a, const std::vector<Real>& b, bool is_vector) {
  if (!is_vector) {
    Real sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k) sum = std::fma(a[k], b[k], sum);
    return sum;
  }
  Real partial[16] = {};
  for (std::size_t k = 0; k < a.size(); ++k) partial[k % 16] = std::fma(a[k], b[k], partial[k % 16]);
  for (std::size_t half : {8U, 4U, 2U, 1U}) {
    for (std::size_t t = 0; t < half; ++t) {
      volatile Real joined = partial[t] + partial[t + half];
      partial[t] = joined;
    }
  }
  return partial[0];
}

inline float without_subnormals(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0F, x) : x; }

// As vdpbf16ps: pairs, the odd term first, subnormals read and written as zero. A last odd term is paired with zeros.
inline float pair_sum(std::vector<float> a, std::vector<float> b, bool is_vector) {
  if (a.size() % 2 != 0) a.push_back(0), b.push_back(0);
  float partial[16] = {};
  for (std::size_t p = 0; p < a.size() / 2; ++p) {
    float& sum = partial[is_vector ? p % 16 : 0];
    for (const std::size_t k : {2 * p + 1, 2 * p}) {
      sum = without_subnormals(std::fma(without_subnormals(a[k]), without_subnormals(b[k]), sum));
    }
  }
  for (std::size_t half : {8U, 4U, 2U, 1U}) {
    for (std::size_t t = 0; is_vector && t < half; ++t) partial[t] = without_subnormals(partial[t] + partial[t + half]);
  }
  return partial[0];
}

// Equal as bits, NaNs as a class.
template <class Real>
bool same(Real x, Real y) {
  using bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  return (std::isnan(x) && std::isnan(y)) || std::bit_cast<bits>(x) == std::bit_cast<bits>(y);
}

}  // namespace narrow_test
