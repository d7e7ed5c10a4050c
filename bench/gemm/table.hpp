// The speeds that are asked of gemm.
#pragma once

#include "support/table.hpp"

namespace bench {

table gemm_table();

}  // namespace bench
