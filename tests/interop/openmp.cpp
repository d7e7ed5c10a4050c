#include "narrow/interop/openmp.hpp"

#include "interop/executor_check.hpp"

TEST(OpenmpExecutor, DoesWhatAnExecutorDoes) { support::check_executor(narrow::openmp_executor{}); }
