// Vector lanes of fixed point give the bits that scalars give.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "narrow/detail/lanes.hpp"
#include "narrow/encoding/fixed_point.hpp"
#include "narrow/random.hpp"
#include "support/fixed_codec.hpp"
#include "support/oracle.hpp"

namespace {

using narrow::fixed_point;
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
  using encoder = void (*)(const Real*, code*, int fraction, const narrow::stochastic&);
  const fixed_codec& scalar;
  std::size_t size;
  encoder encode[fixed_codec::overflows::size][modes::size];
  void (*decode)(const code*, Real*, int fraction);
};

template <class Format, class Real, int N>
struct vector_functions {
  using code = bits_of<Real>;

  template <class Overflow, class Rounding>
  static void encode(const Real* from, code* to, int fraction, const narrow::stochastic& random) {
    const auto rounding = mode_with<Rounding>(random);
    const auto codes = Format::template encode_scaled<Overflow>(load<Real, N>(from), fraction, rounding);
    std::memcpy(to, &codes, sizeof codes);
  }
  static void decode(const code* from, Real* to, int fraction) {
    const auto values = Format::template decode_scaled<lanes<Real, N>>(load<code, N>(from), fraction);
    std::memcpy(to, &values, sizeof values);
  }
  template <class... Modes>
  static vector_codec<Real> all(const fixed_codec& codec, type_list<Modes...>) {
    using narrow::saturate;
    using narrow::saturate_symmetric;
    using narrow::wrap;
    return {codec,
            N,
            {{encode<saturate, Modes>...}, {encode<saturate_symmetric, Modes>...}, {encode<wrap, Modes>...}},
            decode};
  }
};

// Codes and halves of codes with their neighbours, in and beyond the range, and the edges, in whole vectors.
template <class Real>
std::vector<Real> inputs(int bits, int fraction) {
  std::vector<Real> result = edge_cases<Real>();
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const double random = static_cast<std::int32_t>(narrow::random_bits(1, 2, i));
    const double code = std::floor(std::ldexp(random, bits - 31 - static_cast<int>(i % 4))) / 2;
    for_neighbours<Real>(std::ldexp(code, -fraction), [&](Real r) { result.push_back(r); });
  }
  while (result.size() % 16 != 0) result.push_back(Real{1});
  return result;
}

template <class Real, class Overflow, class Rounding>
void check(const vector_codec<Real>& vector, const std::vector<Real>& x, int fraction, const Rounding& rounding) {
  const auto encode = vector.encode[fixed_codec::overflows::index_of<Overflow>()][modes::index_of<Rounding>()];
  std::vector<bits_of<Real>> codes(vector.size);
  std::vector<Real> values(vector.size);
  for (std::size_t i = 0; i < x.size(); i += vector.size) {
    encode(&x[i], codes.data(), fraction, random_of(rounding));
    vector.decode(codes.data(), values.data(), 3);
    for (std::size_t j = 0; j < vector.size; ++j) {
      const auto scalar = vector.scalar.template encode_scaled<Overflow>(x[i + j], fraction, rounding);
      ASSERT_EQ(codes[j], scalar) << std::hexfloat << x[i + j];
      ASSERT_EQ(values[j], vector.scalar.template of<Real>().decode_scaled(scalar, 3)) << std::hexfloat << x[i + j];
    }
  }
}

template <class Real>
void check_all(const vector_codec<Real>& vector) {
  const fixed_codec& codec = vector.scalar;
  for (const int fraction : {codec.fraction_bits, 0, -100, 40}) {
    const std::vector<Real> x = inputs<Real>(codec.bits, fraction);
    const auto each_overflow = [&](auto mode, const char* name) {
      SCOPED_TRACE(name);
      check<Real, narrow::saturate>(vector, x, fraction, mode);
      check<Real, narrow::saturate_symmetric>(vector, x, fraction, mode);
      check<Real, narrow::wrap>(vector, x, fraction, mode);
    };
    for_each_mode(each_overflow);
    each_overflow(narrow::stochastic{0x9e3779b9, 16, false}, "stochastic");
    each_overflow(narrow::stochastic{0x9e3779b9, 16, true}, "stochastic, pre_round");
  }
}

template <class Format, int Bytes>
void check_format(const char* name) {
  const fixed_codec& codec = *std::ranges::find(scaled_fixed_codecs(), name, &fixed_codec::name);
  check_all(vector_functions<Format, float, Bytes / 4>::all(codec, modes{}));
  check_all(vector_functions<Format, double, Bytes / 8>::all(codec, modes{}));
}

TEST(FixedPointLanes, Signed8) { check_format<narrow::signed_integer<8>, 16>("s8_0"); }
TEST(FixedPointLanes, Signed16WithFraction) { check_format<fixed_point<16, 14>, 16>("s16_14"); }
TEST(FixedPointLanes, Signed32WithFraction) { check_format<fixed_point<32, 16>, 16>("s32_16"); }
TEST(FixedPointLanes, Unsigned8) { check_format<narrow::unsigned_integer<8>, 16>("u8_0"); }
TEST(FixedPointLanes, Unsigned32) { check_format<narrow::unsigned_integer<32>, 16>("u32_0"); }
// A vector of several registers is the same text, so that one format tells: it is slow to compile.
TEST(FixedPointLanes, ManyRegisters) { check_format<narrow::signed_integer<8>, 64>("s8_0"); }

}  // namespace
