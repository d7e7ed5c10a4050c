// The longest blocks that sum as bytes, of the largest products: 65,536 of -128 by -128.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/gemm.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;

TEST(GemmBlockLongest, SumsFit) {
  using longest = grouped<int8, 65536>;
  const std::vector<int8> codes(65536, int8(-128));
  const longest::scheme_type rows(std::array<std::size_t, 2>{1, 65536}, 1, {float16(1.0)});
  const longest::scheme_type columns(std::array<std::size_t, 2>{65536, 1}, 0, {float16(1.0)});
  for (const target t : support::supported_targets()) {
    const support::on_target guard(t);
    float c = 0;
    gemm(quantized(view(codes, 1, 65536), rows), quantized(view(codes, 65536, 1), columns), view(&c, 1, 1));
    EXPECT_EQ(c, 0x1p30F) << name_of(t);
  }
}

}  // namespace
