#include "gemm/table.hpp"

#include "gemm/asked.hpp"

namespace bench {

namespace {

// Peers of a line: those whose weights are as ready as ours or less; for single vectors those with packed weights too,
// even where ours are not.
bool competes(const peer& other, weights theirs, const asked_line& line) {
  if (other.only_vectors && !line.extents.is_vector()) return false;
  if (other.format != line.format || is_cold(theirs) != is_cold(line.how)) return false;
  return is_packed(line.how) || line.extents.is_vector() || !is_packed(theirs);
}

std::vector<contender> peers_of(const asked_line& line) {
  std::vector<contender> result;
  for (const peer& other : all_peers()) {
    for (const weights how : other.hows) {
      if (!competes(other, how, line)) continue;
      auto made = other.make(line.extents, how);
      if (made == nullptr) continue;
      result.push_back({other.library + other.variant + suffix_of(how), std::move(made)});
    }
  }
  return result;
}

std::vector<contender> ours_of(const asked_line& line, const format& f) {
  std::vector<contender> result;
  result.push_back({"narrow", f.make(line.extents, line.how)});
  if (line.measure == unit::of_rival) result.push_back({"packed", f.make(line.extents, weights::packed)});
  return result;
}

const char* name_of(weights how) {
  constexpr const char* names[] = {"row-major", "packed", "cold", "packed cold"};
  return names[static_cast<std::size_t>(how)];
}

}  // namespace

table gemm_table() {
  table result;
  for (const asked_line& line : asked_lines()) {
    const format& f = *std::ranges::find(all_formats(), line.format, &format::name);
    result.lines.push_back({line.group, line.format, line.extents.name(), name_of(line.how), line.measure, line.value,
                            f.bound, line.target, [line, &f] { return ours_of(line, f); },
                            [line] { return peers_of(line); }, cpu_seconds, "packed"});
  }
  for (const peer& other : all_peers()) {
    if (result.libraries.empty() || result.libraries.back() != other.library) result.libraries.push_back(other.library);
  }
  result.elsewhere = "narrow accumulators (bench_accumulate), convolutions (bench_conv), conversions (bench_convert)";
  return result;
}

}  // namespace bench
