#include "narrow/interop/format.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "narrow/formats.hpp"
#include "narrow/number_io.hpp"

namespace {

using namespace narrow;

#if defined(__cpp_lib_format)
// NaN aside, which the standard library spells.
TEST(Format, WritesWhatAStreamDoes) {
  for (std::uint32_t code = 0; code < 65536; code += 7) {
    const auto x = float16::from_bits(static_cast<std::uint16_t>(code));
    if (x != x) continue;
    std::ostringstream stream;
    stream << x;
    ASSERT_EQ(std::format("{}", x), stream.str()) << code;
  }
}
TEST(Format, TakesTheSpecificationsOfReals) {
  EXPECT_EQ(std::format("{:8.3f}|{:+e}|{:<6}|", bfloat16(1.5F), fixed<4, 12>(-0.25F), float8_e4m3fn(448.0F)),
            "   1.500|-2.500000e-01|448   |");
  EXPECT_EQ(std::format("{} {} {}", int8(-7), posit<8>(0.5F), binary(-1.0F)), "-7 0.5 -1");
  EXPECT_EQ(std::format(L"{}", float16(0.1F)), L"0.099975586");
}
#else
TEST(Format, IsMissing) { GTEST_SKIP() << "this standard library has no std::format"; }
#endif

}  // namespace
