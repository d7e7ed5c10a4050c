// Microscaling formats against independent vectors: the scale and every element of blocks of 32, bit by bit; the
// scheme's own scales, and the same blocks as rows, columns and slices of a tensor.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "narrow/block_formats.hpp"
#include "support/csv.hpp"
#include "support/data.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;

std::uint32_t hexadecimal(const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text, nullptr, 16)); }

template <class Format>
void check_vectors(const std::string& name) {
  using element = typename Format::element_type;
  const auto path = support::test_data("formats/" + name + ".blocks.csv");
  if (!path) GTEST_SKIP() << support::missing_data("formats/" + name + ".blocks.csv");
  const support::csv vectors(*path);
  const std::size_t rows = vectors.rows();
  ASSERT_GE(rows, 40U);
  std::vector<float> x(rows * 32), across(rows * 32);
  std::vector<std::uint32_t> codes(rows * 32);
  for (std::size_t k = 0; k < 32; ++k) {
    const auto& inputs = vectors["x" + std::to_string(k)];
    const auto& outputs = vectors["e" + std::to_string(k)];
    for (std::size_t i = 0; i < rows; ++i) {
      x[i * 32 + k] = across[k * rows + i] = std::bit_cast<float>(hexadecimal(inputs[i]));
      codes[i * 32 + k] = hexadecimal(outputs[i]);
    }
  }
  for (const target t : support::supported_targets()) {
    SCOPED_TRACE(name_of(t));
    const support::on_target guard(t);
    const auto along = quantize<Format>(view(x, rows, 32), 1);
    const auto down = quantize<Format>(view(across, 32, rows), 0);
    const auto middle = quantize<Format>(view(x, rows, 32, 1), 1);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint32_t scale = hexadecimal(vectors["scale"][i]);
      EXPECT_EQ(along.scheme().scale(i).bits(), scale) << "block " << i;
      EXPECT_EQ(down.scheme().scale(i).bits(), scale) << "block " << i;
      EXPECT_EQ(middle.scheme().scale(i).bits(), scale) << "block " << i;
      for (std::size_t k = 0; k < 32; ++k) {
        const std::uint32_t code = codes[i * 32 + k];
        EXPECT_EQ(element(along.codes()(i, k)).bits(), code) << "block " << i << ", element " << k;
        EXPECT_EQ(element(down.codes()(k, i)).bits(), code) << "block " << i << ", element " << k;
        EXPECT_EQ(element(middle.codes()(i, k, 0)).bits(), code) << "block " << i << ", element " << k;
      }
    }
  }
}

TEST(BlockVectors, MxFp8E4m3) { check_vectors<mxfp8>("mxfp8_e4m3"); }
TEST(BlockVectors, MxFp8E5m2) { check_vectors<mxfp8_e5m2>("mxfp8_e5m2"); }
TEST(BlockVectors, MxFp6E2m3) { check_vectors<mxfp6>("mxfp6_e2m3"); }
TEST(BlockVectors, MxFp6E3m2) { check_vectors<mxfp6_e3m2>("mxfp6_e3m2"); }
TEST(BlockVectors, MxFp4E2m1) { check_vectors<mxfp4>("mxfp4_e2m1"); }
TEST(BlockVectors, MxInt8) { check_vectors<mxint8>("mxint8"); }

}  // namespace
