#include "gemm/table.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "gemm/asked.hpp"
#include "support/ceilings.hpp"
#include "support/machine.hpp"

namespace bench {

namespace {

struct contender {
  std::string name;
  std::unique_ptr<product> made;
};

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

struct outcome {
  double got = 0;        // GOP/s
  double of_packed = 0;  // where the line asks for it
  std::string best;      // peer
  double best_rate = 0;  // GOP/s
  double over_best = 0;  // ours over the best peer's, median over pairs
};

double median_ratio(const std::vector<double>& theirs, const std::vector<double>& ours) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(theirs[i] / ours[i]);
  return median(ratios);
}

// Libraries are not capped, so that only lines of the best target are up against them.
outcome measure(const asked_line& line, const format& ours) {
  narrow::set_target(line.target);
  std::vector<contender> all;
  all.push_back({"narrow", ours.make(line.extents, line.how)});
  if (line.measure == unit::of_packed) all.push_back({"packed", ours.make(line.extents, weights::packed)});
  const std::size_t own = all.size();
  if (line.target == narrow::best_target()) {
    for (contender& other : peers_of(line)) all.push_back(std::move(other));
  }
  std::vector<std::function<void()>> runs;
  for (const contender& c : all) runs.push_back([p = c.made.get()] { p->run(); });
  const auto seconds = interleaved_seconds(runs, {});

  outcome result;
  const double operations = line.extents.operations() * 1e-9;
  result.got = operations / median(seconds[0]);
  if (line.measure == unit::of_packed) result.of_packed = median_ratio(seconds[1], seconds[0]);
  for (std::size_t i = own; i < all.size(); ++i) {
    const double rate = operations / median(seconds[i]);
    if (rate <= result.best_rate) continue;
    result.best = all[i].name, result.best_rate = rate;
    result.over_best = median_ratio(seconds[i], seconds[0]);
  }
  return result;
}

void print_header(narrow::target cap) {
  std::printf("machine    %s\n", cpu_name().c_str());
  double load[3] = {};
  if (getloadavg(load, 3) > 0) std::printf("load       %.1f before this run: other jobs disturb it\n", load[0]);
  std::printf("compiler   %s, %s\n", compiler_name().c_str(), NARROW_BUILD_FLAGS);
  std::printf("target     %s; lines of other targets say so\n", narrow::name_of(cap));
  std::printf("thread     one, %s; rates are over CPU time, medians of interleaved repetitions\n",
              pin_to_this_cpu() ? "pinned" : "not pinned");
  std::printf("peers     ");
  std::string last;
  for (const peer& other : all_peers()) {
    if (other.library != last) std::printf(" %s", other.library.c_str());
    last = other.library;
  }
  std::printf("%s\n", last.empty() ? " none found at configure time" : "");
  for (std::size_t i = 0; i < instruction_names.size(); ++i) {
    const double rate = ceiling(static_cast<instruction>(i));
    if (rate > 0) std::printf("ceiling    %-22s %7.1f GOP/s\n", instruction_names[i], rate);
  }
  std::printf("\n%-12s %-15s %-14s %-11s %11s %11s %9s  %-22s %9s %6s\n", "class", "format", "shape", "weights",
              "asked", "got", "ceiling", "best peer", "GOP/s", "ratio");
}

const char* name_of(weights how) {
  constexpr const char* names[] = {"row-major", "packed", "cold", "packed cold"};
  return names[static_cast<std::size_t>(how)];
}

// Prints the line; whether it got what is asked.
bool print_line(const asked_line& line, const outcome& o, double ceiling) {
  const double fraction = ceiling > 0 ? o.got / ceiling : 0;
  const double got = line.measure == unit::of_ceiling  ? fraction
                     : line.measure == unit::of_packed ? o.of_packed
                                                       : o.got;
  char asked[32];
  const char* const formats[] = {"%.0f %%", "%.1f GOP/s", "%.0f %% packed"};
  std::snprintf(asked, sizeof asked, formats[static_cast<std::size_t>(line.measure)],
                line.measure == unit::gigaoperations ? line.value : line.value * 100);
  std::printf("%-12s %-15s %-14s %-11s %11s %5.1f GOP/s %7.1f %%  ", line.group.c_str(), line.format.c_str(),
              line.extents.name().c_str(), name_of(line.how), asked, o.got, fraction * 100);
  if (o.best_rate > 0) {
    std::printf("%-22s %9.1f %6.2f", o.best.c_str(), o.best_rate, o.over_best);
  } else {
    std::printf("%-22s %9s %6s", "-", "", "");
  }
  const bool met = got >= line.value;
  std::printf("  %s%s", met ? "met" : "SHORT", o.best_rate > 0 && o.over_best < 1 ? ", behind" : "");
  if (line.measure == unit::of_packed) std::printf(", %.0f %% of packed", o.of_packed * 100);
  std::printf("\n");
  std::fflush(stdout);
  return met;
}

}  // namespace

int print_table(const std::string& filter) {
  const narrow::target cap = narrow::current_target();
  print_header(cap);
  int met = 0, behind = 0, measured = 0;
  for (const asked_line& line : asked_lines()) {
    if (line.group.find(filter) == std::string::npos && line.format.find(filter) == std::string::npos) continue;
    if (line.target > cap) {
      std::printf("%-12s %-15s %-14s needs target %s\n", line.group.c_str(), line.format.c_str(),
                  line.extents.name().c_str(), narrow::name_of(line.target));
      continue;
    }
    const auto& formats = all_formats();
    const auto ours = std::ranges::find(formats, line.format, &format::name);
    const outcome o = measure(line, *ours);
    met += print_line(line, o, ceiling_of(ours->bound, line.target));
    behind += o.best_rate > 0 && o.over_best < 1;
    ++measured;
  }
  std::printf("\n%d lines: %d met, %d short; behind a peer of this run on %d\n", measured, met, measured - met, behind);
  std::printf("Elsewhere: narrow accumulators (bench_accumulate), conversions (bench_convert).\n");
  return measured - met;
}

}  // namespace bench
