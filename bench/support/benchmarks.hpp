// What benchmarks of workloads share: Google Benchmark's part of them, and the main function.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#if defined(__linux__)
#include <unistd.h>
#endif

#include "support/stopwatch.hpp"
#include "support/table.hpp"

namespace bench {

// Google Benchmark calls a function several times; what it ran last is kept, for making it may take longer than the
// run. Null where nothing is made.
template <class Workload>
Workload* made(const std::string& name, const std::function<std::unique_ptr<Workload>()>& make) {
  static std::string last_name;
  static std::unique_ptr<Workload> last;
  if (name != last_name) {
    last.reset();
    last = make();
    last_name = name;
  }
  return last.get();
}

// Counters are plain numbers and not Google Benchmark's rates, to whose names it appends "/s". Returns GOP/s.
inline double run(benchmark::State& state, workload& w) {
  const double start = cpu_seconds();
  for (auto _ : state) w.run();
  const double seconds = cpu_seconds() - start;
  const double rate = w.operations() * static_cast<double>(state.iterations()) / seconds * 1e-9;
  state.counters["GOP/s"] = rate;
  return rate;
}

inline void count_fraction_of_ceiling(benchmark::State& state, double rate, compute_class bound, narrow::target t) {
  const double ceiling = ceiling_of(bound, t);
  if (ceiling <= 0) return;
  state.counters["fraction_of_ceiling"] = rate / ceiling;
  state.SetLabel(ceiling_name_of(bound, t));
}

// Our speed over theirs, in pairs of runs, at the first call for a name.
inline void count_ratio(benchmark::State& state, const std::string& name, workload& theirs,
                        const std::function<std::unique_ptr<workload>()>& make_ours) {
  static std::string rated;
  static double ratio = 0;
  if (rated != name) {
    const auto ours = make_ours();
    const auto seconds = interleaved_seconds({[&] { ours->run(); }, [&] { theirs.run(); }}, {.repetitions = 5});
    ratio = median(seconds[1]) / median(seconds[0]);
    rated = name;
  }
  state.counters["ratio"] = ratio;
}

inline void register_one(const std::string& name, const std::function<void(benchmark::State&)>& body) {
  benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMicrosecond);
}

// OpenMP and BLAS libraries read their number of threads from the environment while they are loaded, so it is set for a
// process that starts anew. Where that is not possible, they count all of their threads' time.
inline void restart_with_one_thread(char** argv) {
#if defined(__linux__)
  bool restart = false;
  for (const char* const name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && std::strcmp(value, "1") == 0) continue;
    setenv(name, "1", 1);
    restart = true;
  }
  if (restart) execv("/proc/self/exe", argv);
#else
  (void)argv;
#endif
}

// --table, --table=FILTER, or Google Benchmark's options.
inline int run_main(int argc, char** argv, table (*make_table)(), void (*register_all)()) {
  restart_with_one_thread(argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--table") == 0) return print_table(make_table(), ""), 0;
    if (std::strncmp(argv[i], "--table=", 8) == 0) return print_table(make_table(), argv[i] + 8), 0;
  }
  // Short runs unless the command says otherwise: there are thousands of them.
  std::vector<char*> arguments(argv, argv + argc);
  char min_time[] = "--benchmark_min_time=0.05";
  arguments.insert(arguments.begin() + 1, min_time);
  int count = argc + 1;
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace bench
