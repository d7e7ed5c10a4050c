// Products with group-wise int4 weights, packed before: grouped<int4, 32>, blocks along the depth.
//
//   gemm/<target>/<activations>_int4_32/<m>x<n>x<k>[_cold]
//
// Activations: int8 in groups of 32, as float32 quantized by name; int8 under one scale and zero point; float32 as they
// are, for which weights are packed as floats. _cold: another copy of the weights in each call, 256 MiB in all, so that
// they come from memory. GOP/s counts a multiplication and an addition as two, GB/s the packed bytes; both over CPU
// time.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "narrow/block_formats.hpp"
#include "narrow/gemm.hpp"
#include "narrow/pack.hpp"

namespace {

using narrow::grouped, narrow::int4, narrow::int8;
using codes = grouped<int4, 32>;

enum class weights { warm, cold };

struct shape {
  std::size_t m, n, k;
};

std::vector<float> uniform(std::size_t size) {
  std::vector<float> result(size);
  std::uint32_t state = 1;
  for (float& x : result) {
    state = state * 1664525 + 1013904223;
    x = static_cast<float>(state >> 8) * 0x1p-23F - 1;
  }
  return result;
}

// Left: what weights are packed for; make: from floats to the left operand.
template <class Left, class Make>
void product(benchmark::State& state, narrow::target target, const shape& s, weights from, const Make& make) {
  const auto before = narrow::set_target(target);
  const auto x = uniform(s.m * s.k), y = uniform(s.k * s.n);
  const auto a = make(narrow::view(x, s.m, s.k));
  const auto b = narrow::quantize<codes>(narrow::view(y, s.k, s.n), 0);
  std::vector<decltype(narrow::pack<Left>(b))> copies;
  std::size_t bytes = 0;
  do {
    copies.push_back(narrow::pack<Left>(b));
    bytes += copies.back().bytes();
  } while (from == weights::cold && bytes < std::size_t{256} << 20);
  std::vector<float> c(s.m * s.n);
  std::size_t copy = 0;
  for (auto _ : state) {
    narrow::gemm(a, copies[copy], narrow::view(c, s.m, s.n));
    benchmark::DoNotOptimize(c.data());
    benchmark::ClobberMemory();
    copy = (copy + 1) % copies.size();
  }
  const double operations = 2.0 * static_cast<double>(s.m * s.n * s.k);
  state.counters["GOP/s"] = benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["GB/s"] =
      benchmark::Counter(static_cast<double>(copies[0].bytes()) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  narrow::set_target(before);
}

template <class Left, class Make>
void add(const std::string& activations, const Make& make) {
  for (const narrow::target target : {narrow::target::avx512, narrow::target::avx2}) {
    if (target > narrow::best_target()) continue;
    for (const shape& s : {shape{1, 4096, 4096}, shape{16, 4096, 4096}, shape{512, 1024, 1024}}) {
      for (const weights from : {weights::warm, weights::cold}) {
        if (from == weights::cold && s.m > 16) continue;
        const std::string name = std::string("gemm/") + narrow::name_of(target) + "/" + activations + "_int4_32/" +
                                 std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) +
                                 (from == weights::cold ? "_cold" : "");
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
          product<Left>(state, target, s, from, make);
        })->Unit(benchmark::kMicrosecond);
      }
    }
  }
}

const bool registered = [] {
  add<int8>("int8_32", [](const auto& x) { return narrow::quantize<grouped<int8, 32>>(x, 1); });
  add<int8>("int8", [](const auto& x) { return narrow::quantize<int8>(x, narrow::affine::fit(x)); });
  add<float>("float32", [](const auto& x) { return x; });
  return true;
}();

}  // namespace
