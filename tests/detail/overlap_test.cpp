// The overlap of views, against every element's address.
#include "narrow/detail/overlap.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/sweep.hpp"

namespace {

using narrow::tensor_view;
using narrow::detail::footprint_of;
using narrow::detail::overlap;
using narrow::detail::overlaps_itself;

alignas(8) char memory[4096];

template <class T, std::size_t Rank>
tensor_view<T, Rank> random_view(std::mt19937& random) {
  const auto below = [&](unsigned n) { return random() % n; };
  std::array<std::size_t, Rank> extents{};
  std::array<std::ptrdiff_t, Rank> strides{};
  constexpr std::ptrdiff_t usual[] = {0, 1, 1, 2, 3, 4, 6, 8, 12, 12, 24};
  for (std::size_t k = 0; k < Rank; ++k) {
    extents[k] = 1 + below(4);
    strides[k] = usual[below(11)] * (below(4) == 0 ? -1 : 1);
  }
  return {reinterpret_cast<T*>(memory + 2048) + below(30), extents, strides};
}

// The addresses of all bytes; `twice` where an element comes twice.
template <class T, std::size_t Rank>
std::set<std::uintptr_t> bytes_of(const tensor_view<T, Rank>& x, bool& twice) {
  std::set<std::uintptr_t> result;
  std::array<std::size_t, Rank> at{};
  for (std::size_t n = 0; n < x.size(); ++n) {
    std::ptrdiff_t offset = 0;
    for (std::size_t k = 0; k < Rank; ++k) offset += static_cast<std::ptrdiff_t>(at[k]) * x.stride(k);
    const auto address = reinterpret_cast<std::uintptr_t>(x.data() + offset);
    for (std::size_t byte = 0; byte < sizeof(T); ++byte) twice |= !result.insert(address + byte).second;
    for (std::size_t k = Rank; k-- > 0;) {
      if (++at[k] < x.extent(k)) break;
      at[k] = 0;
    }
  }
  return result;
}

template <class S, class T, std::size_t Rank>
void check(std::mt19937& random) {
  int apart = 0, found_apart = 0;
  for (int round = 0; round < 20000 / static_cast<int>(support::every(7)); ++round) {
    const auto x = random_view<S, Rank>(random);
    const auto y = random_view<T, Rank>(random);
    bool x_twice = false, y_twice = false;
    const auto in_x = bytes_of(x, x_twice), in_y = bytes_of(y, y_twice);
    const bool shared = std::any_of(in_x.begin(), in_x.end(), [&](auto byte) { return in_y.count(byte) != 0; });
    const bool answer = overlap(footprint_of(x), footprint_of(y));
    ASSERT_TRUE(answer || !shared) << round;  // never missed
    ASSERT_EQ(answer, overlap(footprint_of(y), footprint_of(x)));
    apart += !shared, found_apart += !answer;
    if (Rank <= 2) {
      ASSERT_EQ(overlaps_itself(footprint_of(x)), x_twice) << round;
    } else {
      ASSERT_TRUE(overlaps_itself(footprint_of(x)) || !x_twice) << round;
    }
  }
  EXPECT_GT(found_apart, apart / 2);
}

TEST(Overlap, Matrices) {
  std::mt19937 random(1);
  check<float, float, 2>(random);
  check<char, double, 2>(random);
}
TEST(Overlap, VectorsAndTensors) {
  std::mt19937 random(2);
  check<float, short, 1>(random);
  check<float, float, 3>(random);
  check<char, char, 4>(random);
}

TEST(Overlap, NestedAxesInAnyOrderAndSign) {
  int one[1000];
  const tensor_view<int, 4> x(one + 900, {2, 3, 4, 5}, {-400, 1, 3, -20});
  EXPECT_FALSE(overlaps_itself(footprint_of(x)));
  EXPECT_FALSE(overlaps_itself(footprint_of(tensor_view<int, 3>(one, {1, 3, 1}, {0, 1, 0}))));
  EXPECT_TRUE(overlaps_itself(footprint_of(tensor_view<int, 1>(one, {2}, {0}))));
}

TEST(Overlap, EmptyViewsOverlapNothing) {
  int one[4];
  const tensor_view<int, 2> none(one + 1, {0, 3}), all(one, {2, 2});
  EXPECT_FALSE(overlap(none, all) || overlap(all, none) || overlaps_itself(footprint_of(none)));
}

}  // namespace
