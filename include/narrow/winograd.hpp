// Convolution by Winograd's F(2x2, 3x3): 16 multiplications for four pixels where the direct sum has 36, for 3 x 3
// kernels without stride, dilation or groups. Faster than any direct sum can be, and less exact: a choice to be named.
//
//   conv2d_winograd(x, w, y, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1}, bias(b), relu);
//   const auto u = winograd_kernels(w);                // transformed and packed once
//   conv2d_winograd(x, u, y, geometry);
//
// Operands: views of floats, or of numbers that float holds, as float16. Shapes, layouts, outputs, options and errors
// are those of conv2d; of the options, not accumulate_in. Each tile of 4 x 4 pixels is transformed in float, rows
// first; its 16 elements are rows of 16 products, summed in float as gemm does; and 2 x 2 sums come back, rows first,
// terms ascending. The bits are the same at any number of threads.
//
// Error. With u = 2^-24, C channels, d the 4 x 4 pixels around the tile of an output, g the kernel, and |.| of a matrix
// element by element,
//
//   |computed - exact| <= gamma(C + 7) * ( |A^T| ( sum over c of (|G| |g| |G^T|) . (|B^T| |d| |B|) ) |A| ),
//   gamma(n) = n u / (1 - n u),   |A^T| = |1 1 1 0|   |B^T| = |1 0 1 0|   |G| = | 1   0   0 |
//                                         |0 1 1 1|           |0 1 1 0|         |1/2 1/2 1/2|
//                                                             |0 1 1 0|         |1/2 1/2 1/2|
//                                                             |0 1 0 1|         | 0   0   1 |
// if nothing overflows or underflows:
//   1. An element of V = B^T d B has passed two additions, one of U = G g G^T one rounding (it is computed in double).
//   2. Their products and sum are a chain of C fused multiply-adds: a term passes C roundings.
//   3. An element of A^T M A passes two additions along each axis: four. With 1, that is C + 7 factors of at most
//      1 + u around each term, which are gamma(C + 7) off 1 (Higham, "Accuracy and Stability of Numerical Algorithms",
//      lemma 3.1).
// Rows of |A^T|, |B^T| and |G| sum to 3, 2 and at most 3/2: with |x| <= X and |w| <= W that is at most
// gamma(C + 7) * 81 C W X, (C + 7) / C times the gamma(9 C) * 9 C W X of the direct chain. But it is of sums of pixels
// times sums of weights: a large pixel under a small weight, which the direct sum weighs as it is, takes the bits of
// its neighbours, and an infinity makes NaN. What lies beside the window of an output does not touch it. Elements of V
// are up to 4 X, which may overflow sooner than conv2d does. The output is then rounded as conv2d's. Float16 operands
// lose nothing on the way in.
//
// Memory beyond x, y and the kernels, for each thread: a band of one row of tiles at least, both transforms of it 640
// KiB or more where 48 tiles or that row take more; four rows of x, unless they are floats with the channels side by
// side; and two rows of the output.
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
#pragma once

#include "narrow/conv.hpp"
#include "narrow/detail/conv/winograd.hpp"

namespace narrow {

// The 16 packed matrices of 3 x 3 kernels; 16 / 9 of w's size as floats. w may go.
class winograd_kernels {
 public:
  // Errors: kernels that are not 3 x 3; those of pack.
  template <class W>
  explicit winograd_kernels(const tensor_view<W, 4>& w, image_layout layout = nhwc) {
    const auto kernels = detail::permuted(w, detail::order_of(layout));
    detail::require(kernels.extent(1) == 3 && kernels.extent(2) == 3, "winograd_kernels: the kernels are ",
                    kernels.extent(1), " x ", kernels.extent(2), "; they must be 3 x 3");
    outputs_ = kernels.extent(0), channels_ = kernels.extent(3);
    const std::vector<float> u = detail::transformed_kernels(kernels);
    for (std::size_t k = 0; k < detail::winograd_products; ++k) {
      matrices_.push_back(pack(matrix_view<const float>(u.data() + k * channels_ * outputs_, {channels_, outputs_})));
    }
  }

  std::size_t channels() const { return channels_; }
  std::size_t outputs() const { return outputs_; }
  // For conv2d_winograd: a matrix of channels x outputs.
  const auto& operator[](std::size_t k) const { return matrices_[k]; }
  // The extents of w with the channels last.
  std::size_t extent(std::size_t axis) const { return axis == 0 ? outputs_ : axis == 3 ? channels_ : 3; }

