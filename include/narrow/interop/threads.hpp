// An executor of std::thread: a pool that lives as long as the object.
//
//   narrow::thread_pool pool(4);
//   narrow::gemm(a, b, c, pool);
//
// One product at a time: calls from several threads take turns, and a call from inside a piece runs there, also from
// pieces of another pool in between that the same thread runs. Two pools whose pieces call each other's from several
// threads may wait for each other for ever. A piece that throws stops the others from starting, and parallel_for throws
// what it threw.
//
// Who waits, for work or for the others' last pieces, first looks again and again for `spin`, and then sleeps: sleeping
// and waking cost a call some 50 microseconds. Packed u8 x s8 on two threads of Zen 4, against one: 0.59 times as fast
// at 128^3 and 0.96 at 256^3 if they sleep at once, 1.68 and 1.88 so. After a call, that keeps the pool's CPUs busy for
// so long; a spin of 0 has it sleep at once, and so does, unless told, a pool of more threads than the system has CPUs.
#pragma once

#include <atomic>
#include <chrono>
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
  // threads: how many run at once, the calling one among them. Errors: 0 threads; std::system_error where the system
  // has no more.
  thread_pool(std::size_t threads, std::chrono::microseconds spin) : spin_(spin) {
    detail::require(threads > 0, "thread_pool: threads is 0; it must be at least 1");
    try {
      for (std::size_t t = 1; t < threads; ++t) workers_.emplace_back([this] { work(); });
    } catch (...) {
      stop();
      throw;
    }
  }
  explicit thread_pool(std::size_t threads)
      : thread_pool(threads, std::chrono::microseconds(threads <= std::thread::hardware_concurrency() ? 100 : 0)) {}
  thread_pool() : thread_pool(std::thread::hardware_concurrency() > 0 ? std::thread::hardware_concurrency() : 1) {}
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool() { stop(); }

  std::size_t concurrency() const { return workers_.size() + 1; }

  template <class F>
  void parallel_for(std::size_t n, const F& f) const {
    for (const piece* outer = running_here(); outer != nullptr; outer = outer->outer) {
      if (outer->pool != this) continue;
      for (std::size_t i = 0; i < n; ++i) f(i);
      return;
    }
    const std::lock_guard turn(turn_);
    const auto call = [&f](std::size_t i) { f(i); };
    using callable = decltype(call);
    job now{n, &call, [](const void* function, std::size_t i) { (*static_cast<callable*>(function))(i); }};
    if (workers_.empty() || n <= 1) {
      run(now);
    } else {
      {
        const std::lock_guard lock(mutex_);
        job_ = &now;
        generation_.fetch_add(1);
      }
      wake_.notify_all();
      run(now);
      {
        const std::lock_guard lock(mutex_);
        job_ = nullptr;  // who has not joined yet need not
      }
      spin_until([&] { return now.inside.load() == 0; });
      std::unique_lock lock(mutex_);
      idle_.wait(lock, [&] { return now.inside.load() == 0; });
    }
    if (now.error) std::rethrow_exception(now.error);
  }

 private:
  struct job {
    std::size_t n;
    const void* function;
    void (*call)(const void*, std::size_t);
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> inside{0};  // workers; changed under the pool's mutex
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

  // The pools whose pieces this thread is running, the innermost first.
  struct piece {
    const thread_pool* pool;
    const piece* outer;
  };
  static const piece*& running_here() {
    static thread_local const piece* innermost = nullptr;
    return innermost;
  }
  void run(job& now) const {
    const piece here{this, running_here()};
    running_here() = &here;
    now.run();
    running_here() = here.outer;
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      generation_.fetch_add(1);  // for who spins
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  // Until done(), or until `spin` has passed.
  template <class Done>
  void spin_until(const Done& done) const {
    using clock = std::chrono::steady_clock;
    constexpr int looks = 16;  // between two at the clock
    if (spin_.count() <= 0) return;
    for (const auto end = clock::now() + spin_; clock::now() < end;) {
      for (int t = 0; t < looks; ++t) {
        if (done()) return;
        pause();
      }
    }
  }
  // Leaves the core to the other thread that it may have, for some cycles.
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
  }

  void work() {
    for (std::size_t seen = 0;;) {
      spin_until([&] { return generation_.load() != seen; });
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
      if (stopping_) return;
      seen = generation_.load();
      job* const now = job_;
      if (now == nullptr) continue;  // the others have done it all
      now->inside.fetch_add(1);
      lock.unlock();
      run(*now);
      lock.lock();
      if (now->inside.fetch_sub(1) == 1) idle_.notify_all();
    }
  }

  mutable std::mutex turn_, mutex_;
  mutable std::condition_variable wake_, idle_;
  mutable job* job_ = nullptr;
  mutable std::atomic<std::size_t> generation_{0};  // of jobs; changed under the mutex
  bool stopping_ = false;
  const std::chrono::microseconds spin_;
  std::vector<std::thread> workers_;
};

}  // namespace narrow
