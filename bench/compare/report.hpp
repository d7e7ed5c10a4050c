// What the main job prints: a header that names machine and command, one aligned table, the same as JSON.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "compare/quantization.hpp"
#include "support/machine.hpp"

namespace compare {

struct result_row {
  std::string format, bits;
  std::string arithmetic, products;  // native or simulated; how the products are computed
  std::string baseline;
  std::vector<double> errors;    // test error in percent, one a seed
  double seconds_per_epoch = 0;  // 0: nothing was trained
  std::size_t weight_bytes = 0;  // packed
  double label_agreement = -1;   // percent; negative: not compared
  // Of post-training quantization, whose rows are a table of their own: means over the seeds.
  std::optional<quantization> weights, activations;
};

struct report_header {
  std::vector<std::pair<std::string, std::string>> lines;
};

inline double mean(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return v.empty() ? NAN : sum / static_cast<double>(v.size());
}
// Half the distance between the best and the worst seed; NaN of fewer than two.
inline double spread(const std::vector<double>& v) {
  if (v.size() < 2) return NAN;
  const auto [low, high] = std::ranges::minmax(v);
  return (high - low) / 2;
}

// A network that learned nothing, or lost what it had learned: it errs on at least half of the tests.
inline bool diverged(const result_row& row) { return !(mean(row.errors) < 50); }

// The command line as a shell takes it.
inline std::string command_text(const std::vector<std::string>& arguments) {
  std::string text = "compare";
  for (const std::string& argument : arguments) {
    const bool plain = !argument.empty() && std::ranges::all_of(argument, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("_-.,/=+:@%").find(c) != std::string_view::npos;
    });
    text += ' ';
    if (plain) {
      text += argument;
    } else {
      text += '\'';
      for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
      text += '\'';
    }
  }
  return text;
}

inline report_header header_for(const std::string& command, const std::string& data, const std::string& training) {
#if defined(NARROW_BUILD_FLAGS)
  const std::string flags = NARROW_BUILD_FLAGS;
#else
  const std::string flags;
#endif
  return {
      {{"machine", bench::cpu_name() + ", " + std::to_string(std::thread::hardware_concurrency()) + " threads"},
       {"compiler", bench::compiler_name() + (flags.empty() ? "" : ", " + flags)},
       {"command", command},
       {"data", data},
       {"training", training},
       {"bits", "of propagated/stored values; packed bytes: the parameters at these bits, not as they lie in memory"},
       {"arithmetic", "native: values multiply as they are; simulated: they are decoded to a wider type first"},
       {"spread", "half the distance between the best and the worst seed; difference: of the means, to the baseline"}}};
}

namespace detail {

inline std::string fixed_text(double value, int places, bool sign = false) {
  char text[64];
  std::snprintf(text, sizeof text, sign ? "%+.*f" : "%.*f", places, value);
  return text;
}

inline std::string ratio_text(double ratio) { return std::isinf(ratio) ? "exact" : fixed_text(ratio, 1); }

inline const result_row* find_row(const std::vector<result_row>& rows, const std::string& name) {
  const auto at = std::ranges::find(rows, name, &result_row::format);
  return at == rows.end() ? nullptr : &*at;
}

inline std::string error_text(const result_row& row) {
  return fixed_text(mean(row.errors), 2) + (diverged(row) ? " diverged" : "");
}
inline std::string spread_text(const result_row& row) {
  return row.errors.size() < 2 ? "-" : fixed_text(spread(row.errors), 2);
}
inline std::string difference_text(const result_row& row, const std::vector<result_row>& rows) {
  const result_row* const base = find_row(rows, row.baseline);
  if (base == nullptr || base == &row) return "-";
  return fixed_text(mean(row.errors) - mean(base->errors), 2, true) +
         (row.baseline == "float32" ? "" : " (" + row.baseline + ")");
}
inline std::string agreement_text(const result_row& row) {
  return row.label_agreement < 0 ? "-" : fixed_text(row.label_agreement, 2);
}

// The columns of the first table, and of post-training quantization's. `leading` columns are aligned to the left.
using text_row = std::vector<std::string>;
struct text_table {
  std::size_t leading;
  std::vector<text_row> lines;
};
inline text_table training_table(const std::vector<result_row>& rows) {
  text_table table{7,
                   {{"format", "bits", "arithmetic", "products", "test error %", "spread", "difference",
                     "same labels %", "s/epoch", "packed bytes"}}};
  for (const result_row& row : rows) {
    if (row.weights) continue;
    table.lines.push_back({row.format, row.bits, row.arithmetic, row.products, error_text(row), spread_text(row),
                           difference_text(row, rows), agreement_text(row),
                           row.seconds_per_epoch == 0 ? "-" : fixed_text(row.seconds_per_epoch, 2),
                           std::to_string(row.weight_bytes)});
  }
  return table;
}
// By the bits of the weights, then of the activations.
inline text_table post_training_table(const std::vector<result_row>& rows) {
  text_table table{3,
                   {{"format", "arithmetic", "products", "weight bits", "activation bits", "weight SQNR",
                     "activation SQNR", "test error %", "spread", "difference", "same labels %", "packed bytes"}}};
  std::vector<const result_row*> sorted;
  for (const result_row& row : rows) {
    if (row.weights && row.activations) sorted.push_back(&row);
  }
  std::ranges::stable_sort(sorted, {},
                           [](const result_row* row) { return std::pair(row->weights->bits, row->activations->bits); });
  for (const result_row* row : sorted) {
    table.lines.push_back({row->format, row->arithmetic, row->products, fixed_text(row->weights->bits, 2),
                           fixed_text(row->activations->bits, 2), ratio_text(row->weights->ratio),
                           ratio_text(row->activations->ratio), error_text(*row), spread_text(*row),
                           difference_text(*row, rows), agreement_text(*row), std::to_string(row->weight_bytes)});
  }
  return table;
}

inline std::string aligned(const text_table& table) {
  std::vector<std::size_t> widths(table.lines[0].size());
  for (const text_row& line : table.lines) {
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], line[c].size());
  }
  std::string text;
  for (const text_row& cells : table.lines) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const std::string pad(widths[c] - cells[c].size(), ' ');
      line += (c == 0 ? "" : "  ") + (c < table.leading ? cells[c] + pad : pad + cells[c]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (&cells == &table.lines[0]) text += std::string(line.size(), '-') + "\n";
  }
  return text;
}