 private:
  std::size_t outputs_ = 0, channels_ = 0;
  std::vector<decltype(pack(matrix_view<const float>()))> matrices_;
};

namespace detail {

template <class T>
inline constexpr bool is_winograd_element = std::is_same_v<T, float>;
template <coded_element T>
inline constexpr bool is_winograd_element<T> = std::is_same_v<typename encoding_of<T>::real_type, float>;

// Everything with the channels last.
template <class T, class Y, class... Option>
void winograd_images(const tensor_view<const T, 4>& x, const winograd_kernels& w, const Y& y, const conv_geometry& g,
                     const Option&... option) {
  static_assert(!((is_accumulate_in<Option> || sums_in_quire<Option>) || ...), "conv2d_winograd sums in float");
  const auto one = [](const char* name, std::size_t value) {
    require(value == 1, "conv2d_winograd: ", name, " is ", value, "; it must be 1");
  };
  one("stride_h", g.stride_h), one("stride_w", g.stride_w), one("dilation_h", g.dilation_h);
  one("dilation_w", g.dilation_w), one("groups", g.groups);
  const conv_shape shape = checked_shape(x, w, y.view, g, {"conv2d_winograd", "x", "w", "y"});
  check_conv_scheme(y.view, y.scheme, y.axis, "y", 3, g.layout);
  using Output = decltype(output_row(y, 0, 0));
  const auto ops = epilogues_of(option...);
  using Ops = std::remove_const_t<decltype(ops)>;
  static_assert(!Output::is_raw && !has_accumulator_epilogue<Ops> && !gives_codes<Ops>,
                "the sums are real: an output of integer accumulators, and epilogues on them, have none");
  const scaling s = checked_scaling<Output>(
      y.view, x, x, ops, shape.images * shape.out_height * shape.out_width, shape.out_channels,
      {"conv2d_winograd", "y", "x", "x", "image, row, column and channel", "output channels"}, option...);
  using Value = std::conditional_t<is_wide_output<typename Output::value_type>, double, float>;
  check_scaling_fits<Value>(s, "conv2d_winograd");
  const auto conversion = conversion_of_options<typename Output::value_type>(option...);
  if (y.view.size() == 0) return;
  const winograd_finish<Value, Y, Ops, std::remove_const_t<decltype(conversion)>> finish(y, shape.out_channels, s, ops,
                                                                                         conversion);
  const std::size_t tile_rows = divided_up(shape.out_height, 2);
  const std::size_t band = winograd_band(shape, tile_rows, divided_up(shape.out_width, 2));
  const std::size_t bands = divided_up(tile_rows, band);
  executor_of_options(option...).parallel_for(shape.images * bands, [&](std::size_t piece) {
    const std::size_t first = piece % bands * band;
    winograd_piece(x, w, shape, g, piece / bands, first, std::min(first + band, tile_rows), finish);
  });
}

}  // namespace detail

template <class X, class Y, class... Option>
requires detail::image_result<Y>
void conv2d_winograd(const tensor_view<X, 4>& x, const winograd_kernels& w, Y&& y, const conv_geometry& geometry = {},
                     const Option&... option) {
  using T = std::remove_const_t<X>;
  static_assert(detail::is_winograd_element<T>,
                "conv2d_winograd takes views of floats, or of numbers that float holds: dequantize first");
  const detail::axis_order order = detail::order_of(geometry.layout);
  detail::winograd_images<T>(detail::permuted(x, order), w, detail::image_output_of(y, order), geometry, option...);
}
template <class X, class W, class Y, class... Option>
requires detail::image_result<Y>
void conv2d_winograd(const tensor_view<X, 4>& x, const tensor_view<W, 4>& w, Y&& y, const conv_geometry& geometry = {},
                     const Option&... option) {
  static_assert(detail::is_winograd_element<std::remove_const_t<W>>,
                "conv2d_winograd takes views of floats, or of numbers that float holds: dequantize first");
  const auto out = detail::image_output_of(y, detail::order_of(geometry.layout));
  detail::check_apart(detail::footprint_of(out.view), detail::footprint_of(w), "conv2d_winograd", "y", "w");
  conv2d_winograd(x, winograd_kernels(w, geometry.layout), y, geometry, option...);
}

}  // namespace narrow
