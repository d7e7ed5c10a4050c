// An executor of OpenMP; compile with -fopenmp. A piece that throws stops the others from starting, and parallel_for
// throws what it threw.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>

#if !defined(_OPENMP)
#error "narrow/interop/openmp.hpp needs OpenMP: compile with -fopenmp"
#endif
#include <omp.h>

namespace narrow {

struct openmp_executor {
  std::size_t concurrency() const { return static_cast<std::size_t>(omp_get_max_threads()); }

  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    std::exception_ptr error;
    std::atomic<bool> failed{false};
#pragma omp parallel for schedule(dynamic, 1)
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(n); ++i) {
      if (failed.load(std::memory_order_relaxed)) continue;
      try {
        f(static_cast<std::size_t>(i));
      } catch (...) {
#pragma omp critical(narrow_openmp_executor)
        if (!error) error = std::current_exception();
        failed.store(true, std::memory_order_relaxed);
      }
    }
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace narrow
