#include "compare/report.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "compare/digits.hpp"

namespace {

using compare::result_row;

std::vector<result_row> rows() {
  result_row base{"float32", "32", "native", "float32", "float32", {2.5, 2.7}, 0.5, 1000, -1, {}, {}};
  result_row lost{"fixed", "10/20", "simulated", "float64, exact", "float32", {90.0, 88.0}, 1.25, 500, -1, {}, {}};
  result_row same{"int8", "8", "native", "int32", "float32", {2.5, 2.8}, 0, 250, 99.5, {}, {}};
  return {base, lost, same};
}

TEST(Report, IsAlignedAndShowsDivergenceAsAResult) {
  const std::string text = compare::table_text({{{"machine", "M"}, {"command", "compare"}}}, rows());
  EXPECT_NE(text.find("command: compare\n"), std::string::npos);
  EXPECT_NE(text.find("simulated   float64, exact  89.00 diverged  1.00"), std::string::npos) << text;
  EXPECT_NE(text.find("+86.40"), std::string::npos) << text;
  // Every row ends at the same column, since the last one is right-aligned.
  std::istringstream lines(text.substr(text.find("\n\n") + 2));
  std::string line;
  std::getline(lines, line);
  const std::size_t width = line.size();
  while (std::getline(lines, line)) EXPECT_EQ(line.size(), width) << line;
}

TEST(Report, OneSeedHasNoSpread) {
  auto one = rows();
  one.resize(1);
  one[0].errors = {2.5};
  const std::string text = compare::table_text({}, one);
  EXPECT_NE(text.find("2.50          -       -"), std::string::npos) << text;
  EXPECT_NE(compare::json_report({}, one).find(R"("spread": null)"), std::string::npos);
}

TEST(Report, QuantizedRowsAreATableOfTheirOwnByBits) {
  auto all = rows();
  const auto add = [&](const char* name, double weight_bits, double activation_bits, double ratio) {
    result_row row = all[1];
    row.format = name, row.errors = {3.0, 3.5};
    row.weights = compare::quantization{weight_bits, ratio};
    row.activations = compare::quantization{activation_bits, 20.25};
    all.push_back(row);
  };
  add("wide", 8.25, 8, INFINITY), add("mixed", 4.5, 8, 21.04), add("narrow", 4.5, 4, 17);
  const std::string text = compare::table_text({}, all);
  const auto at = [&](const char* name) { return text.find(std::string("\n") + name + " "); };
  EXPECT_LT(at("int8"), at("narrow"));
  EXPECT_LT(at("narrow"), at("mixed")) << text;
  EXPECT_LT(at("mixed"), at("wide")) << text;
  const std::string mixed = text.substr(at("mixed") + 1, text.find('\n', at("mixed") + 1) - at("mixed") - 1);
  std::istringstream cells(mixed.substr(mixed.find("exact") + 5));
  std::string bits, more_bits, ratio, more_ratio, error, spread, difference;
  cells >> bits >> more_bits >> ratio >> more_ratio >> error >> spread >> difference;
  EXPECT_EQ(bits + " " + more_bits + " " + ratio + " " + more_ratio, "4.50 8.00 21.0 20.2") << mixed;
  EXPECT_EQ(error + " " + spread + " " + difference, "3.25 0.25 +0.65") << mixed;
  EXPECT_NE(text.find("exact             20.2"), std::string::npos) << text;
  const std::string json = compare::json_report({}, all);
  EXPECT_NE(json.find(R"("weight_bits": 4.500000, "weight_sqnr_db": 21.040000, "activation_bits": 8.000000)"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("weight_sqnr_db": null)"), std::string::npos);
}

TEST(Report, CommandIsWhatAShellTakes) {
  EXPECT_EQ(compare::command_text({"--data", "a/b-c", "--json", "it's", ""}),
            R"(compare --data a/b-c --json 'it'\''s' '')");
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
