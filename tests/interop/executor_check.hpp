// What every executor has to do: run each piece once, pass an exception on, and give products the same bits.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "narrow/narrow.hpp"
#include "support/gemm_reference.hpp"

namespace support {

template <narrow::executor E>
void check_executor(const E& e) {
  for (const std::size_t n : {0U, 1U, 2U, 3U, 7U, 1000U}) {
    std::vector<std::atomic<int>> calls(n);
    e.parallel_for(n, [&](std::size_t i) { ++calls[i]; });
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(calls[i], 1) << i << " of " << n;
  }
  const auto fail_once = [&] {
    e.parallel_for(50, [](std::size_t i) {
      if (i == 17) throw std::runtime_error("piece 17");
    });
  };
  EXPECT_THROW(fail_once(), std::runtime_error);

  narrow_test::generator random(21);
  const narrow_test::matrix<float> a(130, 300, narrow_test::layout::padded), b(300, 170, narrow_test::layout::dense);
  const narrow_test::matrix<narrow::float16> alone(130, 170, narrow_test::layout::dense),
      shared(130, 170, narrow_test::layout::padded);
  a.fill(random);
  b.fill(random);
  const narrow::stochastic_sequence rounding{3, 4};
  narrow::gemm(a.view(), b.view(), alone.view(), rounding);
  narrow::gemm(a.view(), b.view(), shared.view(), rounding, e);
  for (std::size_t i = 0; i < 130; ++i) {
    for (std::size_t j = 0; j < 170; ++j) ASSERT_EQ(alone(i, j).bits(), shared(i, j).bits()) << i << ", " << j;
  }
  EXPECT_TRUE(shared.canaries_live());
}

}  // namespace support
