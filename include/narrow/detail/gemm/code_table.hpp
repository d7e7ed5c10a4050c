// Every code of a format of at most 8 bits as bfloat16, from the scalar codec: what kernels look codes up in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "narrow/detail/gemm/panel.hpp"

namespace narrow::detail {

struct code_table {
  std::uint8_t low[256], high[256];  // bytes of the bfloat16 of each code
  bool is_symmetric;                 // codes from 128 on are the others with the sign set
};

template <class E>
const code_table& code_table_of() {
  static_assert(E::bits <= 8);
  static const code_table table = [] {
    code_table t{};
    t.is_symmetric = true;
    for (std::uint32_t code = 0; code < 256; ++code) {
      const std::uint16_t value = bfloat16_of(E::template decode<float>(code));
      t.low[code] = static_cast<std::uint8_t>(value & 0xFF);
      t.high[code] = static_cast<std::uint8_t>(value >> 8);
      if (code >= 128 && (t.low[code] != t.low[code - 128] || t.high[code] != (t.high[code - 128] | 0x80))) {
        t.is_symmetric = false;
      }
      if (code < 128 && t.high[code] >= 0x80) t.is_symmetric = false;
    }
    return t;
  }();
  return table;
}

}  // namespace narrow::detail
