// Blocks of small floats, which sum in the bf16 class.
#include "support/conv_blocks.hpp"

#include "narrow/interop/threads.hpp"

namespace {

using namespace narrow;
using narrow_test::conv_problem;
using narrow_test::generator;

TEST(ConvBlocks, SmallFloats) { narrow_test::check_blocks<mxfp8, mxfp4>(narrow_test::pairs_of_block); }

// A product where there is one tap that takes every pixel; and the same bits at any number of threads.
TEST(ConvBlocks, ProductsAndThreads) {
  generator random(6);
  for (const bool one_tap : {true, false}) {
    const std::size_t taps = one_tap ? 1 : 3, pad = one_tap ? 0 : 1;
    const conv_problem p{1, 24, 21, 72, 70, taps, taps, {1, 1, pad, pad, pad, pad}};
    const auto x = narrow_test::blocks_of<mxfp8>({1, 24, 21, 72}, nhwc, random).tensor;
    const auto w = narrow_test::blocks_of<mxfp4>({70, taps, taps, 72}, nhwc, random).tensor;
    std::vector<float> serial(24 * 21 * 70), y(serial.size());
    const auto image = [&](std::vector<float>& of) { return view(of, 1, 24, 21, 70); };
    conv2d(x, w, image(serial), p.geometry);
    for (const std::size_t threads : {2U, 3U, 7U}) {
      std::ranges::fill(y, -1.0F);
      conv2d(x, w, image(y), p.geometry, thread_pool(threads));
      ASSERT_EQ(y, serial);
    }
    if (!one_tap) continue;
    const mxfp8::scheme_type of_a(std::array<std::size_t, 2>{504, 72}, 1, x.scheme().scales());
    const mxfp4::scheme_type of_b(std::array<std::size_t, 2>{70, 72}, 1, w.scheme().scales());
    const auto a = quantized(view(x.storage(), 504, 72), of_a);
    const auto b = quantized(view(w.storage(), 70, 72), of_b);
    gemm(a, transposed(b), view(y, 504, 70));
    ASSERT_EQ(y, serial);
  }
}

}  // namespace
