// Views over memory of every kind, and what they refuse.
#include "narrow/tensor_view.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using narrow::tensor_view;
using narrow::view;

template <class Memory>
concept viewable = requires(Memory memory) {
  view(std::forward<Memory>(memory), 2, 3);
};
// A temporary's memory is gone when the view is used; a span is a view itself.
static_assert(viewable<std::vector<float>&> && viewable<const std::vector<float>&>);
static_assert(!viewable<std::vector<float>> && !viewable<const std::vector<float>>);
static_assert(viewable<std::array<float, 6>&> && !viewable<std::array<float, 6>>);
static_assert(viewable<std::span<float>&> && viewable<std::span<const float>> && viewable<float*>);
static_assert(!viewable<std::vector<bool>&> && !viewable<tensor_view<float, 1>&>);

TEST(View, OfMemoryOfEveryKind) {
  std::vector<float> vector{0, 1, 2, 3, 4, 5};
  const std::vector<float> constant = vector;
  std::array<float, 6> array{0, 1, 2, 3, 4, 5};
  float plain[6] = {0, 1, 2, 3, 4, 5};
  const std::span<float> span = vector;
  const auto check = [](auto x, bool is_const) {
    static_assert(decltype(x)::rank == 2);
    EXPECT_EQ(std::is_const_v<typename decltype(x)::element_type>, is_const);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(x(i / 3, i % 3), static_cast<float>(i));
  };
  check(view(vector, 2, 3), false);
  check(view(constant, 2, 3), true);
  check(view(array, 2U, 3U), false);
  check(view(std::as_const(array), 2, 3), true);
  check(view(plain, 2, 3), false);
  check(view(span, 2, 3), false);
  check(view(std::span(vector).first(6), 2, 3), false);
  check(view(std::span<const float, 6>(array), 2, 3), true);
  check(view(vector.data(), 2, 3), false);
}

template <class Action>
std::string complaint(const Action& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(View, Refuses) {
  std::vector<float> x(6);
  std::array<float, 6> array{};
  EXPECT_EQ(complaint([&] { view(x, 2, 4); }), "view: the memory has 6 elements; the extents ask for 8");
  EXPECT_EQ(complaint([&] { view(array, 5); }), "view: the memory has 6 elements; the extents ask for 5");
  EXPECT_EQ(complaint([&] { view(std::span(x).first(5), 6); }),
            "view: the memory has 5 elements; the extents ask for 6");
  EXPECT_EQ(complaint([&] { view(x, -1, 3); }), "view: an extent is -1; it must not be negative");
  EXPECT_EQ(complaint([&] { view(x.data(), 2, -3L); }), "view: an extent is -3; it must not be negative");
}

}  // namespace
