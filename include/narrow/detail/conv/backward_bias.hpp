// The gradient of a convolution to its bias: sums over pixels.
#pragma once

#include <cstddef>
#include <vector>

#include "narrow/conv.hpp"

namespace narrow::detail {

template <class DB>
concept bias_result = requires(const DB& db) {
  typename std::remove_cvref_t<DB>::element_type;
  requires std::is_convertible_v<DB, vector_view<typename std::remove_cvref_t<DB>::element_type>>;
  requires !std::is_integral_v<typename std::remove_cvref_t<DB>::element_type>;
};

// Channels last.
template <class DY, class T, class... Option>
void bias_gradient(const DY& dy, const vector_view<T>& db, image_layout layout, const Option&... option) {
  constexpr const char* call = "conv2d_backward_bias";
  const auto& elements = elements_of(dy);
  const std::size_t outputs = elements.extent(3);
  require(db.extent(0) == outputs, call, ": db has ", db.extent(0), " elements; it must have ", outputs,
          ", as many as dy has channels");
  check_conv_operand(dy, "dy", 3, layout, call);
  const tensor_view<T, 4> as_image(db.data(), {1, 1, 1, outputs}, {0, 0, 0, db.stride(0)});
  const auto out = output_row(image_output_of(as_image, {0, 1, 2, 3}), 0, 0);
  using Output = std::remove_const_t<decltype(out)>;
  const auto ops = epilogues_of(option...);
  const scaling s = checked_scaling<Output>(as_image, dy, dy, ops, 1, outputs,
                                            {call, "db", "dy", "dy", "its elements", "output channels"}, option...);
  const auto conversion = conversion_of_options<typename Output::value_type>(option...);
  if (outputs == 0) return;
  if constexpr (check_epilogue_types<Output, std::remove_const_t<decltype(ops)>>()) {
    std::vector<double> sums(outputs), buffer(outputs);
    for (std::size_t t = 0; t < elements.extent(0); ++t) {
      for (std::size_t row = 0; row < elements.extent(1); ++row) {
        const auto pixels = image_row(dy, t, row);
        for (std::size_t pixel = 0; pixel < elements.extent(2); ++pixel) {
          for (std::size_t o = 0; o < outputs; ++o) sums[o] += pixels.template value<double>(pixel, o, true);
        }
      }
    }
    const finisher<double, false, Output, std::remove_const_t<decltype(ops)>, std::remove_const_t<decltype(conversion)>>
        last{out, s, ops, conversion, outputs, 0};
    last.row(
        sums.data(), 0, 0, outputs, [](std::size_t) { return 1.0; }, buffer.data());
  }
}

}  // namespace narrow::detail
