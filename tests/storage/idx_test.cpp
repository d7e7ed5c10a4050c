#include "narrow/storage/idx.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "compare/dataset.hpp"
#include "support/data.hpp"

namespace {

namespace fs = std::filesystem;

class Idx : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) /
             ("narrow_idx_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }
  static std::string header(const std::vector<unsigned>& extents, char type = 0x08) {
    std::string text{'\0', '\0', type, static_cast<char>(extents.size())};
    for (const unsigned e : extents) {
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(e >> shift & 255U);
    }
    return text;
  }
  // The message of the error that reading gives.
  static std::string error_of(const fs::path& path) {
    try {
      narrow::read_idx(path);
    } catch (const narrow::storage_error& error) {
      EXPECT_NE(std::string(error.what()).find(path.filename().string()), std::string::npos) << error.what();
      return error.what();
    }
    return "no error";
  }
  fs::path folder;
};

TEST_F(Idx, ReadsExtentsAndBytes) {
  const auto a = narrow::read_idx(write("a", header({2, 3}) + "abcdef"));
  EXPECT_EQ(a.extents, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(std::string(a.data.begin(), a.data.end()), "abcdef");
  EXPECT_TRUE(narrow::read_idx(write("empty", header({0}))).data.empty());
}

TEST_F(Idx, NamesWhatIsWrong) {
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_PRED2(has, error_of(folder / "missing"), "no such file");
  EXPECT_PRED2(has, error_of(folder), "not a regular file");
  EXPECT_PRED2(has, error_of(write("short", "ab")), "has 2 bytes");
  EXPECT_PRED2(has, error_of(write("magic", "PNG\x03" + header({1}))), "two zero bytes");
  EXPECT_PRED2(has, error_of(write("type", header({1}, 0x0D) + "x")), "element type 13");
  EXPECT_PRED2(has, error_of(write("rank", header({1, 1, 1, 1, 1}) + "x")), "rank 5");
  EXPECT_PRED2(has, error_of(write("cut", header({2, 3}).substr(0, 9))), "inside its header");
  EXPECT_PRED2(has, error_of(write("less", header({2, 3}) + "abcde")), "holds 5 elements");
  EXPECT_PRED2(has, error_of(write("more", header({2, 3}) + "abcdefg")), "holds more elements than the 6 ");
  const unsigned huge = 0xFFFFFFFFU;
  EXPECT_PRED2(has, error_of(write("overflow", header({huge, huge, huge}) + "x")), "overflow");
  EXPECT_PRED2(has, error_of(write("gzip", std::string("\x1F\x8B\x08") + "rubbish")), "gzip");
}

// A header that promises 16 GB takes no more memory than the file has bytes.
TEST_F(Idx, TrustsNoExtents) {
  const std::string error = error_of(write("vast", header({0x10000, 0x40000}) + "abc"));
  EXPECT_NE(error.find("holds 3 elements; its extents ask for 17179869184"), std::string::npos) << error;
}

#if defined(NARROW_WITH_ZLIB)
TEST_F(Idx, ReadsGzip) {
  const auto packed = [&](const std::string& name, const std::string& bytes) {
    const gzFile file = gzopen((folder / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return folder / name;
  };
  std::string bytes(3000000, 'x');  // several steps of reading
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i % 251);
  const auto a = narrow::read_idx(packed("good", header({1000, 3000}) + bytes));
  EXPECT_EQ(std::string(a.data.begin(), a.data.end()), bytes);
  EXPECT_NE(error_of(packed("less", header({1000, 3001}) + bytes)).find("holds 3000000 elements"), std::string::npos);
  EXPECT_NE(error_of(packed("more", header({1000, 2999}) + bytes)).find("holds more"), std::string::npos);
  EXPECT_NE(error_of(packed("bomb", header({2}) + std::string(50000000, '0'))).find("holds more"), std::string::npos);
  fs::resize_file(folder / "good", fs::file_size(folder / "good") / 2);
  EXPECT_NE(error_of(folder / "good").find("corrupt or cut off"), std::string::npos);
}
#endif

TEST_F(Idx, DatasetRefusesFilesThatDoNotBelongTogether) {
  const auto write_set = [&](unsigned labels, char label, unsigned rows) {
    for (const std::string part : {"train", "t10k"}) {
      write(part + "-images-idx3-ubyte", header({2, rows, 28}) + std::string(std::size_t{2} * rows * 28, 'x'));
      write(part + "-labels-idx1-ubyte", header({labels}) + std::string(labels, label));
    }
  };
  EXPECT_THROW(compare::load_mnist(folder, 0), narrow::storage_error);
  write_set(2, 3, 28);
  const auto good = compare::load_mnist(folder, 0);
  EXPECT_EQ(good.train_y.size(), 2U);
  EXPECT_EQ(good.train_x[0], static_cast<float>('x') / 255.0F);
  EXPECT_EQ(compare::load_mnist(folder, 1).train_x.size(), 784U);
  EXPECT_THROW(compare::load_mnist(folder, 3), narrow::storage_error) << "more than there are";
  write_set(3, 3, 28);
  EXPECT_THROW(compare::load_mnist(folder, 0), narrow::storage_error) << "labels without images";
  write_set(2, 10, 28);
  EXPECT_THROW(compare::load_mnist(folder, 0), narrow::storage_error) << "label 10";
  write_set(2, 3, 27);
  EXPECT_THROW(compare::load_mnist(folder, 0), narrow::storage_error) << "27 rows";
}

TEST(IdxMnist, IsWhole) {
  const auto folder = support::test_data("mnist");
  if (!folder) GTEST_SKIP() << support::missing_data("mnist");
#if defined(NARROW_WITH_ZLIB)
  const auto data = compare::load_mnist(*folder, 0);
  ASSERT_EQ(data.train_y.size(), 60000U);
  ASSERT_EQ(data.test_y.size(), 10000U);
  // The published counts of each digit.
  std::array<int, 10> counts{};
  for (const auto label : data.train_y) ++counts[label];
  EXPECT_EQ(counts, (std::array{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
#else
  GTEST_SKIP() << "the files are compressed, and this build has no zlib";
#endif
}

}  // namespace
