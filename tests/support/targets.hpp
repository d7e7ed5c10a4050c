// The targets of this machine, for tests that run on each.
#pragma once

#include <vector>

#include "narrow/target.hpp"

namespace support {

inline std::vector<narrow::target> supported_targets() {
  std::vector<narrow::target> result;
  for (const narrow::target t : {narrow::target::portable, narrow::target::avx2, narrow::target::avx512}) {
    if (t <= narrow::best_target()) result.push_back(t);
  }
  return result;
}

// Those with kernels of their own, beside the plain loops.
inline std::vector<narrow::target> kernel_targets() {
  std::vector<narrow::target> result = supported_targets();
  result.erase(result.begin());
  return result;
}

// Uses a target as long as it lives, and then the former one.
class on_target {
 public:
  explicit on_target(narrow::target t) : before_(narrow::set_target(t)) {}
  on_target(const on_target&) = delete;
  on_target& operator=(const on_target&) = delete;
  ~on_target() { narrow::set_target(before_); }

 private:
  narrow::target before_;
};

}  // namespace support
