// The main job: one network trained in every core format, compared with float32. `compare --help` says how.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "compare/digits.hpp"
#include "compare/experiments.hpp"
#include "compare/options.hpp"
#include "compare/output_file.hpp"
#include "compare/report.hpp"

namespace compare {
namespace {

// The experiments that were asked for, each with its baseline before it. Errors: usage_error for an unknown name.
std::vector<experiment> chosen(const std::vector<experiment>& all, const std::string& formats) {
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
    if (name == "core" || name == "all") {
      for (std::size_t i = 0; i < all.size(); ++i) wanted[i] = wanted[i] || all[i].core || name == "all";
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

// Runs every experiment for every seed. A seed's runs share its float32 network, so that a thread takes a whole seed.
std::vector<result_row> run_all(const dataset& data, const options& how, std::size_t epochs) {
  std::vector<float_cache> caches(how.seeds);
  const auto list = [&](std::size_t seed) { return chosen(all_experiments(caches[seed]), how.formats); };
  const std::size_t count = list(0).size();
  std::vector<std::vector<outcome>> outcomes(count, std::vector<outcome>(how.seeds));
  progress_line progress(count * how.seeds);
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t s = next++; s < how.seeds; s = next++) {
      const auto experiments = list(s);
      for (std::size_t e = 0; e < count; ++e) {
        run_context run{&data, epochs, s + 1, [&](double share) { progress.show(experiments[e].name, s + 1, share); }};
        outcomes[e][s] = experiments[e].run(run);
        progress.done();
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 1; t < std::min(how.threads, how.seeds); ++t) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();

  std::vector<result_row> rows;
  const auto experiments = list(0);
  for (std::size_t e = 0; e < count; ++e) {
    const experiment& x = experiments[e];
    result_row row{x.name, x.bits, x.arithmetic, x.baseline, {}, 0, outcomes[e][0].weight_bytes, 0};
    std::vector<double> agreement;
    for (const outcome& o : outcomes[e]) {
      row.errors.push_back(o.error_percent);
      row.seconds_per_epoch += o.seconds_per_epoch / static_cast<double>(how.seeds);
      agreement.push_back(o.label_agreement);
    }
    row.label_agreement = mean(agreement);
    rows.push_back(std::move(row));
  }
  return rows;
}

int run(const std::vector<std::string>& arguments, const std::string& command) {
  const options how = parse_options(arguments);
  if (how.help) {
    std::cout << usage_text;
    return 0;
  }
  float_cache unused;
  const auto all = all_experiments(unused);
  if (how.list) {
    for (const auto& e : all) std::cout << e.name << (e.core ? "" : "  (not in core)") << "\n";
    return 0;
  }
  chosen(all, how.formats);  // an unknown name is an error before anything is read
  std::optional<output_file> json;
  if (!how.json.empty()) json.emplace(how.json);
  const dataset data = how.data.empty() ? procedural_digits() : load_mnist(how.data, how.train);
  const std::size_t epochs = how.epochs != 0 ? how.epochs : how.data.empty() ? 20 : 10;
  const report_header header = header_for(
      command,
      data.name + ", " + std::to_string(data.train_y.size()) + " training and " + std::to_string(data.test_y.size()) +
          " test images",
      std::to_string(epochs) + " epochs, " + std::to_string(how.seeds) + " seed(s); bits: propagated/stored");
  const auto rows = run_all(data, how, epochs);
  std::cout << table_text(header, rows) << std::flush;
  if (json) json->finish(json_report(header, rows));
  return 0;
}

}  // namespace
}  // namespace compare

int main(int argc, char** argv) {
  std::string command = "compare";
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const auto& argument : arguments) command += " " + argument;
  try {
    const int code = compare::run(arguments, command);
    if (!std::cout.flush()) throw std::runtime_error("standard output: writing failed");
    return code;
  } catch (const compare::usage_error& error) {
    std::cerr << "compare: " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "compare: " << error.what() << "\n";
    return 1;
  }
}
