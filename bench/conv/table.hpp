// The speeds that are asked of conv2d.
#pragma once

#include "support/table.hpp"

namespace bench {

table conv_table();

}  // namespace bench
