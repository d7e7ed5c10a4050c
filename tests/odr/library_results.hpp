// What both files of the program compute: `library_results` has a copy in each file; the library's inline functions
// have one in the program.
#pragma once

#include <all_headers.hpp>
#include <cstdint>

#include "odr/results.hpp"

static inline results library_results() {
  results all;
  for (std::uint64_t index = 0; index < 1000; ++index) all.push_back(narrow::random_bits(7, 1, index));
  return all;
}
