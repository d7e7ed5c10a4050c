// Comma-separated files with a header line: support::csv(path)["rne"] is a column of texts.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

class csv {
 public:
  explicit csv(const std::filesystem::path& path) : path_(path.string()) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(path_ + ": cannot be opened");
    std::string line;
    std::vector<std::string> names;
    while (std::getline(file, line)) {
      std::vector<std::string> fields;
      std::istringstream parts(line);
      for (std::string field; std::getline(parts, field, ',');) fields.push_back(field);
      if (names.empty()) {
        names = fields;
        continue;
      }
      if (fields.size() != names.size()) throw std::runtime_error(path_ + ": a row of another length: " + line);
      for (std::size_t i = 0; i < names.size(); ++i) columns_[names[i]].push_back(fields[i]);
      ++rows_;
    }
  }
  std::size_t rows() const { return rows_; }
  bool has(const std::string& name) const { return columns_.count(name) != 0; }
  const std::vector<std::string>& operator[](const std::string& name) const {
    const auto at = columns_.find(name);
    if (at == columns_.end()) throw std::runtime_error(path_ + ": no column " + name);
    return at->second;
  }

 private:
  std::string path_;
  std::size_t rows_ = 0;
  std::map<std::string, std::vector<std::string>> columns_;
};

}  // namespace support
