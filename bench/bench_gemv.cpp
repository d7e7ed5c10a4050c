// Products with one row or one column, through narrow::gemm as a user calls it: nothing is packed beforehand.
//
//   gemm/<target>/<format of a>_<format of b>/<m>x<n>x<k>[_transposed][_cold]
//
// _transposed: the matrix lies the other way in memory, so that a row of it is one term of all outputs instead of one
// output's terms, or the reverse. _cold: another copy of the matrix in each call, 256 MiB in all, so that it comes from
// memory; else the same matrix again, from the third-level cache where it fits. GOP/s counts a multiplication and an
// addition as two, GB/s the matrix's bytes; both over CPU time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "narrow/narrow.hpp"

namespace {

enum class memory_order { row_major, transposed };
enum class weights { warm, cold };

struct shape {
  std::size_t m, n, k;
};

// Matrices that begin on a page, as large allocations do.
template <class T>
class copies {
 public:
  copies(std::size_t size, std::size_t count) : size_((size * sizeof(T) + 4095) / 4096 * 4096 / sizeof(T)) {
    memory_.resize(size_ * count + 4096);
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < size_ + 4096; ++i) {
      state = state * 1664525 + 1013904223;
      memory_[i] = static_cast<T>(static_cast<float>(state >> 26));
    }
    std::copy_n(memory_.begin(), memory_.size() - size_ - 4096,
                memory_.begin() + static_cast<std::ptrdiff_t>(size_) + 4096);
  }
  T* operator[](std::size_t copy) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    return memory_.data() + (4096 - address % 4096) % 4096 / sizeof(T) + copy * size_;
  }

 private:
  std::size_t size_;
  std::vector<T> memory_;
};

template <class A, class B, class C>
void product(benchmark::State& state, narrow::target target, const shape& s, memory_order order, weights from) {
  const auto before = narrow::set_target(target);
  const std::size_t matrix_bytes = std::max(s.m * sizeof(A), s.n * sizeof(B)) * s.k;
  const std::size_t count =
      from == weights::cold ? std::max<std::size_t>(2, (std::size_t{256} << 20) / matrix_bytes) : 1;
  copies<A> a(s.m * s.k, s.n == 1 ? count : 1);
  copies<B> b(s.k * s.n, s.n == 1 ? 1 : count);
  std::vector<C> c(s.m * s.n);
  std::size_t copy = 0;
  for (auto _ : state) {
    narrow::matrix_view<A> left = narrow::view(a[s.n == 1 ? copy : 0], s.m, s.k);
    narrow::matrix_view<B> right = narrow::view(b[s.n == 1 ? 0 : copy], s.k, s.n);
    if (order == memory_order::transposed) {
      if (s.n == 1) {
        left = narrow::transposed(narrow::view(left.data(), s.k, s.m));
      } else {
        right = narrow::transposed(narrow::view(right.data(), s.n, s.k));
      }
    }
    narrow::gemm(left, right, narrow::view(c, s.m, s.n));
    benchmark::DoNotOptimize(c.data());
    benchmark::ClobberMemory();
    copy = (copy + 1) % count;
  }
  const double operations = 2.0 * static_cast<double>(s.m * s.n * s.k);
  state.counters["GOP/s"] = benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["GB/s"] =
      benchmark::Counter(static_cast<double>(matrix_bytes) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  narrow::set_target(before);
}

template <class A, class B, class C>
void add(const std::string& format) {
  for (const narrow::target target : {narrow::target::avx512, narrow::target::avx2}) {
    if (target > narrow::best_target()) continue;
    for (const shape& s : {shape{1, 4096, 4096}, shape{7680, 1, 2560}}) {
      for (const memory_order order : {memory_order::row_major, memory_order::transposed}) {
        for (const weights from : {weights::warm, weights::cold}) {
          const std::string name = std::string("gemm/") + narrow::name_of(target) + "/" + format + "/" +
                                   std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) +
                                   (order == memory_order::transposed ? "_transposed" : "") +
                                   (from == weights::cold ? "_cold" : "");
          benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
            product<A, B, C>(state, target, s, order, from);
          })->Unit(benchmark::kMicrosecond);
        }
      }
    }
  }
}

const bool registered = [] {
  add<float, float, float>("float32_float32");
  add<narrow::float16, narrow::float16, float>("float16_float16");
  add<narrow::bfloat16, narrow::bfloat16, float>("bfloat16_bfloat16");
  add<narrow::float8_e4m3fn, narrow::float8_e4m3fn, float>("float8_e4m3fn_float8_e4m3fn");
  add<narrow::float8_e5m2, narrow::float8_e5m2, float>("float8_e5m2_float8_e5m2");
  add<std::uint8_t, std::int8_t, std::int32_t>("uint8_int8");
  add<std::int8_t, std::int8_t, std::int32_t>("int8_int8");
  add<std::uint8_t, std::uint8_t, std::int32_t>("uint8_uint8");
  return true;
}();

}  // namespace
