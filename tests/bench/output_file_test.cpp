#include "compare/output_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <future>
#include <iterator>

namespace {

namespace fs = std::filesystem;
using compare::output_file;

class OutputFile : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    folder = fs::path(testing::TempDir()) / (std::string("narrow_output_") + test->name());
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  static std::string contents(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {})); }

  fs::path folder;
};

TEST_F(OutputFile, AppearsWholeOrNotAtAll) {
  const fs::path path = folder / "report.json";
  { output_file abandoned(path); }
  EXPECT_EQ(files(), 0U);
  output_file(path).finish("old");
  { output_file abandoned(path); }
  EXPECT_EQ(contents(path), "old");
  output_file(path).finish("new");
  EXPECT_EQ(contents(path), "new");
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFile, RefusesWhatCannotBeWritten) {
  EXPECT_THROW(output_file(folder / "no" / "such"), std::runtime_error);
  EXPECT_THROW(output_file{folder}, std::runtime_error);
}

TEST_F(OutputFile, KeepsSymbolicLinks) {
  fs::create_directory(folder / "sub");
  const fs::path target = folder / "sub" / "target", link = folder / "link", second = folder / "second";
  fs::create_symlink("sub/target", link);
  fs::create_symlink(link, second);
  output_file(second).finish("through a link to nothing yet");
  EXPECT_TRUE(fs::is_symlink(link) && fs::is_symlink(second));
  EXPECT_EQ(contents(target), "through a link to nothing yet");
  output_file(link).finish("again");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(contents(target), "again");
}

TEST_F(OutputFile, WritesThroughAPipe) {
  const fs::path path = folder / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  auto reader = std::async(std::launch::async, [&] { return contents(path); });
  output_file(path).finish("text");
  EXPECT_EQ(reader.get(), "text");
  EXPECT_TRUE(fs::is_fifo(path));
}

TEST_F(OutputFile, NoticesAFullDevice) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  output_file full("/dev/full");
  EXPECT_THROW(full.finish("text"), std::runtime_error);
  EXPECT_TRUE(fs::exists("/dev/full"));
}

}  // namespace
