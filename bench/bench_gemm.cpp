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
#include <algorithm>

#include "gemm/product.hpp"
#include "gemm/table.hpp"
#include "support/benchmarks.hpp"

namespace bench {
namespace {

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
        product& p = *made<product>(name, [&] { return f.make(s, how); });
        count_fraction_of_ceiling(state, run(state, p), f.bound, t);
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
        product* const theirs = made<product>(name, [&] { return other.make(s, how); });
        if (theirs == nullptr) return state.SkipWithError("the library has no such product");
        run(state, *theirs);
        if (ours == all_formats().end()) return;
        narrow::set_target(best);
        count_ratio(state, name, *theirs, [&] { return ours->make(s, how); });
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
        product& p = *made<product>(name, [&] { return f.make(s, weights::unpacked); });
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

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run_main(argc, argv, bench::gemm_table, bench::register_all); }
