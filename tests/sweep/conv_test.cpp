// Convolutions by the kernels of every target against the plain loops, bit for bit, over the full cross of geometries;
// images of many blocks; kernels packed before; any number of threads. That the plain loops keep the definition is
// conv_test's.
#include "narrow/conv.hpp"

#include <gtest/gtest.h>

#include "narrow/interop/threads.hpp"
#include "support/conv_reference.hpp"
#include "support/targets.hpp"

namespace {

using narrow_test::conv_problem;
using narrow_test::gapped;

// The elements without gaps.
template <class T>
std::vector<T> dense(const gapped<T>& x) {
  std::vector<T> result;
  x.for_each([&](const T& e) { result.push_back(e); });
  return result;
}

template <class T>
bool same_bits(const gapped<T>& a, const gapped<T>& b) {
  const std::vector<T> x = dense(a), y = dense(b);
  return std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0;
}

template <class A, class B, class Y>
struct problem_data {
  narrow_test::generator random{7};
  gapped<A> x;
  gapped<B> w;
  gapped<Y> want;
  explicit problem_data(const conv_problem& p)
      : x(image_extents(p), random), w(kernel_extents(p), random), want(output_extents(p)) {
    const support::on_target plain(narrow::target::portable);
    narrow::conv2d(x.view(), w.view(), want.view(), p.geometry);
  }
};

template <class A, class B, class Y>
void check(const conv_problem& p) {
  const problem_data<A, B, Y> data(p);
  const std::vector<A> x = dense(data.x);
  const narrow::tensor_view<const A, 4> dense_x(x.data(), image_extents(p));
  for (const narrow::target t : support::kernel_targets()) {
    const support::on_target use(t);
    SCOPED_TRACE(narrow::name_of(t));
    const gapped<Y> y(output_extents(p)), from_packed(output_extents(p));
    narrow::conv2d(data.x.view(), data.w.view(), y.view(), p.geometry);
    narrow::conv2d(dense_x, narrow::pack_kernels<A>(data.w.view(), p.geometry), from_packed.view(), p.geometry);
    ASSERT_TRUE(y.canaries_live() && from_packed.canaries_live());
    ASSERT_TRUE(same_bits(y, data.want));
    ASSERT_TRUE(same_bits(from_packed, data.want));
  }
}

template <class Body>
void for_each_geometry(std::size_t step, const Body& body) {
  std::size_t index = 0;
  for (const std::size_t kernel : std::initializer_list<std::size_t>{1, 2, 3, 4, 5, 6, 7}) {
    for (const std::size_t stride : std::initializer_list<std::size_t>{1, 2, 3}) {
      for (const std::size_t pad : std::initializer_list<std::size_t>{0, 1, 2, 3}) {
        for (const std::size_t dilation : std::initializer_list<std::size_t>{1, 2}) {
          for (const auto& [channels, outputs, groups] :
               {std::array<std::size_t, 3>{5, 19, 1}, {6, 18, 2}, {7, 7, 7}, {3, 6, 3}}) {
            for (const auto layout : {narrow::nhwc, narrow::nchw}) {
              const narrow::conv_geometry g{stride,   stride, pad,   pad == 0 ? 0 : pad - 1, pad, pad, dilation,
                                            dilation, groups, layout};
              const conv_problem problem{2, 9, 8, channels, outputs, kernel, kernel == 1 ? 2 : kernel - 1, g};
              if (!problem.has_room() || index++ % step != 0) continue;
              SCOPED_TRACE(problem);
              body(problem);
              if (testing::Test::HasFatalFailure()) return;
            }
          }
        }
      }
    }
  }
}

TEST(ConvSweep, Floats) {
  for_each_geometry(1, [](const conv_problem& p) { check<float, float, float>(p); });
  for_each_geometry(5, [](const conv_problem& p) { check<narrow::bfloat16, narrow::bfloat16, float>(p); });
}
TEST(ConvSweep, Integers) {
  for_each_geometry(1, [](const conv_problem& p) { check<std::uint8_t, std::int8_t, std::int32_t>(p); });
  for_each_geometry(5, [](const conv_problem& p) { check<narrow::fixed<4, 12>, narrow::fixed<4, 12>, float>(p); });
}

// More pixels than a block has, lines longer than that, and depths of several blocks.
const conv_problem large[] = {
    {2, 21, 17, 5, 9, 3, 3, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1}},
    {1, 4, 700, 3, 9, 3, 3, {.stride_w = 2, .pad_left = 2, .pad_right = 1, .layout = narrow::nchw}},
    {1, 5, 6, 600, 40, 3, 3, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1}},
    {2, 8, 7, 130, 9, 4, 5, {2, 1, 3, 2, 1, 4}},
    {2, 9, 43, 70, 70, 3, 3, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1, .groups = 70}},
    {1, 30, 9, 19, 19, 5, 3, {.stride_h = 3, .pad_top = 2, .dilation_h = 2, .dilation_w = 2, .groups = 19}},
    {3, 9, 9, 1100, 33, 2, 2, {.dilation_h = 2, .dilation_w = 3}},
    // Lines that are whole tiles, whose rows are read in place.
    {2, 6, 28, 150, 20, 3, 3, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1}},
    {1, 13, 50, 44, 36, 4, 3, {2, 2, 3, 1, 3, 1, 2, 1, 2}},
};

