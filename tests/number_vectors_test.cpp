// Berkeley TestFloat's vectors for float16 through the operators of number, in all five modes.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <type_traits>

#include "narrow/number.hpp"
#include "support/data.hpp"

namespace {

using format = narrow::float_format<narrow::float_descriptor{5, 10, 15}>;

bool is_nan(std::uint16_t bits) { return (bits & 0x7FFF) > 0x7C00; }

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Calls check(operands, result) for each line of hexadecimal fields: `Operands` operands, the result, the flags.
template <std::size_t Operands, class Check>
std::size_t for_each_line(const std::string& text, const Check& check) {
  std::size_t lines = 0, field = 0;
  std::array<std::uint16_t, Operands + 2> fields{};
  for (const char c : text) {
    if (c == ' ') {
      ++field;
    } else if (c == '\n') {
      check(fields);
      if (testing::Test::HasFatalFailure()) return lines;
      fields = {};
      field = 0;
      ++lines;
    } else if (c != '\r') {
      const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      fields.at(field) = static_cast<std::uint16_t>(fields.at(field) * 16 + digit);
    }
  }
  return lines;
}

template <std::size_t Operands, class Operation>
void check_file(const char* function, const char* mode, const Operation& operation) {
  const std::string name = std::string("testfloat/") + function + "." + mode + ".txt";
  SCOPED_TRACE(name);
  const auto path = support::test_data(name);
  ASSERT_TRUE(path) << support::missing_data(name);
  const std::size_t lines = for_each_line<Operands>(contents(*path), [&](const auto& fields) {
    const std::uint16_t got = operation(fields), want = fields[Operands];
    ASSERT_TRUE(got == want || (is_nan(got) && is_nan(want)))
        << std::hex << fields[0] << ' ' << fields[1] << ' ' << fields[2] << ": " << got << " instead of " << want;
  });
  EXPECT_GT(lines, 400u);
}

// operation(fields, from_bits) under each mode.
template <std::size_t Operands, class Operation>
void check_modes(const char* function, const Operation& operation) {
  if (!support::test_data("testfloat")) GTEST_SKIP() << support::missing_data("testfloat");
  const auto check = [&](auto rounding, const char* mode) {
    using T = narrow::number<format, decltype(rounding), narrow::to_infinity>;
    check_file<Operands>(function, mode, [&](const auto& f) {
      return operation([&f](std::size_t i) { return T::from_bits(f[i]); }).bits();
    });
  };
  check(narrow::nearest_even{}, "near_even");
  check(narrow::nearest_away{}, "near_maxMag");
  check(narrow::toward_zero{}, "minMag");
  check(narrow::toward_positive{}, "max");
  check(narrow::toward_negative{}, "min");
}

TEST(TestFloat, Add) {
  check_modes<2>("f16_add", [](auto x) { return x(0) + x(1); });
}
TEST(TestFloat, Subtract) {
  check_modes<2>("f16_sub", [](auto x) { return x(0) - x(1); });
}
TEST(TestFloat, Multiply) {
  check_modes<2>("f16_mul", [](auto x) { return x(0) * x(1); });
}
TEST(TestFloat, Divide) {
  check_modes<2>("f16_div", [](auto x) { return x(0) / x(1); });
}
TEST(TestFloat, FusedMultiplyAdd) {
  check_modes<3>("f16_mulAdd", [](auto x) { return fma(x(0), x(1), x(2)); });
}
TEST(TestFloat, SquareRoot) {
  check_modes<1>("f16_sqrt", [](auto x) { return sqrt(x(0)); });
}

}  // namespace
