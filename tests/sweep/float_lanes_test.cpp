// Vector lanes give the bits that scalars give.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "narrow/detail/lanes.hpp"
#include "narrow/encoding/float_format.hpp"
#include "narrow/random.hpp"
#include "support/float_codec.hpp"
#include "support/formats.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::detail::bits_of;
using narrow::detail::lanes;
using namespace support;

template <class Real, int N, class Word>
lanes<Real, N> load(const Word* from) {
  lanes<Real, N> result;
  std::memcpy(&result, from, sizeof result);
  return result;
}

// The codec of one format over vectors of `size` elements. The functions do one vector each and nothing else: they are
// compiled for every combination.
template <class Real>
struct vector_codec {
  using code = bits_of<Real>;
  const float_codec& scalar;
  std::size_t size;
  void (*decode)(const code*, Real*);
  void (*encode[float_codec::overflows::size][modes::size])(const Real*, code*, const narrow::stochastic&);
  // Random bits for each lane.
  void (*encode_each[float_codec::overflows::size])(const Real*, code*, const std::uint32_t* bits, bool pre_round);
};

template <class Format, class Real, int N>
struct vector_functions {
  using code = bits_of<Real>;
  using encoder = void (*)(const Real*, code*, const narrow::stochastic&);

  static void decode(const code* from, Real* to) {
    const auto values = Format::template decode<lanes<Real, N>>(load<code, N>(from));
    std::memcpy(to, &values, sizeof values);
  }
  template <class Overflow, class Rounding>
  static void encode(const Real* from, code* to, const narrow::stochastic& random) {
    const auto codes = Format::template encode<Overflow>(load<Real, N>(from), mode_with<Rounding>(random));
    std::memcpy(to, &codes, sizeof codes);
  }
  template <class Overflow>
  static void encode_each(const Real* from, code* to, const std::uint32_t* bits, bool pre_round) {
    const narrow::detail::stochastic_lanes<lanes<std::uint32_t, N>> rounding{load<std::uint32_t, N>(bits), 20,
                                                                             pre_round};
    const auto codes = Format::template encode<Overflow>(load<Real, N>(from), rounding);
    std::memcpy(to, &codes, sizeof codes);
  }
  template <class... Modes>
  static vector_codec<Real> all(type_list<Modes...>) {
    using narrow::saturate;
    using narrow::to_infinity;
    const float_codec& scalar = float_codec_named(Format::name);
    if constexpr (Format::has_nan) {
      return {scalar,
              N,
              decode,
              {{encode<saturate, Modes>...}, {encode<to_infinity, Modes>...}},
              {encode_each<saturate>, encode_each<to_infinity>}};
    } else {
      return {scalar, N, decode, {{encode<saturate, Modes>...}, {}}, {encode_each<saturate>, nullptr}};
    }
  }
};

// Every value and midpoint with its neighbours on both sides of zero, and the edges, in whole vectors.
template <class Real>
std::vector<Real> inputs(const float_codec& codec) {
  const float_oracle oracle{codec.descriptor};
  std::vector<Real> result = edge_cases<Real>();
  for (std::uint32_t i = 0; i <= oracle.largest(); ++i) {
    const double low = oracle.magnitude(i);
    for (const double x : {low, low + (oracle.magnitude(i + 1) - low) / 2}) {
      for_neighbours<Real>(x, [&](Real r) { result.push_back(r); });
      for_neighbours<Real>(-x, [&](Real r) { result.push_back(r); });
    }
  }
  while (result.size() % 16 != 0) result.push_back(std::numeric_limits<Real>::infinity());
  return result;
}

template <class Real>
void expect_same(const std::vector<Real>& x, const std::vector<bits_of<Real>>& vector,
                 const std::vector<bits_of<Real>>& scalar) {
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(vector[i], scalar[i]) << std::hexfloat << x[i];
}

template <class Real, class Overflow>
void check_encode(const vector_codec<Real>& vector) {
  constexpr std::size_t overflow = float_codec::overflows::index_of<Overflow>();
  const float_codec& codec = vector.scalar;
  const std::vector<Real> x = inputs<Real>(codec);
  std::vector<bits_of<Real>> got(x.size()), want(x.size());
  const auto check = [&](auto mode, const char* name) {
    SCOPED_TRACE(name);
    const auto encode = vector.encode[overflow][modes::index_of<decltype(mode)>()];
    for (std::size_t i = 0; i < x.size(); i += vector.size) encode(&x[i], &got[i], random_of(mode));
    for (std::size_t i = 0; i < x.size(); ++i) want[i] = codec.encode<Overflow>(x[i], mode);
    expect_same(x, got, want);
  };
  for_each_mode(check);
  check(narrow::stochastic{0x9e3779b9, 16, false}, "stochastic");
  for (const bool pre_round : {false, true}) {
    std::vector<std::uint32_t> bits(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) bits[i] = narrow::random_bits(7, 8, i);
    for (std::size_t i = 0; i < x.size(); i += vector.size) {
      vector.encode_each[overflow](&x[i], &got[i], &bits[i], pre_round);
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      want[i] = codec.encode<Overflow>(x[i], narrow::stochastic{bits[i], 20, pre_round});
    }
    expect_same(x, got, want);
  }
}

template <class Real>
void check_decode(const vector_codec<Real>& vector) {
  using word = bits_of<Real>;
  const std::size_t codes = std::size_t{1} << vector.scalar.bits;
  std::vector<word> source(vector.size);
  std::vector<Real> values(vector.size);
  for (std::size_t first = 0; first < codes; first += vector.size) {
    for (std::size_t j = 0; j < vector.size; ++j) source[j] = static_cast<word>((first + j) % codes);
    vector.decode(source.data(), values.data());
    for (std::size_t j = 0; j < vector.size; ++j) {
      const Real scalar = vector.scalar.template decode<Real>(source[j]);
      ASSERT_EQ(std::memcmp(&values[j], &scalar, sizeof scalar), 0) << source[j];
    }
  }
}

template <class Format, class Real, int N>
void check_all() {
  const auto vector = vector_functions<Format, Real, N>::all(modes{});
  check_decode(vector);
  check_encode<Real, narrow::saturate>(vector);
  if (Format::has_nan) check_encode<Real, narrow::to_infinity>(vector);
}

// One format for every branch of the codecs.
template <class Format>
class FloatLanes : public testing::Test {};
using branches = testing::Types<float16, bfloat16, float8_e4m3fn, float8_e5m2fnuz, float8_e8m0fnu, float4_e2m1fn,
                                unsigned_e5m3, high_e8m3>;
TYPED_TEST_SUITE(FloatLanes, branches, format_name);

TYPED_TEST(FloatLanes, Floats) { check_all<TypeParam, float, 4>(); }
TYPED_TEST(FloatLanes, Doubles) { check_all<TypeParam, double, 2>(); }

// A vector of several registers is the same text, so that one format tells: it is slow to compile.
TEST(FloatLanesOfManyRegisters, Floats) { check_all<float8_e4m3fn, float, 16>(); }
TEST(FloatLanesOfManyRegisters, Doubles) { check_all<float8_e4m3fn, double, 8>(); }

}  // namespace
