// Blocks of integers, which sum as bytes: of two lengths, and beside activations with a zero point.
#include "support/conv_blocks.hpp"

namespace {

using namespace narrow;
using narrow_test::conv_terms;
using narrow_test::generator;

TEST(ConvBlocksBytes, TwoLengths) {
  narrow_test::check_blocks<grouped<int8, 32>, grouped<int4, 16>>(narrow_test::integers_of_block);
}

TEST(ConvBlocksBytes, BesideAffineActivations) {
  generator random(7);
  for (const auto& p : narrow_test::block_problems()) {
    SCOPED_TRACE(p);
    const auto layout = p.geometry.layout;
    conv_terms<quantized_tensor<uint8, 4, affine>> x{{image_extents(p), affine(0.25F, 77)}, {}, {}};
    const auto codes = x.tensor.codes();
    narrow_test::for_each_channel({p.images, p.height, p.width, p.channels}, [&](auto n, auto h, auto w, auto c) {
      auto& code = narrow_test::at(codes, layout, n, h, w, c);
      code = narrow_test::random_element<uint8>(random);
      x.elements.push_back(static_cast<float>(code.storage()) - 77);
      x.scales.push_back(0.25F);
    });
    const auto w = narrow_test::blocks_of<grouped<int4, 32>>(
        {p.outputs, p.kernel_height, p.kernel_width, p.group_channels()}, layout, random);
    check_conv_of_blocks(p, x, w, narrow_test::sums_of_tap_blocks(p, x, w, 32, 0.25F, narrow_test::integers_of_block));
  }
}

}  // namespace
