// How fast does one thread convert between float32 and narrow formats, and pack these without gaps?
//
//   bench_convert --benchmark_filter=convert/avx512/.*
//
// convert/<target>/<from>_to_<to>[_stochastic]/<elements>, convert/<target>/<format>_packed/<elements> and _unpacked:
// 4 Ki elements in the first-level cache, 1 Mi in the third, 32 Mi in memory. Timed: one quantize_into,
// dequantize_into, pack_bits or unpack_bits, scheme and buffers ready. Rates are over CPU time.
//   Gelem/s, GB/s      elements, and bytes read plus written, a second
//   fraction_of_copy   GB/s of a copy of as many bytes, measured before: memcpy, or non-temporal where that is faster
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <string>

#include "narrow/formats.hpp"
#include "narrow/packed_bits.hpp"
#include "narrow/quantize.hpp"

namespace {

using namespace narrow;

struct free_memory {
  void operator()(void* p) const { std::free(p); }
};
template <class T>
using buffer = std::unique_ptr<T[], free_memory>;

template <class T>
buffer<T> make_buffer(std::size_t n) {
  const std::size_t page = 4096, bytes = (n * sizeof(T) + page - 1) / page * page;
  void* const memory = std::aligned_alloc(page, bytes);
  if (memory == nullptr) std::abort();
  std::memset(memory, 1, bytes);
  return buffer<T>(static_cast<T*>(memory));
}

double cpu_seconds() {
  std::timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// GB/s, read plus written, of the best of many copies that touch `bytes` in all.
double copy_rate(std::size_t bytes) {
  static std::map<std::size_t, double> known;
  double& rate = known[bytes];
  if (rate != 0) return rate;
  const std::size_t half = bytes / 2 / 64 * 64, repeats = std::max<std::size_t>(1, (std::size_t{1} << 20) / half);
  const auto from = make_buffer<std::byte>(half), to = make_buffer<std::byte>(half);
  for (int kind = 0; kind < 2; ++kind) {
    for (int run = 0; run < (half > (1U << 24) ? 6 : 50); ++run) {
      const double start = cpu_seconds();
      for (std::size_t i = 0; i < repeats; ++i) {
        if (kind == 0) {
          std::memcpy(to.get(), from.get(), half);
        } else {
          detail::copy_streamed(to.get(), from.get(), half);
        }
        benchmark::ClobberMemory();
      }
      rate = std::max(rate, 2e-9 * static_cast<double>(half * repeats) / (cpu_seconds() - start));
    }
  }
  return rate;
}

// Of calls that read and write so many bytes for n elements.
void report(benchmark::State& state, std::size_t n, std::size_t bytes) {
  const auto calls = static_cast<double>(state.iterations());
  const double elements = calls * static_cast<double>(n), moved = calls * static_cast<double>(bytes);
  state.counters["Gelem/s"] = benchmark::Counter(elements * 1e-9, benchmark::Counter::kIsRate);
  state.counters["GB/s"] = benchmark::Counter(moved * 1e-9, benchmark::Counter::kIsRate);
  state.counters["fraction_of_copy"] = benchmark::Counter(moved * 1e-9 / copy_rate(bytes), benchmark::Counter::kIsRate);
}

template <class T, class Scheme, class Rounding>
void encode(benchmark::State& state, target where, std::size_t n, const Scheme& scheme, const Rounding& rounding) {
  const target before = set_target(where);
  const auto x = make_buffer<float>(n);
  const auto y = make_buffer<T>(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = (static_cast<float>(random_bits(1, 1, i % 1000003)) * 0x1p-31F - 1) * 3.1F;
  }
  const tensor_view<const float, 1> from(x.get(), {n});
  for (auto _ : state) {
    quantize_into(from, tensor_view<T, 1>(y.get(), {n}), scheme, rounding);
    benchmark::ClobberMemory();
  }
  report(state, n, n * (sizeof(float) + sizeof(T)));
  set_target(before);
}

template <class T, class Scheme>
void decode(benchmark::State& state, target where, std::size_t n, const Scheme& scheme) {
  const target before = set_target(where);
  const auto x = make_buffer<T>(n);
  const auto y = make_buffer<float>(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto code = detail::to_storage<encoding_of<T>>(random_bits(1, 1, i % 1000003));
    x[i] = detail::from_storage<T>(code);
  }
  const quantized_view<T, 1, Scheme> from{{x.get(), {n}}, &scheme, scheme.axis()};
  for (auto _ : state) {
    dequantize_into(from, tensor_view<float, 1>(y.get(), {n}));
    benchmark::ClobberMemory();
  }
  report(state, n, n * (sizeof(float) + sizeof(T)));
  set_target(before);
}

enum class direction { pack, unpack };

template <class T>
void packing(benchmark::State& state, target where, std::size_t n, direction way) {
  const target before = set_target(where);
  const auto elements = make_buffer<T>(n);
  const std::size_t size = packed_bytes<T>(n);
  const auto bytes = make_buffer<std::byte>(size);
  for (auto _ : state) {
    if (way == direction::pack) {
      pack_bits(tensor_view<T, 1>(elements.get(), {n}), {bytes.get(), size});
    } else {
      unpack_bits({bytes.get(), size}, tensor_view<T, 1>(elements.get(), {n}));
    }
    benchmark::ClobberMemory();
  }
  report(state, n, n * sizeof(T) + size);
  set_target(before);
}

// Calls body(target, elements, "convert/<target>/", "/<elements>") for every target of this CPU and size.
template <class Body>
void for_each_case(const Body& body) {
  for (const target where : {target::portable, target::avx2, target::avx512}) {
    if (where > best_target()) continue;
    for (const std::size_t n : {std::size_t{1} << 12, std::size_t{1} << 20, std::size_t{1} << 25}) {
      body(where, n, std::string("convert/") + name_of(where) + "/", "/" + std::to_string(n));
    }
  }
}

template <class T>
void add_packing(const std::string& format) {
  for_each_case([&](target where, std::size_t n, const std::string& prefix, const std::string& size) {
    benchmark::RegisterBenchmark((prefix + format + "_packed" + size).c_str(),
                                 [=](benchmark::State& state) { packing<T>(state, where, n, direction::pack); });
    benchmark::RegisterBenchmark((prefix + format + "_unpacked" + size).c_str(),
                                 [=](benchmark::State& state) { packing<T>(state, where, n, direction::unpack); });
  });
}

template <class T, class Scheme>
void add(const std::string& format, const Scheme& scheme) {
  for_each_case([&](target where, std::size_t n, const std::string& prefix, const std::string& size) {
    benchmark::RegisterBenchmark((prefix + "float32_to_" + format + size).c_str(),
                                 [=](benchmark::State& state) { encode<T>(state, where, n, scheme, nearest_even{}); });
    benchmark::RegisterBenchmark((prefix + "float32_to_" + format + "_stochastic" + size).c_str(),
                                 [=](benchmark::State& state) {
                                   encode<T>(state, where, n, scheme, stochastic_sequence{1, 2});
                                 });
    benchmark::RegisterBenchmark((prefix + format + "_to_float32" + size).c_str(),
                                 [=](benchmark::State& state) { decode<T>(state, where, n, scheme); });
  });
}

const bool registered = [] {
  add<float16>("float16", unscaled);
  add<bfloat16>("bfloat16", unscaled);
  add<float8_e4m3fn>("float8_e4m3fn", unscaled);
  add<float8_e5m2>("float8_e5m2", unscaled);
  add<posit<8, 2>>("posit8_2", unscaled);
  add<posit<16, 2>>("posit16_2", unscaled);
  add<int8>("int8_affine", affine(0.0123F, 3));
  add<fixed<4, 12>>("fixed_4_12", unscaled);
  add<int16>("int16_shared_exponent", shared_exponent(-12));
  add_packing<binary>("binary");
  add_packing<int4>("int4");
  add_packing<float4_e2m1fn>("float4_e2m1fn");
  add_packing<float6_e2m3fn>("float6_e2m3fn");
  add_packing<fixed<3, 4>>("fixed_3_4");
  return true;
}();

}  // namespace
