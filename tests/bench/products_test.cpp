#include "compare/products.hpp"

#include <gtest/gtest.h>

#include "narrow/block_formats.hpp"
#include "support/targets.hpp"

namespace {

template <class A, class B>
compare::products of(std::size_t depth) {
  const std::vector<A> a(1);
  const std::vector<B> b(1);
  return compare::products_of(narrow::view(a, 1, 1), narrow::view(b, 1, 1), depth);
}
template <class T>
std::string text(std::size_t depth) {
  const auto p = of<T, T>(depth);
  return p.kind() + ": " + p.text();
}

TEST(Products, IntegersOfUpTo16BitsAreNativeWhereKernelsTakeThem) {
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target scope(t);
    EXPECT_EQ(text<narrow::int8>(784), "native: int8 into int32");
    const bool limbs = t == narrow::target::avx512 && narrow::detail::this_cpu().vnni;
    EXPECT_EQ(
        (text<narrow::fixed<8, 8>>(784)).rfind(limbs ? "native: int16 into int64" : "simulated: float64, exact", 0),
        0U);
    EXPECT_EQ((text<narrow::fixed<12, 20>>(784)), "native: int64 into 128 bits");
    EXPECT_EQ((text<narrow::fixed<6, 14>>(784)).rfind("simulated: float64, exact", 0), 0U);
  }
}

TEST(Products, BinaryNumbersAreCountedInBitsWhereKernelsAre) {
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target scope(t);
    const bool kernels = t != narrow::target::portable;
    EXPECT_EQ(text<narrow::binary>(784), kernels ? "native: bits into int32" : "native: int8 into int32");
    // So are integers of up to 3 bits, plane by plane, from a depth on.
    const std::string planes = kernels ? "bit planes into int32" : "int8 into int32";
    EXPECT_EQ((of<narrow::uint2, narrow::binary>(784).text()), planes);
    EXPECT_EQ((of<narrow::uint2, narrow::binary>(255).text()), "int8 into int32");
    EXPECT_EQ((of<narrow::uint2, narrow::binary>(256).text()), planes);
    EXPECT_EQ((of<narrow::int4, narrow::binary>(784).text()), "int8 into int32");
    EXPECT_EQ((of<narrow::binary, narrow::uint2>(784).text()), "int8 into int32");
  }
}

TEST(Products, RealsAreNativeWhereTheMachineFusesThem) {
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target scope(t);
#if defined(__FMA__)
    EXPECT_EQ(text<float>(784), "native: float32");
#else
    const bool fused = t != narrow::target::portable;
    EXPECT_EQ(text<float>(784), fused ? "native: float32" : "simulated: float32, fma in software");
#endif
  }
}

TEST(Products, DecodedFloatsAreSimulated) {
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target scope(t);
    EXPECT_EQ(text<narrow::float16>(784).rfind("simulated: float32", 0), 0U);
    const bool pairs = t == narrow::target::avx512 && narrow::detail::this_cpu().bf16;
    EXPECT_EQ(text<narrow::bfloat16>(784).rfind(pairs ? "native: bfloat16 pairs" : "simulated: float32 as bfloat16", 0),
              0U);
  }
}

TEST(Products, BlocksAlongTheDepthAreSummedByThemselves) {
  const auto of_blocks = [](auto format) {
    using T = typename decltype(format)::element_type;
    using scheme = typename decltype(format)::scheme_type;
    const std::vector<typename scheme::scale_type> scales(2, typename scheme::scale_type(1.0F));
    const narrow::quantized_tensor<T, 2, scheme> a({1, 64}, scheme(std::array<std::size_t, 2>{1, 64}, 1, scales)),
        b({64, 1}, scheme(std::array<std::size_t, 2>{64, 1}, 0, scales));
    const auto p = compare::products_of(a, b, 64);
    return p.kind() + ": " + p.text();
  };
  EXPECT_EQ(of_blocks(narrow::mxint8{}), "native: int8 into int32, by blocks");
  for (const narrow::target t : support::supported_targets()) {
    const support::on_target scope(t);
    const bool pairs = t == narrow::target::avx512 && narrow::detail::this_cpu().bf16;
    const std::string text = of_blocks(narrow::mxfp8{});
    EXPECT_EQ(text.rfind(pairs ? "native: bfloat16 pairs" : "simulated: float32 as bfloat16 pairs", 0), 0U) << text;
    EXPECT_EQ(text.substr(text.size() - 9), "by blocks");
  }
}

TEST(Products, JoinEachWayOnce) {
  auto all = of<narrow::int8, narrow::int8>(10);
  all.add(of<narrow::int8, narrow::int8>(10));
  EXPECT_EQ(all.text(), "int8 into int32");
  EXPECT_TRUE(all.native);
  all.add(of<narrow::float16, narrow::float16>(10));
  EXPECT_EQ(all.text().rfind("int8 into int32, float32", 0), 0U);
  EXPECT_FALSE(all.native);
}

}  // namespace
