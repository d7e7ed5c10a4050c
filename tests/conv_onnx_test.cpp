// ONNX's cases of Conv, ConvInteger and QLinearConv: signals, images and volumes.
#include <gtest/gtest.h>

#include "narrow/conv.hpp"
#include "narrow/conv3d.hpp"
#include "support/data.hpp"
#include "support/onnx_case.hpp"

namespace {

using narrow::affine;
using narrow::conv_geometry;
using narrow::tensor_view;
using support::onnx_case;
using extents = std::array<std::size_t, 4>;

// Runs check(case) for each case of an operator.
template <class Check>
void for_each_case(const char* op, std::size_t least, const Check& check) {
  const auto folder = support::test_data("onnx");
  if (!folder) GTEST_SKIP() << support::missing_data("onnx");
  std::size_t checked = 0;
  for (const auto& one : support::onnx_cases(*folder, op)) {
    SCOPED_TRACE(one.name);
    check(one);
    ++checked;
  }
  EXPECT_GE(checked, least);
}

// A signal is an image of height 1.
extents image_shape(const onnx_case& one, const std::string& slot) {
  const auto shape = one.tensor(slot).shape;
  return shape.size() == 3 ? extents{shape[0], shape[1], 1, shape[2]} : extents{shape[0], shape[1], shape[2], shape[3]};
}

conv_geometry geometry_of(const onnx_case& one, const std::string& w_slot) {
  const bool is_signal = one.tensor("in0").shape.size() == 3;
  const auto pair = [&](const char* name) {
    const auto values = one.integers(name, is_signal ? std::vector<long>{1} : std::vector<long>{1, 1});
    return std::array<std::size_t, 2>{is_signal ? 1 : static_cast<std::size_t>(values.front()),
                                      static_cast<std::size_t>(values.back())};
  };
  const auto stride = pair("strides"), dilation = pair("dilations");
  std::array<std::size_t, 4> pads{};  // top, left, bottom, right
  const auto given = one.integers("pads", is_signal ? std::vector<long>{0, 0} : std::vector<long>{0, 0, 0, 0});
  for (std::size_t k = 0; k < given.size(); ++k) {
    pads[is_signal ? 2 * k + 1 : k] = static_cast<std::size_t>(given[k]);
  }
  const std::string rule = one.text("attr.auto_pad", "NOTSET");
  if (rule == "SAME_LOWER" || rule == "SAME_UPPER") {
    const auto x = image_shape(one, "in0"), w = image_shape(one, w_slot);
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t places = (x[k + 2] + stride[k] - 1) / stride[k];
      const std::size_t reach = (places - 1) * stride[k] + (w[k + 2] - 1) * dilation[k] + 1;
      const std::size_t total = reach > x[k + 2] ? reach - x[k + 2] : 0;
      pads[k] = rule == "SAME_LOWER" ? total - total / 2 : total / 2;
      pads[k + 2] = total - pads[k];
    }
  }
  return {stride[0],   stride[1],   pads[0],
          pads[1],     pads[2],     pads[3],
          dilation[0], dilation[1], static_cast<std::size_t>(one.integer("group", 1)),
          narrow::nchw};
}

std::vector<float> volume_conv(const onnx_case& one, const std::vector<float>& x, const std::vector<float>& w,
                               const std::vector<float>& b, std::size_t size) {
  const auto view_of = [&](auto* data, const std::string& slot) {
    std::array<std::size_t, 5> shape{};
    std::copy_n(one.tensor(slot).shape.begin(), 5, shape.begin());
    return tensor_view<std::remove_pointer_t<decltype(data)>, 5>(data, shape);
  };
  const auto triple = [&](const char* name) { return one.integers(name, {1, 1, 1}); };
  const auto size_at = [](const std::vector<long>& values, std::size_t k) {
    return static_cast<std::size_t>(values[k]);
  };
  const auto stride = triple("strides"), dilation = triple("dilations"),
             pads = one.integers("pads", {0, 0, 0, 0, 0, 0});
  EXPECT_EQ(one.text("attr.auto_pad", "NOTSET"), "NOTSET");
  const narrow::conv3d_geometry g{size_at(stride, 0),
                                  size_at(stride, 1),
                                  size_at(stride, 2),
                                  size_at(pads, 0),
                                  size_at(pads, 1),
                                  size_at(pads, 2),
                                  size_at(pads, 3),
                                  size_at(pads, 4),
                                  size_at(pads, 5),
                                  size_at(dilation, 0),
                                  size_at(dilation, 1),
                                  size_at(dilation, 2),
                                  static_cast<std::size_t>(one.integer("group", 1)),
                                  narrow::nchw};
  std::vector<float> y(size);
  narrow::conv3d(view_of(x.data(), "in0"), view_of(w.data(), "in1"), view_of(y.data(), "out0"), g, narrow::bias(b));
  return y;
}

std::vector<float> image_conv(const onnx_case& one, const std::vector<float>& x, const std::vector<float>& w,
                              const std::vector<float>& b, std::size_t size) {
  std::vector<float> y(size);
  narrow::conv2d(tensor_view<const float, 4>(x.data(), image_shape(one, "in0")),
                 tensor_view<const float, 4>(w.data(), image_shape(one, "in1")),
                 tensor_view<float, 4>(y.data(), image_shape(one, "out0")), geometry_of(one, "in1"), narrow::bias(b));
  return y;
}

TEST(Onnx, Conv) {
  for_each_case("Conv", 16, [](const onnx_case& one) {
    const auto x = one.tensor("in0").as<float>(), w = one.tensor("in1").as<float>();
    const auto shape = one.tensor("out0").shape;
    const auto b = one.has("in2") ? one.tensor("in2").as<float>() : std::vector<float>(shape[1]);
    const auto want = one.tensor("out0").as<float>();
    const auto y = shape.size() == 5 ? volume_conv(one, x, w, b, want.size()) : image_conv(one, x, w, b, want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      EXPECT_NEAR(y[i], want[i], 1e-5 * std::max(1.0F, std::fabs(want[i]))) << i;
    }
  });
}

