#include "conv/table.hpp"

#include "conv/asked.hpp"
#include "conv/convolution.hpp"

namespace bench {

namespace {

std::vector<contender> ours_of(const asked_layer& line, const conv_format& f) {
  std::vector<contender> result;
  result.push_back({"narrow", f.make(line.extents)});
  return result;
}

std::vector<contender> peers_of(const asked_layer& line) {
  std::vector<contender> result;
  for (const conv_peer& other : all_conv_peers()) {
    if (other.format != line.format) continue;
    if (auto made = other.make(line.extents)) result.push_back({other.library, std::move(made)});
  }
  return result;
}

}  // namespace

table conv_table() {
  table result;
  for (const asked_layer& line : asked_layers()) {
    const conv_format& f = *std::ranges::find(all_conv_formats(), line.format, &conv_format::name);
    result.lines.push_back({line.group, line.format, line.extents.name(), "packed", unit::gigaoperations, line.value,
                            f.bound, narrow::target::avx512, [line, &f] { return ours_of(line, f); },
                            [line] { return peers_of(line); }});
  }
  for (const conv_peer& other : all_conv_peers()) {
    if (result.libraries.empty() || result.libraries.back() != other.library) result.libraries.push_back(other.library);
  }
  result.elsewhere = "products (bench_gemm), conversions (bench_convert)";
  return result;
}

}  // namespace bench
