// The speeds that are asked of gemm, line by line, measured in one run together with the libraries that it is up
// against.
#pragma once

#include <string>

namespace bench {

// Prints the lines whose class or format contains `filter`. Returns how many were short of what is asked.
int print_table(const std::string& filter);

}  // namespace bench
