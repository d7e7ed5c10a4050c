// Rows of images as pooling reads and writes them: dense, the channels of a pixel side by side, of a type that the
// kernels take.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include "narrow/detail/codec/codecs.hpp"
#include "narrow/detail/gemm/options.hpp"
#include "narrow/detail/workspace.hpp"
#include "narrow/element.hpp"
#include "narrow/scheme/unscaled.hpp"
#include "narrow/tensor_view.hpp"

namespace narrow::detail {

// What is compared and summed: reals as they are, integers and fixed point by their codes, other numbers decoded.
template <class T>
struct pool_value_of {
  using type = T;
};
template <coded_element T>
struct pool_value_of<T> {
  using type = typename encoding_of<T>::real_type;
};
template <fixed_point_element T>
struct pool_value_of<T> {
  using type = typename encoding_of<T>::storage_type;
};
template <class T>
using pool_value = typename pool_value_of<T>::type;

// Whether an element's memory is that of a Value.
template <class T, class Value>
inline constexpr bool is_stored_as = std::is_same_v<T, Value>;
template <fixed_point_element T, class Value>
inline constexpr bool is_stored_as<T, Value> = std::is_same_v<typename encoding_of<T>::storage_type, Value>;

// One row of an image.
template <class T>
struct pool_row {
  T* data;
  std::ptrdiff_t pixel_stride, channel_stride;
  std::size_t width, channels;

  bool is_dense() const {
    return (channel_stride == 1 || channels == 1) &&
           (pixel_stride == static_cast<std::ptrdiff_t>(channels) || width == 1);
  }
};
template <class T>
pool_row<T> row_of(const tensor_view<T, 4>& x, std::size_t image, std::size_t row) {
  return {x.data() + static_cast<std::ptrdiff_t>(image) * x.stride(0) + static_cast<std::ptrdiff_t>(row) * x.stride(1),
          x.stride(2), x.stride(3), x.extent(2), x.extent(3)};
}

// Calls body(element, its stride, its place in a dense row, that stride, length) for stretches that cover a row: the
// whole row, pixels, or channels, whichever lies closest together.
template <class T, class Body>
void for_each_pool_stretch(const pool_row<T>& row, bool in_order, const Body& body) {
  const std::size_t width = row.width, channels = row.channels;
  if (row.is_dense()) return body(row.data, 1, 0, 1, width * channels);
  const auto step = static_cast<std::ptrdiff_t>(channels);
  if (in_order || std::abs(row.channel_stride) <= std::abs(row.pixel_stride)) {
    for (std::size_t j = 0; j < width; ++j) {
      body(row.data + static_cast<std::ptrdiff_t>(j) * row.pixel_stride, row.channel_stride, j * channels, 1, channels);
    }
  } else {
    for (std::size_t c = 0; c < channels; ++c) {
      body(row.data + static_cast<std::ptrdiff_t>(c) * row.channel_stride, row.pixel_stride, c, step, width);
    }
  }
}

template <class T, class Value>
void load_pool_row(target where, const pool_row<const T>& row, Value* to) {
  for_each_pool_stretch(
      row, false, [&](const T* from, std::ptrdiff_t stride, std::size_t at, std::ptrdiff_t step, std::size_t length) {
        if constexpr (coded_element<T> && !is_stored_as<T, Value>) {
          decode_stretch<encoding_of<T>>(where, reinterpret_cast<const std::byte*>(from), stride, to + at, step, length,
                                         unscaled, std::size_t{0});
        } else {
          for (std::size_t i = 0; i < length; ++i) {
            const auto k = static_cast<std::ptrdiff_t>(i);
            if constexpr (real_element<T>) {
              to[static_cast<std::ptrdiff_t>(at) + k * step] = static_cast<Value>(from[k * stride]);
            } else {
              to[static_cast<std::ptrdiff_t>(at) + k * step] = storage_of(from[k * stride]);
            }
          }
        }
      });
}

// Values to elements. Reals are rounded to codes by the conversion; `first` is the index of the row's first element in
// a stochastic sequence.
template <class Value, class T, class Conversion>
void store_pool_row(target where, const Value* from, const pool_row<T>& row, std::uint64_t first,
                    const Conversion& conversion) {
  using rounding = std::remove_cvref_t<decltype(conversion.rounding)>;
  for_each_pool_stretch(row, is_sequence<rounding>,
                        [&](T* to, std::ptrdiff_t stride, std::size_t at, std::ptrdiff_t step, std::size_t length) {
                          if constexpr (coded_element<T> && std::is_floating_point_v<Value>) {
                            using E = encoding_of<T>;
                            encode_stretch<E, overflow_for<E, typename Conversion::overflow>>(
                                where, from + at, step, reinterpret_cast<std::byte*>(to), stride, length, first + at,
                                unscaled, std::size_t{0}, conversion.rounding);
                          } else {
                            for (std::size_t i = 0; i < length; ++i) {
                              const auto k = static_cast<std::ptrdiff_t>(i);
                              const Value value = from[static_cast<std::ptrdiff_t>(at) + k * step];
                              if constexpr (real_element<T>) {
                                to[k * stride] = static_cast<T>(value);
                              } else {
                                to[k * stride] = from_storage<T>(value);
                              }
                            }
                          }
                        });
}

// A thread's memory for pooling.
struct pool_workspace {
  scratch rows, row_numbers;  // of the image that the windows pass over
  scratch taps, sums, out;    // of one window; results of one output row
  scratch dy, dy_number, dx, dx_taps;
};

// The rows of one image, as bytes of dense Values: where they lie, if they are that, else each lowered once while the
// windows pass over it.
template <class T, class Value>
class pool_rows {
 public:
  // `span`: from the first row of a window to its last.
  pool_rows(target where, const tensor_view<const T, 4>& x, std::size_t image, std::size_t span, scratch& rows,
            scratch& numbers)
      : where_(where), x_(x), image_(image), slots_(std::min(span, x.extent(1))) {
    const pool_row<const T> any = row_of(x, image, 0);
    in_place_ = is_stored_as<T, Value> && (any.channel_stride == 1 || any.channels == 1);
    pixel_bytes_ = (in_place_ ? any.pixel_stride : static_cast<std::ptrdiff_t>(any.channels)) *
                   static_cast<std::ptrdiff_t>(sizeof(Value));
    if (in_place_) return;
    row_size_ = any.width * any.channels;
    rows_ = rows.get<Value>(slots_ * row_size_);
    numbers_ = numbers.get<std::size_t>(slots_);
    std::fill_n(numbers_, slots_, std::numeric_limits<std::size_t>::max());
  }

  // The first channel of pixel 0.
  const std::byte* row(std::size_t i) {
    if (in_place_) return reinterpret_cast<const std::byte*>(row_of(x_, image_, i).data);
    const std::size_t slot = i % slots_;
    Value* const to = rows_ + slot * row_size_;
    if (numbers_[slot] != i) load_pool_row(where_, row_of(x_, image_, i), to), numbers_[slot] = i;
    return reinterpret_cast<const std::byte*>(to);
  }
  std::ptrdiff_t pixel_bytes() const { return pixel_bytes_; }

 private:
  target where_;
  tensor_view<const T, 4> x_;
  std::size_t image_, slots_, row_size_ = 0;
  bool in_place_;
  std::ptrdiff_t pixel_bytes_;
  Value* rows_ = nullptr;
  std::size_t* numbers_ = nullptr;
};

}  // namespace narrow::detail
