#include "compare/runner.hpp"

#include <gtest/gtest.h>

namespace {

using compare::experiment;
using compare::outcome;
using compare::run_context;

using compare::group_of_rows;

experiment named(const std::string& name, group_of_rows group = group_of_rows::core) {
  return {name, "8", "base", group, [](const run_context& run) {
            outcome o;
            o.error_percent = static_cast<double>(run.seed);
            return o;
          }};
}
const std::vector<experiment> all{named("base"), named("one"), named("two", group_of_rows::more),
                                  named("three", group_of_rows::post_training)};

std::vector<std::string> names(const std::string& formats) {
  std::vector<std::string> result;
  for (const auto& e : compare::chosen(all, formats)) result.push_back(e.name);
  return result;
}

TEST(Runner, ChoosesAndAddsBaselines) {
  EXPECT_EQ(names("core"), (std::vector<std::string>{"base", "one"}));
  EXPECT_EQ(names("all"), (std::vector<std::string>{"base", "one", "two", "three"}));
  EXPECT_EQ(names("ptq"), (std::vector<std::string>{"base", "three"}));
  EXPECT_EQ(names("two"), (std::vector<std::string>{"base", "two"}));
  EXPECT_THROW(names("on"), compare::usage_error);
  EXPECT_THROW(names("one,"), compare::usage_error);
}

TEST(Runner, RunsEverySeedAtAnyThreadCount) {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    const auto rows = compare::rows_of(all, compare::run_all({}, 1, 3, threads, [](auto) { return all; }));
    ASSERT_EQ(rows.size(), all.size());
    for (const auto& row : rows) EXPECT_EQ(row.errors, (std::vector<double>{1, 2, 3}));
  }
}

TEST(Runner, MeansOfWhatQuantizingCost) {
  std::vector<experiment> one{named("base")};
  one[0].run = [](const run_context& run) {
    outcome o;
    o.weights = {4.5, 10.0 * static_cast<double>(run.seed)};
    return o;
  };
  const auto rows = compare::rows_of(one, compare::run_all({}, 1, 3, 1, [&](auto) { return one; }));
  ASSERT_TRUE(rows[0].weights);
  EXPECT_EQ(rows[0].weights->bits, 4.5);
  EXPECT_EQ(rows[0].weights->ratio, 20);
  EXPECT_FALSE(rows[0].activations);
}

TEST(Runner, AnExceptionOfAnyThreadComesBack) {
  auto failing = all;
  failing[1].run = [](const run_context& run) -> outcome {
    throw std::runtime_error("seed " + std::to_string(run.seed));
  };
  for (const std::size_t threads : {1U, 3U}) {
    try {
      compare::run_all({}, 1, 3, threads, [&](auto) { return failing; });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(std::string(error.what()).rfind("seed ", 0), 0U);
    }
  }
}

}  // namespace
