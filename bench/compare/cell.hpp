// A cell holds one tensor of the network in the format under study: assign() takes real results of a computation and
// converts them, once; operand() is what the next product multiplies; read() gives the values back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "narrow/quantize.hpp"
#include "narrow/training/range_controller.hpp"

namespace compare {

enum class rounding_rule { nearest, stochastic };

// Whether a group's range controller counts the values of a conversion. It counts what training computes, once: neither
// stored parameters that are narrowed again for a product, nor first parameters, nor anything in testing.
enum class observation { counted, not_counted };

struct conversion {
  rounding_rule rounding = rounding_rule::nearest;
  observation seen = observation::not_counted;
};

// The random bits of a run: each conversion takes a stream of its own.
struct bit_source {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  narrow::stochastic_sequence next() { return {seed, stream++, 0}; }
};

// Float32: nothing to convert. With a controller, values are clipped to its range: the warm-up of dynamic fixed point,
// which finds the ranges in float32.
struct float_cell {
  static constexpr int bits = 32;
  using work = float;
  std::vector<float> values;
  std::size_t rows = 0, columns = 0;
  narrow::range_controller* range = nullptr;

  void resize(std::size_t r, std::size_t c) {
    rows = r, columns = c;
    values.assign(r * c, 0.0F);
  }
  void assign(const float* x, conversion how, bit_source&) {
    std::copy_n(x, values.size(), values.begin());
    if (range == nullptr) return;
    if (how.seen == observation::counted) range->observe(narrow::view(x, values.size()));
    const auto limit = static_cast<float>(range->limit());
    for (float& v : values) v = v > limit ? limit : v < -limit ? -limit : v;
  }
  auto operand() const { return narrow::view(values, rows, columns); }
  void read(float* y) const { std::copy(values.begin(), values.end(), y); }
};

// Coded numbers that need no scheme: small floats and fixed point. Fixed point works in double, where its sums are
// exact, so that each result is rounded once.
template <narrow::any_number T, class Work>
struct number_cell {
  static constexpr int bits = T::encoding_type::bits;
  using work = Work;
  std::vector<T> codes;
  std::size_t rows = 0, columns = 0;
  narrow::range_controller* range = nullptr;

  void resize(std::size_t r, std::size_t c) {
    rows = r, columns = c;
    codes.assign(r * c, T{});
  }
  void assign(const Work* x, conversion how, bit_source& source) {
    const auto from = narrow::view(x, codes.size());
    const auto to = narrow::view(codes.data(), codes.size());
    if (how.rounding == rounding_rule::stochastic) {
      narrow::quantize_into(from, to, narrow::unscaled, source.next());
    } else {
      narrow::quantize_into(from, to, narrow::unscaled);
    }
  }
  auto operand() const { return narrow::view(codes, rows, columns); }
  void read(Work* y) const {
    narrow::dequantize_into(
        narrow::quantized_view<T, 1, narrow::unscaled_scheme>{narrow::view(codes, codes.size()), &narrow::unscaled,
                                                              narrow::per_tensor},
        narrow::view(y, codes.size()));
  }
};

// Dynamic fixed point: integer codes whose exponent follows the group's range.
template <int Bits>
struct dynamic_cell {
  static constexpr int bits = Bits;
  using work = double;
  using code = narrow::number<narrow::signed_integer<Bits>>;
  std::vector<code> codes;
  std::size_t rows = 0, columns = 0;
  narrow::range_controller* range = nullptr;
  std::unique_ptr<narrow::shared_exponent> scheme = std::make_unique<narrow::shared_exponent>(0);

  void resize(std::size_t r, std::size_t c) {
    rows = r, columns = c;
    codes.assign(r * c, code{});
  }
  void assign(const double* x, conversion how, bit_source& source) {
    const auto from = narrow::view(x, codes.size());
    const auto to = narrow::view(codes.data(), codes.size());
    if (how.seen == observation::counted) range->observe(from);
    *scheme = narrow::shared_exponent(range->exponent(Bits));
    if (how.rounding == rounding_rule::stochastic) {
      narrow::quantize_into(from, to, *scheme, source.next());
    } else {
      narrow::quantize_into(from, to, *scheme);
    }
  }
  auto operand() const {
    return narrow::quantized_view<code, 2, narrow::shared_exponent>{narrow::view(codes, rows, columns), scheme.get(),
                                                                    narrow::per_tensor};
  }
  void read(double* y) const {
    narrow::dequantize_into(narrow::quantized_view<code, 1, narrow::shared_exponent>{narrow::view(codes, codes.size()),
                                                                                     scheme.get(), narrow::per_tensor},
                            narrow::view(y, codes.size()));
  }
};

template <class Cell>
void prepare(Cell& cell, std::size_t rows, std::size_t columns) {
  if (cell.rows != rows || cell.columns != columns) cell.resize(rows, columns);
}
template <class Cell>
auto values_of(const Cell& cell) {
  std::vector<typename Cell::work> v(cell.rows * cell.columns);
  cell.read(v.data());
  return v;
}

}  // namespace compare
