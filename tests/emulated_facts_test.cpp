// What emulated accumulators are for, and how they meet gemm's other options: the stall that Wang et al. (2018) found
// and its cure, the variance that Sakr et al. (2019) predict, schemes, batches, epilogues and errors.
#include <limits>

#include "support/emulated_check.hpp"

namespace {

using narrow::accumulate_in;
using narrow::float32_chunks;
using narrow::view;
using support::EmulatedTargets;
using support::ibm_1_6_9;
using support::on_every_target;

struct sums {
  double emulated, exact;
};
// The sum of n terms drawn by `draw`, in 1-6-9 and as it is.
template <class Draw>
sums sum_of(std::size_t n, std::size_t chunk, Draw draw) {
  std::mt19937 random(11);
  std::vector<float> x(n), c(1);
  const std::vector<float> ones(n, 1.0F);
  double exact = 0;
  for (auto& value : x) exact += value = static_cast<float>(draw(random));
  narrow::gemm(view(ones, 1, n), view(x, n, 1), view(c, 1, 1), accumulate_in<ibm_1_6_9>{.chunk = chunk});
  return {c[0], exact};
}

// From 2048 on a unit is 4, and a term below 2 is lost. From 4096 on it is 8, and only terms above 4 count: of those
// with mean 1 and deviation 1, one in 740.
TEST_F(EmulatedTargets, NaiveSumsStall) {
  const auto mean_1 = [](auto& random) { return std::normal_distribution<double>(1, 1)(random); };
  const auto uniform = [](auto& random) { return std::uniform_real_distribution<double>(0, 2)(random); };
  for (const std::size_t n : {16384U, 65536U}) {
    EXPECT_NEAR(sum_of(n, narrow::whole_depth, mean_1).emulated, 4096, 8.0 * static_cast<double>(n) / 740);
    EXPECT_EQ(sum_of(n, narrow::whole_depth, uniform).emulated, 2048);
  }
  for (const sums s : {sum_of(16384, 64, mean_1), sum_of(16384, 64, uniform)}) {
    EXPECT_NEAR(s.emulated, s.exact, 0.01 * s.exact);
  }
}

// Sakr et al. (2019) for 5 mantissa bits: of the variance of sums of 8192 normal terms, .69 is left naively and .99 in
// chunks of 64. The variance of 2048 sums is known to 3 %.
TEST_F(EmulatedTargets, ChunksRetainVariance) {
  using mantissa_5 = narrow::number<narrow::float_format<narrow::float_descriptor{8, 5, 127}>>;
  constexpr std::size_t n = 8192, columns = 512, batches = 4;
  std::mt19937 random(12);
  std::normal_distribution<float> normal;
  std::vector<float> x(n * columns), c(columns);
  const std::vector<float> ones(n, 1.0F);
  double naive = 0, chunked = 0;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    for (auto& value : x) value = normal(random);
    const auto squares = [&](std::size_t chunk) {
      narrow::gemm(view(ones, 1, n), view(x, n, columns), view(c, 1, columns), accumulate_in<mantissa_5>{chunk});
      double result = 0;
      for (const float s : c) result += static_cast<double>(s) * static_cast<double>(s);
      return result / static_cast<double>(columns * batches * n);
    };
    naive += squares(narrow::whole_depth);
    chunked += squares(64);
  }
  EXPECT_NEAR(naive, 0.69, 0.07);
  EXPECT_NEAR(chunked, 0.99, 0.07);
}

// 1 + 2^-11 + 2^-34 is above the midpoint between 1 and the next float16, and its float is on it.
TEST_F(EmulatedTargets, NotThroughFloat) {
  const std::vector<float> x{1, 0x1p-11F}, y{1, 1 + 0x1p-23F};
  on_every_target([&] {
    std::vector<float> d(1);
    narrow::gemm(view(x, 1, 2), view(y, 2, 1), view(d, 1, 1), accumulate_in<narrow::float16>{});
    EXPECT_EQ(d[0], 1 + 0x1p-10F);
    narrow::gemm(view(x, 1, 2), view(y, 2, 1), view(d, 1, 1), float32_chunks<narrow::float16>{});
    EXPECT_EQ(d[0], 1);
  });
}