// Codes under the zero points of a slot (absent: 0; several: one for each output channel).
affine scheme_of(const onnx_case& one, const std::string& slot) {
  if (!one.has(slot)) return affine(1.0F);
  std::vector<std::int32_t> zero_points;
  for (const double zero : one.tensor(slot).reals()) zero_points.push_back(static_cast<std::int32_t>(zero));
  if (zero_points.size() == 1) return affine(1.0F, zero_points[0]);
  return affine(narrow::per_axis(0), std::vector<float>(zero_points.size(), 1.0F), zero_points);
}

// Calls body(vector of codes) with the logical type of a slot.
template <class Body>
void with_codes(const onnx_case& one, const std::string& slot, const Body& body) {
  if (one.type(slot) == "uint8") return body(one.tensor(slot).as<std::uint8_t>());
  ASSERT_EQ(one.type(slot), "int8");
  body(one.tensor(slot).as<std::int8_t>());
}

// conv2d of in0 and a slot, as integers.
template <class T, class... Option>
std::vector<T> integer_conv(const onnx_case& one, const std::string& w_slot, const affine& of_x, const affine& of_w,
                            const Option&... option) {
  const auto shape = image_shape(one, "out0");
  std::vector<T> y(shape[0] * shape[1] * shape[2] * shape[3]);
  with_codes(one, "in0", [&](const auto& x) {
    with_codes(one, w_slot, [&](const auto& w) {
      using X = typename std::remove_cvref_t<decltype(x)>::value_type;
      using W = typename std::remove_cvref_t<decltype(w)>::value_type;
      const narrow::quantized_view<X, 4, affine> images{tensor_view<const X, 4>(x.data(), image_shape(one, "in0")),
                                                        &of_x, of_x.axis()};
      const narrow::quantized_view<W, 4, affine> kernels{tensor_view<const W, 4>(w.data(), image_shape(one, w_slot)),
                                                         &of_w, of_w.axis()};
      narrow::conv2d(images, kernels, tensor_view<T, 4>(y.data(), shape), geometry_of(one, w_slot), option...);
    });
  });
  return y;
}

TEST(Onnx, ConvInteger) {
  for_each_case("ConvInteger", 7, [](const onnx_case& one) {
    EXPECT_EQ(integer_conv<std::int32_t>(one, "in1", scheme_of(one, "in2"), scheme_of(one, "in3")),
              one.tensor("out0").as<std::int32_t>());
  });
}

// x_scale * w_scale / y_scale in the scales' own type, one or one for each output channel.
template <class Scale>
std::vector<double> combined(const std::vector<Scale>& x, const std::vector<Scale>& w, const std::vector<Scale>& y) {
  std::vector<double> result;
  for (const Scale& scale : w) result.push_back(static_cast<double>(Scale(Scale(x[0] * scale) / y[0])));
  return result;
}
std::vector<narrow::float16> halves(const onnx_case& one, const char* slot) {
  std::vector<narrow::float16> result;
  for (const std::uint16_t bits : one.tensor(slot).as<std::uint16_t>()) {
    result.push_back(narrow::float16::from_bits(bits));
  }
  return result;
}
std::vector<double> combined_scales(const onnx_case& one) {
  if (one.type("in1") == "float16") return combined(halves(one, "in1"), halves(one, "in4"), halves(one, "in6"));
  const auto floats = [&](const char* slot) { return one.tensor(slot).as<float>(); };
  return combined(floats("in1"), floats("in4"), floats("in6"));
}

// Integer-only, to codes. The exact value within 1e-4 of a tie may go either way: integer requantization is no float
// one.
template <class Code>
void check_qlinear(const onnx_case& one) {
  const auto scales = combined_scales(one);
  const auto shape = image_shape(one, "out0");
  const auto b = one.has("in8") ? one.tensor("in8").as<std::int32_t>() : std::vector<std::int32_t>(shape[1]);
  narrow::requantize last;
  for (const double scale : scales) last.multipliers.push_back(narrow::fixed_multiplier::from_real(scale));
  last.zero_point = static_cast<std::int32_t>(one.tensor("in7").reals()[0]);
  last.lowest = std::numeric_limits<Code>::min(), last.highest = std::numeric_limits<Code>::max();
  last.how = narrow::multiplier_rounding::tflite_single;
  const affine of_x = scheme_of(one, "in2"), of_w = scheme_of(one, "in5");
  const auto sums = integer_conv<std::int32_t>(one, "in3", of_x, of_w, narrow::integer_bias(b));
  const auto codes = integer_conv<Code>(one, "in3", of_x, of_w, narrow::integer_bias(b), last);
  const auto want = one.tensor("out0").as<Code>();
  ASSERT_EQ(codes.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const std::size_t o = i / (shape[2] * shape[3]) % shape[1];
    const double exact = sums[i] * scales[scales.size() == 1 ? 0 : o];
    const bool near_tie = std::fabs(exact - std::floor(exact) - 0.5) < 1e-4;
    EXPECT_NEAR(codes[i], want[i], near_tie ? 1 : 0) << i << ": " << exact;
  }
}

TEST(Onnx, QLinearConv) {
  for_each_case("QLinearConv", 7, [](const onnx_case& one) {
    if (one.type("out0") == "uint8") return check_qlinear<std::uint8_t>(one);
    ASSERT_EQ(one.type("out0"), "int8");
    check_qlinear<std::int8_t>(one);
  });
}

}  // namespace
