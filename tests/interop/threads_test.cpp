#include "narrow/interop/threads.hpp"

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

TEST(ThreadPool, NeedsAThread) { EXPECT_THROW(narrow::thread_pool(0), std::invalid_argument); }

TEST(SerialExecutor, DoesWhatAnExecutorDoes) { support::check_executor(narrow::serial_executor{}); }

}  // namespace
