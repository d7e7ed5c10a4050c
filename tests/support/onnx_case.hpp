// One ONNX operator case: the line of case.txt, and its inputs and outputs by slot.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/npy.hpp"

namespace support {

struct onnx_case {
  std::string name, op;
  std::filesystem::path folder;
  std::map<std::string, std::string> fields;  // attr.axis, in0, out0, ...

  bool has(const std::string& key) const { return fields.count(key) != 0 && fields.at(key) != "-"; }
  std::string text(const std::string& key, const std::string& otherwise = "") const {
    return has(key) ? fields.at(key) : otherwise;
  }
  long integer(const std::string& attribute, long otherwise) const {
    return has("attr." + attribute) ? std::stol(fields.at("attr." + attribute)) : otherwise;
  }
  double real(const std::string& attribute, double otherwise) const {
    return has("attr." + attribute) ? std::stod(fields.at("attr." + attribute)) : otherwise;
  }
  std::vector<long> integers(const std::string& attribute, std::vector<long> otherwise) const {
    if (!has("attr." + attribute)) return otherwise;
    std::vector<long> result;
    std::istringstream parts(fields.at("attr." + attribute));
    for (std::string part; std::getline(parts, part, ',');) result.push_back(std::stol(part));
    return result;
  }
  // The logical type of "in0", "out0", ...: float32, uint8, float8e4m3fn, ...
  std::string type(const std::string& slot) const { return text(slot).substr(0, text(slot).find(':')); }
  npy tensor(const std::string& slot) const { return read_npy(folder / (slot + ".npy")); }
};

// Every case of an operator in the folder, by name.
inline std::vector<onnx_case> onnx_cases(const std::filesystem::path& folder, const std::string& op) {
  std::vector<onnx_case> result;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path() / "case.txt");
    std::string line;
    if (!entry.is_directory() || !std::getline(file, line)) continue;
    onnx_case one;
    one.name = entry.path().filename().string();
    one.folder = entry.path();
    std::istringstream parts(line);
    for (std::string part; parts >> part;) one.fields[part.substr(0, part.find('='))] = part.substr(part.find('=') + 1);
    one.op = one.fields["op"];
    if (one.op == op) result.push_back(one);
  }
  std::sort(result.begin(), result.end(), [](const onnx_case& a, const onnx_case& b) { return a.name < b.name; });
  return result;
}

}  // namespace support
