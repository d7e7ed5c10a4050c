// Packed elements of every width against their definition, bit by bit, on every target.
#include "narrow/packed_bits.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "narrow/formats.hpp"
#include "narrow/random.hpp"
#include "support/quantize_reference.hpp"
#include "support/targets.hpp"
#include "support/thrown.hpp"

namespace {

using namespace narrow;
using support::guarded;
using support::thrown;

template <class T>
T element(std::uint64_t seed, std::size_t i) {
  const std::uint32_t mask = (1U << T::encoding_type::bits) - 1;
  return T::from_bits(static_cast<typename T::bits_type>(random_bits(seed, T::encoding_type::bits, i) & mask));
}

// The definition: bit b of element i is bit i * bits + b of the bytes.
template <class T>
std::vector<std::byte> defined(const std::vector<T>& elements) {
  const std::size_t width = T::encoding_type::bits;
  std::vector<std::byte> bytes;
  for (std::size_t bit = 0; bit < elements.size() * width; ++bit) {
    if (bit % 8 == 0) bytes.push_back(std::byte{0});
    const unsigned value = (elements[bit / width].bits() >> (bit % width)) & 1U;
    bytes.back() |= static_cast<std::byte>(value << (bit % 8));
  }
  return bytes;
}

template <class T>
class PackedBits : public testing::Test {};
template <int Exponent, int Mantissa>
using small_float = number<float_format<float_descriptor{Exponent, Mantissa, 1, specials::none}>>;
using formats =
    testing::Types<binary, number<unsigned_integer<2>>, number<signed_integer<2>>, number<unsigned_integer<3>>,
                   number<signed_integer<3>>, float4_e2m1fn, int4, small_float<2, 2>, number<signed_integer<5>>,
                   float6_e2m3fn, number<signed_integer<6>>, small_float<3, 3>, fixed<3, 4>>;
TYPED_TEST_SUITE(PackedBits, formats);

TYPED_TEST(PackedBits, EveryLengthOnEveryTarget) {
  using T = TypeParam;
  std::vector<T> x;
  for (std::size_t length = 0; length < 300; ++length, x.push_back(element<T>(1, length))) {
    const std::size_t shift = length % 7, size = packed_bytes<T>(length);
    const std::vector<std::byte> want = defined(x);
    ASSERT_EQ(size, want.size());
    for (const target t : support::supported_targets()) {
      SCOPED_TRACE(testing::Message() << name_of(t) << ", " << length << " elements");
      const support::on_target guard(t);
      guarded<std::byte> bytes(size, shift);
      pack_bits(view(std::as_const(x), length), {bytes.data(), size});
      ASSERT_EQ(std::vector(bytes.data(), bytes.data() + size), want);
      ASSERT_TRUE(bytes.is_intact());
      // Bits left over are not read, nor, as a sanitizer sees, what lies beyond.
      std::vector<std::byte> exact = want;
      const std::size_t used = length * T::encoding_type::bits % 8;
      if (used != 0) exact.back() |= static_cast<std::byte>(0xFF << used & 0xFF);
      guarded<T> back(length, shift);
      unpack_bits(exact, view(back.data(), length));
      for (std::size_t i = 0; i < length; ++i) ASSERT_EQ(back.data()[i].storage(), x[i].storage()) << i;
      ASSERT_TRUE(back.is_intact());
    }
  }
}

// Whatever a byte holds above the code's bits stays out.
TYPED_TEST(PackedBits, OnlyTheCodesBitsArePacked) {
  using T = TypeParam;
  std::vector<unsigned char> dirty(75);
  std::vector<T> clean;
  for (std::size_t i = 0; i < dirty.size(); ++i) {
    dirty[i] = static_cast<unsigned char>(random_bits(2, 2, i));
    const unsigned mask = (1U << T::encoding_type::bits) - 1;
    clean.push_back(T::from_bits(static_cast<typename T::bits_type>(dirty[i] & mask)));
  }
  std::vector<T> x(dirty.size());
  std::memcpy(static_cast<void*>(x.data()), dirty.data(), dirty.size());
  for (const target t : support::supported_targets()) {
    const support::on_target guard(t);
    std::vector<std::byte> bytes(packed_bytes<T>(x.size()));
    pack_bits(view(x, x.size()), bytes);
    EXPECT_EQ(bytes, defined(clean)) << name_of(t);
  }
}

TYPED_TEST(PackedBits, ElementsAreReadAndWrittenInPlace) {
  using T = TypeParam;
  const std::size_t length = 45;
  std::vector<T> x(length, T::from_bits(0));
  guarded<std::byte> memory(packed_bytes<T>(length), 3);
  const std::span<std::byte> bytes(memory.data(), packed_bytes<T>(length));
  for (std::byte& b : bytes) b = std::byte{0};
  const packed_bits_view<T> packed(bytes, length);
  const packed_bits_view<const T> read_only = packed;
  for (std::size_t step = 0; step < 400; ++step) {
    const std::size_t i = random_bits(3, 3, step) % length, j = random_bits(4, 4, step) % length;
    packed[i] = x[i] = element<T>(5, step);
    packed[j] = packed[i];
    x[j] = x[i];
    swap(packed[i], packed[(i + 7) % length]);
    std::swap(x[i], x[(i + 7) % length]);
    ASSERT_EQ(std::vector(bytes.begin(), bytes.end()), defined(x)) << step;
    for (std::size_t k = 0; k < length; ++k) ASSERT_EQ(read_only[k].storage(), x[k].storage());
  }
  EXPECT_TRUE(memory.is_intact());
}

// 0, 0.5, 1, ... by hand: nibbles 0, 1, 2, ..., the first in the low half.
TEST(PackedBitsLayout, OfFourBits) {
  const std::vector<float> values{0, 0.5F, 1, 1.5F, 2, 3, 4, 6, -0.0F, -0.5F, -1, -1.5F, -2, -3, -4, -6};
  std::vector<float4_e2m1fn> x;
  for (std::size_t i = 0; i < 33; ++i) x.emplace_back(values[i % 16]);
  const packed_bits packed(view(x, 3, 11));
  const std::vector<unsigned> want{0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE, 0x10,
                                   0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE, 0x00};
  ASSERT_EQ(packed.size(), 33U);
  ASSERT_EQ(packed.bytes().size(), 17U);
  for (std::size_t i = 0; i < 17; ++i) EXPECT_EQ(std::to_integer<unsigned>(packed.bytes()[i]), want[i]) << i;
  EXPECT_EQ(float(packed[15]), -6);
}

// 1, 2, 3, ... in three bits and in six: what the first bytes are, by hand.
TEST(PackedBitsLayout, AcrossBytes) {
  std::vector<number<unsigned_integer<3>>> three;
  std::vector<number<signed_integer<6>>> six;
  for (int i = 1; i <= 3; ++i) three.emplace_back(i), six.emplace_back(-i);
  const packed_bits a(view(three, 3));
  const packed_bits b(view(six, 3));
  EXPECT_EQ(std::vector(a.bytes().begin(), a.bytes().end()), (std::vector{std::byte{0b11'010'001}, std::byte{0}}));
  EXPECT_EQ(std::vector(b.bytes().begin(), b.bytes().end()),
            (std::vector{std::byte{0b10'111111}, std::byte{0b1101'1111}, std::byte{0b11}}));
}

TEST(PackedBitsLayout, NoCountOverflows) {
  static_assert(packed_bytes<fixed<3, 4>>(SIZE_MAX) == SIZE_MAX / 8 * 7 + 7);
  static_assert(packed_bytes<int4>(33) == 17 && packed_bytes<binary>(9) == 2 && packed_bytes<float6_e2m3fn>(0) == 0);
}

// ---- the types --------------------------------------------------------------------------------------------------
static_assert(packable<int4> && packable<binary> && packable<float6_e3m2fn>);
static_assert(!packable<int8> && !packable<float16> && !packable<float> && !packable<unsigned char>);
using owned = packed_bits<int4>;
template <class Packed>
using at = decltype(std::declval<Packed&>()[0]);
static_assert(std::same_as<at<owned>, packed_reference<int4>> && std::same_as<at<const owned>, int4>);
static_assert(std::same_as<at<const packed_bits_view<int4>>, packed_reference<int4>>);
static_assert(std::same_as<at<packed_bits_view<const int4>>, int4>);
static_assert(std::convertible_to<packed_bits_view<int4>, packed_bits_view<const int4>> &&
              !std::convertible_to<packed_bits_view<const int4>, packed_bits_view<int4>>);
static_assert(std::same_as<decltype(std::declval<const owned&>().bytes()), std::span<const std::byte>>);

TEST(PackedBitsTypes, OwnTheirBytes) {
  owned packed(5);
  EXPECT_EQ(packed.bytes().size(), 3U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(int(int4(packed[i])), 0);
  packed[4] = int4(-3);
  const owned copy = packed;
  packed.view()[4] = int4(7);
  EXPECT_EQ(int(copy[4]), -3);
  EXPECT_EQ(int(copy.view()[4]), -3);
  EXPECT_TRUE(packed[4] == int4(7) && packed[4] > packed[3]);
  EXPECT_EQ(owned().size(), 0U);
}

TEST(PackedBitsErrors, NameTheArgument) {
  std::vector<int4> x(33);
  std::vector<std::byte> bytes(18);
  const std::span<std::byte> all = bytes;
  EXPECT_EQ(thrown([&] { pack_bits(view(x, 33), all.first(16)); }),
            "pack_bits: there are 16 bytes; 33 elements of 4 bits take 17");
  EXPECT_EQ(thrown([&] { unpack_bits(all, view(x, 33)); }),
            "unpack_bits: there are 18 bytes; 33 elements of 4 bits take 17");
  EXPECT_EQ(thrown([&] { packed_bits_view<int4>(all, 33); }),
            "packed_bits_view: there are 18 bytes; 33 elements of 4 bits take 17");
  const char* const gaps = "the elements have gaps or another order; they must be row-major";
  EXPECT_EQ(thrown([&] { pack_bits(transposed(view(x, 3, 11)), all.first(17)); }), std::string("pack_bits: ") + gaps);
  const tensor_view<int4, 1> every_other(x.data(), {16}, {2});
  EXPECT_EQ(thrown([&] { unpack_bits(all.first(8), every_other); }), std::string("unpack_bits: ") + gaps);
  const std::span<std::byte> same = std::as_writable_bytes(std::span(x)).subspan(16, 17);
  EXPECT_EQ(thrown([&] { pack_bits(view(x, 33), same); }),
            "pack_bits: the elements overlap the bytes; they must lie apart");
  EXPECT_EQ(thrown([&] { pack_bits(view(x, 33), all.first(17)); }), "");
  // One row of a matrix that is wider has no gaps.
  const tensor_view<int4, 2> row(x.data(), {1, 32}, {33, 1});
  EXPECT_EQ(thrown([&] { pack_bits(row, all.first(16)); }), "");
}

}  // namespace
