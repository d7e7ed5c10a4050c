// What a claim about speed has to name: the machine, the compiler, the flags.
#pragma once

#include <fstream>
#include <string>

namespace bench {

inline std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line, family, model, name;
  const auto after = [&](const char* key, std::string& to) {
    const auto colon = line.find(':');
    if (to.empty() && line.rfind(key, 0) == 0 && colon != std::string::npos && colon + 2 <= line.size()) {
      to = line.substr(colon + 2);
    }
  };
  while (std::getline(info, line)) after("model name", name), after("cpu family", family), after("model\t", model);
  if (name.empty()) return "unknown CPU";
  return name + " (family " + family + " model " + model + ")";
}

inline std::string compiler_name() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#elif defined(__GNUC__)
  return "GCC " __VERSION__;
#else
  return "unknown compiler";
#endif
}

}  // namespace bench
