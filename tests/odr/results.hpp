#pragma once

#include <cstdint>
#include <vector>

using results = std::vector<std::uint64_t>;

results plain_results();
results wide_results();