TEST(ConvSweep, ManyBlocks) {
  for (const conv_problem& p : large) {
    SCOPED_TRACE(p);
    check<float, float, float>(p);
    check<narrow::bfloat16, narrow::bfloat16, float>(p);
    check<std::uint8_t, std::int8_t, std::int32_t>(p);
  }
}

// Channels of their own, in and beyond the blocks that kernels take: small and long lines, taps apart and beyond the
// image on all sides, images in and out of place; nothing but padding.
const conv_problem depthwise[] = {
    {2, 6, 11, 64, 64, 3, 3, {.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1, .groups = 64}},
    {2, 7, 40, 33, 33, 5, 5, {.pad_top = 2, .pad_left = 2, .pad_bottom = 2, .pad_right = 2, .groups = 33}},
    {1, 5, 3, 97, 97, 3, 7, {.pad_top = 2, .pad_left = 5, .pad_right = 6, .groups = 97}},
    {1, 9, 23, 40, 40, 2, 3, {2, 3, 1, 0, 0, 2, 3, 2, 40}},
    {1, 8, 8, 32, 32, 1, 4, {.stride_w = 2, .pad_left = 1, .dilation_w = 2, .groups = 32, .layout = narrow::nchw}},
    {1, 9, 0, 37, 37, 2, 1, {2, 2, 0, 1, 1, 4, 1, 1, 37}},
};

TEST(ConvSweep, Depthwise) {
  for (const conv_problem& p : depthwise) {
    SCOPED_TRACE(p);
    check<float, float, float>(p);
    check<narrow::bfloat16, narrow::bfloat16, float>(p);
    check<narrow::float8_e4m3fn, narrow::float8_e4m3fn, float>(p);
    check<std::uint8_t, std::int8_t, std::int32_t>(p);
    check<std::int16_t, std::int8_t, std::int32_t>(p);
  }
}

// Sums of zeros of either sign and of subnormals, which the bf16 class reads as such: a tap that is not there adds
// none.
template <class T>
void check_zeros(const conv_problem& p) {
  narrow_test::generator random(11);
  const gapped<T> x(image_extents(p)), w(kernel_extents(p));
  const gapped<float> want(output_extents(p));
  const auto fill = [&](T& e) { e = T(std::array{-0.0F, 0.0F, 0x1p-130F, -0x1p-130F, 1.0F}[random() % 5]); };
  x.for_each(fill);
  w.for_each(fill);
  const std::vector<T> elements = dense(x);
  const narrow::tensor_view<const T, 4> dense_x(elements.data(), image_extents(p));
  {
    const support::on_target plain(narrow::target::portable);
    narrow::conv2d(dense_x, w.view(), want.view(), p.geometry);
  }
  for (const narrow::target t : support::kernel_targets()) {
    const support::on_target use(t);
    const gapped<float> y(output_extents(p));
    narrow::conv2d(dense_x, w.view(), y.view(), p.geometry);
    ASSERT_TRUE(same_bits(y, want)) << narrow::name_of(t);
  }
}
TEST(ConvSweep, DepthwiseZeros) {
  for (const conv_problem& p : depthwise) {
    SCOPED_TRACE(p);
    check_zeros<float>(p);
    check_zeros<narrow::bfloat16>(p);
  }
}

