// Chooses experiments and runs them, several seeds at a time, with a progress line on a terminal.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "compare/experiments.hpp"
#include "compare/options.hpp"
#include "compare/report.hpp"

namespace compare {

// The experiments that were asked for, each with its baseline before it. Errors: usage_error for an unknown name.
inline std::vector<experiment> chosen(const std::vector<experiment>& all, const std::string& formats) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin <= formats.size()) {
    const std::size_t end = std::min(formats.find(',', begin), formats.size());
    names.push_back(formats.substr(begin, end - begin));
    begin = end + 1;
  }
  std::vector<bool> wanted(all.size(), false);
  const auto index_of = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(all, name, &experiment::name) - all.begin());
  };
  for (const std::string& name : names) {
    if (name == "core" || name == "ptq" || name == "all") {
      const auto group = name == "core" ? group_of_rows::core : group_of_rows::post_training;
      for (std::size_t i = 0; i < all.size(); ++i) wanted[i] = wanted[i] || all[i].group == group || name == "all";
    } else if (index_of(name) < all.size()) {
      wanted[index_of(name)] = true;
    } else {
      throw usage_error("--formats names '" + name + "', which is not a format; --list prints them");
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (wanted[i]) wanted[index_of(all[i].baseline)] = true;
  }
  std::vector<experiment> result;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (wanted[i]) result.push_back(all[i]);
  }
  return result;
}

// One line on a terminal that says how far the work is; nothing elsewhere.
class progress_line {
 public:
  explicit progress_line(std::size_t total) : total_(total), shown_(isatty(STDERR_FILENO) != 0) {}
  ~progress_line() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
  }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(const std::string& name, std::uint64_t seed, double share) {
    if (!shown_) return;
    const std::scoped_lock lock(mutex_);
    std::fprintf(stderr, "\r\033[K[%zu/%zu] %s, seed %llu: %3.0f %%", done_.load(), total_, name.c_str(),
                 static_cast<unsigned long long>(seed), 100 * share);
    std::fflush(stderr);
  }
  void done() { ++done_; }

 private:
  std::size_t total_;
  bool shown_;
  std::atomic<std::size_t> done_{0};
  std::mutex mutex_;
};

// The experiments of a seed, the same at every call; seeds count from 1.
using experiment_list = std::function<std::vector<experiment>(std::uint64_t seed)>;

// Runs every experiment for every seed. A seed's runs share its float32 network, so that a thread takes a whole seed.
// The first exception of a run ends the others after the experiment they are at, and is thrown again.
inline std::vector<std::vector<outcome>> run_all(const dataset& data, std::size_t epochs, std::size_t seeds,
                                                 std::size_t threads, const experiment_list& list) {
  const std::size_t count = list(1).size();
  std::vector<std::vector<outcome>> outcomes(count, std::vector<outcome>(seeds));
  progress_line progress(count * seeds);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  const auto run_seed = [&](std::size_t s) {
    const auto experiments = list(s + 1);
    for (std::size_t e = 0; e < count && !failed; ++e) {
      run_context run{&data, epochs, s + 1, [&](double share) { progress.show(experiments[e].name, s + 1, share); }};
      outcomes[e][s] = experiments[e].run(run);
      progress.done();
    }
  };
  const auto work = [&] {
    try {
      for (std::size_t s = next++; s < seeds && !failed; s = next++) run_seed(s);
    } catch (...) {
      if (!failed.exchange(true)) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t t = 1; t < std::min(threads, seeds); ++t) others.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
  return outcomes;
}

// Over the seeds; none where a seed has none.
inline std::optional<quantization> mean_of(const std::vector<outcome>& seeds,
                                           std::optional<quantization> outcome::*figures) {
  std::vector<double> bits, ratios;
  for (const outcome& o : seeds) {
    if (!(o.*figures)) return std::nullopt;
    bits.push_back((o.*figures)->bits), ratios.push_back((o.*figures)->ratio);
  }
  return quantization{mean(bits), mean(ratios)};
}

// The rows of the report: means over the seeds.
inline std::vector<result_row> rows_of(const std::vector<experiment>& experiments,
                                       const std::vector<std::vector<outcome>>& outcomes) {
  std::vector<result_row> rows;
  for (std::size_t e = 0; e < experiments.size(); ++e) {
    const experiment& x = experiments[e];
    const outcome& first = outcomes[e].front();
    result_row row;
    row.format = x.name, row.bits = x.bits, row.baseline = x.baseline;
    row.arithmetic = first.multiplied_by.kind(), row.products = first.multiplied_by.text();
    row.weight_bytes = first.weight_bytes;
    row.weights = mean_of(outcomes[e], &outcome::weights);
    row.activations = mean_of(outcomes[e], &outcome::activations);
    std::vector<double> seconds, agreement;
    for (const outcome& o : outcomes[e]) {
      row.errors.push_back(o.error_percent);
      seconds.push_back(o.seconds_per_epoch);
      agreement.push_back(o.label_agreement);
    }
    row.seconds_per_epoch = mean(seconds);
    row.label_agreement = mean(agreement);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace compare
