// How long things take: in CPU time of the process, which the other jobs of a shared machine disturb least, and which
// no hidden thread escapes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace bench {

inline double cpu_seconds() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Of the clock on the wall, for work that several threads share.
inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Keeps the process on the CPU that it runs on. False where the system does not let it.
inline bool pin_to_this_cpu() {
#if defined(__linux__)
  const int cpu = sched_getcpu();
  if (cpu < 0) return false;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(cpu), &one);
  return sched_setaffinity(0, sizeof one, &one) == 0;
#else
  return false;
#endif
}

inline double median(std::vector<double> v) {
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

struct timing {
  std::size_t repetitions = 7;
  double seconds = 0.025;  // of one repetition, at least one call
  double at_most = 1.5;    // seconds of all repetitions of one function; at least three, or one that takes longer
  double (*clock)() = cpu_seconds;
};

// Seconds a call of each function: a sample for each repetition, all functions in turn within one, so that what
// disturbs one disturbs the others too.
inline std::vector<std::vector<double>> interleaved_seconds(const std::vector<std::function<void()>>& runs,
                                                            const timing& how) {
  const auto seconds_of = [&](const std::function<void()>& run, std::size_t calls) {
    const double start = how.clock();
    for (std::size_t i = 0; i < calls; ++i) run();
    return how.clock() - start;
  };
  if (runs.empty()) return {};
  std::vector<std::size_t> calls;
  double longest = 0;
  for (const auto& run : runs) {
    run();
    std::size_t n = 1;
    double took = seconds_of(run, n);
    while (took < how.seconds / 4) n *= 2, took = seconds_of(run, n);
    const double each = took / static_cast<double>(n);
    calls.push_back(std::max<std::size_t>(1, static_cast<std::size_t>(how.seconds / each)));
    longest = std::max(longest, static_cast<double>(calls.back()) * each);
  }
  const auto affordable = static_cast<std::size_t>(how.at_most / longest);
  const std::size_t repetitions =
      std::min(how.repetitions, std::max<std::size_t>(longest > how.at_most ? 1 : 3, affordable));
  std::vector<std::vector<double>> samples(runs.size());
  for (std::size_t r = 0; r < repetitions; ++r) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      samples[i].push_back(seconds_of(runs[i], calls[i]) / static_cast<double>(calls[i]));
    }
  }
  return samples;
}

}  // namespace bench
