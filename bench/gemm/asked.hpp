// What is asked of each class at each shape, one thread of a Zen 4 core.
#pragma once

#include <string>
#include <vector>

#include "gemm/product.hpp"
#include "support/table.hpp"

namespace bench {

struct asked_line {
  std::string group, format;
  weights how;
  shape extents;
  unit measure;
  double value;
  narrow::target target = narrow::target::avx512;
};

inline std::vector<asked_line> asked_lines() {
  using enum unit;
  using enum weights;
  std::vector<asked_line> lines;
  const auto square = [](std::size_t n) { return shape{n, n, n}; };
  const auto add = [&](const char* group, const char* format, weights how, const shape& s, unit measure, double value) {
    lines.push_back({group, format, how, s, measure, value});
  };
  // Fractions at 64 and 128, then at 512, 1024 and 2048.
  const auto squares = [&](const char* group, const char* format, unit measure, double at_64, double at_128,
                           double large) {
    add(group, format, packed, square(64), measure, at_64);
    add(group, format, packed, square(128), measure, at_128);
    for (const std::size_t n : {512u, 1024u, 2048u}) add(group, format, packed, square(n), measure, large);
  };
  constexpr shape few_rows{35, 700, 2048}, wide{64, 4096, 4096}, row{1, 4096, 4096}, column{7680, 1, 2560};

  squares("f32", "float32", of_ceiling, 0.97, 0.98, 0.95);
  add("f32", "float32", packed, few_rows, of_ceiling, 0.94);
  add("f32", "float32", packed, row, gigaoperations, 12.8);
  add("f32", "float32", unpacked, row, gigaoperations, 12.8);
  add("f32", "float32", unpacked, column, gigaoperations, 11.5);

  for (const char* const format : {"u8s8", "s8s8", "u8s8_requant", "s8s8_requant"}) {
    if (std::string(format).ends_with("_requant")) add("s8", format, packed, square(32), gigaoperations, 200);
    squares("s8", format, of_ceiling, 0.88, 0.93, 0.95);
    add("s8", format, packed, few_rows, of_ceiling, 0.96);
    add("s8", format, packed, wide, of_ceiling, 0.91);
    add("s8", format, packed, row, gigaoperations, 125);
    add("s8", format, packed_cold, row, gigaoperations, 50);
    add("s8", format, unpacked, column, gigaoperations, 90);
  }

  for (const char* const format : {"u8s8", "s8s8"}) {
    add("s8 unpacked", format, unpacked, square(64), of_ceiling, 0.60);
    add("s8 unpacked", format, unpacked, square(128), of_ceiling, 0.85);
    add("s8 unpacked", format, unpacked, square(1024), of_rival, 0.94);
    add("s8 unpacked", format, unpacked, wide, gigaoperations, 300);
  }
  for (const char* const format : {"u8s8_requant", "s8s8_requant"}) {
    add("s8 unpacked", format, unpacked, few_rows, gigaoperations, 370);
  }

  squares("bf16", "bfloat16", of_ceiling, 0.90, 0.95, 0.95);
  add("bf16", "bfloat16", packed, few_rows, of_ceiling, 0.93);
  add("bf16", "bfloat16", packed, wide, of_ceiling, 0.92);

  squares("float16", "float16", of_ceiling, 0.88, 0.92, 0.95);
  add("float16", "float16", unpacked, row, gigaoperations, 34);

  for (const char* const format : {"e4m3", "e5m2", "e4m3_e5m2"}) {
    squares("FP8", format, of_ceiling, 0.70, 0.80, 0.88);
    add("FP8", format, unpacked, row, gigaoperations, 40);
  }

  for (const char* const format : {"int16", "fixed4_12", "dynamic_fixed16"}) {
    squares("16 bit exact", format, gigaoperations, 75, 95, 105);
  }

  for (const std::size_t n : {512u, 1024u, 2048u}) add("bit", "binary", packed, square(n), of_ceiling, 0.85);

  for (const std::size_t n : {512u, 1024u, 2048u}) {
    lines.push_back({"f32 on avx2", "float32", packed, square(n), of_ceiling, 0.92, narrow::target::avx2});
  }
  for (const std::size_t n : {512u, 1024u, 2048u}) {
    lines.push_back({"s8 on avx2", "u8s8", packed, square(n), of_ceiling, 0.85, narrow::target::avx2});
  }
  return lines;
}

}  // namespace bench
