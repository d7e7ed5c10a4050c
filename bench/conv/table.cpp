#include "conv/table.hpp"

#include "conv/asked.hpp"
#include "conv/convolution.hpp"
#include "conv/gradients.hpp"

namespace bench {

namespace {

const narrow::thread_pool& two_threads() {
  static const narrow::thread_pool pool(2);
  return pool;
}

// Where two threads are asked for, one is the rival.
std::vector<contender> ours_of(const asked_layer& line, const conv_format& f) {
  std::vector<contender> result;
  auto made = f.make(line.extents);
  if (line.threads == 2) made->share(&two_threads());
  result.push_back({"narrow", std::move(made)});
  if (line.threads == 2) result.push_back({"one thread", f.make(line.extents)});
  return result;
}

std::vector<contender> ours_of(const asked_layer& line, const conv_gradient& g) {
  std::vector<contender> result;
  result.push_back({"narrow", g.make(line.extents)});
  return result;
}

std::vector<contender> peers_of(const asked_layer& line) {
  std::vector<contender> result;
  for (const conv_peer& other : all_conv_peers()) {
    if (other.format != line.format || line.threads == 2) continue;
    if (auto made = other.make(line.extents)) result.push_back({other.library, std::move(made)});
  }
  return result;
}

}  // namespace

table conv_table() {
  (void)two_threads();  // begun before the table is pinned to one CPU, to which they would be too
  table result;
  const auto add = [&](const asked_layer& line, const auto& f) {
    const bool one = line.threads == 1;
    result.lines.push_back({line.group, line.format, line.extents.name(), "packed",
                            one ? unit::gigaoperations : unit::of_rival, line.value, f.bound, narrow::target::avx512,
                            [line, &f] { return ours_of(line, f); }, [line] { return peers_of(line); },
                            one ? cpu_seconds : wall_seconds, "one thread"});
  };
  for (const asked_layer& line : asked_layers()) {
    const auto format = std::ranges::find(all_conv_formats(), line.format, &conv_format::name);
    if (format != all_conv_formats().end()) {
      add(line, *format);
    } else {
      add(line, *std::ranges::find(all_conv_gradients(), line.format, &conv_gradient::name));
    }
  }
  for (const conv_peer& other : all_conv_peers()) {
    if (result.libraries.empty() || result.libraries.back() != other.library) result.libraries.push_back(other.library);
  }
  result.elsewhere = "products (bench_gemm), conversions (bench_convert)";
  return result;
}

}  // namespace bench
