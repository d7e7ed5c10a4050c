// An executor of std::thread: a pool that lives as long as the object.
//
//   narrow::thread_pool pool(4);
//   narrow::gemm(a, b, c, pool);
//
// One product at a time: calls from several threads take turns, and a call from inside a piece runs there. A piece that
// throws stops the others from starting, and parallel_for throws what it threw.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "narrow/detail/check.hpp"

namespace narrow {

class thread_pool {
 public:
  // threads: how many run at once, the calling one among them. Errors: none.
  explicit thread_pool(std::size_t threads) {
    detail::require(threads > 0, "thread_pool: threads is 0; it must be at least 1");
    for (std::size_t t = 1; t < threads; ++t) workers_.emplace_back([this] { work(); });
  }
  thread_pool() : thread_pool(std::thread::hardware_concurrency() > 0 ? std::thread::hardware_concurrency() : 1) {}
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  std::size_t concurrency() const { return workers_.size() + 1; }

  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    if (running_here() == this) {
      for (std::size_t i = 0; i < n; ++i) f(i);
      return;
    }
    const std::lock_guard turn(turn_);
    job now{n, &f, [](const void* function, std::size_t i) { (*static_cast<const F*>(function))(i); }};
    if (workers_.empty() || n <= 1) {
      run(now);
    } else {
      {
        const std::lock_guard lock(mutex_);
        job_ = &now;
        ++generation_;
      }
      wake_.notify_all();
      run(now);
      std::unique_lock lock(mutex_);
      job_ = nullptr;  // who has not joined yet need not
      idle_.wait(lock, [&] { return now.inside == 0; });
    }
    if (now.error) std::rethrow_exception(now.error);
  }

 private:
  struct job {
    std::size_t n;
    const void* function;
    void (*call)(const void*, std::size_t);
    std::atomic<std::size_t> next{0};
    std::size_t inside = 0;  // workers; guarded by the pool's mutex
    std::mutex error_mutex{};
    std::exception_ptr error{};

    void run() {
      for (std::size_t i = next.fetch_add(1); i < n; i = next.fetch_add(1)) {
        try {
          call(function, i);
        } catch (...) {
          const std::lock_guard lock(error_mutex);
          if (!error) error = std::current_exception();
          next.store(n);
        }
      }
    }
  };

  // The pool whose piece this thread is running.
  static const thread_pool*& running_here() {
    static thread_local const thread_pool* pool = nullptr;
    return pool;
  }
  void run(job& now) const {
    const thread_pool* const outer = running_here();
    running_here() = this;
    now.run();
    running_here() = outer;
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (std::size_t seen = 0;;) {
      wake_.wait(lock, [&] { return stopping_ || (job_ != nullptr && generation_ != seen); });
      if (stopping_) return;
      seen = generation_;
      job* const now = job_;
      ++now->inside;
      lock.unlock();
      run(*now);
      lock.lock();
      if (--now->inside == 0) idle_.notify_all();
    }
  }

  mutable std::mutex turn_, mutex_;
  mutable std::condition_variable wake_, idle_;
  mutable job* job_ = nullptr;
  mutable std::size_t generation_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace narrow
