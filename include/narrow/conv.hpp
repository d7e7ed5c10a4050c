// Two-dimensional convolution (cross-correlation, as deep learning has it): the plain loops, which are the
// specification, and the kernels of gemm where they have the class (detail/conv/fast.hpp), with the same bits.
//
//   conv2d(x, w, y);                                                            // stride 1, no padding
//   conv2d(xq, wq, y, {.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1}, bias(b), relu);
//
//   y(n, i, j, o) = sum over r, s, c of  x(n, i * stride_h + r * dilation_h - pad_top,
//                                           j * stride_w + s * dilation_w - pad_left, c of o's group) * w(o, r, s, c)
//
// Shapes:  nhwc  x (N, H, W, C)   w (O, KH, KW, C / groups)   y (N, OH, OW, O)   the default
//          nchw  x (N, C, H, W)   w (O, C / groups, KH, KW)   y (N, O, OH, OW)
//   OH = (H + pad_top + pad_bottom - dilation_h * (KH - 1) - 1) / stride_h + 1, rounded down; OW likewise.
//   Group g makes output channels [g * O / groups, (g + 1) * O / groups) from that share of the input channels.
//
// Kernels that are used again are packed once: pack_kernels.hpp.
// Operands, sums, outputs and options are those of gemm, at rank 4. A scheme is per tensor, or along the channels; that
// of w may also be along the output channels (axis 0). Parameters along the input channels cannot be factored out of
// the sum: the operands are decoded to reals first, and there is no integer sum.
// Block formats (block_formats.hpp) have their blocks along the input channels: those of a pixel of x, those of a tap
// of w, never across taps. A tap's terms are then summed block by block in one chain over (kernel row, kernel column,
// block), as gemm sums (block_sums in accumulator.hpp): with one tap that takes every pixel, bit for bit. What gemm
// decodes to reals first is decoded here too, and so are blocks of x that groups of channels cut.
// The sum of one output is one chain in the order (kernel row, kernel column, channel), ascending, whatever the layout,
// padding included: an operand of exactly zero (for affine codes, the zero point), and so NaN beside a weight that is
// not finite. The bf16 class takes pairs along that order; a last odd term is paired with zero.
// Memory beyond operands and output: w packed, and for each thread a band of the lines of x that some 144 pixels of y
// meet, and either those pixels' terms, 4 KiB of each at a time, or nothing more, where kernels read them in the band.
// It does not grow with the image but for lines of up to 144 pixels: float 3x3 kernels of 64 channels on 64 take 86,
// 131, 236 and 236 KB at 56x56, 112x112, 224x224 and 448x448, and 14x14 at 256 on 256 350 KB (tests/conv_memory_test).
// Outputs other than the sums themselves add these for blocks of 1920 x 512 at most, as gemm does, where a depth is
// beyond 4 KiB. Of blocks of x, their factors are added as floats. Workspaces are kept, as gemm's are. Plain loops, on
// targets without kernels and of operands that none takes, run on the calling thread, and allocate; outputs of blocks
// are whole in a workspace first, as gemm's are.
// An epilogue sees (value, pixel, output channel), with pixel = (n * OH + i) * OW + j; `bias` and `requantize` have one
// value for each output channel. A stochastic output takes the bits of index pixel * O + channel; one of blocks, which
// are made as gemm's are, those of the element's index in y.
//
// Errors (std::invalid_argument): a stride, a dilation, a number of groups or a kernel of zero; channels that the
// groups do not divide, or that differ between x and w; a kernel larger than the padded image; an output of another
// shape, or that overlaps an operand, an epilogue's values or itself; a scheme or blocks along another axis, or that do
// not fit; sizes that overflow; an epilogue of the wrong length; integer outputs of real sums; alpha or beta that the
// output cannot take; a stochastic_sequence of too few or many bits. Nothing is written in that case.
#pragma once

