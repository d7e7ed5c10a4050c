// Elements of 1 to 7 bits without gaps, where a tensor takes a byte for each: 33 float4_e2m1fn take 17 bytes.
//
//   packed_bits w(view(codes, 33));      // owns its bytes
//   w[3] = w[4];
//   unpack_bits(w.bytes(), view(codes, 33));
//
// Element i has its type's `bits` bits from i * bits on, counted from the lowest bit of the first byte: of 4 bits, the
// low nibble first, as in ONNX. Bits left over in the last byte are 0 in what is packed here, and are not read.
// Elements share bytes: writing neighbours from two threads is a race.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "narrow/detail/overlap.hpp"
#include "narrow/detail/pack_bits.hpp"
#include "narrow/number.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow {

// Numbers that leave bits of their byte unused.
template <class T>
concept packable = any_number<T> && T::encoding_type::bits < 8 && sizeof(typename T::storage_type) == 1;

// The bytes that n elements take.
template <packable T>
constexpr std::size_t packed_bytes(std::size_t n) noexcept {
  return detail::packed_bytes_of<T::encoding_type::bits>(n);
}

namespace detail {

template <packable T>
void check_packed(std::size_t bytes, std::size_t n, const char* what) {
  require(bytes == packed_bytes<T>(n), what, ": there are ", bytes, " bytes; ", n, " elements of ",
          int{T::encoding_type::bits}, " bits take ", packed_bytes<T>(n));
}

// What packing and unpacking ask of their arguments.
template <class T, std::size_t Rank>
void check_unpacked(const tensor_view<T, Rank>& elements, std::span<const std::byte> bytes, const char* what) {
  check_packed<std::remove_const_t<T>>(bytes.size(), elements.size(), what);
  const auto dense = tensor_view<T, Rank>::row_major(elements.extents());
  bool row_major = true;
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    row_major = row_major && (elements.extent(axis) <= 1 || elements.stride(axis) == dense[axis]);
  }
  require(row_major || elements.size() == 0, what, ": the elements have gaps or another order; they must be row-major");
  const tensor_view<const std::byte, 1> packed(bytes.data(), {bytes.size()});
  require(!overlap(footprint_of(elements), footprint_of(packed)), what,
          ": the elements overlap the bytes; they must lie apart");
}

}  // namespace detail

// Elements, row-major, to bytes.
// Errors: a count of bytes other than packed_bytes; elements that are not row-major; an overlap.
template <class T, std::size_t Rank>
requires packable<std::remove_const_t<T>>
void pack_bits(const tensor_view<T, Rank>& elements, std::span<std::byte> bytes) {
  detail::check_unpacked(elements, bytes, "pack_bits");
  detail::pack_codes<T::encoding_type::bits>(reinterpret_cast<const std::uint8_t*>(elements.data()), elements.size(),
                                             bytes.data());
}

// The reverse. Errors: the same.
template <packable T, std::size_t Rank>
void unpack_bits(std::span<const std::byte> bytes, const tensor_view<T, Rank>& elements) {
  detail::check_unpacked(elements, bytes, "unpack_bits");
  constexpr bool is_signed = std::is_signed_v<typename T::storage_type>;
  detail::unpack_codes<T::encoding_type::bits, is_signed>(bytes.data(), elements.size(),
                                                          reinterpret_cast<std::uint8_t*>(elements.data()));
}

namespace detail {

// Where element i lies: from bit `shift` of a byte on, in that one or in it and the next.
template <packable T>
struct packed_place {
  static constexpr std::size_t width = T::encoding_type::bits;
  std::size_t byte;
  unsigned shift;