// Codes of Code x int8, whose zero points shift what multiplies: weights out of 8 bits where theirs is not zero.
template <class Code>
void check_zero_points(const conv_problem& p, std::int32_t zero_of_x, std::int32_t zero_of_w) {
  narrow_test::generator random(5);
  const narrow::affine of_x(narrow::per_tensor, {0.5F}, {zero_of_x}), of_w(narrow::per_tensor, {0.25F}, {zero_of_w});
  narrow::quantized_tensor<Code, 4, narrow::affine> x(image_extents(p), of_x);
  narrow::quantized_tensor<narrow::int8, 4, narrow::affine> w(kernel_extents(p), of_w);
  for (std::size_t i = 0; i < x.codes().size(); ++i) x.codes().data()[i] = narrow_test::random_element<Code>(random);
  for (std::size_t i = 0; i < w.codes().size(); ++i) {
    w.codes().data()[i] = narrow_test::random_element<narrow::int8>(random);
  }
  const gapped<std::int32_t> want(output_extents(p));
  {
    const support::on_target plain(narrow::target::portable);
    narrow::conv2d(x, w, want.view(), p.geometry);
  }
  for (const narrow::target t : support::kernel_targets()) {
    const support::on_target use(t);
    const gapped<std::int32_t> y(output_extents(p));
    narrow::conv2d(x, w, y.view(), p.geometry);
    ASSERT_TRUE(same_bits(y, want)) << narrow::name_of(t) << ", zero points " << zero_of_x << " and " << zero_of_w;
  }
}
TEST(ConvSweep, DepthwiseZeroPoints) {
  for (const conv_problem& p : depthwise) {
    SCOPED_TRACE(p);
    for (const std::int32_t zero_of_w : {0, -77}) {
      check_zero_points<narrow::uint8>(p, 113, zero_of_w);
      check_zero_points<narrow::int8>(p, -128, zero_of_w);
    }
  }
}

// Taps on the padding, which kernels leave out where nothing can come of them: products that underflow leave zeros of
// either sign, which zeros that follow make +0 unless all are -0; and a weight that is not finite makes NaN of padding.
template <class T>
void check_padding(const conv_problem& p, float weight) {
  gapped<T> x(image_extents(p)), w(kernel_extents(p));
  narrow_test::generator random(5);
  const auto tiny = [&](bool negative) { return T(std::ldexp(negative ? -1.0F : 1.0F, -80)); };
  x.for_each([&](T& e) { e = tiny(random() % 2 == 0); });
  std::size_t index = 0;
  w.for_each([&](T& e) {
    const std::size_t output = index++ / (p.kernel_height * p.kernel_width * p.channels);
    e = tiny(output % 3 == 0 || (output % 3 == 1 && random() % 2 == 0));
  });
  w.view()(1, 0, 0, 0) = T(weight);
  gapped<float> want(output_extents(p)), y(output_extents(p));
  {
    const support::on_target plain(narrow::target::portable);
    narrow::conv2d(x.view(), w.view(), want.view(), p.geometry);
  }
  const std::vector<float> wanted = dense(want);
  const auto count = [&](auto is) { return std::count_if(wanted.begin(), wanted.end(), is); };
  ASSERT_GT(count([](float e) { return e == 0 && std::signbit(e); }), 0);
  ASSERT_GT(count([](float e) { return e == 0 && !std::signbit(e); }), 0);
  ASSERT_EQ(count([](float e) { return std::isnan(e); }) > 0, std::isinf(weight));
  for (const narrow::target t : support::kernel_targets()) {
    const support::on_target use(t);
    narrow::conv2d(x.view(), narrow::pack_kernels<T>(w.view(), p.geometry), y.view(), p.geometry);
    const std::vector<float> got = dense(y);
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_TRUE(narrow_test::same(got[i], wanted[i])) << narrow::name_of(t) << ": " << got[i] << ", " << wanted[i];
    }
  }
}
TEST(ConvSweep, PaddingThatIsLeftOut) {
  const narrow::conv_geometry around{.pad_top = 2, .pad_left = 1, .pad_bottom = 3, .pad_right = 1};
  for (const conv_problem& p : {conv_problem{2, 5, 28, 6, 19, 3, 3, around}, conv_problem{3, 4, 5, 6, 35, 4, 3, around},
                                conv_problem{2, 5, 7, 360, 35, 3, 3, around}}) {
    SCOPED_TRACE(p);
    for (const float weight : {-0x1p-80F, std::numeric_limits<float>::infinity()}) {
      check_padding<float>(p, weight);
      check_padding<narrow::bfloat16>(p, weight);
    }
  }
}