// Under a scheme the accumulator holds products of code - zero point, and the scales act on the sum.
TEST_F(EmulatedTargets, Schemes) {
  using narrow::affine;
  using wrapping = narrow::number<narrow::signed_integer<16>, narrow::nearest_even, narrow::wrap>;
  const std::size_t m = 3, depth = 200, n = 21;
  std::mt19937 random(4);
  std::vector<std::uint8_t> a(m * depth);
  std::vector<std::int8_t> b(depth * n);
  for (auto& x : a) x = static_cast<std::uint8_t>(random());
  for (auto& x : b) x = static_cast<std::int8_t>(random());
  const affine left(0.5F, 128),
      right(narrow::per_column, std::vector<float>(n, 0.25F), std::vector<std::int32_t>(n, 3));
  const narrow::quantized_view<std::uint8_t, 2, affine> x{view(std::as_const(a), m, depth), &left, left.axis()};
  const narrow::quantized_view<std::int8_t, 2, affine> y{view(std::as_const(b), depth, n), &right, right.axis()};
  on_every_target([&] {
    std::vector<float> c(m * n);
    narrow::gemm(x, y, view(c, m, n), accumulate_in<wrapping>{});
    for (std::size_t at = 0; at < c.size(); ++at) {
      int sum = 0;
      for (std::size_t k = 0; k < depth; ++k) sum += (a[at / n * depth + k] - 128) * (b[k * n + at % n] - 3);
      ASSERT_EQ(c[at], static_cast<float>(static_cast<std::int16_t>(sum)) * 0.125F) << at;
    }
  });
}

// Matrices of a batch have their own random bits; transposed operands and the other options change nothing of the sums.
TEST_F(EmulatedTargets, OtherOptions) {
  using stochastic_float16 = accumulate_in<narrow::float16, narrow::stochastic_sequence>;
  const std::size_t m = 3, depth = 40, n = 19;
  auto a = support::terms<float>(2 * m * depth, 5), b = support::terms<float>(depth * n, 6);
  const stochastic_float16 option{.rounding = {.seed = 1}};
  on_every_target([&] {
    std::vector<float> c(2 * m * n), one(m * n), turned(n * m);
    narrow::gemm(view(a, 2, m, depth), view(b, 1, depth, n), view(c, 2, m, n), option);
    auto second = option;
    second.rounding.first = m * n * 64;
    narrow::gemm(view(a.data() + m * depth, m, depth), view(b, depth, n), view(one, m, n), second);
    EXPECT_TRUE(std::equal(one.begin(), one.end(), c.begin() + m * n));

    std::vector<float> plain(m * n), scaled(m * n, 1.0F);
    const accumulate_in<narrow::float16> nearest{.chunk = 16};
    const auto first = view(a.data(), m, depth), right = view(b.data(), depth, n);
    narrow::gemm(first, right, view(plain, m, n), nearest);
    narrow::gemm(transposed(right), transposed(first), view(turned, n, m), nearest);
    narrow::gemm(first, right, view(scaled, m, n), nearest, narrow::alpha{2}, narrow::beta{1}, narrow::relu);
    std::vector<narrow::float16> held(m * n);
    narrow::gemm(first, right, view(held, m, n), nearest);
    for (std::size_t at = 0; at < m * n; ++at) {
      ASSERT_EQ(turned[at % n * m + at / n], plain[at]);
      ASSERT_EQ(scaled[at], std::max(2 * plain[at] + 1, 0.0F));
      ASSERT_EQ(float(held[at]), plain[at]);
    }
  });
}

TEST_F(EmulatedTargets, EmptyDepthsAndErrors) {
  const std::vector<float> a(6), none;
  std::vector<float> c(4, 7.0F);
  on_every_target([&] {
    narrow::gemm(view(none, 2, 0), view(none, 0, 2), view(c, 2, 2), accumulate_in<narrow::float16>{});
    EXPECT_EQ(c, std::vector<float>(4, 0.0F));
    c.assign(4, 7.0F);
  });
  try {
    narrow::gemm(view(a, 2, 3), view(a, 3, 2), view(c, 2, 2), accumulate_in<narrow::float16>{.chunk = 0});
    ADD_FAILURE();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "gemm: chunk is 0; it must be at least 1");
  }
  EXPECT_THROW(narrow::gemm(view(a, 2, 3), view(a, 3, 2), view(c, 2, 2), float32_chunks<narrow::float16>{0}),
               std::invalid_argument);
  EXPECT_EQ(c, std::vector<float>(4, 7.0F));
}

}  // namespace
