#include "compare/report.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "compare/digits.hpp"
#include "compare/options.hpp"

namespace {

using compare::parse_options;
using compare::result_row;

std::vector<result_row> rows() {
  result_row base{"float32", "32", "native", "float32", {2.5, 2.7}, 0.5, 1000, -1};
  result_row lost{"fixed", "10/20", "native", "float32", {90.0, 88.0}, 1.25, 500, -1};
  result_row same{"int8", "8", "native", "float32", {2.5, 2.8}, 0, 250, 99.5};
  return {base, lost, same};
}

TEST(Report, IsAlignedAndShowsDivergenceAsAResult) {
  const std::string text = compare::table_text({{{"machine", "M"}, {"command", "compare"}}}, rows());
  EXPECT_NE(text.find("command: compare\n"), std::string::npos);
  EXPECT_NE(text.find("2.60 +-0.10"), std::string::npos) << text;
  EXPECT_NE(text.find("89.00 +-1.00 diverged"), std::string::npos) << text;
  EXPECT_NE(text.find("+86.40"), std::string::npos) << text;
  // Every row ends at the same column, since the last one is right-aligned.
  std::istringstream lines(text.substr(text.find("\n\n") + 2));
  std::string line;
  std::getline(lines, line);
  const std::size_t width = line.size();
  while (std::getline(lines, line)) EXPECT_EQ(line.size(), width) << line;
}

TEST(Report, JsonEscapesAndHasNoNaN) {
  auto r = rows();
  r[1].errors[0] = std::nan("");
  const std::string text = compare::json_report({{{"command", "a \"b\"\n\\c"}}}, r);
  EXPECT_NE(text.find(R"("command": "a \"b\"\u000a\\c")"), std::string::npos) << text;
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_NE(text.find("[null, 88.000000]"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(text.begin(), text.end(), '}'));
}

std::string message(const std::vector<std::string>& arguments) {
  try {
    parse_options(arguments);
  } catch (const compare::usage_error& error) {
    return error.what();
  }
  return "";
}

TEST(Options, ReadsAllOfThem) {
  const auto o = parse_options({"--data", "d", "--formats", "float16,float32", "--epochs", "3", "--seeds", "4",
                                "--train", "5000", "--threads", "2", "--json", "j"});
  EXPECT_EQ(o.data, "d");
  EXPECT_EQ(o.formats, "float16,float32");
  EXPECT_EQ(o.epochs, 3U);
  EXPECT_EQ(o.seeds, 4U);
  EXPECT_EQ(o.train, 5000U);
  EXPECT_EQ(o.threads, 2U);
  EXPECT_EQ(o.json, "j");
}

TEST(Options, QuickGivesWayToWhatIsSaid) {
  EXPECT_EQ(parse_options({"--quick"}).seeds, 1U);
  EXPECT_EQ(parse_options({"--quick", "--seeds", "3"}).seeds, 3U);
  EXPECT_EQ(parse_options({"--epochs", "7", "--quick"}).epochs, 7U);
}

TEST(Options, NamesWhatIsWrong) {
  EXPECT_NE(message({"--fromats", "x"}).find("--fromats"), std::string::npos);
  EXPECT_NE(message({"--epochs", "x"}).find("'x'"), std::string::npos);
  EXPECT_NE(message({"--epochs", "3x"}).find("'3x'"), std::string::npos);
  EXPECT_NE(message({"--seeds", "0"}).find("from 1 to 100"), std::string::npos);
  EXPECT_NE(message({"--train", "99999999999999999999"}).find("--train"), std::string::npos);
  EXPECT_NE(message({"--data"}).find("needs a value"), std::string::npos);
  EXPECT_NE(message({"--data", ""}).find("needs a value"), std::string::npos);
}

// The digits are the same everywhere: a checksum of their bytes.
TEST(Digits, AreTheSameBitsEverywhere) {
  const auto data = compare::procedural_digits(40, 20);
  ASSERT_EQ(data.train_x.size(), 40U * 144);
  std::uint64_t hash = 14695981039346656037U;
  for (const float v : data.train_x) {
    ASSERT_GE(v, 0.0F);
    ASSERT_LE(v, 1.0F);
    hash = (hash ^ static_cast<std::uint64_t>(std::lround(v * 255))) * 1099511628211U;
  }
  EXPECT_EQ(hash, 423371358092335899U);
  EXPECT_EQ(data.test_y[13], 3);
}

}  // namespace
