#include "compare/options.hpp"

#include <gtest/gtest.h>

namespace {

using compare::parse_options;

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

TEST(Options, DefaultsDependOnTheData) {
  EXPECT_EQ(parse_options({}).train, 4000U);
  EXPECT_EQ(parse_options({}).epochs, 20U);
  EXPECT_EQ(parse_options({"--data", "d"}).train, 20000U);
  EXPECT_EQ(parse_options({"--data", "d"}).epochs, 10U);
  EXPECT_EQ(parse_options({"--train", "1500"}).train, 1500U);
  EXPECT_EQ(parse_options({"--network", "cnn", "--data", "d"}).train, 4000U);
  EXPECT_EQ(parse_options({"--network", "cnn", "--data", "d"}).epochs, 5U);
  EXPECT_EQ(parse_options({"--network", "cnn"}).epochs, 10U);
}

TEST(Options, NamesWhatIsWrong) {
  EXPECT_NE(message({"--fromats", "x"}).find("--fromats"), std::string::npos);
  EXPECT_NE(message({"--epochs", "x"}).find("'x'"), std::string::npos);
  EXPECT_NE(message({"--epochs", "3x"}).find("'3x'"), std::string::npos);
  EXPECT_NE(message({"--seeds", "0"}).find("from 1 to 100"), std::string::npos);
  EXPECT_NE(message({"--train", "99999999999999999999"}).find("--train"), std::string::npos);
  EXPECT_NE(message({"--train", "999"}).find("from 1000 to 60000"), std::string::npos);
  EXPECT_NE(message({"--network", "rnn"}).find("'rnn'"), std::string::npos);
  EXPECT_NE(message({"--data"}).find("needs a value"), std::string::npos);
  EXPECT_NE(message({"--data", ""}).find("needs a value"), std::string::npos);
}

}  // namespace
