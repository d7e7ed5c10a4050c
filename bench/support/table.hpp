// The speeds that are asked, line by line, measured in one run together with the libraries that they are up against.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/compute_class.hpp"
#include "support/machine.hpp"
#include "support/stopwatch.hpp"
#include "support/workload.hpp"

namespace bench {

// of_rival: our speed over that of the line's second contender, which is ours too.
enum class unit { of_ceiling, gigaoperations, of_rival };

struct contender {
  std::string name;
  std::unique_ptr<workload> made;
};

struct table_line {
  std::string group, format, shape, weights;
  unit measure = unit::gigaoperations;
  double value = 0;
  compute_class bound = compute_class::f32;
  narrow::target target = narrow::target::avx512;
  std::function<std::vector<contender>()> ours, peers;
  double (*clock)() = cpu_seconds;
  std::string rival;  // what of_rival compares with
};

struct table {
  std::vector<table_line> lines;
  std::vector<std::string> libraries;  // found at configure time
  std::string elsewhere;               // what is measured by other programs
};

namespace detail {

struct outcome {
  double got = 0;        // GOP/s
  double of_rival = 0;   // where the line asks for it
  std::string best;      // peer
  double best_rate = 0;  // GOP/s
  double over_best = 0;  // ours over the best peer's, median over pairs
};

inline double median_ratio(const std::vector<double>& theirs, const std::vector<double>& ours) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(theirs[i] / ours[i]);
  return median(ratios);
}

// Libraries are not capped, so that only lines of the best target are up against them.
inline outcome measure(const table_line& line) {
  narrow::set_target(line.target);
  std::vector<contender> all = line.ours();
  const std::size_t own = all.size();
  if (line.target == narrow::best_target()) {
    for (contender& other : line.peers()) all.push_back(std::move(other));
  }
  std::vector<std::function<void()>> runs;
  for (const contender& c : all) runs.push_back([w = c.made.get()] { w->run(); });
  const auto seconds = interleaved_seconds(runs, {.clock = line.clock});

  outcome result;
  const double operations = all[0].made->operations() * 1e-9;
  result.got = operations / median(seconds[0]);
  if (line.measure == unit::of_rival) result.of_rival = median_ratio(seconds[1], seconds[0]);
  for (std::size_t i = own; i < all.size(); ++i) {
    const double rate = operations / median(seconds[i]);
    if (rate <= result.best_rate) continue;
    result.best = all[i].name, result.best_rate = rate;
    result.over_best = median_ratio(seconds[i], seconds[0]);
  }
  return result;
}

inline int shape_width(const table& t) {
  std::size_t width = 14;
  for (const table_line& line : t.lines) width = std::max(width, line.shape.size());
  return static_cast<int>(width);
}

inline void print_header(const table& t, narrow::target cap) {
  std::printf("machine    %s\n", cpu_name().c_str());
  double load[3] = {};
  if (getloadavg(load, 3) > 0) std::printf("load       %.1f before this run: other jobs disturb it\n", load[0]);
  std::printf("compiler   %s, %s\n", compiler_name().c_str(), NARROW_BUILD_FLAGS);
  std::printf("target     %s; lines of other targets say so\n", narrow::name_of(cap));
  std::printf("thread     one, %s; rates are over CPU time, medians of interleaved repetitions\n",
              pin_to_this_cpu() ? "pinned" : "not pinned");
  std::printf("peers     ");
  for (const std::string& library : t.libraries) std::printf(" %s", library.c_str());
  std::printf("%s\n", t.libraries.empty() ? " none found at configure time" : "");
  for (std::size_t i = 0; i < instruction_names.size(); ++i) {
    const double rate = ceiling(static_cast<instruction>(i));
    if (rate > 0) std::printf("ceiling    %-22s %7.1f GOP/s\n", instruction_names[i], rate);
  }
  std::printf("\n%-12s %-15s %-*s %-11s %11s %11s %9s  %-22s %9s %6s\n", "class", "format", shape_width(t), "shape",
              "weights", "asked", "got", "ceiling", "best peer", "GOP/s", "ratio");
}

// Prints the line; whether it got what is asked.
inline bool print_line(const table& t, const table_line& line, const outcome& o) {
  const double ceiling = ceiling_of(line.bound, line.target), fraction = ceiling > 0 ? o.got / ceiling : 0;
  const double got = line.measure == unit::of_ceiling ? fraction : line.measure == unit::of_rival ? o.of_rival : o.got;
  char asked[32];
  if (line.measure == unit::gigaoperations) {
    std::snprintf(asked, sizeof asked, "%.1f GOP/s", line.value);
  } else {
    std::snprintf(asked, sizeof asked, "%.0f %%%s%s", line.value * 100, line.measure == unit::of_rival ? " " : "",
                  line.measure == unit::of_rival ? line.rival.c_str() : "");
  }
  std::printf("%-12s %-15s %-*s %-11s %11s %5.1f GOP/s %7.1f %%  ", line.group.c_str(), line.format.c_str(),
              shape_width(t), line.shape.c_str(), line.weights.c_str(), asked, o.got, fraction * 100);
  if (o.best_rate > 0) {
    std::printf("%-22s %9.1f %6.2f", o.best.c_str(), o.best_rate, o.over_best);
  } else {
    std::printf("%-22s %9s %6s", "-", "", "");
  }
  const bool met = got >= line.value;
  std::printf("  %s%s", met ? "met" : "SHORT", o.best_rate > 0 && o.over_best < 1 ? ", behind" : "");
  if (line.measure == unit::of_rival) std::printf(", %.0f %% of %s", o.of_rival * 100, line.rival.c_str());
  std::printf("\n");
  std::fflush(stdout);
  return met;
}

}  // namespace detail

// Prints the lines whose class or format contains `filter`. Returns how many were short of what is asked.
inline int print_table(const table& t, const std::string& filter) {
  const narrow::target cap = narrow::current_target();
  detail::print_header(t, cap);
  int met = 0, behind = 0, measured = 0;
  for (const table_line& line : t.lines) {
    if (line.group.find(filter) == std::string::npos && line.format.find(filter) == std::string::npos) continue;
    if (line.target > cap) {
      std::printf("%-12s %-15s %-*s needs target %s\n", line.group.c_str(), line.format.c_str(), detail::shape_width(t),
                  line.shape.c_str(), narrow::name_of(line.target));
      continue;
    }
    const detail::outcome o = detail::measure(line);
    met += detail::print_line(t, line, o);
    behind += o.best_rate > 0 && o.over_best < 1;
    ++measured;
  }
  std::printf("\n%d lines: %d met, %d short; behind a peer of this run on %d\n", measured, met, measured - met, behind);
  std::printf("Elsewhere: %s.\n", t.elsewhere.c_str());
  return measured - met;
}

}  // namespace bench
