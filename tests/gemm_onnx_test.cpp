// ONNX's cases of Gemm, MatMul, MatMulInteger and QLinearMatMul.
#include <gtest/gtest.h>

#include "narrow/gemm.hpp"
#include "support/data.hpp"
#include "support/onnx_case.hpp"

namespace {

using narrow::affine;
using support::onnx_case;
using vector = std::vector<double>;

// Runs check(case) for each case of an operator.
template <class Check>
void for_each_case(const char* op, std::size_t least, const Check& check) {
  const auto folder = support::test_data("onnx");
  if (!folder) GTEST_SKIP() << support::missing_data("onnx");
  const auto cases = support::onnx_cases(*folder, op);
  EXPECT_GE(cases.size(), least);
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    check(one);
  }
}

void expect_close(const std::vector<float>& got, const vector& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(got[i]), want[i], 1e-5 * std::max(1.0, std::fabs(want[i]))) << i;
  }
}

TEST(Onnx, Gemm) {
  for_each_case("Gemm", 6, [](const onnx_case& one) {
    const auto x = one.tensor("in0"), y = one.tensor("in1"), out = one.tensor("out0");
    const auto a = x.as<float>(), b = y.as<float>();
    const std::size_t m = out.shape[0], n = out.shape[1];
    std::vector<float> c(m * n);
    if (one.has("in2")) {
      const auto add = one.tensor("in2");
      const auto values = add.as<float>();
      for (std::size_t i = 0; i < m * n; ++i) {
        c[i] = values.size() == 1 ? values[0] : values[values.size() == n ? i % n : i];
      }
    }
    const auto plain_a = narrow::view(a, x.shape[0], x.shape[1]), plain_b = narrow::view(b, y.shape[0], y.shape[1]);
    narrow::gemm(one.integer("transA", 0) != 0 ? transposed(plain_a) : plain_a,
                 one.integer("transB", 0) != 0 ? transposed(plain_b) : plain_b, narrow::view(c, m, n),
                 narrow::alpha{one.real("alpha", 1)}, narrow::beta{one.has("in2") ? one.real("beta", 1) : 0});
    expect_close(c, out.reals());
  });
}

// The shape as matrices: numpy's rules for vectors and broadcasting.
TEST(Onnx, MatMul) {
  for_each_case("MatMul", 3, [](const onnx_case& one) {
    const auto x = one.tensor("in0"), y = one.tensor("in1");
    const auto a = x.as<float>(), b = y.as<float>();
    auto left = x.shape, right = y.shape;
    if (left.size() == 1) left.insert(left.begin(), 1);
    if (right.size() == 1) right.push_back(1);
    while (left.size() < right.size()) left.insert(left.begin(), 1);
    while (right.size() < left.size()) right.insert(right.begin(), 1);
    const std::size_t rank = left.size(), m = left[rank - 2], depth = left[rank - 1], n = right[rank - 1];
    std::size_t batches = 1;
    for (std::size_t axis = 0; axis + 2 < rank; ++axis) batches *= std::max(left[axis], right[axis]);
    std::vector<float> c(batches * m * n);
    for (std::size_t t = 0; t < batches; ++t) {
      std::size_t rest = t, at_a = 0, at_b = 0, step_a = m * depth, step_b = depth * n;
      for (std::size_t axis = rank - 2; axis-- > 0;) {
        const std::size_t extent = std::max(left[axis], right[axis]), index = rest % extent;
        rest /= extent;
        at_a += (left[axis] == 1 ? 0 : index) * step_a;
        at_b += (right[axis] == 1 ? 0 : index) * step_b;
        step_a *= left[axis], step_b *= right[axis];
      }
      narrow::gemm(narrow::view(a.data() + at_a, m, depth), narrow::view(b.data() + at_b, depth, n),
                   narrow::view(c.data() + t * m * n, m, n));
    }
    expect_close(c, one.tensor("out0").reals());
  });
}

