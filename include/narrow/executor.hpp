// Who runs the pieces of a large product. The library starts no thread: it hands its pieces to an executor, which the
// caller supplies as an option of gemm:
//
//   gemm(a, b, c, narrow::serial_executor{});       the default
//   gemm(a, b, c, my_pool);                          anything with parallel_for(n, f)
//
// Results have the same bits whatever the executor does: pieces are rows and columns of the output, never of the depth,
// and random bits are a function of the element. Adapters for std::thread, OpenMP and oneTBB: interop/.
#pragma once

#include <concepts>
#include <cstddef>

namespace narrow {

// An executor E:
//   e.parallel_for(n, f)    calls f(i) once for each i in [0, n), in any order, on any threads, and returns when all
//   are
//                           done
//   e.concurrency()         optional: how many calls can run at once. Fewer and larger pieces cost less.
template <class E>
concept executor = requires(const E& e, void (*f)(std::size_t)) {
  e.parallel_for(std::size_t{1}, f);
};

struct serial_executor {
  static constexpr std::size_t concurrency() { return 1; }
  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    for (std::size_t i = 0; i < n; ++i) f(i);
  }
};

namespace detail {

template <executor E>
std::size_t concurrency_of(const E& e) {
  if constexpr (requires {
                  { e.concurrency() } -> std::convertible_to<std::size_t>;
                }) {
    return e.concurrency() > 0 ? e.concurrency() : 1;
  } else {
    return 8;
  }
}

}  // namespace detail
}  // namespace narrow
