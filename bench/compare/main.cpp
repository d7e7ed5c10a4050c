// The main job: one network trained in every core format, compared with float32. `compare --help` says how.
#include <iostream>
#include <optional>

#include "compare/cnn_experiments.hpp"
#include "compare/digits.hpp"
#include "compare/experiments.hpp"
#include "compare/output_file.hpp"
#include "compare/runner.hpp"

namespace compare {
namespace {

int run(const std::vector<std::string>& arguments, const std::string& command) {
  const options how = parse_options(arguments);
  if (how.help) {
    std::cout << usage_text;
    return 0;
  }
  std::vector<float_cache> caches(how.seeds);
  std::vector<cnn_cache> cnn_caches(how.seeds);
  const experiment_list all = [&](std::uint64_t seed) {
    return how.network == "cnn" ? cnn_experiments(cnn_caches[seed - 1]) : all_experiments(caches[seed - 1]);
  };
  if (how.list) {
    for (const auto& e : all(1)) {
      const bool in_core = e.group == group_of_rows::core, quantized = e.group == group_of_rows::post_training;
      std::cout << e.name << (in_core ? "" : quantized ? "  (in ptq)" : "  (not in core)") << "\n";
    }
    return 0;
  }
  const experiment_list list = [&](std::uint64_t seed) { return chosen(all(seed), how.formats); };
  const auto experiments = list(1);  // an unknown name is an error before anything is read
  if (experiments.empty()) throw usage_error("--formats " + how.formats + " has no rows of --network " + how.network);
  std::optional<output_file> json;
  if (!how.json.empty()) json.emplace(how.json);
  const dataset data = how.data.empty() ? procedural_digits(how.train) : load_mnist(how.data, how.train);
  const report_header header = header_for(command,
                                          data.name + ", " + std::to_string(data.train_y.size()) + " training and " +
                                              std::to_string(data.test_y.size()) + " test images",
                                          std::to_string(how.epochs) + " epochs, " + std::to_string(how.seeds) +
                                              " seed(s); dynamic fixed point after " + std::to_string(warm_up_epochs) +
                                              " more in float32 that find its ranges, which s/epoch leaves out");
  const auto rows = rows_of(experiments, run_all(data, how.epochs, how.seeds, how.threads, list));
  std::cout << table_text(header, rows) << std::flush;
  if (json) json->finish(json_report(header, rows));
  return 0;
}

}  // namespace
}  // namespace compare

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    const int code = compare::run(arguments, compare::command_text(arguments));
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
