// Kernels under scales along the depth, straight through the driver: block sums by the plain loop, one fused
// multiply-add each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "narrow/gemm.hpp"
#include "narrow/random.hpp"
#include "support/targets.hpp"

namespace {

using namespace narrow;

template <class T>
std::vector<T> random_values(std::size_t n, std::uint64_t stream) {
  std::vector<T> result(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto x = static_cast<std::int8_t>(random_bits(3, stream, i));
    if constexpr (std::is_integral_v<T>) {
      result[i] = static_cast<T>(x);
    } else {
      result[i] = T(static_cast<float>(x) / 16);
    }
  }
  return result;
}

struct problem {
  std::size_t m, n, depth, block;  // terms of a block
};

// PanelA and PanelB as fast.hpp pairs them. Unsigned bytes of a lie 128 above its codes: b_sums take that back.
template <class A, class B, class PanelA, class PanelB>
void check(const problem& size) {
  SCOPED_TRACE(std::to_string(size.m) + " x " + std::to_string(size.depth) + " x " + std::to_string(size.n));
  constexpr bool integers = std::is_integral_v<A>;
  const auto a = random_values<A>(size.m * size.depth, 1);
  const auto b = random_values<B>(size.depth * size.n, 2);
  const std::size_t blocks = (size.depth + size.block - 1) / size.block, padded = (size.n + 63) / 64 * 64;
  std::vector<float> a_scales(size.m * blocks), b_scales(blocks * padded), wanted(size.m * size.n);
  for (std::size_t i = 0; i < a_scales.size(); ++i) a_scales[i] = static_cast<float>(random_bits(4, 1, i) % 1000) / 64;
  for (std::size_t i = 0; i < b_scales.size(); ++i) b_scales[i] = static_cast<float>(random_bits(4, 2, i) % 1000) / 97;
  std::vector<std::int32_t> b_sums(blocks * padded);
  const std::vector<double> a_values(a.begin(), a.end()), b_values(b.begin(), b.end());
  const double *x_values = a_values.data(), *y_values = b_values.data();
  for (std::size_t i = 0; i < size.m; ++i) {
    for (std::size_t j = 0; j < size.n; ++j) {
      float total = 0;
      for (std::size_t block = 0; block < blocks; ++block) {
        double sum = 0, of_b = 0;  // exact: few bits
        for (std::size_t k = block * size.block; k < std::min(size.depth, (block + 1) * size.block); ++k) {
          sum += x_values[i * size.depth + k] * y_values[k * size.n + j];
          of_b += y_values[k * size.n + j];
        }
        b_sums[block * padded + j] = static_cast<std::int32_t>(of_b);
        const float factor = a_scales[i * blocks + block] * b_scales[block * padded + j];
        total = std::fma(static_cast<float>(sum), factor, total);
      }
      wanted[i * size.n + j] = total;
    }
  }

  const auto x = detail::operand_of(view(a, size.m, size.depth));
  const auto y = detail::operand_of(view(b, size.depth, size.n));
  std::vector<float> c(size.m * size.n, NAN);
  const bool done = detail::on_target([&](auto target) {
    using Target = decltype(target);
    const auto kernel = Target::template scaled_kernel<PanelB>();
    if constexpr (std::is_null_pointer_v<decltype(kernel)>) {
      return false;
    } else {
      if (kernel == nullptr) return false;
      detail::gemm_plan plan;
      plan.kernel = kernel;
      plan.m = size.m, plan.n = size.n, plan.depth = size.depth;
      plan.a = Target::template packing<PanelA>(x, false);
      plan.b = Target::template packing<PanelB>(y, false);
      plan.scales.groups = size.block / kernel->group;
      plan.scales.a = a_scales.data(), plan.scales.a_stride = static_cast<std::ptrdiff_t>(blocks);
      plan.scales.b = b_scales.data(), plan.scales.b_stride = padded;
      if (integers && !std::is_same_v<PanelA, detail::pair_panel>) {
        plan.scales.b_sums = b_sums.data(), plan.scales.a_zero = 128;
      }
      plan.c = c.data(), plan.c_stride = static_cast<std::ptrdiff_t>(size.n);
      detail::run_in_parts(plan, serial_executor{});
      return true;
    }
  });
  if (!done) return;  // no such kernel on this target
  for (std::size_t i = 0; i < c.size(); ++i) ASSERT_EQ(c[i], wanted[i]) << "element " << i;
}

const problem problems[] = {{1, 1, 32, 32},     {5, 33, 96, 32},     {12, 64, 128, 16}, {37, 95, 1000, 64},
                            {13, 70, 1700, 32}, {14, 40, 4300, 128}, {3, 7, 20, 32}};

template <class A, class B, class PanelA, class PanelB = PanelA>
void check_all() {
  for (const target t : support::kernel_targets()) {
    SCOPED_TRACE(name_of(t));
    const support::on_target guard(t);
    for (const problem& size : problems) check<A, B, PanelA, PanelB>(size);
  }
}

TEST(ScaledKernel, Bytes) {
  using S = detail::panel_sign;
  check_all<std::int8_t, std::int8_t, detail::byte_panel<S::is_unsigned>, detail::byte_panel<S::is_signed>>();
}
TEST(ScaledKernel, Pairs) { check_all<std::int8_t, std::int8_t, detail::pair_panel>(); }
TEST(ScaledKernel, Bfloat16) { check_all<bfloat16, bfloat16, detail::bf16_panel>(); }
TEST(ScaledKernel, Floats) { check_all<float, float, detail::real_panel<float>>(); }

}  // namespace
