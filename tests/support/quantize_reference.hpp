// What the tests of quantization share: the code of a number by its slow definition, inputs that reach every branch,
// and memory with canaries around it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "narrow/element.hpp"
#include "narrow/random.hpp"
#include "support/oracle.hpp"

namespace support {

// The format of T, by the definitions of oracle.hpp. Codes are what T::bits gives.
template <class T>
class format_reference {
  using E = typename T::encoding_type;
  static constexpr bool is_fixed = narrow::fixed_point_encoding<E>;

 public:
  template <class Overflow = typename T::overflow_type, class Rounding>
  std::uint32_t code(double x, const Rounding& rounding) const {
    if constexpr (is_fixed) {
      return masked(oracle_.template encode<Overflow>(x, E::fraction_bits, rounding));
    } else {
      return oracle_.template encode<Overflow>(oracle_.locate(x), rounding);
    }
  }
  double value(std::uint32_t code) const {
    if constexpr (is_fixed) {
      const bool wrapped = E::is_signed && code >> (E::bits - 1) != 0;
      return std::ldexp(code - (wrapped ? std::ldexp(1, E::bits) : 0.0), -E::fraction_bits);
    } else {
      return oracle_.value(code);
    }
  }
  double highest() const {
    if constexpr (is_fixed) {
      return std::ldexp(oracle_.highest(), -E::fraction_bits);
    } else {
      return oracle_.value(oracle_.largest());
    }
  }
  double lowest() const {
    if constexpr (is_fixed) {
      return std::ldexp(oracle_.lowest(), -E::fraction_bits);
    } else {
      return E::is_signed ? -highest() : oracle_.value(0);
    }
  }
  // Whether x, once rounded to nearest even as if the format went on, lies beyond its range.
  bool overflows(double x) const {
    if constexpr (is_fixed) {
      const double steps = std::nearbyint(std::ldexp(x, E::fraction_bits));
      return steps > static_cast<double>(oracle_.highest()) || steps < static_cast<double>(oracle_.lowest());
    } else {
      const std::uint32_t largest = oracle_.largest();
      const double middle = highest() + (highest() - oracle_.value(largest - 1)) / 2;
      return std::fabs(x) > middle || (std::fabs(x) == middle && largest % 2 == 1);
    }
  }
  static std::uint32_t masked(std::int64_t code) {
    return static_cast<std::uint32_t>(code) & static_cast<std::uint32_t>((std::uint64_t{1} << E::bits) - 1);
  }

 private:
  static auto make_oracle() {
    if constexpr (is_fixed) {
      return fixed_oracle{E::bits, E::is_signed};
    } else {
      return float_oracle{E::descriptor};
    }
  }
  decltype(make_oracle()) oracle_ = make_oracle();
};

// Numbers of T, eighths of the gaps between them, numbers out of its range, and the edges of Real, mixed.
template <class T, class Real>
std::vector<Real> mixed_inputs(std::size_t count, std::uint64_t seed = 0) {
  const format_reference<T> format{};
  const auto edges = edge_cases<Real>();
  std::vector<Real> result;
  for (std::uint64_t i = 0; result.size() < count; ++i) {
    const std::uint32_t random = narrow::random_bits(seed, 77, i);
    const double x = format.value(format.masked(random >> 8)), next = format.value(format.masked((random >> 8) + 1));
    const double between = std::isfinite(x) && std::isfinite(next) ? x + (next - x) * (random % 8) / 8 : x;
    result.push_back(random % 11 == 0   ? edges[random / 11 % edges.size()]
                     : random % 7 == 0  ? static_cast<Real>(format.highest() * (1 + random % 5 / 16.0))
                     : random % 13 == 0 ? static_cast<Real>(format.lowest() * 1.5)
                                        : static_cast<Real>(between));
  }
  return result;
}

// `count` elements in the middle of memory that must keep its contents.
template <class T>
class guarded {
 public:
  guarded(std::size_t count, std::size_t offset)
      : first_(margin + offset), count_(count), memory_(margin * 2 + offset + count) {
    std::memset(static_cast<void*>(memory_.data()), 0xA5, memory_.size() * sizeof(T));
  }
  T* data() { return memory_.data() + first_; }
  bool is_intact() const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      if ((i < first_ || i >= first_ + count_) && !is_canary(i)) return false;
    }
    return true;
  }
  // Nothing was written at all.
  bool is_untouched() const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      if (!is_canary(i)) return false;
    }
    return true;
  }
  // Element i of the middle was not written.
  bool is_canary_at(std::size_t i) const { return is_canary(first_ + i); }

 private:
  static constexpr std::size_t margin = 40;
  bool is_canary(std::size_t i) const {
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &memory_[i], sizeof(T));
    for (const unsigned char b : bytes) {
      if (b != 0xA5) return false;
    }
    return true;
  }

  std::size_t first_, count_;
  std::vector<T> memory_;
};

}  // namespace support
