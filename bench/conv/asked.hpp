// What is asked of each layer on Zen 4 cores: GOP/s of one thread, or how many times as fast two are.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "conv/layer.hpp"

namespace bench {

struct asked_layer {
  std::string group, format;
  layer extents;
  double value;
  std::size_t threads = 1;
};

inline std::vector<asked_layer> asked_layers() {
  struct figures {
    layer extents;
    double f32, bf16, int32, requantized;
  };
  const figures table[] = {
      {square_layer(56, 64, 64, 3), 111, 222, 425, 420},    {square_layer(28, 128, 128, 3), 113, 226, 450, 435},
      {square_layer(14, 256, 256, 3), 115, 230, 455, 430},  {square_layer(7, 512, 512, 3), 115, 230, 450, 425},
      {square_layer(56, 64, 256, 1), 110, 210, 400, 370},   {square_layer(224, 3, 64, 7, 2), 110, 180, 320, 300},
      {square_layer(112, 32, 32, 3, 1, 32), 75, 90, 88, 65}};
  std::vector<asked_layer> lines;
  for (const figures& f : table) lines.push_back({"f32", "float32", f.extents, f.f32});
  for (const figures& f : table) lines.push_back({"bf16", "bfloat16", f.extents, f.bf16});
  for (const figures& f : table) lines.push_back({"s8", "u8s8", f.extents, f.int32});
  for (const char* const format : {"u8s8_requant", "s8s8_requant"}) {
    for (const figures& f : table) lines.push_back({"s8", format, f.extents, f.requantized});
  }
  for (const char* const format : {"e4m3", "posit8"}) {
    for (const figures& f : table) lines.push_back({"8-bit floats", format, f.extents, 0.8 * f.bf16});
  }
  // Blocks along the channels of depthwise layers would be of one.
  for (const char* const format : {"mxfp8", "mxfp4"}) {
    for (const figures& f : std::span(table, 6)) lines.push_back({"blocks", format, f.extents, 0.8 * f.bf16});
  }
  const std::span<const figures> dense_3x3(table, 4);
  for (const char* const end : {"_to_data", "_to_weights"}) {
    for (const figures& f : dense_3x3) {
      lines.push_back({"gradients", std::string("float32") + end, f.extents, 0.8 * f.f32});
      lines.push_back({"gradients", std::string("bfloat16") + end, f.extents, 0.8 * f.bf16});
    }
  }
  for (const figures& f : dense_3x3) lines.push_back({"16 bit exact", "fixed4_12", f.extents, 95});
  for (const char* const format : {"float32", "bfloat16", "u8s8", "u8s8_requant"}) {
    for (const figures& f : dense_3x3) lines.push_back({"two threads", format, f.extents, 1.85, 2});
  }
  return lines;
}

}  // namespace bench
