// An executor of oneTBB; link TBB::tbb.
#pragma once

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>

namespace narrow {

struct onetbb_executor {
  std::size_t concurrency() const { return static_cast<std::size_t>(oneapi::tbb::this_task_arena::max_concurrency()); }

  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    oneapi::tbb::parallel_for(std::size_t{0}, n, f);
  }
};

}  // namespace narrow