// Codes under the zero points of a slot (absent: 0; several: one for each row or column).
affine scheme_of(const onnx_case& one, const std::string& slot, narrow::granularity axis) {
  if (!one.has(slot)) return affine(1.0F);
  std::vector<std::int32_t> zero_points;
  for (const double zero : one.tensor(slot).reals()) zero_points.push_back(static_cast<std::int32_t>(zero));
  if (zero_points.size() == 1) return affine(1.0F, zero_points[0]);
  return affine(axis, std::vector<float>(zero_points.size(), 1.0F), zero_points);
}

// Calls body(vector of codes) with the logical type of a slot.
template <class Body>
void with_codes(const onnx_case& one, const std::string& slot, const Body& body) {
  if (one.type(slot) == "uint8") return body(one.tensor(slot).as<std::uint8_t>());
  ASSERT_EQ(one.type(slot), "int8");
  body(one.tensor(slot).as<std::int8_t>());
}

template <class T>
narrow::quantized_view<T, 2, affine> matrix(const std::vector<T>& codes, std::size_t rows, std::size_t columns,
                                            std::size_t batch, const affine& scheme) {
  return {narrow::view(codes.data() + batch * rows * columns, rows, columns), &scheme, scheme.axis()};
}

// The int32 accumulators of in0 and the slot of b.
std::vector<std::int32_t> accumulators(const onnx_case& one, const std::string& b_slot, const affine& of_a,
                                       const affine& of_b) {
  const auto a_shape = one.tensor("in0").shape, b_shape = one.tensor(b_slot).shape;
  const std::size_t rank = a_shape.size(), m = a_shape[rank - 2], depth = a_shape[rank - 1], n = b_shape[rank - 1];
  const std::size_t batches = rank == 3 ? a_shape[0] : 1;
  std::vector<std::int32_t> sums(batches * m * n);
  with_codes(one, "in0", [&](const auto& a) {
    with_codes(one, b_slot, [&](const auto& b) {
      for (std::size_t t = 0; t < batches; ++t) {
        narrow::gemm(matrix(a, m, depth, t, of_a), matrix(b, depth, n, t, of_b),
                     narrow::view(sums.data() + t * m * n, m, n));
      }
    });
  });
  return sums;
}

TEST(Onnx, MatMulInteger) {
  for_each_case("MatMulInteger", 7, [](const onnx_case& one) {
    EXPECT_EQ(
        accumulators(one, "in1", scheme_of(one, "in2", narrow::per_row), scheme_of(one, "in3", narrow::per_column)),
        one.tensor("out0").as<std::int32_t>());
  });
}

// a_scale * b_scale / y_scale in the scales' own type.
double combined_scale(const onnx_case& one) {
  const auto at = [&](const char* slot) { return one.tensor(slot); };
  if (one.type("in1") == "float32") {
    return static_cast<double>(at("in1").as<float>()[0] * at("in4").as<float>()[0] / at("in6").as<float>()[0]);
  }
  const auto half = [&](const char* slot) { return narrow::float16::from_bits(at(slot).as<std::uint16_t>()[0]); };
  return double(half("in1") * half("in4") / half("in6"));
}

// The exact value within 1e-4 of a tie may go either way: integer requantization is no float one.
TEST(Onnx, QLinearMatMul) {
  for_each_case("QLinearMatMul", 10, [](const onnx_case& one) {
    const auto sums =
        accumulators(one, "in3", scheme_of(one, "in2", narrow::per_row), scheme_of(one, "in5", narrow::per_column));
    const auto want = one.tensor("out0").reals();
    const double real = combined_scale(one);
    const double zero = one.tensor("in7").reals()[0];
    const bool is_signed = one.type("out0") == "int8";
    const narrow::requantize last{{narrow::fixed_multiplier::from_real(real)},
                                  static_cast<std::int32_t>(zero),
                                  is_signed ? -128 : 0,
                                  is_signed ? 127 : 255,
                                  narrow::multiplier_rounding::tflite_single};
    ASSERT_EQ(sums.size(), want.size());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const double exact = static_cast<double>(sums[i]) * real;
      const bool near_tie = std::fabs(exact - std::floor(exact) - 0.5) < 1e-4;
      EXPECT_NEAR(static_cast<double>(last(sums[i], 0, 0)), want[i], near_tie ? 1 : 0) << i << ": " << exact;
    }
  });
}

}  // namespace
