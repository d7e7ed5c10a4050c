// The command line of the main job.
#pragma once

#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace compare {

// A command line that cannot be understood; the message names the option and what it must be.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct options {
  std::string network = "dense";  // or cnn
  std::string data;               // folder of the MNIST files; empty: the procedural digits
  std::string formats = "core";   // core, ptq, all, or names separated by commas
  std::size_t epochs = 20;
  std::size_t seeds = 2;
  std::size_t train = 4000;  // images
  std::size_t threads = 1;   // seeds at the same time
  std::string json;
  bool quick = false, help = false, list = false;
};

inline constexpr std::string_view usage_text =
    R"(compare: train one network in every number format and compare each with float32

  --network NAME   dense or cnn: a convolutional maxout network and a small LeNet with ReLU (default: dense)
  --data DIR       the four MNIST files, plain or gzipped (default: built-in procedural digits)
  --formats LIST   core, ptq, all, or names separated by commas (see --list); baselines are added. ptq: the float32
                   network quantized after its training, in every format of few bits, sorted by them
  --epochs N       passes over the training data, 1 to 10000 (default: 10 on MNIST, 20 on the digits; cnn: 5 and 10)
  --seeds N        runs of each format, 1 to 100 (default: 2)
  --train N        training images, 1000 to 60000 (default: 20000 of MNIST, 4000 digits; cnn: 4000)
  --threads N      seeds at the same time, 1 to 256 (default: 1; more disturb the epoch times)
  --quick          one seed, 10 epochs on the digits; 3 epochs on 4000 images of MNIST: under a minute
  --json FILE      write the table to FILE as well
  --list           print the names of the formats
  --help           print this
)";

namespace detail {

inline std::size_t number_option(std::string_view name, std::string_view text, std::size_t least, std::size_t most) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    throw usage_error(std::string(name) + " is '" + std::string(text) + "'; it must be a whole number from " +
                      std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

}  // namespace detail

// With every default filled in. Errors: usage_error for an unknown option, a missing or a malformed value.
inline options parse_options(const std::vector<std::string>& arguments) {
  options result;
  bool epochs_given = false, seeds_given = false, train_given = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 >= arguments.size() || arguments[i + 1].empty()) throw usage_error(name + " needs a value");
      return arguments[++i];
    };
    if (name == "--network") {
      result.network = value();
      if (result.network != "dense" && result.network != "cnn") {
        throw usage_error("--network is '" + result.network + "'; it must be dense or cnn");
      }
    } else if (name == "--data") {
      result.data = value();
    } else if (name == "--formats") {
      result.formats = value();
    } else if (name == "--epochs") {
      result.epochs = detail::number_option(name, value(), 1, 10000), epochs_given = true;
    } else if (name == "--seeds") {
      result.seeds = detail::number_option(name, value(), 1, 100), seeds_given = true;
    } else if (name == "--train") {
      result.train = detail::number_option(name, value(), 1000, 60000), train_given = true;
    } else if (name == "--threads") {
      result.threads = detail::number_option(name, value(), 1, 256);
    } else if (name == "--json") {
      result.json = value();
    } else if (name == "--quick") {
      result.quick = true;
    } else if (name == "--list") {
      result.list = true;
    } else if (name == "--help" || name == "-h") {
      result.help = true;
    } else {
      throw usage_error("unknown option '" + name + "'; --help lists them");
    }
  }
  const bool mnist = !result.data.empty(), cnn = result.network == "cnn";
  const std::size_t epochs = mnist ? 10 : 20;
  if (!epochs_given) result.epochs = result.quick ? (mnist ? 3 : 10) : cnn ? epochs / 2 : epochs;
  if (!seeds_given && result.quick) result.seeds = 1;
  if (!train_given) result.train = mnist && !result.quick && !cnn ? 20000 : 4000;
  return result;
}

}  // namespace compare