inline std::string json_text(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\', result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += code;
    } else {
      result += c;
    }
  }
  return result + '"';
}
inline std::string json_number(double value) { return std::isfinite(value) ? fixed_text(value, 6) : "null"; }

}  // namespace detail

inline std::string table_text(const report_header& header, const std::vector<result_row>& rows) {
  std::string text;
  for (const auto& [name, value] : header.lines) text += name + ": " + value + "\n";
  text += "\n" + detail::aligned(detail::training_table(rows));
  const detail::text_table post_training = detail::post_training_table(rows);
  if (post_training.lines.size() > 1) {
    text +=
        "\nthe float32 network, quantized after its training: weights and the inputs of each layer, biases not;\n"
        "bits per value, scales included; SQNR in dB; packed bytes: weights, scales and biases\n\n" +
        detail::aligned(post_training);
  }
  return text;
}

inline std::string json_report(const report_header& header, const std::vector<result_row>& rows) {
  std::string text = "{\n";
  for (const auto& [name, value] : header.lines) {
    text += "  " + detail::json_text(name) + ": " + detail::json_text(value) + ",\n";
  }
  text += "  \"rows\": [";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const result_row& row = rows[r];
    const result_row* const base = detail::find_row(rows, row.baseline);
    text += std::string(r == 0 ? "" : ",") + "\n    {\"format\": " + detail::json_text(row.format) +
            ", \"bits\": " + detail::json_text(row.bits) + ", \"arithmetic\": " + detail::json_text(row.arithmetic) +
            ", \"products\": " + detail::json_text(row.products) +
            ", \"baseline\": " + detail::json_text(row.baseline) + ", \"test_error_percent\": [";
    for (std::size_t i = 0; i < row.errors.size(); ++i) {
      text += (i == 0 ? "" : ", ") + detail::json_number(row.errors[i]);
    }
    text += "], \"mean\": " + detail::json_number(mean(row.errors)) +
            ", \"spread\": " + detail::json_number(spread(row.errors)) +
            ", \"difference\": " + detail::json_number(base == nullptr ? NAN : mean(row.errors) - mean(base->errors)) +
            ", \"diverged\": " + (diverged(row) ? "true" : "false") +
            ", \"same_labels_percent\": " + detail::json_number(row.label_agreement < 0 ? NAN : row.label_agreement) +
            ", \"seconds_per_epoch\": " + detail::json_number(row.seconds_per_epoch) +
            ", \"packed_bytes\": " + std::to_string(row.weight_bytes);
    for (const auto& [name, of] : {std::pair("weight", row.weights), std::pair("activation", row.activations)}) {
      if (!of) continue;
      text += std::string(", \"") + name + "_bits\": " + detail::json_number(of->bits) + ", \"" + name +
              "_sqnr_db\": " + detail::json_number(of->ratio);
    }
    text += "}";
  }
  return text + "\n  ]\n}\n";
}

}  // namespace compare