#include "narrow/conv_geometry.hpp"
#include "narrow/detail/conv/block_convolution.hpp"
#include "narrow/detail/conv/depthwise.hpp"
#include "narrow/detail/conv/fast.hpp"
#include "narrow/detail/conv/plain.hpp"
#include "narrow/gemm.hpp"
#include "narrow/pack_kernels.hpp"

namespace narrow {

template <class X, class W, class Y, class... Option>
void conv2d(const X& x, const W& w, Y&& y, const conv_geometry& geometry = {}, const Option&... option);

namespace detail {

// What errors call the function and its tensors.
struct conv_names {
  const char *call, *x, *w, *y;
};
inline constexpr conv_names forward_names{"conv2d", "x", "w", "y"};

// How many places a kernel has along one axis.
inline std::size_t conv_extent(const conv_names& name, const char* axis, std::size_t image, std::size_t pad_first,
                               std::size_t pad_last, std::size_t taps, std::size_t dilation, std::size_t stride) {
  std::size_t padded = 0, span = 0;
  require(!__builtin_add_overflow(image, pad_first, &padded) && !__builtin_add_overflow(padded, pad_last, &padded),
          name.call, ": the padded ", axis, ", ", image, " + ", pad_first, " + ", pad_last, ", overflows std::size_t");
  require(taps > 0, name.call, ": the ", axis, " of ", name.w, " is 0; it must be at least 1");
  require(!__builtin_mul_overflow(taps - 1, dilation, &span) && !__builtin_add_overflow(span, 1, &span), name.call,
          ": the dilated ", axis, " of ", name.w, ", (", taps, " - 1) * ", dilation, " + 1, overflows std::size_t");
  require(span <= padded, name.call, ": the ", axis, " of ", name.w, " is ", span,
          " with its dilation; it must be at most ", padded, ", the padded ", axis, " of ", name.x);
  return (padded - span) / stride + 1;
}

inline void check_steps(const conv_geometry& g, const char* call) {
  require(g.stride_h > 0, call, ": stride_h is 0; it must be at least 1");
  require(g.stride_w > 0, call, ": stride_w is 0; it must be at least 1");
  require(g.dilation_h > 0, call, ": dilation_h is 0; it must be at least 1");
  require(g.dilation_w > 0, call, ": dilation_w is 0; it must be at least 1");
  require(g.groups > 0, call, ": groups is 0; it must be at least 1");
}

// x, w and y with the channels last.
template <class X, class W, class Y>
conv_shape checked_shape(const X& x, const W& w, const Y& y, const conv_geometry& g,
                         const conv_names& name = forward_names) {
  check_steps(g, name.call);
  conv_shape s{};
  s.images = x.extent(0), s.height = x.extent(1), s.width = x.extent(2), s.channels = x.extent(3);
  s.out_channels = w.extent(0), s.kernel_height = w.extent(1), s.kernel_width = w.extent(2);
  require(s.channels % g.groups == 0, name.call, ": groups is ", g.groups, "; it must divide the ", s.channels,
          " channels of ", name.x);
  require(s.out_channels % g.groups == 0, name.call, ": groups is ", g.groups, "; it must divide the ", s.out_channels,
          " output channels of ", name.w);
  s.group_channels = s.channels / g.groups, s.group_outputs = s.out_channels / g.groups;
  require(w.extent(3) == s.group_channels, name.call, ": ", name.w, " has ", w.extent(3), " channels; it must have ",
          s.group_channels, ", the channels of ", name.x, " over groups");
  s.out_height =
      conv_extent(name, "height", s.height, g.pad_top, g.pad_bottom, s.kernel_height, g.dilation_h, g.stride_h);
  s.out_width = conv_extent(name, "width", s.width, g.pad_left, g.pad_right, s.kernel_width, g.dilation_w, g.stride_w);
  check_extents(y.extents(), {s.images, s.out_height, s.out_width, s.out_channels}, g.layout, name.call, name.y);
  const std::size_t taps = checked_product(s.kernel_height, s.kernel_width, name.call);
  s.depth = checked_product(taps, s.group_channels, name.call);
  s.patches = checked_product(s.out_width, s.depth, name.call);
  return s;
}

// Parameters along an axis that the loops do not know, or that do not fit the tensor. `original` is the axis in the
// layout that the caller sees.
template <class T, class Scheme>
void check_conv_scheme(const tensor_view<T, 4>& codes, const Scheme* scheme, granularity axis, const char* what,
                       std::size_t first_axis, image_layout layout, const char* call = "conv2d") {
  static_assert(!block_scheme<Scheme>,
                "blocks run along the input channels, which only conv2d and conv1d sum over: dequantize first");
  require(scheme != nullptr, call, ": the scheme of ", what, " is null; it must be given");
  if (!axis.is_per_tensor()) {
    const std::size_t original = axis.axis < 4 ? order_of(layout)[axis.axis] : axis.axis;
    require(axis.axis == 3 || axis.axis == first_axis, call, ": the scheme of ", what, " is along axis ", original,
            "; it must be per tensor or along the channels");
    require(scheme->count() == codes.extent(axis.axis), call, ": the scheme of ", what, " has ", scheme->count(),
            " sets of parameters; it must have ", codes.extent(axis.axis), ", the extent of axis ", original);
  }
  if constexpr (!real_element<std::remove_cv_t<T>>) check_scheme(codes, *scheme, axis);
}
template <class X>
void check_conv_operand(const X& x, const char* what, std::size_t first_axis, image_layout layout,
                        const char* call = "conv2d") {
  if constexpr (requires { x.scheme; }) check_conv_scheme(x.codes, x.scheme, x.axis, what, first_axis, layout, call);
}

// An operand of conv2d, which may have blocks along the channels.
template <class X>
void check_forward_operand(const X& x, const char* what, std::size_t first_axis, image_layout layout) {
  if constexpr (decltype(image_row(x, 0, 0))::has_blocks) {
    require(x.scheme != nullptr, "conv2d: the scheme of ", what, " is null; it must be given");
    require(x.axis.axis == 3, "conv2d: the blocks of ", what, " are along axis ",
            x.axis.axis < 4 ? order_of(layout)[x.axis.axis] : x.axis.axis, "; they must be along the channels, axis ",
            order_of(layout)[3]);
    check_scheme(x.codes, *x.scheme, x.axis);
  } else {
    check_conv_operand(x, what, first_axis, layout);
  }
}

// Errors: an operand that the output overlaps.
inline void check_apart(const footprint& output, const footprint& operand, const char* call, const char* output_name,
                        const char* operand_name) {
  require(!overlap(output, operand), call, ": ", output_name, " overlaps ", operand_name,
          "; it must lie apart from both operands");
}

// What errors call a function, its output and operands, the output's axes, and the columns that its options see.
struct conv_output_names {
  const char *call, *output, *a, *b, *axes, *columns;
};

// The scaling among the options of a convolution whose output they see as a matrix of `rows` x `columns`.
// Errors: an output that overlaps something; options that do not fit.
template <class Output, class T, class A, class B, class Ops, class... Option>
scaling checked_scaling(const tensor_view<T, 4>& output, const A& a, const B& b, const Ops& ops, std::size_t rows,
                        std::size_t columns, const conv_output_names& name, const Option&... option) {
  static_assert(!((is_emulated<Option> || sums_in_quire<Option>) || ...),
                "only gemm has emulated accumulators and the quire");
  const footprint written = footprint_of(output);
  check_apart(written, footprint_of(elements_of(a)), name.call, name.output, name.a);
  check_apart(written, footprint_of(elements_of(b)), name.call, name.output, name.b);
  require(!overlaps_itself(written), name.call, ": ", name.output, ", with strides ", output.stride(0), ", ",
          output.stride(1), ", ", output.stride(2), " and ", output.stride(3), " for ", name.axes,
          ", overlaps itself; each element must have a place of its own");
  scaling s;
  (read_scaling(s, option), ...);
  check_scaling(s, Output{}, ops, name.call);
  check_epilogues(ops, rows, columns, written, name.call, name.output, name.columns);
  const auto check_images = [&](const auto& op) {
    if constexpr (requires { op.check_images(output.extents()); }) op.check_images(output.extents());
  };
  std::apply([&](const auto&... op) { (check_images(op), ...); }, ops);
  check_roundings(name.call, option...);
  return s;
}

template <class Class, class X, class W, class Y, class Ops, class Conversion, executor E>
void convolve(const X& x, const W& w, const packed_groups* packed, const Y& y, const conv_shape& shape,
              const conv_geometry& g, const scaling& s, const Ops& ops, const Conversion& conversion, bool with_scale,
              const E& e) {
  using Output = decltype(output_row(y, 0, 0));
  const auto some_row = image_row(x, 0, 0);
  const auto some_tap = kernel_tap(w, 0, 0);
  using A = std::remove_const_t<decltype(some_row)>;
  using B = std::remove_const_t<decltype(some_tap)>;
  if constexpr (needs_integer_sum<A, B, Output, Ops>() && !Class::exact_integer) {
    fail(
        "conv2d: y or an epilogue takes integer accumulators, but the sum is real: a scale varies along the input "
        "channels, or accumulate_in was given");
  } else {
    using Value = value_type_of<Class, A, B, typename Output::value_type>;
    check_scaling_fits<Value>(s, "conv2d");
    const std::size_t n = shape.out_channels;
    const auto last_of = [&](std::size_t image, std::size_t row) {
      return finisher<Value, Class::exact_integer, Output, Ops, Conversion>{
          output_row(y, image, row), s, ops, conversion, n, 0};
    };
    if (!with_scale && convolve_depthwise<Class>(x, w, shape, g, last_of, e)) return;
    if (!with_scale && convolve_fast<Class>(x, w, packed, y, shape, g, last_of, e)) return;
    std::vector<double> scale(n, 1.0);
    for (std::size_t o = 0; o < n && !with_scale; ++o) scale[o] = some_row.scale(0) * some_tap.scale(o);
    std::vector<typename Class::accumulator::operand_type> kernels(elements_of(w).size());
    if (shape.depth > 0) lower_kernels(w, shape, with_scale, kernels.data());
    convolve_plainly<typename Class::accumulator>(
        x, kernels.data(), shape, g, with_scale, scale, last_of,
        [](const auto& last, std::size_t pixel) { return last.out.view.first + pixel; });
  }
}

// Sums of blocks (accumulator.hpp).
template <class X, class W, class Y, class Ops, class Conversion, executor E>
void convolve_blocks(const X& x, const W& w, const packed_groups* packed, const Y& y, const conv_shape& shape,
                     const conv_geometry& g, const scaling& s, const Ops& ops, const Conversion& conversion,
                     const E& e) {
  using Output = decltype(output_row(y, 0, 0));
  using A = decltype(image_row(x, 0, 0));
  using B = decltype(kernel_tap(w, 0, 0));
  if constexpr (needs_integer_sum<A, B, Output, Ops>()) {
    fail("conv2d: y or an epilogue takes integer accumulators, but the sum is real: blocks have scales");
  } else {
    using Sums = element_sums<A, B>;
    using Value = value_type_of<compute_class<block_sums<Sums>, false>, A, B, typename Output::value_type>;
    check_scaling_fits<Value>(s, "conv2d");
    const tap_blocks blocks = blocks_of_taps(shape, g.groups, shared_block_length<A, B>);
    const auto last_of = [&](std::size_t image, std::size_t row) {
      return finisher<Value, false, Output, Ops, Conversion>{output_row(y, image, row), s, ops, conversion,
                                                             shape.out_channels,        0};
    };
    if (convolve_blocks_fast<Sums>(x, w, packed, y, shape, g, blocks, last_of, e)) return;
    convolve_blocks_plainly<Sums>(x, w, shape, g, blocks, last_of,
                                  [](const auto& last, std::size_t pixel) { return last.out.view.first + pixel; });
  }
}

// Everything with the channels last.
template <class X, class W, class Y, class... Option>
void conv_images(const X& x, const W& w, const packed_groups* packed, const Y& y, const conv_geometry& g,
                 const Option&... option) {
  const conv_shape shape = checked_shape(elements_of(x), elements_of(w), y.view, g);
  check_forward_operand(x, "x", 3, g.layout);
  check_forward_operand(w, "w", 0, g.layout);
  check_conv_scheme(y.view, y.scheme, y.axis, "y", 3, g.layout);
  if (packed != nullptr) {
    require(packed->groups == g.groups, "conv2d: w was packed for ", packed->groups, " groups; it must have been for ",
            g.groups);
  }
  using Output = decltype(output_row(y, 0, 0));
  const auto ops = epilogues_of(option...);
  const scaling s = checked_scaling<Output>(
      y.view, x, w, ops, shape.images * shape.out_height * shape.out_width, shape.out_channels,
      {"conv2d", "y", "x", "w", "image, row, column and channel", "output channels"}, option...);
  const auto conversion = conversion_of_options<typename Output::value_type>(option...);
  if (y.view.size() == 0) return;
  if constexpr (check_epilogue_types<Output, std::remove_const_t<decltype(ops)>>()) {
    const auto a = image_row(x, 0, 0);
    const auto b = kernel_tap(w, 0, 0);
    if constexpr (multiplies_blocks<std::remove_const_t<decltype(a)>, std::remove_const_t<decltype(b)>, Option...>()) {
      if (sums_blocks_of_taps(a, b, shape)) {
        return convolve_blocks(x, w, packed, y, shape, g, s, ops, conversion, executor_of_options(option...));
      }
    }
    with_accumulator<std::remove_const_t<decltype(a)>, std::remove_const_t<decltype(b)>, Option...>(
        a, b, shape.depth, a.varies_along(1) || b.varies_along(1), [&](auto chosen, bool with_scale) {
          convolve<decltype(chosen)>(x, w, packed, y, shape, g, s, ops, conversion, with_scale,
                                     executor_of_options(option...));
        });
  }
}

// y in a block format (block_output.hpp).
template <class X, class W, class Y, class... Option>
void conv_into_blocks(const X& x, const W& w, Y& y, const conv_geometry& geometry, const Option&... option) {
  const axis_order order = order_of(geometry.layout);
  const auto images = permuted(x, order);
  const auto packed = permuted(w, order);
  const auto& kernels = elements_alone(packed);
  const footprint written = footprint_of(y.codes());
  check_apart(written, footprint_of(elements_of(images)), "conv2d", "y", "x");
  check_apart(written, footprint_of(elements_of(kernels)), "conv2d", "y", "w");
  using value = block_output_value<decltype(image_row(images, 0, 0)), decltype(kernel_tap(kernels, 0, 0)), Option...>;
  const auto convolution = [&](const auto& values, const auto&... kept) {
    narrow::conv2d(x, w, values, geometry, kept...);
  };
  write_blocks<value>(y, "conv2d", convolution, option...);
}

}  // namespace detail

template <class X, class W, class Y, class... Option>
void conv2d(const X& x, const W& w, Y&& y, const conv_geometry& geometry, const Option&... option) {
  if constexpr (detail::image_operand<X> && detail::image_operand<W> &&
                detail::is_block_output<std::remove_reference_t<Y>>) {
    detail::conv_into_blocks(x, w, y, geometry, option...);
  } else if constexpr (detail::image_operand<X> && detail::image_operand<W> && detail::image_result<Y>) {
    const detail::axis_order order = detail::order_of(geometry.layout);
    const auto kernels = detail::permuted(w, order);
    detail::conv_images(detail::permuted(x, order), detail::elements_alone(kernels), detail::packed_groups_of(kernels),
                        detail::image_output_of(y, order), geometry, option...);
  } else {
    static_assert(
        detail::unsupported<X, W, Y>,
        "conv2d takes views, as view(vector, n, h, w, c), and quantized tensors of rank 4; a quantized output "
        "must not be const");
  }
}

}  // namespace narrow