  explicit packed_place(std::size_t i)
      : byte(i / 8 * width + i % 8 * width / 8), shift(static_cast<unsigned>(i % 8 * width % 8)) {}
  bool in_two_bytes() const { return shift + width > 8; }
  unsigned load(const std::byte* bytes) const {
    const auto low = std::to_integer<unsigned>(bytes[byte]);
    return in_two_bytes() ? std::to_integer<unsigned>(bytes[byte + 1]) << 8 | low : low;
  }
};

template <packable T>
T load_packed(const std::byte* bytes, std::size_t i) {
  const packed_place<T> at(i);
  return T::from_bits(static_cast<typename T::bits_type>(at.load(bytes) >> at.shift));
}
template <packable T>
void store_packed(std::byte* bytes, std::size_t i, T x) {
  const packed_place<T> at(i);
  const unsigned mask = ((1U << at.width) - 1) << at.shift;
  const unsigned bits = (at.load(bytes) & ~mask) | unsigned{x.bits()} << at.shift;
  bytes[at.byte] = static_cast<std::byte>(bits & 0xFF);
  if (at.in_two_bytes()) bytes[at.byte + 1] = static_cast<std::byte>(bits >> 8);
}

}  // namespace detail

// Stands for element i of packed bytes, and assigns to it, const or not.
template <packable T>
class packed_reference {
 public:
  packed_reference(std::byte* bytes, std::size_t i) : bytes_(bytes), i_(i) {}
  packed_reference(const packed_reference&) = default;

  operator T() const { return detail::load_packed<T>(bytes_, i_); }  // NOLINT: a reference is what it refers to
  const packed_reference& operator=(T x) const {
    detail::store_packed(bytes_, i_, x);
    return *this;
  }
  const packed_reference& operator=(const packed_reference& x) const { return *this = T(x); }

  friend void swap(packed_reference a, packed_reference b) {
    const T former = a;
    a = b;
    b = former;
  }

 private:
  std::byte* bytes_;
  std::size_t i_;
};

// Packed bytes of the caller's as elements; of const T they are only read.
template <class T>
requires packable<std::remove_const_t<T>>
class packed_bits_view {
 public:
  using value_type = std::remove_const_t<T>;
  using byte_type = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;

  // Errors: a count of bytes other than packed_bytes<T>(size).
  packed_bits_view(std::span<byte_type> bytes, std::size_t size) : bytes_(bytes), size_(size) {
    detail::check_packed<value_type>(bytes.size(), size, "packed_bits_view");
  }
  packed_bits_view(const packed_bits_view<value_type>& other)  // NOLINT: implicit as pointers are
      requires std::is_const_v<T> : bytes_(other.bytes()),
                                    size_(other.size()) {}

  std::size_t size() const { return size_; }
  std::span<byte_type> bytes() const { return bytes_; }

  // Unchecked, as operator[] of a vector is.
  auto operator[](std::size_t i) const {
    if constexpr (std::is_const_v<T>) {
      return detail::load_packed<value_type>(bytes_.data(), i);
    } else {
      return packed_reference<T>(bytes_.data(), i);
    }
  }

 private:
  std::span<byte_type> bytes_;
  std::size_t size_;
};

// Owns its bytes.
template <packable T>
class packed_bits {
 public:
  using value_type = T;

  packed_bits() = default;
  // Elements of code zero.
  explicit packed_bits(std::size_t size) : bytes_(packed_bytes<T>(size)), size_(size) {}
  // Errors: those of pack_bits.
  template <class S, std::size_t Rank>
  requires std::same_as<std::remove_const_t<S>, T>
  explicit packed_bits(const tensor_view<S, Rank>& elements) : packed_bits(elements.size()) {
    pack_bits(elements, bytes());
  }

  std::size_t size() const { return size_; }
  std::span<std::byte> bytes() { return bytes_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  packed_bits_view<T> view() { return {bytes_, size_}; }
  packed_bits_view<const T> view() const { return {bytes_, size_}; }
  packed_reference<T> operator[](std::size_t i) { return view()[i]; }
  T operator[](std::size_t i) const { return view()[i]; }

 private:
  std::vector<std::byte> bytes_;
  std::size_t size_ = 0;
};

template <class S, std::size_t Rank>
packed_bits(const tensor_view<S, Rank>&) -> packed_bits<std::remove_const_t<S>>;

}  // namespace narrow
