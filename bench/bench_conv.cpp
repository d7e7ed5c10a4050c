// How fast are convolutions, against what the machine can do and against what else one could take?
//
//   bench_conv --table            what is asked of each layer, what it got, the best other library; at most 3 minutes
//   bench_conv --table=bf16       the lines whose class or format contains "bf16"
//   bench_conv [--benchmark_...]  Google Benchmark:
//     conv/<target or library>/<format>[_to_data|_to_weights]/<layer>
//     deepbench/<device, server or training>/<format>/<layer>     best target
//   A layer is [n<images>_][dw]<height>x<width>x<channels>[_<outputs>]_<kernel>[s<stride>]; dw: depthwise.
//
// Timed is one call on one thread, over CPU time; NHWC, kernels packed before. Counters:
//   GOP/s                 2 operations a multiply-add, taps on the padding included
//   fraction_of_ceiling   of the instruction that bounds the format on the target, measured at the start
//   ratio                 (of a library) our speed on the best target over its, in pairs of runs
//   error                 (of a library, and deepbench) largest error of a sample of elements, relative to the largest
//   of them
#include <algorithm>

#include "conv/convolution.hpp"
#include "conv/deepbench.hpp"
#include "conv/gradients.hpp"
#include "conv/table.hpp"
#include "support/benchmarks.hpp"

namespace bench {
namespace {

// The portable loops are the specification, not a kernel: only the smallest layer.
bool is_worth_measuring(narrow::target t, const layer& l) {
  return t != narrow::target::portable || l.operations() <= 1 << 26;
}

// A format, or a format's gradient.
template <class Format>
void register_format(const Format& f, narrow::target t) {
  using made_of = typename decltype(f.make(layer()))::element_type;
  for (const layer& l : general_layers()) {
    if (!is_worth_measuring(t, l)) continue;
    const std::string name = std::string("conv/") + narrow::name_of(t) + "/" + f.name + "/" + l.name();
    register_one(name, [=, &f](benchmark::State& state) {
      narrow::set_target(t);
      made_of& c = *made<made_of>(name, [&] { return f.make(l); });
      count_fraction_of_ceiling(state, run(state, c), f.bound, t);
    });
  }
}

void register_peer(const conv_peer& other, narrow::target best) {
  const auto ours = std::ranges::find(all_conv_formats(), other.format, &conv_format::name);
  for (const layer& l : general_layers()) {
    const std::string name = "conv/" + other.library + "/" + other.format + "/" + l.name();
    register_one(name, [=, &other](benchmark::State& state) {
      convolution* const theirs = made<convolution>(name, [&] { return other.make(l); });
      if (theirs == nullptr) return state.SkipWithError("the library has no such convolution");
      run(state, *theirs);
      state.counters["error"] = sampled_error(*theirs);
      narrow::set_target(best);
      count_ratio(state, name, *theirs, [&] { return ours->make(l); });
    });
  }
}

void register_deepbench(const char* suite, const std::vector<layer>& layers, narrow::target best) {
  for (const conv_format& f : all_conv_formats()) {
    for (const layer& l : layers) {
      const std::string name = std::string("deepbench/") + suite + "/" + f.name + "/" + l.name();
      register_one(name, [=, &f](benchmark::State& state) {
        narrow::set_target(best);
        convolution& c = *made<convolution>(name, [&] { return f.make(l); });
        run(state, c);
        state.counters["error"] = sampled_error(c);
      });
    }
  }
}

void register_all() {
  const narrow::target best = narrow::current_target();
  for (const narrow::target t : {narrow::target::avx512, narrow::target::avx2, narrow::target::portable}) {
    if (t > best) continue;
    for (const conv_format& f : all_conv_formats()) register_format(f, t);
    for (const conv_gradient& g : all_conv_gradients()) register_format(g, t);
  }
  for (const conv_peer& other : all_conv_peers()) register_peer(other, best);
  register_deepbench("device", deepbench_device_layers(), best);
  register_deepbench("server", deepbench_server_layers(), best);
  register_deepbench("training", deepbench_training_layers(), best);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run_main(argc, argv, bench::conv_table, bench::register_all); }
