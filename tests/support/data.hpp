// Where the independent test vectors are: the folder named by the environment's NARROW_TEST_DATA, else the one beside
// the project. Tests that need them skip aloud elsewhere:
//
//   const auto folder = support::test_data("formats");
//   if (!folder) GTEST_SKIP() << support::missing_data("formats");
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace support {

inline std::filesystem::path data_root() {
  const char* const named = std::getenv("NARROW_TEST_DATA");
  return named != nullptr ? named : NARROW_TEST_DATA_DEFAULT;
}

inline std::optional<std::filesystem::path> test_data(std::string_view relative) {
  const auto path = data_root() / relative;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

inline std::string missing_data(std::string_view relative) {
  return "no independent vectors: '" + std::string(relative) +
         "' is not in the test data folder (set NARROW_TEST_DATA to name one)";
}

}  // namespace support
