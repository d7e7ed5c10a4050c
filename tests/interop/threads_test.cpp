#include "narrow/interop/threads.hpp"

#include <chrono>
#include <thread>

#include "interop/executor_check.hpp"

namespace {

TEST(ThreadPool, DoesWhatAnExecutorDoes) {
  for (const std::size_t threads : {1U, 2U, 3U, 7U}) support::check_executor(narrow::thread_pool(threads));
}

TEST(ThreadPool, RunsACallFromInsideAPieceThere) {
  const narrow::thread_pool pool(3);
  std::atomic<int> calls{0};
  pool.parallel_for(4, [&](std::size_t) { pool.parallel_for(5, [&](std::size_t) { ++calls; }); });
  EXPECT_EQ(calls, 20);
}

TEST(ThreadPool, RunsACallThroughAnotherPoolThere) {
  const narrow::thread_pool outer(1), inner(1);
  int calls = 0;
  outer.parallel_for(2, [&](std::size_t) {
    inner.parallel_for(2, [&](std::size_t) { outer.parallel_for(3, [&](std::size_t) { ++calls; }); });
  });
  EXPECT_EQ(calls, 12);
}

std::atomic<int> pieces_of_a_function{0};
void count_a_piece(std::size_t) { ++pieces_of_a_function; }

TEST(ThreadPool, TakesAFunction) {
  narrow::thread_pool(2).parallel_for(3, count_a_piece);
  EXPECT_EQ(pieces_of_a_function, 3);
}

// Workers that sleep at once, that never do, and that are between the two: with pauses as long as they spin. More
// threads than CPUs would take a time slice to see what the others did.
TEST(ThreadPool, LosesNoPieceHoweverItWaits) {
  for (const std::size_t threads : {2U, 3U, 7U}) {
    for (const int spin : {0, 20, 1000000}) {
      if (spin > 20 && threads > std::thread::hardware_concurrency()) continue;
      const narrow::thread_pool pool(threads, std::chrono::microseconds(spin));
      std::atomic<std::size_t> pieces{0};
      std::size_t expected = 0;
      for (std::size_t call = 0; call < 2000; ++call) {
        const std::size_t n = call % 5;
        pool.parallel_for(n, [&](std::size_t i) { pieces += i + 1; });
        expected += n * (n + 1) / 2;
        ASSERT_EQ(pieces, expected) << threads << " threads, spin " << spin << ", call " << call;
        if (call % 100 == 0) std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
    }
  }
}

TEST(ThreadPool, TakesCallsFromSeveralThreadsInTurn) {
  const narrow::thread_pool pool(2);
  std::atomic<int> inside{0}, calls{0};
  const auto call = [&] {
    for (int t = 0; t < 200; ++t) {
      std::atomic<int> of_this{0};
      pool.parallel_for(3, [&](std::size_t) {
        EXPECT_LE(++inside, 2);  // threads of the pool
        ++of_this;
        --inside;
      });
      calls += of_this;
    }
  };
  std::thread other(call);
  call();
  other.join();
  EXPECT_EQ(calls, 1200);
}

// Whichever thread has the piece that throws; the pool goes on.
TEST(ThreadPool, GoesOnAfterAnException) {
  const narrow::thread_pool pool(2);
  for (std::size_t call = 0; call < 200; ++call) {
    const auto throws = [&] {
      pool.parallel_for(8, [&](std::size_t i) {
        if (i == call % 8) throw std::runtime_error("a piece");
      });
    };
    ASSERT_THROW(throws(), std::runtime_error);
    std::atomic<int> pieces{0};
    pool.parallel_for(8, [&](std::size_t) { ++pieces; });
    ASSERT_EQ(pieces, 8);
  }
}

TEST(ThreadPool, NeedsAThread) { EXPECT_THROW(narrow::thread_pool(0), std::invalid_argument); }

TEST(SerialExecutor, DoesWhatAnExecutorDoes) { support::check_executor(narrow::serial_executor{}); }

}  // namespace
