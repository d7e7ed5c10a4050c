// How fast are matrix products, against what the machine can do and against what else one could take?
//
//   bench_gemm --table            what is asked of each class, what it got, the best other library; about 4 minutes
//   bench_gemm --table=bf16       the lines whose class or format contains "bf16"
//   bench_gemm [--benchmark_...]  Google Benchmark:
//     gemm/<target or library>/<format>[_packed|_cold|_packed_cold]/MxNxK
//     deepbench/<device or server>/<format>/MxNxK       row-major weights, best target
//
// Timed is one call on one thread, over CPU time; suffixes are explained at `weights` in gemm/product.hpp. Counters:
//   GOP/s                 2 operations a multiply-add
//   fraction_of_ceiling   of the instruction that bounds the format on the target, measured at the start
//   ratio                 (of a library) our speed on the best target over its, in pairs of runs
//   error                 (deepbench) largest error of a sample of elements, relative to the largest of them
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#if defined(__linux__)
#include <unistd.h>
#endif

#include "gemm/product.hpp"
#include "gemm/table.hpp"
#include "support/stopwatch.hpp"

namespace bench {
namespace {

// Google Benchmark calls a function several times; what it ran last is kept, for making it may take longer than the
// run.
product* made(const std::string& name, const product_maker& make, const shape& s, weights how) {
  static std::string last_name;
  static std::unique_ptr<product> last;
  if (name != last_name) {
    last.reset();
    last = make(s, how);
    last_name = name;
  }
  return last.get();
}

// Counters are plain numbers and not Google Benchmark's rates, to whose names it appends "/s". Returns GOP/s.
double run(benchmark::State& state, product& p) {
  const double start = cpu_seconds();
  for (auto _ : state) p.run();
  const double seconds = cpu_seconds() - start;
  const double rate = p.extents.operations() * static_cast<double>(state.iterations()) / seconds * 1e-9;
  state.counters["GOP/s"] = rate;
  return rate;
}

void register_one(const std::string& name, const std::function<void(benchmark::State&)>& body) {
  benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMicrosecond);
}

// The portable loops are the specification, not a kernel: only what they do in a tenth of a second.
bool is_worth_measuring(narrow::target t, const shape& s) {
  return t != narrow::target::portable || s.operations() <= 1 << 26;
}

// Weights that come from memory are of interest where each is used few times.
bool is_worth_measuring(weights how, const shape& s) {
  return !is_cold(how) || (s.m <= 64 && s.k * s.n >= std::size_t{1} << 20);
}

void register_format(const format& f, narrow::target t) {
  for (const weights how : {weights::packed, weights::unpacked, weights::packed_cold, weights::cold}) {
    for (const shape& s : general_shapes()) {
      if (!is_worth_measuring(t, s) || !is_worth_measuring(how, s)) continue;
      const std::string name =
          std::string("gemm/") + narrow::name_of(t) + "/" + f.name + suffix_of(how) + "/" + s.name();
      register_one(name, [=, &f](benchmark::State& state) {
        narrow::set_target(t);
        const double rate = run(state, *made(name, f.make, s, how));
        if (const double ceiling = ceiling_of(f.bound, t); ceiling > 0) {
          state.counters["fraction_of_ceiling"] = rate / ceiling;
          state.SetLabel(ceiling_name_of(f.bound, t));
        }
      });
    }
  }
}

void register_peer(const peer& other, narrow::target best) {
  const auto ours = std::ranges::find(all_formats(), other.format, &format::name);
  for (const weights how : other.hows) {
    for (const shape& s : general_shapes()) {
      if (!is_worth_measuring(how, s) || (other.only_vectors && !s.is_vector())) continue;
      const std::string name =
          "gemm/" + other.library + "/" + other.format + other.variant + suffix_of(how) + "/" + s.name();
      register_one(name, [=, &other](benchmark::State& state) {
        product* const theirs = made(name, other.make, s, how);
        if (theirs == nullptr) return state.SkipWithError("the library has no such product");
        run(state, *theirs);
        if (ours == all_formats().end()) return;
        static std::string rated;
        static double ratio = 0;
        if (rated != name) {
          narrow::set_target(best);
          const auto mine = ours->make(s, how);
          const auto seconds = interleaved_seconds({[&] { mine->run(); }, [&] { theirs->run(); }}, {.repetitions = 5});
          ratio = median(seconds[1]) / median(seconds[0]);
          rated = name;
        }
        state.counters["ratio"] = ratio;
      });
    }
  }
}

void register_deepbench(const char* suite, const std::vector<shape>& shapes, narrow::target best) {
  for (const format& f : all_formats()) {
    for (const shape& s : shapes) {
      const std::string name = std::string("deepbench/") + suite + "/" + f.name + "/" + s.name();
      register_one(name, [=, &f](benchmark::State& state) {
        narrow::set_target(best);
        product& p = *made(name, f.make, s, weights::unpacked);
        run(state, p);
        state.counters["error"] = sampled_error(p);
      });
    }
  }
}

void register_all() {
  const narrow::target best = narrow::current_target();
  for (const narrow::target t : {narrow::target::avx512, narrow::target::avx2, narrow::target::portable}) {
    if (t > best) continue;
    for (const format& f : all_formats()) register_format(f, t);
  }
  for (const peer& other : all_peers()) register_peer(other, best);
  register_deepbench("device", deepbench_device_shapes(), best);
  register_deepbench("server", deepbench_server_shapes(), best);
}

// OpenMP and BLAS libraries read their number of threads from the environment while they are loaded, so it is set for a
// process that starts anew. Where that is not possible, they count all of their threads' time.
void restart_with_one_thread(char** argv) {
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

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::restart_with_one_thread(argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--table") == 0) return bench::print_table(""), 0;
    if (std::strncmp(argv[i], "--table=", 8) == 0) return bench::print_table(argv[i] + 8), 0;
  }
  // Short runs unless the command says otherwise: there are thousands of them.
  std::vector<char*> arguments(argv, argv + argc);
  char min_time[] = "--benchmark_min_time=0.05";
  arguments.insert(arguments.begin() + 1, min_time);
  int count = argc + 1;
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  bench::register_all();
  benchmark::RunSpecifiedBenchmarks();
}
