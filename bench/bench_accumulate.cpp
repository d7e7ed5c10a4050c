// How fast are products with an emulated accumulator (narrow/emulated.hpp)? Whole calls of gemm, decoding of the
// float16 operands and output of float32 included, one thread.
//
//   gemm/<target>/<accumulator>/MxNxK      GFLOP/s: 2 M N K operations; names end in _chunk64 where chunks have 64
//   terms
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "narrow/formats.hpp"
#include "narrow/gemm.hpp"

namespace {

using narrow::accumulate_in;
using narrow::float32_chunks;
using narrow::ibm_1_6_9;
using narrow::stochastic_sequence;
using narrow::view;

struct shape {
  std::size_t m, n, depth;
};

std::vector<narrow::float16> normal_terms(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<narrow::float16> result(count);
  for (auto& x : result) x = narrow::float16(normal(random));
  return result;
}

template <class Option>
void time_gemm(benchmark::State& state, narrow::target target, const Option& option, const shape& s) {
  const auto a = normal_terms(s.m * s.depth), b = normal_terms(s.depth * s.n);
  std::vector<float> c(s.m * s.n);
  narrow::set_target(target);
  for (auto _ : state) {
    narrow::gemm(view(a, s.m, s.depth), view(b, s.depth, s.n), view(c, s.m, s.n), option);
    benchmark::DoNotOptimize(c.data());
  }
  const double operations = 2.0 * static_cast<double>(s.m * s.n * s.depth) * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(operations / 1e9, benchmark::Counter::kIsRate);
}

template <class Option>
void add(const std::string& accumulator, const Option& option) {
  for (const auto target : {narrow::target::portable, narrow::target::avx2, narrow::target::avx512}) {
    if (target > narrow::best_target()) continue;
    const bool slow = target == narrow::target::portable;
    for (const shape& s : slow ? std::vector<shape>{{64, 64, 256}}
                               : std::vector<shape>{{128, 128, 128},
                                                    {512, 512, 512},
                                                    {1024, 1024, 1024},
                                                    {35, 700, 2048},
                                                    {1, 1024, 1024},
                                                    {1024, 1, 1024}}) {
      const std::string name = std::string("gemm/") + narrow::name_of(target) + "/" + accumulator + "/" +
                               std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.depth);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        time_gemm(state, target, option, s);
      })->Unit(benchmark::kMillisecond);
    }
  }
}

const bool added = [] {
  using narrow::bfloat16, narrow::float16;
  add("float16_accumulator_rne", accumulate_in<float16>{});
  add("float16_accumulator_rne_chunk64", accumulate_in<float16>{.chunk = 64});
  add("float16_float32_rne_chunk64", float32_chunks<float16>{64});
  add("float16_accumulator_toward_zero", accumulate_in<float16, narrow::toward_zero>{});
  add("float16_accumulator_stochastic", accumulate_in<float16, stochastic_sequence>{});
  add("bfloat16_accumulator_rne", accumulate_in<bfloat16>{});
  add("1_6_9_accumulator_rne_chunk64", accumulate_in<ibm_1_6_9>{.chunk = 64});
  add("1_6_9_float32_rne_chunk64", float32_chunks<ibm_1_6_9>{64});
  add("fixed_4_12_accumulator_rne", accumulate_in<narrow::fixed<4, 12>>{});
  return true;
}();

}  // namespace
