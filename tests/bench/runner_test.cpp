#include "compare/runner.hpp"

#include <gtest/gtest.h>

namespace {

using compare::experiment;
using compare::outcome;
using compare::run_context;

experiment named(const std::string& name, bool core = true, const std::string& baseline = "base") {
  return {name, "8", baseline, core, [](const run_context& run) {
            outcome o;
            o.error_percent = static_cast<double>(run.seed);
            return o;
          }};
}
const std::vector<experiment> all{named("base"), named("one"), named("two", false)};

std::vector<std::string> names(const std::string& formats) {
  std::vector<std::string> result;
  for (const auto& e : compare::chosen(all, formats)) result.push_back(e.name);
  return result;
}

TEST(Runner, ChoosesAndAddsBaselines) {
  EXPECT_EQ(names("core"), (std::vector<std::string>{"base", "one"}));
  EXPECT_EQ(names("all"), (std::vector<std::string>{"base", "one", "two"}));
  EXPECT_EQ(names("two"), (std::vector<std::string>{"base", "two"}));
  EXPECT_THROW(names("on"), compare::usage_error);
  EXPECT_THROW(names("one,"), compare::usage_error);
}

TEST(Runner, RunsEverySeedAtAnyThreadCount) {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    const auto rows = compare::rows_of(all, compare::run_all({}, 1, 3, threads, [](auto) { return all; }));
    ASSERT_EQ(rows.size(), 3U);
    for (const auto& row : rows) EXPECT_EQ(row.errors, (std::vector<double>{1, 2, 3}));
  }
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