// Rows and columns in the other direction, up to the first byte of the memory and to the last.
TEST(ConvSweep, FlippedImages) {
  narrow_test::generator random(3);
  const std::size_t c = 45, outputs = 16;
  std::vector<float> x(5 * 6 * c), w(outputs * 9 * c), want(3 * 4 * outputs), y(want.size());
  for (float& e : x) e = narrow_test::random_element<float>(random);
  for (float& e : w) e = narrow_test::random_element<float>(random);
  const auto step = static_cast<std::ptrdiff_t>(c);
  const narrow::tensor_view<const float, 4> upside_down(x.data() + 4 * 6 * c, {1, 5, 6, c}, {0, -6 * step, step, 1});
  const narrow::tensor_view<const float, 4> mirrored(x.data() + 5 * c, {1, 5, 6, c}, {0, 6 * step, -step, 1});
  const auto kernels = narrow::view(w, outputs, 3, 3, c);
  for (const auto& view : {upside_down, mirrored}) {
    {
      const support::on_target plain(narrow::target::portable);
      narrow::conv2d(view, kernels, narrow::view(want, 1, 3, 4, outputs));
    }
    for (const narrow::target t : support::kernel_targets()) {
      const support::on_target use(t);
      narrow::conv2d(view, kernels, narrow::view(y, 1, 3, 4, outputs));
      ASSERT_EQ(y, want) << narrow::name_of(t);
    }
  }
}

// What no memory could hold as lines: the padding between taps is not made.
TEST(ConvSweep, TapsFarApart) {
  const std::size_t far = std::size_t{1} << 58;
  for (const std::size_t groups : std::initializer_list<std::size_t>{1, 16}) {
    const std::vector<float> x(4 * 4 * 16, 1.0F), w(16 * 2 * (16 / groups), 1.0F);
    std::vector<float> y(4 * 16);
    const narrow::conv_geometry wide{.stride_h = 4, .pad_left = far, .dilation_w = far, .groups = groups};
    narrow::conv2d(narrow::view(x, 1, 4, 4, 16), narrow::view(w, 16, 1, 2, 16 / groups), narrow::view(y, 1, 1, 4, 16),
                   wide);
    EXPECT_EQ(y, std::vector<float>(y.size(), 16.0F / static_cast<float>(groups)));
  }
}

TEST(ConvSweep, ThreadsDoNotChangeBits) {
  for (const conv_problem& p : large) {
    SCOPED_TRACE(p);
    const problem_data<float, float, float> data(p);
    const auto packed = narrow::pack_kernels(data.w.view(), p.geometry);
    for (const std::size_t threads : std::initializer_list<std::size_t>{1, 2, 3, 7}) {
      narrow::thread_pool pool(threads);
      const gapped<float> y(output_extents(p));
      narrow::conv2d(data.x.view(), packed, y.view(), p.geometry, pool);
      ASSERT_TRUE(same_bits(y, data.want)) << threads << " threads";
    }
  }
}

TEST(ConvSweep, PackedKernelsServeOtherImagesAndTargets) {
  const conv_problem p{1, 6, 6, 4, 8, 3, 3, {.pad_top = 1}};
  const problem_data<narrow::float16, float, float> data(p);
  const auto packed = narrow::pack_kernels<double>(data.w.view(), p.geometry);
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target use(t);
    const gapped<float> y(output_extents(p));
    narrow::conv2d(data.x.view(), packed, y.view(), p.geometry);
    EXPECT_TRUE(same_bits(y, data.want)) << narrow::name_of(t);
  }
}

}  // namespace
